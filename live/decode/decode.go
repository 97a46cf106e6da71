//go:build linux

package decode

import (
	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/clock"
	"github.com/stoop-project/stoop/live/proc"
)

// maxBatch is how many events are handed on at once.
const maxBatch = 8192

// Stats counts records. Taken = Made + Unwanted + Bad + Waiting.
type Stats struct {
	Taken    uint64
	Made     uint64 // became an event
	Unwanted uint64 // changed what is known, but are no event: threads that end, processes that begin or get another name
	Bad      uint64 // damaged
	Waiting  uint64 // in the window, or io_uring requests that are under way
	Late     uint64 // came out of order, later than the window is long
}

// Options of a [Decoder].
type Options struct {
	// Drained says that the records come from rings, and marks the events so.
	Drained bool

	// Quiet names records that change the process table and make no event; nil:
	// none.
	Quiet func(rec bpf.Record) bool

	// Want chooses the types that are handed on; nil: all. What is not wanted
	// still changes the process table.
	Want func(t event.Type) bool

	// Made is told of each record that became an event; nil: nobody is.
	Made func(rec bpf.Record)
}

// Decoder turns records into batches. It is for one goroutine.
type Decoder struct {
	opt    Options
	tables *event.Tables
	procs  *proc.Table
	clk    *clock.Clock
	window window
	stats  Stats
	seq    uint64

	batch *event.Batch
	sink  func(*event.Batch)
	want  [event.NumTypes]bool

	// Of the record in hand.
	rec   bpf.Record
	plan  *plan
	parts parts
	args  event.ArgWriter
	image proc.Image

	text, base []byte // scratch
	anon       map[string]anonClass
	rings      map[uint64][]byte // io_uring requests under way, by their address
}

// New returns a decoder that writes into tables, by way of procs too.
func New(tables *event.Tables, procs *proc.Table, clk *clock.Clock, opt Options) *Decoder {
	d := &Decoder{
		opt: opt, tables: tables, procs: procs, clk: clk, seq: 1,
		anon: make(map[string]anonClass), rings: make(map[uint64][]byte),
	}
	d.Want(opt.Want)
	return d
}

// Want chooses the types of events from now on; nil: all.
func (d *Decoder) Want(want func(t event.Type) bool) {
	for t := range d.want {
		d.want[t] = want == nil || want(event.Type(t))
	}
}

// Rotate makes the decoder write into other tables from now on; the process
// table has been carried over.
func (d *Decoder) Rotate(next *event.Tables) {
	d.flush()
	d.tables = next
	clear(d.anon)
}

// Stats returns the counts.
func (d *Decoder) Stats() Stats {
	s := d.stats
	s.Waiting = uint64(len(d.window.recs)+len(d.rings)) + s.Waiting
	s.Late = d.window.late
	return s
}

// Seq sets the number of the next event.
func (d *Decoder) Seq(n uint64) { d.seq = n }

// Reserve skips n event numbers and returns the first of them.
func (d *Decoder) Reserve(n uint64) (first uint64) {
	d.flush()
	first = d.seq
	d.seq += n
	return first
}

// Feed takes a record. The bytes are copied.
func (d *Decoder) Feed(rec []byte) {
	d.stats.Taken++
	r, err := bpf.Parse(rec)
	if err != nil {
		d.stats.Bad++
		return
	}
	d.window.add(r.Time(), r)
}

// Full reports whether so much waits that it should be released, whatever the
// time.
func (d *Decoder) Full() bool { return len(d.window.data) > maxWindow }

// Release decodes the records that are not younger than horizon (ns,
// CLOCK_BOOTTIME), and hands the events on in batches, in the order of time.
func (d *Decoder) Release(horizon uint64, sink func(*event.Batch)) {
	d.sink = sink
	d.window.release(horizon, d.decode)
	d.flush()
	d.sink = nil
}

func (d *Decoder) flush() {
	if d.batch != nil && d.batch.Len() > 0 && d.sink != nil {
		d.sink(d.batch)
	}
	d.batch = nil
}

// decode lets one record change what is known and makes its event.
func (d *Decoder) decode(b []byte) {
	rec, err := bpf.Parse(b)
	if err != nil || !d.parts.collect(rec) {
		d.stats.Bad++
		return
	}
	d.rec = rec
	switch rec.Kind() {
	case bpf.KindSyscall:
		d.syscall()
	case bpf.KindExec:
		d.exec()
	case bpf.KindFork:
		d.fork()
	case bpf.KindExit:
		d.exit()
	case bpf.KindRename:
		d.renamed()
	case bpf.KindURingSubmit:
		d.ringSubmit()
	case bpf.KindURingComplete:
		d.ringComplete()
	default:
		d.stats.Bad++
	}
}

// process finds the process that made the record in hand.
func (d *Decoder) process() *proc.Process {
	r := d.rec
	return d.procs.Find(proc.Key{PID: r.Pid(), Start: r.Start(), ExecID: r.ExecID(), Cgroup: r.Cgroup(), UID: r.UID(), Time: r.Time()})
}

// event returns the part of an event that every record tells.
func (d *Decoder) event(p *proc.Process, t event.Type) event.Event {
	r := d.rec
	e := event.Event{
		Time: d.clk.Wall(r.Time()), Type: t, CPU: r.Header().CPU,
		TID: r.Tid(), FD: -1, Dur: -1,
	}
	flags := r.Flags()
	switch {
	case !d.opt.Drained:
	case flags&bpf.FlagBulk != 0:
		e.Bits |= event.FromBulk
	default:
		e.Bits |= event.FromDeeds
	}
	if flags&bpf.FlagCompat != 0 {
		e.Bits |= event.Compat32
	}
	if flags&bpf.FlagCut != 0 || d.parts.cut {
		e.Bits |= event.ArgsCut
	}
	if p.Late(r.Time()) {
		e.Bits |= event.LateProcess
	}
	if d.parts.any(bpf.TagEnter) && d.parts.enter <= r.Time() {
		e.Dur = int64(r.Time() - d.parts.enter)
	}
	return e
}

// emit appends an event with the arguments that were written.
func (d *Decoder) emit(p *proc.Process, e event.Event) {
	if !d.want[e.Type] || d.opt.Quiet != nil && d.opt.Quiet(d.rec) {
		d.stats.Unwanted++
		return
	}
	e.Proc = d.procs.Row(p)
	if d.batch == nil {
		d.batch = event.NewBatch(d.tables, d.seq, min(maxBatch, len(d.window.recs)+1))
	}
	d.batch.Append(e, d.args.Payload())
	d.seq++
	d.stats.Made++
	if d.opt.Made != nil {
		d.opt.Made(d.rec)
	}
	if d.batch.Len() >= maxBatch || d.batch.Full() {
		d.flush()
	}
}

// unwanted counts a record that is no event.
func (d *Decoder) unwanted() { d.stats.Unwanted++ }
