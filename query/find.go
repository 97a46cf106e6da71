package query

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/page"
)

var _ source.Finder = (*SIEM)(nil)

// findMost bounds how many documents are fetched to find a few events that the
// server cannot tell from others; whoever wants more has that many fetched.
const findMost = 20_000

// findBytes bounds what is found, in bytes of documents; findEach is what each
// event may take where more are wanted than that has room for.
const (
	findBytes = 64 << 20
	findEach  = 2 << 10
)

// bytes is the bound of what is found.
func (f *find) bytes() int { return max(findBytes, findEach*f.n) }

// findPatience is how long somebody waits who has asked for something.
const findPatience = patience / 10

// Find implements [source.Finder]: the server looks as far as it can, and what
// it cannot decide is fetched and decided here.
func (s *SIEM) Find(ctx context.Context, req source.Request, n int, sink source.Sink) (more bool, err error) {
	k := s.Known()
	query, _ := s.query(k, req)
	q := s.pages(k, query, req.Newest)
	q.Size = min(n+1, s.page)
	f := &find{batcher: newBatcher(s, sink), req: req, n: n, time: k.Time, sorted: k.Time != nil && k.Time.Own}
	f.counts = new(counts) // what somebody looks up is not what the source was asked to read
	opt := page.Options{Patience: findPatience, Trouble: s.counts.trouble}
	// Most answers have one page, which needs no point in time.
	a, whole, err := page.Once(ctx, s.Conn, q, opt)
	if kind, _ := conn.KindOf(err); err != nil && kind != conn.TooLarge {
		return false, err
	}
	if err == nil {
		f.lack(a)
		f.add(a.Hits)
	}
	if !whole && !f.enough() {
		if err := f.pages(ctx, page.Open(s.Conn, q, opt)); err != nil {
			return false, err
		}
	}
	f.hand()
	return f.more, ctx.Err()
}

// find is one search.
type find struct {
	*batcher
	req     source.Request
	n       int
	time    *TimeField
	sorted  bool // hits come in the order of their events
	fetched int
	edge    int64 // the server's time of the last hit, in ns since 1970
	all     []read
	more    bool
	full    bool // the bound of bytes is reached, and what follows is further away
}

func sizeOf(all []read) (n int) {
	for i := range all {
		n += len(all[i].doc)
	}
	return n
}

// pages reads on until there is enough, or no more.
func (f *find) pages(ctx context.Context, pages page.Pages) error {
	defer pages.Close()
	f.all, f.fetched = nil, 0 // the point in time begins anew
	for {
		a, err := pages.Next(ctx)
		if a == nil || err != nil {
			return err
		}
		f.lack(a)
		f.add(a.Hits)
		if f.enough() || a.Last {
			return nil
		}
	}
}

func (f *find) lack(a *page.Answer) {
	if lack := a.Lack(); lack != "" {
		f.s.counts.Note(source.Note{Level: source.NoteWarn, Text: "an answer is not whole: " + lack, Remedy: "events are missing; look again when the server is well"})
	}
}

// enough reports whether nothing nearer can come.
func (f *find) enough() bool {
	if f.fetched >= max(findMost, f.n+1) {
		if !f.more {
			f.s.counts.Note(source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("looking ended after %d documents", f.fetched)})
		}
		f.more = true
		return true
	}
	return f.full || f.sorted && len(f.all) > f.n && f.before(f.edge) >= f.n
}

// before counts the events that are nearer than a server's time, which may be
// cut to ms: hits that are still to come cannot stand before them.
func (f *find) before(edge int64) (n int) {
	for i := range f.all {
		if at := f.all[i].event.Time; f.req.Newest && at >= edge+int64(time.Millisecond) || !f.req.Newest && at < edge {
			n++
		}
	}
	return n
}

// add keeps the events among hits that are wanted.
func (f *find) add(hits []page.Hit) {
	f.fetched += len(hits)
	if n := len(hits); n > 0 {
		f.edge = f.furthest()
		if h := hits[n-1]; h.Timed && f.time != nil {
			f.edge = f.time.ns(h.Time)
		}
	}
	all := f.read(hits)
	byTables := make(map[*event.Tables]*event.Batch)
	for _, r := range all {
		b := byTables[r.tables]
		if b == nil {
			b = event.NewBatch(r.tables, 1, len(all))
			byTables[r.tables] = b
		}
		b.Append(r.event, r.doc)
		if f.wanted(b, b.Len()-1) {
			f.all = append(f.all, r)
		} else {
			f.counts.Handed(0, 1)
		}
	}
	if size := sizeOf(f.all); !f.sorted && len(f.all) > 2*f.n || size > 2*f.bytes() {
		f.trim()
		f.full = f.sorted && size > 2*f.bytes()
	}
}

// furthest is a time before which nothing stands that could be found: a hit
// without a time may belong anywhere.
func (f *find) furthest() int64 {
	if f.req.Newest {
		return math.MaxInt64 - int64(time.Millisecond)
	}
	return math.MinInt64
}

func (f *find) wanted(b *event.Batch, i int) bool {
	at := b.Time[i]
	return (f.req.Since.IsZero() || at >= f.req.Since.UnixNano()) && (f.req.Until.IsZero() || at <= f.req.Until.UnixNano()) &&
		(f.req.Filter == nil || f.req.Filter.Match(b, i))
}

// trim keeps the nearest: as many as were asked for, and as fit into the bound.
func (f *find) trim() {
	slices.SortStableFunc(f.all, func(a, b read) int {
		if f.req.Newest {
			a, b = b, a
		}
		return cmp.Compare(a.event.Time, b.event.Time)
	})
	keep, size := 0, 0
	for keep < min(len(f.all), f.n) && (keep == 0 || size+len(f.all[keep].doc) <= f.bytes()) {
		size += len(f.all[keep].doc)
		keep++
	}
	if over := len(f.all) - keep; over > 0 {
		f.more = true
		f.counts.Handed(0, over)
		clear(f.all[keep:])
		f.all = f.all[:keep]
	}
}

// hand hands on what was found.
func (f *find) hand() {
	f.trim()
	if f.req.Newest { // the server has the newest first: of one time, the last came first
		slices.Reverse(f.all)
	}
	f.grouped(f.all)
}
