//go:build linux

package proc

import "github.com/stoop-project/stoop/internal/event"

// Rotate makes the table write its rows into new event tables from now on.
// carry brings over what the living processes refer to.
func (t *Table) Rotate(next *event.Tables, conts func(event.ContID) event.ContID) {
	c := carrier{
		old: t.tables, new: next, conts: conts,
		procs: make(map[event.ProcID]event.ProcID), objs: make(map[event.ObjID]event.ObjID), fds: make(map[*fdTable]bool),
	}
	for _, p := range t.byPID {
		p.row = c.row(p.row, event.MaxAncestors)
		p.id = 0
		c.descriptors(p.fds)
	}
	t.tables = next
}

// carrier copies rows from one set of tables to another.
type carrier struct {
	old, new *event.Tables
	conts    func(event.ContID) event.ContID
	procs    map[event.ProcID]event.ProcID
	objs     map[event.ObjID]event.ObjID
	fds      map[*fdTable]bool // shared tables are carried once
}

func (c *carrier) str(s event.Str) event.Str {
	if s == event.NoStr {
		return s
	}
	return c.new.Strings.Add(c.old.Text(s))
}

func (c *carrier) obj(id event.ObjID) event.ObjID {
	if id == 0 {
		return 0
	}
	if n, ok := c.objs[id]; ok {
		return n
	}
	o := *c.old.Obj(id)
	o.Name, o.Raw = c.str(o.Name), c.str(o.Raw)
	n := event.ObjID(c.new.Objs.Intern(o))
	c.objs[id] = n
	return n
}

func (c *carrier) proc(id event.ProcID, depth int) event.ProcID {
	if id == 0 || depth == 0 {
		return 0
	}
	if n, ok := c.procs[id]; ok {
		return n
	}
	c.procs[id] = 0 // whoever names itself finds nothing
	row := c.row(*c.old.Proc(id), depth-1)
	n := event.ProcID(c.new.Procs.Add(row))
	c.procs[id] = n
	return n
}

func (c *carrier) row(r event.Proc, depth int) event.Proc {
	r.Parent, r.SidLeader, r.PgrLeader = c.proc(r.Parent, depth), c.proc(r.SidLeader, depth), c.proc(r.PgrLeader, depth)
	r.Cont = c.conts(r.Cont)
	for _, s := range texts(&r) {
		*s = c.str(*s)
	}
	r.Stdin, r.Stdout, r.Stderr = c.obj(r.Stdin), c.obj(r.Stdout), c.obj(r.Stderr)
	return r
}

// texts are the members of a row that are text.
func texts(r *event.Proc) []*event.Str {
	return []*event.Str{
		&r.Name, &r.Exe, &r.ExePath, &r.Args, &r.Env, &r.Cwd, &r.Cgroups,
		&r.User, &r.Group, &r.LoginUser, &r.Home, &r.Shell,
	}
}

func (c *carrier) descriptors(t *fdTable) {
	if t == nil || c.fds[t] {
		return
	}
	c.fds[t] = true
	for i := range t.fds {
		t.fds[i].obj = c.obj(t.fds[i].obj)
	}
}
