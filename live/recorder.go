//go:build linux

package live

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live/clock"
	"github.com/stoop-project/stoop/live/decode"
	"github.com/stoop-project/stoop/live/probe"
)

var _ source.Recorder = (*Live)(nil)

// flown are the containers whose bulk is recorded, by id, and the keys of
// their cgroups that have a ring.
type flown struct {
	ids   map[string]bool
	asked map[string]bool // what a person switched, which the selector does not change
	keys  map[uint64]string
	gone  map[uint64]time.Time // cgroups with a ring that belong to no container we know, since when
}

// keepGone is how long the ring of a container that is gone stays: as long as
// that of one whose end was seen.
const keepGone = 10 * time.Minute

// Fly starts or stops recording everything that a container does.
func (l *Live) Fly(id string, on bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conts.KeysOf(id)) == 0 {
		return fmt.Errorf("live: no container %s is known here", id)
	}
	l.flown.init()
	l.flown.asked[id] = on
	return l.setFlown(id, on)
}

func (f *flown) init() {
	if f.ids == nil {
		f.ids, f.asked, f.keys = make(map[string]bool), make(map[string]bool), make(map[uint64]string)
		f.gone = make(map[uint64]time.Time)
	}
}

// setFlown gives every cgroup of a container a ring, or takes them back.
func (l *Live) setFlown(id string, on bool) error {
	var errs []error
	for _, key := range l.conts.KeysOf(id) {
		_, has := l.flown.keys[key]
		switch {
		case on && !has:
			if err := l.probe.Recorder().Give(key, probe.Bulk); err != nil {
				errs = append(errs, err)
				continue
			}
			l.flown.keys[key] = id
		case !on && has:
			errs = append(errs, l.probe.Recorder().Drop(key, probe.Bulk))
			delete(l.flown.keys, key)
		}
	}
	l.flown.ids[id] = on
	return errors.Join(errs...)
}

// fly follows the selector and the containers as they come and go: a new
// cgroup of a recorded container gets a ring, and those of a container that
// ended long ago are dropped.
func (l *Live) fly(now time.Time) {
	l.flown.init()
	l.conts.Look()
	present := make(map[string]bool)
	for _, c := range l.conts.Containers() {
		present[c.ID] = true
		if _, asked := l.flown.asked[c.ID]; !asked && l.opt.Fly != "" && l.selected(c.ID) {
			l.flown.ids[c.ID] = true
		}
	}
	if l.opt.Fly != "" && selects(l.opt.Fly, event.HostID) {
		l.flown.ids[event.HostID] = true
	}
	for id, on := range l.flown.ids {
		if on {
			if err := l.setFlown(id, true); err != nil {
				l.note(source.NoteWarn, "recorder of "+id+": "+err.Error(), "use a smaller --ring or record fewer containers")
			}
		}
	}
	for key, id := range l.flown.keys {
		if id != event.HostID && !present[id] {
			_ = l.probe.Recorder().Drop(key, probe.Bulk)
			delete(l.flown.keys, key)
		}
	}
	l.meet(now)
}

// meet looks up whose the deeds rings are that containers took themselves,
// before any event of theirs came by, and drops those of containers that are
// long gone.
func (l *Live) meet(now time.Time) {
	for _, key := range l.probe.Recorder().Cgroups(probe.Deeds) {
		if l.conts.IDOf(key) == "" {
			l.conts.Of(key, 0)
		}
		if l.conts.IDOf(key) != "" {
			delete(l.flown.gone, key)
			continue
		}
		since, ok := l.flown.gone[key]
		switch {
		case !ok:
			l.flown.gone[key] = now
		case now.Sub(since) > keepGone:
			_ = l.probe.Recorder().Drop(key, probe.Deeds)
			delete(l.flown.gone, key)
		}
	}
	l.lend()
}

// maxLent is how many rings are made at once: each takes up to tens of
// milliseconds.
const maxLent = 8

