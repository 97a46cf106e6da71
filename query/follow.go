package query

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/page"
)

// How arrivals are looked for.
const (
	pollEvery  = 250 * time.Millisecond // what comes in the usual time
	pollBack   = time.Minute            // … which is this old at most
	pollAtMost = 5 * time.Second        // the longest pause between two looks
	sweepEvery = 5 * time.Second        // what comes late
	maxIDs     = 300000                 // documents that are remembered by their ids
)

// watch knows which documents of the last minutes were seen. The server counts
// documents by second; where it has more than were seen, they are fetched.
type watch struct {
	r     *run
	began time.Time
	seeds [2]maphash.Seed

	seen   map[int64]map[docKey]struct{} // by second
	ids    int
	unread int64 // the seconds before it were not read yet
	forgot int64 // the seconds before it were too many to remember
	high   int64 // the newest second that was seen and has come
	swept  time.Time
}

// docKey stands for a document's index and id: 128 bits of hash.
type docKey [2]uint64

func (r *run) newWatch(now time.Time) *watch {
	if r.known.Time == nil {
		r.s.counts.now("arrivals", source.Note{
			Level: source.NoteWarn, Text: "arrivals cannot be followed as long as the indices have no time field to go by",
		})
		return nil
	}
	r.s.counts.now("arrivals", source.Note{})
	return &watch{
		r: r, began: now, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		seen: make(map[int64]map[docKey]struct{}), unread: -1 << 62, forgot: -1 << 62,
	}
}

func (w *watch) key(h *page.Hit) docKey { return keyOf(w.seeds, h) }

// second is when a hit was, in seconds.
func (w *watch) second(h *page.Hit) int64 {
	return floorDiv(w.r.known.Time.ns(h.Time), int64(time.Second))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// fresh returns the hits that were not seen, and remembers those of the last
// minutes.
func (w *watch) fresh(hits []page.Hit) []page.Hit {
	now := time.Now().Unix()
	for i := range hits {
		if at := w.second(&hits[i]); hits[i].Timed && at <= now {
			w.high = max(w.high, at)
		}
	}
	oldest := w.oldest()
	fresh := hits[:0:0]
	for i := range hits {
		h := &hits[i]
		at := w.second(h)
		if h.Timed && at >= oldest {
			k := w.key(h)
			docs := w.seen[at]
			if _, ok := docs[k]; ok {
				continue
			}
			if docs == nil {
				docs = make(map[docKey]struct{})
				w.seen[at] = docs
			}
			docs[k] = struct{}{}
			w.ids++
		}
		fresh = append(fresh, *h)
	}
	if w.ids > maxIDs {
		w.trim(oldest)
	}
	return fresh
}

// oldest is the first second in which something may still arrive.
func (w *watch) oldest() int64 {
	at := min(time.Now().Unix(), w.began.Unix())
	if !w.swept.IsZero() {
		at = time.Now().Unix()
	}
	if w.high > 0 {
		at = min(at, w.high)
	}
	return at - int64((lateness+time.Minute)/time.Second)
}

// trim forgets what is too old to be followed by something late, and then the
// oldest of what is too much.
func (w *watch) trim(oldest int64) {
	for at, docs := range w.seen {
		if at < oldest {
			w.ids -= len(docs)
			delete(w.seen, at)
		}
	}
	if w.ids <= maxIDs {
		return
	}
	seconds := make([]int64, 0, len(w.seen))
	for at := range w.seen {
		seconds = append(seconds, at)
	}
	slices.Sort(seconds)
	for _, at := range seconds {
		if w.ids <= maxIDs*3/4 {
			break
		}
		w.ids -= len(w.seen[at])
		delete(w.seen, at)
		w.forgot = max(w.forgot, at+1)
	}
	w.r.s.counts.Note(source.Note{
		Level: source.NoteWarn, Text: fmt.Sprintf("more than %d documents a few minutes: what arrives late is not looked for over the whole time", maxIDs),
	})
}

// reached says how far back documents were read.
func (w *watch) reached(hits []page.Hit) {
	for i := range hits {
		if hits[i].Timed {
			w.unread = w.second(&hits[i]) + 1
		}
	}
}

func (w *watch) reachedAll() { w.unread = -1 << 62 }

// floor is the first second that is watched.
func (w *watch) floor() int64 { return max(w.unread, w.forgot) }

// follow looks for arrivals and reads back when it is asked to, until ctx is
// done.
func (r *run) follow(ctx context.Context, b *back) error {
	tick := time.NewTimer(0)
	defer tick.Stop()
	if r.watch == nil {
		tick.Stop()
	}
	asked := r.s.older.asked
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	learned := r.s.learning(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a := <-asked:
			var err error
			if b != nil {
				err = b.fulfil(ctx, a)
			}
			a.done <- err
			if err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		case <-learned:
			if r.adopt(); r.watch != nil {
				tick.Reset(0)
			}
		case <-tick.C:
			begun := time.Now()
			if err := r.watch.poll(ctx); err != nil {
				if k, ok := conn.KindOf(err); !ok || k != conn.NoIndex && k != conn.TooLarge {
					return err
				}
				r.s.counts.trouble(err, sweepEvery)
			}
			tick.Reset(pollPause(time.Since(begun)))
		}
	}
}

