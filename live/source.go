//go:build linux

package live

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live/clock"
	"github.com/stoop-project/stoop/live/container"
	"github.com/stoop-project/stoop/live/decode"
	"github.com/stoop-project/stoop/live/probe"
	"github.com/stoop-project/stoop/live/proc"
)

// Times and bounds of the pipeline.
const (
	tick          = 10 * time.Millisecond
	settle        = uint64(time.Millisecond) // how long records of other CPUs are waited for
	settleAtStart = 100 * time.Millisecond   // for runtimes to describe the containers there are
	settleBefore  = time.Second              // and those that the recorder has met
	houseEvery    = 500 * time.Millisecond
	readAtOnce    = 4096
	maxHeld       = 32 << 10 // records read before some are decoded
	maxTables     = 128 << 20
	maxQueued     = 64 << 20 // bytes of events whose reader is slower than the node
)

// Live is the source of this node's events. Run is for one goroutine, the rest
// may be called from any.
type Live struct {
	opt   source.Options
	probe *probe.Probe
	clk   *clock.Clock

	mu      sync.Mutex // guards what follows: the pipeline holds it while it works
	tables  *event.Tables
	conts   *container.Table
	procs   *proc.Table
	dec     *decode.Decoder
	plan    probe.Plan
	asked   []string // the calls of the plan that the request is about
	req     source.Request
	stage   stage
	instead *source.Request // asked for before Run
	seen    seen
	flown   flown
	began   uint64      // boot time of Run
	out     source.Sink // of the stream, while it runs
	notes   []source.Note

	statsMu sync.Mutex
	stats   source.Stats
	gaps    source.Gaps
	queue   *source.Queue // to the sink, which may be slow

	shared   *net.UnixListener
	sharedAt string

	closing sync.Once
	closed  error
}

// Open opens the live source. The error says what is missing and what to do.
func Open(_ context.Context, _ string, opt source.Options) (source.Source, error) {
	p, err := probe.Open(probe.Options{DeedsRing: opt.DeedsRing, BulkRing: opt.BulkRing})
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	l := &Live{opt: opt, probe: p, clk: clock.New(), tables: newTables(), queue: source.NewQueue(maxQueued)}
	l.conts = container.New(l.tables, p.Keys(), container.Options{Root: p.Keys().Root})
	l.procs = proc.New(l.tables, l.clk, l.conts, proc.Options{})
	l.dec = decode.New(l.tables, l.procs, l.clk, decode.Options{Made: l.handed})
	for _, c := range p.Report().Checks {
		if !c.OK {
			l.note(source.NoteInfo, c.Detail, c.Remedy)
		}
	}
	return l, nil
}

func newTables() *event.Tables {
	t := event.NewTables()
	if host, err := os.Hostname(); err == nil && host != "" {
		t.Host = t.Strings.Add(host)
	}
	return t
}

var keepPrivileges atomic.Bool

// KeepPrivileges lets the process keep all its capabilities. Otherwise Run
// gives up those that reading the kernel does not need, for the whole process
// and for good. It is called before Run, by a program that has more to do.
func KeepPrivileges() { keepPrivileges.Store(true) }

// Info describes the source.
func (l *Live) Info() source.Info {
	return source.Info{Name: "live", Scheme: "live", Origin: event.FromLive, Live: true, Events: -1}
}

// Run attaches what the request needs and streams until ctx is done.
func (l *Live) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	if err := l.start(req); err != nil {
		return err
	}
	l.queue.Start(sink)
	defer l.queue.End()
	if req.Before > 0 {
		if err := l.before(ctx, time.Now().Add(-req.Before), source.SinkFunc(l.queue.Keep)); err != nil {
			return err
		}
	}
	names := &patient{live: l, sink: l.queue}
	sink = names
	l.mu.Lock()
	l.out = sink
	l.mu.Unlock()
	timer := time.NewTicker(tick)
	defer timer.Stop()
	batch := make([]bpf.Record, 0, readAtOnce)
	house := time.Now()
	for {
		batch = l.work(batch, sink)
		now := time.Now()
		l.name(now, names)
		if now.Sub(house) >= houseEvery {
			house = now
			l.housekeep(now, sink)
		}
		if !req.Until.IsZero() && now.After(req.Until) {
			break
		}
		select {
		case <-ctx.Done():
			l.finish(batch, sink)
			names.flush()
			return nil //nolint:nilerr // ending because of ctx is no error
		case <-timer.C:
		}
	}
	l.finish(batch, sink)
	names.flush()
	return nil
}

// name takes in what runtimes told meanwhile.
func (l *Live) name(now time.Time, names *patient) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conts.Update(now)
	names.offer(now)
}

