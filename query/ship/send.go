package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
	"github.com/stoop-project/stoop/query/conn"
)

const (
	maxSenders  = 4                // requests on their way at most
	poisonTries = 10               // after which a document that the server fails on counts as refused
	longWait    = 15 * time.Second // between tries of what no time by itself puts right
)

// send delivers batches, one at a time, as long as sender i is needed: there are
// more senders the more waits, and one while the server is busy.
func (s *Shipper) send(i int32) {
	var room []byte // for a batch
	for {
		e := s.spool.Next(func() bool { return i < s.allowed.Load() })
		if e == nil {
			return
		}
		var sent bool
		if room, sent = s.deliver(s.ctx, e, room); !sent {
			s.spool.Back(e)
			return
		}
		s.spool.Done(e)
		if _, waiting := s.spool.Left(); waiting > 0 {
			if n := s.allowed.Load(); n < maxSenders && s.allowed.CompareAndSwap(n, n+1) {
				s.spool.Wake()
			}
		}
	}
}

// deliver sends a batch, which it reads into a room, until the server has taken
// or refused every document of it; false: shipping was stopped before. It returns
// the room, but where a request failed, of which something may still be on its way.
func (s *Shipper) deliver(ctx context.Context, e *spool.Batch, room []byte) ([]byte, bool) {
	text, err := s.spool.Read(e, room)
	if err != nil {
		s.counts.note(source.Note{Level: source.NoteError, Text: fmt.Sprintf("%d events are lost: the spool cannot be read: %v", e.Events, err)})
		s.counts.add(func(c *Stats) { c.Lost += uint64(e.Events) })
		return text, true
	}
	items := splitItems(text)
	for try := 0; ; try++ {
		before := len(items)
		if items, err = s.attempt(ctx, e, items, try); err != nil {
			text = nil
		}
		s.spool.Settled(e, before-len(items))
		if len(items) == 0 {
			return text, true
		}
		if ctx.Err() != nil || !s.pause(ctx, err, try) {
			return text, false
		}
	}
}

// pause waits before the next try; false: there is none.
func (s *Shipper) pause(ctx context.Context, err error, try int) bool {
	wait := conn.Wait(err, try)
	if !passing(err) {
		if s.counts.get().New+s.counts.get().There == 0 {
			s.fail(err)
			return false
		}
		wait = max(wait, longWait)
	}
	s.allowed.Store(1)
	s.counts.trouble(err)
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// passing reports whether a failure may pass by itself.
func passing(err error) bool {
	var e *conn.Error
	if errors.As(err, &e) {
		return e.Temporary()
	}
	return errors.Is(err, errLater)
}

// errLater is returned when the server did not take some documents now.
var errLater = errors.New("the server does not take all documents now")

// attempt sends documents once and returns those that are to be sent again, and
// why.
func (s *Shipper) attempt(ctx context.Context, e *spool.Batch, items []item, try int) ([]item, error) {
	if e.Again || try > 0 {
		have, err := s.known(ctx, items, e.Oldest)
		if err != nil && !s.unasked(err) {
			return items, err
		}
		items = s.without(items, have)
		if len(items) == 0 {
			return nil, nil
		}
	}
	body := join(items)
	s.counts.add(func(c *Stats) {
		c.Requests++
		c.Bytes += uint64(len(body))
		if try > 0 {
			c.Again++
		}
	})
	results, err := s.bulk(ctx, body, len(items))
	var refused *conn.Error
	if errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge {
		return s.halves(ctx, e, items, try, err)
	}
	if err != nil {
		return items, err
	}
	return s.sort(items, results, try)
}

// unasked reports whether ids cannot be looked up for want of a privilege: then
// documents are sent as they are.
func (s *Shipper) unasked(err error) bool {
	if kind, ok := conn.KindOf(err); !ok || kind != conn.Forbidden && kind != conn.Unauthorized {
		return false
	}
	s.counts.once("unasked", source.Note{
		Level: source.NoteWarn, Text: fmt.Sprintf("what may have been sent before cannot be looked up (%v): after a rollover some events may be there twice", err),
		Remedy: "the index privileges read and view_index_metadata allow it",
	})
	return true
}

// without leaves out the documents that are there already.
func (s *Shipper) without(items []item, have map[string]bool) []item {
	if len(have) == 0 {
		return items
	}
	left := items[:0:0]
	for _, it := range items {
		if !have[it.id] {
			left = append(left, it)
		}
	}
	s.counts.add(func(c *Stats) { c.There += uint64(len(items) - len(left)) })
	return left
}

// halves sends what is too much for one request in two. A document that is too
// much by itself is refused.
func (s *Shipper) halves(ctx context.Context, e *spool.Batch, items []item, try int, err error) ([]item, error) {
	if len(items) == 1 {
		s.refuse(items[0], "request_entity_too_large", err.Error())
		return nil, nil
	}
	half := len(items) / 2
	first, err1 := s.attempt(ctx, e, items[:half:half], try)
	second, err2 := s.attempt(ctx, e, items[half:], try)
	return append(first, second...), errors.Join(err1, err2)
}

// sort looks at what became of each document.
func (s *Shipper) sort(items []item, results []result, try int) (again []item, err error) {
	var st Stats
	for i := range results {
		r := &results[i]
		what := r.outcome()
		if what == later && try >= poisonTries && r.Status >= 500 && r.Status != http.StatusServiceUnavailable {
			what = bad
		}
		switch what {
		case created:
			st.New++
		case there:
			st.There++
		case bad:
			kind, reason := r.why()
			s.refuse(items[i], kind, reason)
		case later, barred:
			again = append(again, items[i])
			if err == nil || what == barred {
				err = s.reason(r, what)
			}
		}
	}
	s.counts.add(func(c *Stats) { c.New += st.New; c.There += st.There })
	if len(again) == 0 {
		s.counts.well()
	}
	return again, err
}

// reason makes a sentence of why a document is not taken.
func (s *Shipper) reason(r *result, what outcome) error {
	kind, reason := r.why()
	reason = clip(safetext.Redact(reason))
	if what == later {
		return fmt.Errorf("%s: %w (%s: %s)", s.conn.Name(), errLater, kind, reason)
	}
	return fmt.Errorf("%s: %s may not be written to (%d %s): %s — docs/ship.md says which privileges it takes", s.conn.Name(), s.stream, r.Status, kind, reason)
}

func clip(s string) string {
	const most = 300
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// refuse keeps a document that the server refuses for its content.
func (s *Shipper) refuse(it item, kind, reason string) {
	reason = clip(safetext.Redact(reason))
	s.counts.refusal(kind, reason)
	s.counts.once("refused "+kind, source.Note{
		Level: source.NoteWarn, Text: fmt.Sprintf("the server refuses documents (%s): %s", kind, reason), Where: s.refused.path,
	})
	err := s.refused.keep(refusal{Stream: s.stream, ID: it.id, Type: kind, Reason: reason, Document: json.RawMessage(it.document())})
	if err != nil {
		s.counts.once("refused file", source.Note{Level: source.NoteError, Text: fmt.Sprintf("refused documents are lost: %v", err)})
		s.counts.add(func(c *Stats) { c.Lost++; c.Refused-- })
	}
}