// lend gives deeds rings to containers for which the kernel takes none.
func (l *Live) lend() {
	if plan, _ := l.probe.Plan(); !plan.Deeds {
		return
	}
	have := make(map[uint64]bool)
	for _, key := range l.probe.Recorder().Cgroups(probe.Deeds) {
		have[key] = true
	}
	keys := l.conts.Unringed(func(key uint64) bool { return have[key] })
	for _, key := range keys[:min(len(keys), maxLent)] {
		if err := l.probe.Recorder().Give(key, probe.Deeds); err != nil {
			l.note(source.NoteWarn, "recorder of "+l.conts.IDOf(key)+": "+err.Error(), "use a smaller --ring")
			return
		}
	}
}

// selected reports whether --fly names a container: by id, name, pod or image.
func (l *Live) selected(id string) bool {
	names := []string{id}
	for n := range l.tables.Conts.Len() {
		c := l.tables.Cont(event.ContID(n))
		if l.tables.Text(c.ID) == id {
			names = append(names, l.tables.Text(c.Name), l.tables.Text(c.Pod), l.tables.Text(c.Namespace)+"/"+l.tables.Text(c.Pod), l.tables.Text(c.FullID))
		}
	}
	return selects(l.opt.Fly, names...)
}

// selects reports whether a selector, patterns between commas, matches one of
// the names. "all" is every container.
func selects(selector string, names ...string) bool {
	for p := range strings.SplitSeq(selector, ",") {
		p = strings.TrimSpace(p)
		if p == "all" && names[0] != event.HostID {
			return true
		}
		for _, n := range names {
			if ok, _ := path.Match(p, n); ok && n != "" {
				return true
			}
		}
	}
	return false
}

// Reach says how far back the rings of each container reach.
func (l *Live) Reach() []source.Reach {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows := make(map[string]*source.Reach)
	row := func(key uint64) *source.Reach {
		id := l.conts.IDOf(key)
		if rows[id] == nil {
			rows[id] = &source.Reach{Container: id, BulkOn: l.flown.ids[id]}
		}
		return rows[id]
	}
	older := func(t *time.Time, boot uint64) {
		if at := time.Unix(0, l.clk.Wall(boot)); t.IsZero() || at.Before(*t) {
			*t = at
		}
	}
	for kind, place := range map[probe.RingKind]func(*source.Reach) *time.Time{
		probe.Deeds: func(r *source.Reach) *time.Time { return &r.Deeds },
		probe.Bulk:  func(r *source.Reach) *time.Time { return &r.Bulk },
	} {
		for _, key := range l.probe.Recorder().Cgroups(kind) {
			r := row(key)
			l.probe.Recorder().Ring(key, kind, func(ring *probe.Ring) {
				if boot, ok := ring.Reach(); ok {
					older(place(r), boot)
				}
			})
		}
	}
	for _, c := range l.conts.Containers() {
		if r := rows[c.ID]; r != nil {
			r.Ended = c.Ended
		}
	}
	for _, s := range l.stats.Lost {
		if r := rows[s.Container]; r != nil && s.Hop == hopDeeds {
			r.Lost += s.Count
		}
	}
	list := make([]source.Reach, 0, len(rows))
	for _, r := range rows {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b source.Reach) int { return strings.Compare(a.Container, b.Container) })
	return list
}

// Drain reads the rings of a container, or of all with "", from since to now.
// The events have tables of their own, in which the processes are as they were
// then.
func (l *Live) Drain(ctx context.Context, id string, since time.Time, sink source.Sink) error {
	until := clock.Now()
	time.Sleep(time.Duration(settle)) // for records that are being written
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp(until)
	from := l.clk.Boot(since.UnixNano())
	l.pair(id)
	skip := func(r bpf.Record) bool { return r.Time() >= until || l.seen.has(r) }
	records := l.collect(id, from, skip)
	if err := ctx.Err(); err != nil {
		return err
	}
	l.replay(records, func(r bpf.Record) bool { return r.Time() < from || skip(r) }, sink)
	return nil
}

// catchUp takes what the stream has still to read up to a time through the
// pipeline, so that it is known what was handed on.
func (l *Live) catchUp(until uint64) {
	if l.out == nil {
		return // it does not run
	}
	batch := make([]bpf.Record, 0, readAtOnce)
	for {
		batch = l.probe.Reader().Next(batch)
		for _, r := range batch {
			l.dec.Feed(r)
		}
		if len(batch) < cap(batch) {
			break
		}
	}
	l.probe.Reader().Next(nil)
	l.dec.Release(until, l.out.Batch)
}

