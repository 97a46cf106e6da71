package source

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
)

// Bounds of looking names up: an event never waits for it.
const (
	resolveQueue   = 1024            // addresses that wait; further ones go without a name
	resolveWorkers = 4               // questions asked at a time
	resolveTimeout = 3 * time.Second // of one question
)

// lookup asks for the names of an address; net.Resolver.LookupAddr does.
type lookup func(ctx context.Context, addr string) ([]string, error)

// Resolve returns a source that also asks the DNS for the names of the
// addresses in its events, beside their way, and teaches them to the events'
// tables. Whoever serves the zone can see the questions. A source that keeps a
// flight recorder, or watches what it is told, goes on to do so, and one that
// pages, counts and finds too.
func Resolve(src Source) Source { return resolve(src, net.DefaultResolver.LookupAddr) }

func resolve(src Source, ask lookup) Source {
	r := resolving{Source: src, ask: ask}
	rec, records := src.(Recorder)
	watcher, watches := src.(Watcher)
	older, pages := src.(Pager)
	counter, counts := src.(Counter)
	finder, finds := src.(Finder)
	switch {
	case records && watches:
		return struct {
			resolving
			Recorder
			Watcher
		}{r, rec, watcher}
	case records:
		return struct {
			resolving
			Recorder
		}{r, rec}
	case pages && counts && finds:
		return struct {
			resolving
			Pager
			counting
			finding
		}{r, older, counting{counter}, finding{finder}}
	case pages && counts:
		return struct {
			resolving
			Pager
			counting
		}{r, older, counting{counter}}
	case pages:
		return struct {
			resolving
			Pager
		}{r, older}
	}
	return r
}

// counting is what a [Counter] can do beside being a source.
type counting struct{ c Counter }

// Count implements [Counter].
func (c counting) Count(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
	return c.c.Count(ctx, qs)
}

// Owns implements [Counter].
func (c counting) Owns(t *event.Tables) bool { return c.c.Owns(t) }

// finding is what a [Finder] can do beside that.
type finding struct{ f Finder }

// Find implements [Finder].
func (f finding) Find(ctx context.Context, req Request, n int, sink Sink) (bool, error) {
	return f.f.Find(ctx, req, n, sink)
}

type resolving struct {
	Source
	ask lookup
}

// Inner returns the source that another stands for ([Resolve]), or the source
// itself.
func Inner(src Source) Source {
	if r, ok := src.(interface{ inner() Source }); ok {
		return r.inner()
	}
	return src
}

func (r resolving) inner() Source { return r.Source }

// question is an address without a name.
type question struct {
	names *event.Names
	addr  netip.Addr
}

// Run runs the source and looks at the addresses that its batches bring.
func (r resolving) Run(ctx context.Context, req Request, sink Sink) error {
	asking, stop := context.WithCancel(ctx)
	queue := make(chan question, resolveQueue)
	var workers sync.WaitGroup
	for range resolveWorkers {
		workers.Go(func() {
			for q := range queue {
				r.answer(asking, q)
			}
		})
	}
	seen := make(map[*event.Tables]uint32) // rows of objects looked at
	asked := make(map[netip.Addr]bool)
	err := r.Source.Run(ctx, req, SinkFunc(func(b *event.Batch) {
		sink.Batch(b)
		seen[b.Tables] = enqueue(b.Tables, seen[b.Tables], asked, queue)
	}))
	close(queue)
	if ctx.Err() != nil {
		stop()
	}
	workers.Wait()
	stop()
	return err
}

// enqueue asks for the addresses of the objects from row from on, each once,
// and returns how many rows there are.
func enqueue(t *event.Tables, from uint32, asked map[netip.Addr]bool, queue chan<- question) uint32 {
	n := uint32(t.Objs.Len())
	for id := from; id < n; id++ {
		o := t.Objs.At(id)
		for _, end := range []event.Endpoint{o.Local, o.Remote} {
			addr := end.Addr()
			if !end.Known || addr.IsUnspecified() || asked[addr] || len(t.Names.Of(addr)) > 0 {
				continue
			}
			select {
			case queue <- question{t.Names, addr}:
				asked[addr] = true
			default: // later, should it come again
			}
		}
	}
	return n
}

func (r resolving) answer(ctx context.Context, q question) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	names, err := r.ask(ctx, q.addr.String())
	if err != nil {
		return // no name is no failure
	}
	for _, name := range names {
		q.names.Learn(q.addr, name)
	}
}
