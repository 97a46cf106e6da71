package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/stoop-project/stoop/internal/source"
)

// Waits between tries.
const (
	firstWait = 500 * time.Millisecond
	maxWait   = time.Minute
)

// poisonTries is after how many tries a text counts as refused that a service
// answers, but does not take.
const poisonTries = 30

// sendAll delivers what is in the spool, one after the other.
func (w *worker) sendAll() {
	for {
		b := w.spool.Next(func() bool { return true })
		if b == nil {
			return
		}
		text, err := w.spool.Read(b, nil)
		if err != nil {
			w.lose(b.Events, "read", fmt.Sprintf("the spool cannot be read: %v", err))
			w.spool.Done(b)
			continue
		}
		if !w.deliver(text, b.Events) {
			w.spool.Back(b)
			return
		}
		w.spool.Done(b)
	}
}

// syncEvery is how much the spool may lose to a loss of power.
const syncEvery = time.Second

// syncAll has the disk hold what is in the spool, until nothing is delivered any
// more.
func (w *worker) syncAll() {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.spool.Sync()
		case <-w.ctx.Done():
			w.spool.Sync()
			return
		}
	}
}

// deliver sends a text until it is taken or refused; false: there was no time.
func (w *worker) deliver(text []byte, alerts int) bool {
	for try := 1; ; try++ {
		err := w.out.send(w.ctx, text)
		if err == nil {
			w.counts.delivered(alerts)
			return true
		}
		if w.ctx.Err() != nil {
			return false
		}
		if refused(err, try) {
			w.counts.add(func(st *Stats) { st.Refused += uint64(alerts) })
			w.counts.note(source.Note{Level: source.NoteError, Text: fmt.Sprintf("it refuses %d alerts, which are lost to it: %v", alerts, err)})
			return true
		}
		w.counts.add(func(st *Stats) { st.Again++ })
		w.counts.trouble(err)
		select {
		case <-time.After(backOff(err, try)):
		case <-w.ctx.Done():
			return false
		}
	}
}

// refused reports whether trying again will not help. A target that is away, or
// lets nobody in, may be put right; one that does not like what it is sent will
// not like it later.
func refused(err error, try int) bool {
	var answer *answerError
	if errors.As(err, &answer) {
		switch answer.status {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
			return true
		}
		return false
	}
	var network net.Error
	away := errors.As(err, &network) || errors.Is(err, errHangs) || errors.Is(err, context.DeadlineExceeded)
	var system *net.OpError
	return !away && !errors.As(err, &system) && try >= poisonTries
}

// backOff returns how long to wait after a number of tries: twice as long each
// time, and not all at once.
func backOff(err error, try int) time.Duration {
	var answer *answerError
	if errors.As(err, &answer) && answer.after > 0 {
		return answer.after
	}
	wait := min(firstWait<<min(try-1, 10), maxWait)
	return wait/2 + rand.N(wait/2+1)
}

// encode writes a message for the spool.
func (l letter) encode() []byte {
	text, _ := json.Marshal(l)
	return text
}
