package tui

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// hub runs the sources into the store and tells the model, not more than once
// a frame, that something has changed.
type hub struct {
	sources []source.Source
	sinks   map[source.Source]source.Sink // what each is run into
	through bool                          // something stands before the hub
	said    func() []source.Note          // by what stands before the hub; may be nil
	makes   func() uint64                 // how many alerts that has made; may be nil
	ended   chan struct{}                 // is closed when all sources have ended, and that was told
	over    func()                        // is told that all sources have ended; may be nil
	first   *filter.Filter                // of the screen's first level
	store   *store.Store
	queue   *queue.Queue  // of all alerts that came, held or not
	changed chan struct{} // holds one token while there is news
	isLive  bool
	rates   rates // of live sources
	brought brought

	// When the sparklines of files were counted, and how long it took; of the
	// refresh, of which one runs at a time.
	ratesAt   time.Time
	ratesCost time.Duration

	mu     sync.Mutex
	ctx    context.Context // of the run; nil before
	paging bool            // older events are being fetched
	asks   int             // filters that sources are being asked for
	state  []sourceState
	done   sync.WaitGroup
}

// sourceState is how far a source's Run has come.
type sourceState struct {
	ended bool
	err   error
}

func newHub(opt Options, st *store.Store) *hub {
	sources := opt.Sources
	h := &hub{sources: sources, sinks: make(map[source.Source]source.Sink), through: opt.Through != nil, said: opt.Notes, makes: opt.Made, over: opt.Ended, ended: make(chan struct{}), store: st, queue: queue.New(), changed: make(chan struct{}, 1), state: make([]sourceState, len(sources))}
	source.Tellers(sources, h.poke)
	if counters := source.Counters(sources); len(counters) > 0 {
		h.queue.HoldMore(func(t *event.Tables) bool {
			return slices.ContainsFunc(counters, func(c source.Counter) bool { return c.Owns(t) })
		})
	}
	for _, src := range sources {
		_, pager := src.(source.Pager) // hands on what arrives
		h.isLive = h.isLive || src.Info().Live || pager
		if h.sinks[src] = h; opt.Through != nil {
			h.sinks[src] = opt.Through(src, h)
		}
	}
	return h
}

// older fetches events that are older than those handed on, from the sources
// that have some, unless it is at that already. It reports whether it does.
func (h *hub) older(n int) bool {
	pagers := source.Pagers(h.sources)
	h.mu.Lock()
	ctx := h.ctx
	if ctx == nil || h.paging || len(pagers) == 0 {
		h.mu.Unlock()
		return false
	}
	h.paging = true
	h.mu.Unlock()
	h.done.Go(func() {
		var all sync.WaitGroup
		for _, p := range pagers {
			all.Go(func() { _ = p.More(ctx, n) }) // what went wrong is in its notes
		}
		all.Wait()
		h.mu.Lock()
		h.paging = false
		h.mu.Unlock()
		h.poke()
	})
	return true
}

// fetching reports whether older events are on their way.
func (h *hub) fetching() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.paging
}

// ask has the sources that look for what they are asked for look for the events
// of a filter.
func (h *hub) ask(f *filter.Filter) {
	askers := source.Askers(h.sources)
	h.mu.Lock()
	ctx := h.ctx
	if ctx == nil || len(askers) == 0 {
		h.mu.Unlock()
		return
	}
	h.asks++
	h.mu.Unlock()
	h.done.Go(func() {
		var all sync.WaitGroup
		for _, a := range askers {
			all.Go(func() { _ = a.Ask(ctx, f) }) // what went wrong is in its notes
		}
		all.Wait()
		h.mu.Lock()
		h.asks--
		h.mu.Unlock()
		h.poke()
	})
}

// asking reports whether the answer to a filter is on its way.
func (h *hub) asking() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asks > 0
}

// found adds up how many events the sources have that look for what they are
// asked for; ok is false when there are none of that kind, or one has not
// counted yet.
func (h *hub) found() (n int64, exact, ok bool) {
	exact = true
	for _, a := range source.Askers(h.sources) {
		found, all := a.Found()
		if found < 0 {
			return 0, false, false
		}
		n, exact, ok = n+found, exact && all, true
	}
	return n, exact, ok
}