// pollPause is how long nothing is looked for after a poll that took so long: as
// long again, so that a slow server has half of its time for others, and not for
// as long as it may have been away.
func pollPause(took time.Duration) time.Duration { return min(max(pollEvery, took), pollAtMost) }

// poll looks for what has arrived, once.
func (w *watch) poll(ctx context.Context) error {
	now := time.Now()
	anchor := now.Unix()
	if w.high > 0 {
		anchor = min(anchor, w.high)
	}
	from := anchor - int64(pollBack/time.Second)
	sweep := now.Sub(w.swept) >= sweepEvery
	if sweep {
		from = anchor - int64(lateness/time.Second)
		if w.swept.IsZero() { // what arrived while everything was read
			from = min(from, w.began.Unix()-int64(lateness/time.Second))
		}
	}
	more, err := w.more(ctx, max(from, w.floor()))
	if err != nil {
		return err
	}
	for _, span := range more {
		if err := w.fetch(ctx, span); err != nil {
			return err
		}
	}
	if sweep {
		w.swept = now
		w.trim(w.oldest())
	}
	return nil
}

// span is a range of seconds, the last not in it.
type span struct{ from, to int64 }

// more asks in which seconds from one on the server has more than was seen.
func (w *watch) more(ctx context.Context, from int64) ([]span, error) {
	t := w.r.known.Time
	query := all([]any{w.r.query, t.between(time.Unix(from, 0), time.Time{}, "lt")})
	req := conn.Request{
		Method: http.MethodPost, Path: conn.Path(w.r.s.Index, "_search"), Patience: w.r.opt.Patience, Trouble: w.r.opt.Trouble,
		Body: fmt.Appendf(nil, `{"size":0,"query":%s,"aggs":{"s":{"date_histogram":{"field":%s,"fixed_interval":"1s","min_doc_count":1}}}}`,
			query, mustJSON(t.Path)),
	}
	if w.r.s.Product == conn.Logzio {
		req.Path = "/v1/search"
	}
	var counted struct {
		S struct {
			Buckets []struct {
				Key   json.Number `json:"key"`
				Count int         `json:"doc_count"`
			} `json:"buckets"`
		} `json:"s"`
	}
	req.Read = func(body []byte) error {
		a, err := page.Scan(body)
		if err != nil {
			return err
		}
		return json.Unmarshal(a.Aggs, &counted)
	}
	if _, err := w.r.s.Do(ctx, req); err != nil {
		return nil, err
	}
	var spans []span
	for _, b := range counted.S.Buckets {
		ms, err := b.Key.Float64()
		if err != nil {
			continue
		}
		at := floorDiv(int64(ms), 1000)
		if at < w.floor() || b.Count <= len(w.seen[at]) {
			continue
		}
		if n := len(spans); n > 0 && spans[n-1].to == at {
			spans[n-1].to++
		} else {
			spans = append(spans, span{at, at + 1})
		}
	}
	return spans, nil
}

func mustJSON(text string) []byte {
	b, _ := json.Marshal(text)
	return b
}

// fetch reads what has arrived in a span.
func (w *watch) fetch(ctx context.Context, in span) error {
	t := w.r.known.Time
	query := all([]any{w.r.query, t.between(time.Unix(in.from, 0), time.Unix(in.to, 0), "lt")})
	q := w.r.s.pages(w.r.known, query, false)
	take := func(a *page.Answer) {
		w.r.lack(a)
		hits := w.r.fresh(a.Hits)
		w.r.progress(len(hits))
		w.r.ordered(w.r.read(hits))
	}
	a, whole, err := page.Once(ctx, w.r.s.Conn, q, w.r.opt)
	if err == nil && whole {
		take(a)
		return nil
	}
	if err != nil {
		if k, _ := conn.KindOf(err); k != conn.TooLarge {
			return err
		}
	}
	pages := page.Open(w.r.s.Conn, q, w.r.opt)
	defer pages.Close()
	for {
		a, err := pages.Next(ctx)
		if a == nil || err != nil {
			return err
		}
		take(a)
	}
}
