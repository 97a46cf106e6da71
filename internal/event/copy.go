package event

import "reflect"

// Copier copies events into tables of their own, with only what they refer
// to: the way to hand a part of a source's events on without what the rest of
// them knew. It is for one goroutine.
type Copier struct {
	// Edit, if set, may take something off a process before it is copied.
	Edit func(from *Tables, p *Proc)

	from, to *Tables // from is nil while the copier rests
	shared   bool    // to has events of others too
	strs     map[Str]Str
	procs    map[ProcID]ProcID
	objs     map[ObjID]ObjID
	conts    map[ContID]ContID
	alerts   map[AlertID]AlertID
	epoch    uint64 // of from's containers, as copied
	depth    int
	args     ArgWriter
}

// NewCopier returns a copier out of the tables from.
func NewCopier(from *Tables) *Copier {
	to := NewTables()
	to.Docs, to.Names = from.Docs, from.Names
	c := newCopier(from, to)
	to.Host = c.str(from.Host)
	return c
}

// NewCopierTo returns a copier out of the tables from into tables that have, or
// will have, events of others: rows that are there already are not added again.
// Whose documents those tables read, and what else holds for all of their
// events, is for the caller to say. Copiers into the same tables are for one
// goroutine.
func NewCopierTo(from, to *Tables) *Copier {
	c := newCopier(from, to)
	c.shared = true
	return c
}

func newCopier(from, to *Tables) *Copier {
	return &Copier{
		from: from, to: to, epoch: from.Conts.Epoch(),
		strs: map[Str]Str{NoStr: NoStr, EmptyStr: EmptyStr}, procs: map[ProcID]ProcID{0: 0}, objs: map[ObjID]ObjID{0: 0},
		conts: map[ContID]ContID{0: 0}, alerts: map[AlertID]AlertID{0: 0},
	}
}

// Tables returns the tables that are copied to.
func (c *Copier) Tables() *Tables { return c.to }

// Batch copies a batch. Events keep their numbers.
func (c *Copier) Batch(b *Batch) *Batch {
	c.from = b.Tables
	c.Refresh()
	if first := c.from.First(); first != 0 {
		c.to.SetFirst(first)
	}
	out := NewBatch(c.to, b.Seq, b.Len())
	out.Before = b.Before
	out.Heap = make([]byte, 0, b.ArgOff[b.Len()]-b.ArgOff[0])
	for i := range b.Len() {
		out.Append(c.event(b, i))
	}
	return out
}

// Event copies one event of a batch. The payload is good until the next.
func (c *Copier) Event(b *Batch, i int) (Event, []byte) {
	c.from = b.Tables
	c.Refresh()
	return c.event(b, i)
}

func (c *Copier) event(b *Batch, i int) (Event, []byte) {
	e, payload := b.At(i), b.Payload(i)
	e.Proc, e.Obj, e.Alert = c.proc(e.Proc), c.obj(e.Obj), c.alert(e.Alert)
	if e.Bits&HasDoc == 0 {
		payload = c.payload(payload)
	}
	return e, payload
}

// payload copies encoded arguments; what cannot be decoded is left out.
func (c *Copier) payload(p []byte) []byte {
	c.args.Reset()
	for {
		a, rest, ok := NextArg(p)
		if !ok {
			return c.args.Payload()
		}
		p = rest
		switch {
		case a.Kind == None:
			c.args.Skip()
		case a.Kind == Int:
			c.args.Int(int64(a.Num))
		case a.Kind == Uint:
			c.args.Uint(a.Num)
		case a.Kind == Bytes:
			c.args.Bytes(a.Bytes, a.Cut)
		case a.Obj != 0:
			c.args.Obj(c.obj(a.Obj))
		default:
			c.args.Str(c.str(a.Str))
		}
	}
}

// Rest lets the tables that are copied from go, until the next event of them.
func (c *Copier) Rest() { c.from = nil }

// Resume ends a rest, and refreshes what is copied from the tables.
func (c *Copier) Resume(from *Tables) {
	c.from = from
	c.Refresh()
}

// Refresh copies containers again whose rows were replaced meanwhile, as
// [Copier.Batch] does before it copies.
func (c *Copier) Refresh() {
	if c.from == nil {
		return
	}
	epoch := c.from.Conts.Epoch()
	if epoch == c.epoch {
		return
	}
	c.epoch = epoch
	for old, id := range c.conts {
		if old == 0 {
			continue
		}
		row := *c.from.Cont(old)
		c.remap(reflect.ValueOf(&row).Elem())
		if row != *c.to.Cont(id) {
			c.to.Conts.Set(uint32(id), row)
		}
	}
}

func (c *Copier) str(s Str) Str {
	id, ok := c.strs[s]
	if !ok {
		id = c.to.Strings.Add(c.from.Text(s))
		c.strs[s] = id
	}
	return id
}

// proc copies a process and its ancestors.
func (c *Copier) proc(old ProcID) ProcID {
	if id, ok := c.procs[old]; ok {
		return id
	}
	if c.depth >= MaxAncestors {
		return 0
	}
	c.depth++
	c.procs[old] = 0 // where a lie makes a process its own ancestor, it has none
	row := *c.from.Proc(old)
	if c.Edit != nil {
		c.Edit(c.from, &row)
	}
	c.remap(reflect.ValueOf(&row).Elem())
	c.depth--
	id := ProcID(addRow(c, c.to.Procs, row))
	c.procs[old] = id
	return id
}

func (c *Copier) obj(old ObjID) ObjID {
	return copyRow(c, c.objs, old, c.from.Obj, c.to.Objs)
}

func (c *Copier) cont(old ContID) ContID {
	return copyRow(c, c.conts, old, c.from.Cont, c.to.Conts)
}

func (c *Copier) alert(old AlertID) AlertID {
	return copyRow(c, c.alerts, old, c.from.Alert, c.to.Alerts)
}

func copyRow[ID ~uint32, T comparable](c *Copier, done map[ID]ID, old ID, row func(ID) *T, to *Dim[T]) ID {
	id, ok := done[old]
	if !ok {
		r := *row(old)
		c.remap(reflect.ValueOf(&r).Elem())
		id = ID(addRow(c, to, r))
		done[old] = id
	}
	return id
}

func addRow[T comparable](c *Copier, to *Dim[T], row T) uint32 {
	if c.shared {
		return to.Intern(row)
	}
	return to.Add(row)
}

// remap replaces every reference in a row by its copy. Going by the members'
// types, it cannot forget one that is added later.
func (c *Copier) remap(row reflect.Value) {
	for i := range row.NumField() {
		switch p := row.Field(i).Addr().Interface().(type) {
		case *Str:
			*p = c.str(*p)
		case *ProcID:
			*p = c.proc(*p)
		case *ObjID:
			*p = c.obj(*p)
		case *ContID:
			*p = c.cont(*p)
		case *AlertID:
			*p = c.alert(*p)
		}
	}
}