// start runs every source until it ends or ctx is done. Where something stands
// between the sources and the screen, those that end are read side by side in
// the order of time: what fires after what is to be told.
func (h *hub) start(ctx context.Context, req source.Request) {
	h.mu.Lock()
	h.ctx = ctx
	h.mu.Unlock()
	var finite []source.Source
	var runs []func()
	for i, src := range h.sources {
		req := req
		if h.through && h.sinks[src] == source.Sink(h) {
			req.Filter, req.Beside = h.first, nil // what stands before the screen asks others alone for more
		}
		run := toldRun{Source: src, told: func(err error) { h.sourceEnded(i, err) }}
		if _, pager := src.(source.Pager); h.through && !pager && !src.Info().Live {
			finite = append(finite, run)
			continue
		}
		runs = append(runs, func() { _ = run.Run(ctx, req, h.sinks[src]) }) // told
	}
	if len(finite) > 0 {
		sink := h.sinks[finite[0].(toldRun).Source]
		runs = append(runs, func() { _ = source.Merge(ctx, req, finite, sink) }) // told
	}
	var all sync.WaitGroup
	for _, run := range runs {
		all.Add(1)
		h.done.Go(func() {
			defer all.Done()
			run()
		})
	}
	h.done.Go(func() {
		defer close(h.ended)
		if all.Wait(); h.over != nil && ctx.Err() == nil {
			h.over()
			h.poke()
		}
	})
}

// settle waits until the sources that end have, and for no longer than patience.
func (h *hub) settle(patience time.Duration) {
	if h.isLive {
		return
	}
	select {
	case <-h.ended:
	case <-time.After(patience):
	}
}

// toldRun is a source that tells how its Run ended.
type toldRun struct {
	source.Source
	told func(error)
}

func (r toldRun) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	err := r.Source.Run(ctx, req, sink)
	r.told(err)
	return err
}

// sourceEnded takes note that a source's Run has ended.
func (h *hub) sourceEnded(i int, err error) {
	h.mu.Lock()
	h.state[i] = sourceState{ended: true, err: err}
	h.mu.Unlock()
	h.poke()
}

// Batch takes a source's batch in.
func (h *hub) Batch(b *event.Batch) {
	h.brought.take(b, h.keep)
	if h.isLive {
		h.rates.add(b)
	}
	h.poke()
}

// keep takes events that are not there yet.
func (h *hub) keep(b *event.Batch) {
	h.store.Batch(b)
	h.queue.Batch(b)
}

// poke leaves word that something has changed. It never blocks.
func (h *hub) poke() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// tell calls send for every change, at most once each interval, until ctx is
// done. send may block.
func (h *hub) tell(ctx context.Context, interval time.Duration, send func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.changed:
		}
		send()
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
	}
}

// close lets the sources go, after their Run was told to end.
func (h *hub) close() {
	for _, src := range h.sources {
		src.Close()
	}
}

// states returns how far each source has come.
func (h *hub) states() []sourceState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]sourceState(nil), h.state...)
}

// running reports whether any source may still bring events.
func (h *hub) running() bool {
	for _, s := range h.states() {
		if !s.ended {
			return true
		}
	}
	return false
}

// reading reports whether a source that has an end, and hands all of it on, has
// not come to it.
func (h *hub) reading() bool {
	for i, s := range h.states() {
		if _, finds := h.sources[i].(source.Finder); !s.ended && !finds && !h.sources[i].Info().Live {
			return true
		}
	}
	return false
}

// live reports whether any source brings events as they happen.
func (h *hub) live() bool { return h.isLive }

// stats adds up what the sources count.
func (h *hub) stats() source.Stats {
	sum := source.Totals(h.sources)
	sum.Notes = append(sum.Notes, h.notes()...)
	return sum
}

// notes are what was said of no source.
func (h *hub) notes() []source.Note {
	if h.said == nil {
		return nil
	}
	return h.said()
}

// made is how many alerts were made of what came.
func (h *hub) made() uint64 {
	if h.makes == nil {
		return 0
	}
	return h.makes()
}

// sinkOf returns what a source, by whichever of its faces, is run into.
func (h *hub) sinkOf(face any) source.Sink {
	if src, ok := face.(source.Source); ok && h.sinks[src] != nil {
		return h.sinks[src]
	}
	return h
}

// recorders are the sources that keep a flight recorder.
func (h *hub) recorders() (rs []source.Recorder) {
	for _, src := range h.sources {
		if r, ok := src.(source.Recorder); ok {
			rs = append(rs, r)
		}
	}
	return rs
}

// quiet adds the containers that run and of which nothing is held.
func (h *hub) quiet(held []store.ContainerCount, newest int64) []store.ContainerCount {
	known := make(map[string]bool, len(held))
	for _, c := range held {
		known[c.ID] = true
	}
	for _, src := range h.sources {
		l, ok := src.(source.Lister)
		if !ok {
			continue
		}
		for _, c := range l.Running() {
			if !known[c.ID] {
				known[c.ID] = true
				held = append(held, store.ContainerCount{ID: c.ID, T: c.T, Cont: c.Cont, Worst: event.PriorityUnknown, First: newest, Last: newest})
			}
		}
	}
	return held
}

// reach returns how far back each recorded container's rings reach.
func (h *hub) reach() map[string]source.Reach {
	rows := make(map[string]source.Reach)
	for _, r := range h.recorders() {
		for _, row := range r.Reach() {
			rows[row.Container] = row
		}
	}
	return rows
}
