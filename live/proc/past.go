//go:build linux

package proc

import (
	"maps"

	"github.com/stoop-project/stoop/internal/event"
)

// Past returns a table for records of the past: it begins empty, is led by
// those records, and takes what they do not tell from the rows that t has made
// so far, or from /proc. Its rows go into next; t is only read.
func (t *Table) Past(next *event.Tables, conts func(event.ContID) event.ContID) *Table {
	p := New(next, t.clk, pastConts{t.conts, conts, t.tables, next}, t.opt)
	h := &history{
		images: make(map[imageKey]event.ProcID), last: make(map[ID]event.ProcID), several: make(map[ID]bool),
		carrier: carrier{
			old: t.tables, new: next, conts: conts,
			procs: make(map[event.ProcID]event.ProcID), objs: make(map[event.ObjID]event.ObjID), fds: make(map[*fdTable]bool),
		},
	}
	for n := 1; n < t.tables.Procs.Len(); n++ {
		h.take(t, event.ProcID(n), false)
	}
	for _, q := range t.byPID {
		h.take(t, t.Row(q), true)
	}
	p.past = h
	maps.Copy(p.pidns, t.pidns) // whose inits began before what the records tell
	return p
}

// history finds the rows of processes that were known once.
type history struct {
	images  map[imageKey]event.ProcID
	last    map[ID]event.ProcID // by start in ticks
	several map[ID]bool         // processes of which several images are known
	carrier carrier
}

// imageKey names a process, by its start in ticks, and the image it ran.
type imageKey struct {
	ID
	exec uint32 // 0: not known
}

// take notes a row. Of several of one image the first that has a name counts,
// or the one that is present.
func (h *history) take(t *Table, n event.ProcID, present bool) {
	r := t.tables.Proc(n)
	id := t.idOf(r).tick()
	k := imageKey{id, r.ExecGen}
	if old, ok := h.images[k]; present || !ok || t.tables.Proc(old).Name == event.NoStr {
		h.images[k] = n
	}
	if old, ok := h.last[id]; ok && t.tables.Proc(old).ExecGen != r.ExecGen {
		h.several[id] = true
	}
	h.last[id] = h.images[k]
}

// find returns the process that a record of the past names, nil when it was
// never known. Of an image that was never known it has no name.
func (h *history) find(t *Table, k Key) *Process {
	id := ID{k.PID, k.Start}.tick()
	n, same := h.images[imageKey{id, k.ExecID}]
	if !same {
		var ok bool
		if n, ok = h.last[id]; !ok {
			return nil
		}
		// The execs of all processes are followed: one that was read from /proc
		// and has no other image had that one all the time.
		same = !h.several[id] && (k.ExecID == 0 || h.carrier.old.Proc(n).ExecGen == 0)
	}
	p := &Process{
		PID: k.PID, Start: k.Start, exact: true, execID: k.ExecID, execKnown: k.ExecID != 0, cgroup: k.Cgroup, seeded: true,
		row: h.carrier.row(*h.carrier.old.Proc(n), event.MaxAncestors),
	}
	if k.ExecID != 0 {
		p.row.ExecGen = k.ExecID
	}
	// It may have come into the container after the row was made.
	if c, list := t.conts.Of(k.Cgroup, k.PID); k.Cgroup != 0 && c != p.row.Cont && !t.tables.Cont(c).IsHost() {
		p.row.Cont, p.row.Cgroups = c, list
	}
	if !same {
		p.forgetImage()
		p.inherit(t)
	}
	return p
}

// begun returns a process of the past whose making a record tells of, when its
// image is known otherwise too, and so what it became in the course of it.
func (h *history) begun(t *Table, parent *Process, k Key) *Process {
	if _, same := h.images[imageKey{ID{k.PID, k.Start}.tick(), k.ExecID}]; !same {
		return nil
	}
	p := h.find(t, k)
	from := inherited(&parent.row)
	for i, s := range inherited(&p.row) {
		if *s == event.NoStr {
			*s = *from[i]
		}
	}
	return p
}

// inherited are the texts that a process has from who made it.
func inherited(r *event.Proc) [6]*event.Str {
	return [...]*event.Str{&r.Name, &r.Exe, &r.ExePath, &r.Args, &r.Env, &r.Cwd}
}

// inherit gives a process the image of the parent that made it: exec ids are
// inherited, so that equal ones mean that it has run no other.
func (p *Process) inherit(t *Table) {
	from, r := t.tables.Proc(p.row.Parent), &p.row
	if from.PID == 0 || p.execID == 0 || from.ExecGen != p.execID {
		return
	}
	r.Name, r.Exe, r.ExePath, r.Args, r.Env = from.Name, from.Exe, from.ExePath, from.Args, from.Env
}

func (p *Process) forgetImage() {
	r := &p.row
	r.Name, r.Exe, r.ExePath, r.Args, r.Env = event.NoStr, event.NoStr, event.NoStr, event.NoStr, event.NoStr
	r.Known &^= event.KnowExeIno | event.KnowExeFlags
	p.id = 0
}

// pastImage gives a process of the past the image that a record names, as far
// as that was ever known.
func (t *Table) pastImage(p *Process, k Key) {
	if !p.execKnown {
		return
	}
	if q := t.past.find(t, k); q != nil {
		p.row, p.id = q.row, 0
		return
	}
	p.forgetImage()
}

// pastConts answers with rows of the tables for the past.
type pastConts struct {
	Containers
	carry    func(event.ContID) event.ContID
	old, new *event.Tables
}

func (c pastConts) Of(cgroup uint64, pid uint32) (event.ContID, event.Str) {
	id, list := c.Containers.Of(cgroup, pid)
	if list != event.NoStr {
		list = c.new.Strings.Add(c.old.Text(list))
	}
	return c.carry(id), list
}