// Recall reads the rings of a container, or of all with "", from since to
// until, whatever was handed on before.
func (l *Live) Recall(ctx context.Context, id string, since, until time.Time, sink source.Sink) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	from, to := uint64(0), l.clk.Boot(until.UnixNano())
	if !since.IsZero() {
		from = l.clk.Boot(since.UnixNano())
	}
	outside := func(r bpf.Record) bool { return r.Time() < from || r.Time() >= to }
	records := l.collect(id, from, outside)
	if err := ctx.Err(); err != nil {
		return err
	}
	l.replay(records, outside, sink)
	return nil
}

// before hands on what this and the other stoops of this node have recorded
// since a time: the start of a stream that reaches back.
func (l *Live) before(ctx context.Context, since time.Time, sink source.Sink) error {
	from := l.clk.Boot(since.UnixNano())
	other := l.others(ctx, question{Since: from})
	theirs := other.records
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(theirs) == 0 {
		l.note(source.NoteWarn, "no other stoop that runs on this node has recorded anything of before", "the rings are those of the stoop that runs, and end with it: watch --keep keeps trails")
	}
	l.conts.Import(other.Cgroups)
	for _, r := range theirs {
		l.conts.Of(bpf.Record(r).Cgroup(), 0)
	}
	l.conts.Settle(settleBefore)
	l.pair("")
	records := l.collect("", from, l.seen.has)
	if len(theirs) > 0 {
		// Ours begin with this process: from there on they have no need of theirs.
		if until := min(oldest(records), l.began); until > from {
			theirs = slices.DeleteFunc(theirs, func(r []byte) bool { return bpf.Record(r).Time() >= until })
		}
		records = append(records, theirs...)
	}
	l.procs.Import(other.Images, l.conts.ByID)
	l.replay(records, func(r bpf.Record) bool { return r.Time() < from || l.seen.has(r) }, sink)
	return nil
}

// replay decodes records of the past, into tables of their own. Those that
// quiet names lead the process table, and make no event.
func (l *Live) replay(records [][]byte, quiet func(bpf.Record) bool, sink source.Sink) {
	if len(records) == 0 {
		return
	}
	tables := newTables()
	tables.Names = l.tables.Names
	procs := l.procs.Past(tables, l.conts.Carry(tables))
	dec := decode.New(tables, procs, l.clk, decode.Options{Drained: true, Quiet: quiet})
	dec.Seq(l.dec.Reserve(uint64(len(records))))
	for _, r := range records {
		dec.Feed(r)
	}
	dec.Release(^uint64(0), sink.Batch)
}

// collect copies the records out of the rings that are younger than from and
// skip does not name, and whatever their age those of processes that begin,
// change their image and end. Where everything was recorded, the deeds of that
// time are in it once more and left out.
func (l *Live) collect(id string, from uint64, skip func(bpf.Record) bool) [][]byte {
	var all [][]byte
	for _, key := range l.keysWithRings() {
		if id != "" && l.conts.IDOf(key) != id {
			continue
		}
		whole := ^uint64(0) // from when on the bulk ring has every call
		scan := func(kind probe.RingKind) {
			l.probe.Recorder().Ring(key, kind, func(ring *probe.Ring) {
				ring.Scan(0, func(r bpf.Record) bool {
					if kind == probe.Bulk {
						whole = min(whole, r.Time())
					}
					if !leads(r) && (r.Time() < from || skip(r) || kind == probe.Deeds && r.Time() >= whole && r.Kind() == bpf.KindSyscall) {
						return true
					}
					all = append(all, slices.Clone(r))
					return true
				})
			})
		}
		scan(probe.Bulk)
		scan(probe.Deeds)
	}
	return all
}

// leads reports whether a record says that a process begins, has another image
// or ends.
func leads(r bpf.Record) bool {
	k := r.Kind()
	return k == bpf.KindExec || k == bpf.KindFork || k == bpf.KindExit
}

func (l *Live) keysWithRings() []uint64 {
	keys := append(l.probe.Recorder().Cgroups(probe.Deeds), l.probe.Recorder().Cgroups(probe.Bulk)...)
	slices.Sort(keys)
	return slices.Compact(keys)
}
