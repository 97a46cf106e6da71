package query

import (
	"context"
	"sync"
	"time"

	"github.com/stoop-project/stoop/query/page"
)

// pager is the state of reading back, between those who ask for more and the
// run that reads.
type pager struct {
	asked chan asking
	ended chan struct{} // closed when the run has

	mu        sync.Mutex
	exhausted bool
	once      sync.Once
}

// asking is somebody who wants more.
type asking struct {
	n    int
	done chan error // takes one
}

func (p *pager) init() { p.asked, p.ended = make(chan asking), make(chan struct{}) }

func (p *pager) end() { p.once.Do(func() { close(p.ended) }) }

func (p *pager) exhaust() {
	p.mu.Lock()
	p.exhausted = true
	p.mu.Unlock()
}

// More implements [source.Pager].
func (s *SIEM) More(ctx context.Context, n int) error {
	a := asking{n, make(chan error, 1)}
	select {
	case s.older.asked <- a:
	case <-s.older.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.done:
		return err
	case <-s.older.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Exhausted implements [source.Pager].
func (s *SIEM) Exhausted() bool {
	s.older.mu.Lock()
	defer s.older.mu.Unlock()
	return s.older.exhausted
}

// newest reads the newest page, then older ones as somebody asks and what
// arrives, until ctx is done.
func (r *run) newest(ctx context.Context) error {
	if r.req.Until.IsZero() {
		r.watch = r.newWatch(time.Now())
	}
	r.count(ctx)
	back := &back{r: r, pages: page.Open(r.s.Conn, r.s.pages(r.query, true), r.opt)}
	defer back.pages.Close()
	if err := back.read(ctx, 1); err != nil {
		return err
	}
	return r.follow(ctx, back)
}

// back reads older events.
type back struct {
	r     *run
	pages page.Pages
	done  bool
}

// read reads pages until n further events were handed on.
func (b *back) read(ctx context.Context, n int) error {
	for n > 0 && !b.done {
		a, err := b.pages.Next(ctx)
		if err != nil {
			return err
		}
		if a == nil {
			b.finish()
			return nil
		}
		b.r.lack(a)
		b.r.progress(len(a.Hits))
		hits := a.Hits
		if w := b.r.watch; w != nil {
			hits = w.fresh(hits)
			w.reached(a.Hits)
		}
		all := b.r.read(hits)
		// The server has the newest first: of one time, the last came first.
		for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
			all[i], all[j] = all[j], all[i]
		}
		n -= len(all)
		b.r.grouped(all)
		if a.Last {
			b.finish()
		}
	}
	return nil
}

func (b *back) finish() {
	b.done = true
	b.r.s.older.exhaust()
	if b.r.watch != nil {
		b.r.watch.reachedAll()
	}
}
