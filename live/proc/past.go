//go:build linux

package proc

import "github.com/stoop-project/stoop/internal/event"

// Past returns a table for records of the past: it begins empty, is led by
// those records, and takes what they do not tell from the rows that t has made
// so far, or from /proc. Its rows go into next; t is only read.
func (t *Table) Past(next *event.Tables, conts func(event.ContID) event.ContID) *Table {
	p := New(next, t.clk, pastConts{t.conts, conts}, t.opt)
	h := &history{
		images: make(map[imageKey]event.ProcID),
		carrier: carrier{
			old: t.tables, new: next, conts: conts,
			procs: make(map[event.ProcID]event.ProcID), objs: make(map[event.ObjID]event.ObjID), fds: make(map[*fdTable]bool),
		},
	}
	for id := 1; id < t.tables.Procs.Len(); id++ {
		r := t.tables.Proc(event.ProcID(id))
		for _, exec := range [2]uint32{r.ExecGen, anyExec} {
			k := imageKey{r.PID, r.Start / tickNS, exec}
			if _, ok := h.images[k]; !ok {
				h.images[k] = event.ProcID(id) // its first state
			}
		}
	}
	for _, q := range t.byPID {
		if q.id == 0 {
			t.rows(q)
		}
		h.images[imageKey{q.row.PID, q.row.Start / tickNS, q.execID}] = q.id
		h.images[imageKey{q.row.PID, q.row.Start / tickNS, anyExec}] = q.id
	}
	p.past = h
	return p
}

// history finds the rows of processes that were known once.
type history struct {
	images  map[imageKey]event.ProcID
	carrier carrier
}

// imageKey names a process and the image it ran.
type imageKey struct {
	pid   int32
	start int64 // ns since 1970, in ticks
	exec  uint32
}

// find returns the process that a record of the past names, nil when it was
// never known. Of an image that was never known it has no name.
func (h *history) find(t *Table, k Key) *Process {
	start := t.clk.Wall(k.Start)
	for _, exec := range [2]uint32{k.ExecID, anyExec} {
		for _, at := range [2]int64{start, t.clk.Wall(k.Start / tickNS * tickNS)} {
			id, ok := h.images[imageKey{int32(k.PID), at / tickNS, exec}]
			if !ok {
				continue
			}
			p := &Process{
				PID: k.PID, Start: k.Start, exact: true, execID: k.ExecID, execKnown: true, cgroup: k.Cgroup, seeded: true,
				row: h.carrier.row(*h.carrier.old.Proc(id), event.MaxAncestors),
			}
			p.row.ExecGen = k.ExecID
			if exec == anyExec {
				p.forgetImage()
			}
			return p
		}
	}
	return nil
}

// anyExec stands for a process without regard to its image.
const anyExec = ^uint32(0)

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
	carry func(event.ContID) event.ContID
}

func (c pastConts) Of(cgroup uint64, pid uint32) (event.ContID, event.Str) {
	id, _ := c.Containers.Of(cgroup, pid)
	return c.carry(id), event.NoStr
}
