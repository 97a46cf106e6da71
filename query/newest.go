package query

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/query/page"
)

// pager is the state of reading back, between those who ask for more and the
// run that reads.
type pager struct {
	asked chan asking
	ended chan struct{} // closed when the run has

	mu        sync.Mutex
	exhausted bool
	found     *counted           // of the filter asked for last; nil before the first
	cancel    context.CancelFunc // ends the Ask before
	once      sync.Once
}

// asking is somebody who wants more, or the events of another filter.
type asking struct {
	ctx    context.Context
	n      int
	filter *filter.Filter
	anew   bool       // the filter is another one
	done   chan error // takes one
}

func (p *pager) init() { p.asked, p.ended = make(chan asking), make(chan struct{}) }

func (p *pager) end() { p.once.Do(func() { close(p.ended) }) }

func (p *pager) exhaust(is bool) {
	p.mu.Lock()
	p.exhausted = is
	p.mu.Unlock()
}

// More implements [source.Pager].
func (s *SIEM) More(ctx context.Context, n int) error {
	return s.ask(ctx, asking{n: n})
}

// Ask implements [source.Asker].
func (s *SIEM) Ask(ctx context.Context, f *filter.Filter) error {
	s.older.mu.Lock()
	if s.older.cancel != nil {
		s.older.cancel() // nobody waits for the filter before
	}
	ctx, s.older.cancel = context.WithCancel(ctx)
	s.older.mu.Unlock()
	return s.ask(ctx, asking{filter: f, anew: true})
}

// Found implements [source.Asker].
func (s *SIEM) Found() (n int64, exact bool) {
	s.older.mu.Lock()
	found := s.older.found
	s.older.mu.Unlock()
	if found == nil {
		return -1, false
	}
	found.mu.Lock()
	defer found.mu.Unlock()
	return found.n, found.exact
}

// ask hands a wish to the run and waits until it is fulfilled.
func (s *SIEM) ask(ctx context.Context, a asking) error {
	a.ctx, a.done = ctx, make(chan error, 1)
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
	r.handed = &handed{}
	back := &back{r: r}
	defer func() { back.pages.Close() }()
	back.begin(ctx)
	if err := back.read(ctx, 1); err != nil {
		return err
	}
	return r.follow(ctx, back)
}

// begin goes back to the newest events of the run's filter.
func (b *back) begin(ctx context.Context) {
	r := b.r
	if r.watch = nil; r.req.Until.IsZero() {
		r.watch = r.newWatch(time.Now())
	}
	r.fetched = 0
	r.count(ctx)
	b.pages, b.done = page.Open(r.s.Conn, r.s.pages(r.known, r.query, true), r.opt), false
	r.s.older.exhaust(false)
}

// fulfil does what somebody asks for. It gives up when they do.
func (b *back) fulfil(ctx context.Context, a asking) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(a.ctx, stop)()
	if !a.anew {
		return b.read(ctx, a.n)
	}
	b.pages.Close()
	b.r.s.lookHidden(ctx, b.r.s.Known().Fields)
	b.r.req.Filter = a.filter
	b.r.know()
	b.begin(ctx)
	_, err := b.page(ctx)
	return err
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
		handed, err := b.page(ctx)
		if err != nil {
			return err
		}
		n -= handed
	}
	return nil
}

// page reads the next page and returns how many events it has handed on.
func (b *back) page(ctx context.Context) (n int, err error) {
	a, err := b.pages.Next(ctx)
	if err != nil {
		return 0, err
	}
	if a == nil {
		b.finish()
		return 0, nil
	}
	b.r.lack(a)
	b.r.progress(len(a.Hits))
	all := b.r.read(b.r.fresh(a.Hits))
	if b.r.watch != nil {
		if b.r.watch.reached(a.Hits); a.Undated {
			b.r.watch.reachedAll()
		}
	}
	slices.Reverse(all) // the server has the newest first: of one time, the last came first
	b.r.grouped(all)
	if a.Last {
		b.finish()
	}
	return len(all), nil
}

func (b *back) finish() {
	b.done = true
	b.r.s.older.exhaust(true)
	if b.r.watch != nil {
		b.r.watch.reachedAll()
	}
}
