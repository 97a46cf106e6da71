package query

import (
	"bytes"
	"context"
	"slices"

	"github.com/stoop-project/stoop/query/page"
)

// Bounds of what is held back so that events come in the order of their time.
const (
	heldEvents = 20000
	heldBytes  = 24 << 20
)

// export reads everything, oldest first, and with Follow goes on with what
// arrives.
func (r *run) export(ctx context.Context) error {
	if r.req.Follow {
		r.handed = &handed{}
		r.watch = r.newWatch(r.began)
	}
	r.count(ctx)
	q := r.s.pages(r.known, r.query, false)
	q.Most = r.s.most
	opt := r.opt
	opt.Ahead = true
	var held holder
	err := r.each(ctx, page.Open(r.s.Conn, q, opt), func(a *page.Answer) {
		for hits := range slices.Chunk(a.Hits, exportPart) {
			held.add(r.read(hits))
			r.ordered(held.until(r.settled(hits[len(hits)-1])))
		}
		held.keep()
		a.Free()
	})
	r.ordered(held.all)
	r.beside.Wait()
	if err != nil || !r.req.Follow {
		return err
	}
	return r.follow(ctx, nil)
}

// exportPage is how many hits a page has at most when everything is read, and
// exportPart how many of them are read and handed on together: while it is
// written, the next is read.
const (
	exportPage = 5000
	exportPart = 1000
)

// each reads pages and hands them on. Hits that were seen by others of the run
// are left out.
func (r *run) each(ctx context.Context, pages page.Pages, do func(*page.Answer)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer pages.Close()
	defer cancel() // first: what was asked for ahead goes at once
	for {
		a, err := pages.Next(ctx)
		if a == nil || err != nil {
			return err
		}
		r.lack(a)
		r.progress(len(a.Hits))
		a.Hits = r.fresh(a.Hits)
		do(a)
	}
}

// settled is the time before which no event comes behind a hit.
func (r *run) settled(h page.Hit) int64 {
	t := r.known.Time
	if t == nil || !h.Timed {
		return 1<<63 - 1
	}
	at := t.ns(h.Time)
	if !t.Own {
		at -= int64(lateness)
	}
	return at
}

// holder holds events back until those before them have come.
type holder struct {
	all   []read
	bytes int
}

func (h *holder) add(more []read) {
	h.all = append(h.all, more...)
	for _, r := range more {
		h.bytes += len(r.doc)
	}
}

// keep copies what is held out of the page that it lies in.
func (h *holder) keep() {
	for i := range h.all {
		if r := &h.all[i]; !r.own {
			r.doc, r.own = bytes.Clone(r.doc), true
		}
	}
}

// until takes out the events before a time, and the oldest of too many.
func (h *holder) until(ns int64) []read {
	byTime(h.all)
	n := 0
	for n < len(h.all) && h.all[n].event.Time < ns {
		n++
	}
	for size := h.bytes; n < len(h.all) && (len(h.all)-n > heldEvents || size > heldBytes); n++ {
		size -= len(h.all[n].doc)
	}
	out := h.all[:n:n]
	h.all = append([]read(nil), h.all[n:]...)
	for _, r := range out {
		h.bytes -= len(r.doc)
	}
	return out
}