// start brings the plan into force and reads the processes there are. Records
// that are made meanwhile wait in the buffer.
func (l *Live) start(req source.Request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.req, l.began = req, clock.Now()
	if l.instead != nil {
		l.ask(*l.instead)
	}
	if err := l.share(); err != nil {
		l.note(source.NoteInfo, "other stoops cannot read this one's recorder: "+err.Error(), "")
	}
	// Before anything from outside is read, and while no thread waits in the
	// kernel: all of them have to give up theirs.
	if !keepPrivileges.Load() {
		if err := probe.DropPrivileges(); err != nil {
			l.note(source.NoteWarn, "the process keeps all its capabilities: "+err.Error(), "use a build without cgo")
		}
	}
	// The runtimes are asked about these meanwhile.
	l.conts.Look()
	var want func(event.Type) bool
	l.plan, want = l.makePlan(l.req)
	l.probe.Prepare(l.plan)
	// Processes are read while the rest is attached, but not before their
	// lives are followed: what changes meanwhile waits in the buffer.
	if err := l.probe.Update(probe.Plan{Exec: true, Fork: true, Rename: true, Exit: true}); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	attached := make(chan error, 1)
	go func() { attached <- l.probe.Update(l.plan) }()
	seeded := l.procs.Seed()
	if err := <-attached; err != nil {
		l.note(source.NoteWarn, "not everything could be attached: "+err.Error(), "")
	}
	_, unknown := l.probe.Plan()
	if len(l.asked) > 0 && !slices.ContainsFunc(l.asked, func(call string) bool { return !slices.Contains(unknown, call) }) {
		return fmt.Errorf("live: this kernel has none of the calls that the filter names (%v): name others", unknown)
	}
	if seeded != nil {
		return fmt.Errorf("live: read /proc: %w: mount it, and see the processes of all users (hidepid)", seeded)
	}
	l.dec.Want(want)
	l.conts.Settle(settleAtStart)
	// Container names in the filter's scope are known only now.
	l.rescope()
	l.fly(time.Now())
	l.stage = atWork
	l.statsMu.Lock()
	l.gaps.Begin(time.Now(), nil)
	l.statsMu.Unlock()
	return nil
}

// work takes all records that are there through the pipeline.
func (l *Live) work(batch []bpf.Record, sink source.Sink) []bpf.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conts.Update(time.Now())
	held := 0
	for {
		before := clock.Now()
		batch = l.probe.Reader().Next(batch)
		for _, r := range batch {
			l.dec.Feed(r)
		}
		held += len(batch)
		if len(batch) < cap(batch) {
			l.dec.Release(before-settle, sink.Batch)
			break
		}
		if held >= maxHeld {
			l.dec.Release(batch[len(batch)-1].Time()-settle, sink.Batch)
			held = 0
		}
	}
	l.probe.Reader().Next(nil) // gives the buffer back to the kernel
	l.count()
	return batch
}

// finish decodes what is left.
func (l *Live) finish(batch []bpf.Record, sink source.Sink) {
	l.work(batch, sink)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dec.Release(^uint64(0), sink.Batch)
	l.out, l.stage = nil, over
	l.losses()
	l.count()
}

// housekeep does what need not be done for every batch.
func (l *Live) housekeep(now time.Time, sink source.Sink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if step := l.clk.Follow(); step != 0 {
		l.note(source.NoteInfo, fmt.Sprintf("the wall clock was set by %v: events before it keep the old time", time.Duration(step)), "")
	}
	l.fly(now)
	l.rescope()
	l.losses()
	if l.tables.Bytes() > maxTables {
		l.rotate(sink)
	}
}

// rotate starts new event tables, so that those of old events can be let go
// with them. What lives is carried over.
func (l *Live) rotate(source.Sink) {
	next := newTables()
	next.Names = l.tables.Names
	l.procs.Rotate(next, l.conts.Rotate(next))
	l.dec.Rotate(next)
	l.tables = next
}

// rescope follows the containers that the filter names as they come and go.
func (l *Live) rescope() {
	if l.req.Filter == nil {
		return
	}
	s := l.scope(l.req.Filter.Scope())
	if s.Equal(&l.plan.Scope) {
		return
	}
	l.plan.Scope = s
	if err := l.probe.Update(l.plan); err != nil {
		l.note(source.NoteWarn, "the kernel's part of the filter could not be changed: "+err.Error(), "")
	}
}

// Close detaches. It returns within milliseconds: a helper process lets the
// attachments go.
func (l *Live) Close() error {
	l.closing.Do(func() {
		l.unshare()
		l.conts.Close()
		l.closed = l.probe.Close()
	})
	return l.closed
}

func (l *Live) note(level source.NoteLevel, text, remedy string) {
	for _, n := range l.notes {
		if n.Text == text {
			return
		}
	}
	if len(l.notes) < 100 {
		l.notes = append(l.notes, source.Note{Level: level, Text: text, Remedy: remedy})
	}
}
