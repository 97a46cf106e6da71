package trail

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Objects says of each step of a trail which file, socket or pipe it was about,
// and of each of those and of each process which steps were about it.
type Objects struct {
	trail  *Trail
	of     []int32   // by step: its object, -1 for none
	names  []string  // by object
	lists  [][]int32 // by object: its steps
	byName map[string]int32
	byProc map[Process][]int32
}

// Object is a file, socket, pipe or process, and what a trail did with it.
type Object struct {
	Kind string // Falco's fd.type, or process
	Name string // as it came from outside
	Far  string // whose the address at the other end of a connection is, as [Named] says it

	Steps    []int32 // numbers of the steps, in order
	By       []*Node // who, in the order of their first step
	Failed   int     // calls that ended with an error
	Alerts   int
	In, Out  int64 // bytes read from it and written to it
	From, To int64 // ns since 1970: the first and the last step
}

// objectKey names a row of a table of objects.
type objectKey struct {
	t   *event.Tables
	obj event.ObjID
}

// Objects makes the index. It looks at each step once.
func (t *Trail) Objects() *Objects {
	o := &Objects{trail: t, of: make([]int32, len(t.Steps)), byName: map[string]int32{}, byProc: map[Process][]int32{}}
	known := map[objectKey]int32{}
	var last objectKey
	at := int32(-1)
	for i := range t.Steps {
		s := &t.Steps[i]
		o.byProc[s.Node.Process] = append(o.byProc[s.Node.Process], int32(i))
		if s.Row.Obj == 0 {
			o.put(i, o.intern(nameless(s.Row)))
			continue
		}
		if k := (objectKey{s.Row.T, s.Row.Obj}); k != last {
			var seen bool
			if at, seen = known[k]; !seen {
				at = o.intern(text(s.Row, fieldPeer))
				known[k] = at
			}
			last = k
		}
		o.put(i, at)
	}
	return o
}

// nameless names what a step without a descriptor was about: the program of an
// exec, the path that was given.
func nameless(r event.Row) string {
	switch c := r.Type.Info().Category; {
	case execs[r.Type]:
		return text(r, fieldExePath)
	case c == "file" || c == "system" || c == "process":
		return text(r, fieldPath)
	}
	return ""
}

var (
	fieldPath = mustField("fs.path.name")
	execs     = typesOf("execve", "execveat")
)

// typesOf is a set of event types.
func typesOf(names ...string) (set [event.NumTypes]bool) {
	for _, name := range names {
		t, ok := event.TypeOf(name)
		if !ok {
			panic("trail: no event type " + name)
		}
		set[t] = true
	}
	return set
}

func (o *Objects) intern(name string) int32 {
	if name == "" {
		return -1
	}
	id, ok := o.byName[name]
	if !ok {
		id = int32(len(o.names))
		o.byName[name] = id
		o.names, o.lists = append(o.names, name), append(o.lists, nil)
	}
	return id
}

func (o *Objects) put(i int, id int32) {
	o.of[i] = id
	if id >= 0 {
		o.lists[id] = append(o.lists[id], int32(i))
	}
}

// Of returns the number of the object that a step was about.
func (o *Objects) Of(step int) (id int, ok bool) {
	return int(o.of[step]), o.of[step] >= 0
}

// Steps returns the numbers of an object's steps, in order. Both ends of a
// connection are one object.
func (o *Objects) Steps(id int) []int32 { return o.lists[id] }

// Named returns the numbers of the steps of the object of a name, in order.
func (o *Objects) Named(name string) []int32 {
	id, ok := o.byName[name]
	if !ok {
		return nil
	}
	return o.lists[id]
}

// OfProcess returns the numbers of a process's steps, in order.
func (o *Objects) OfProcess(p Process) []int32 { return o.byProc[p] }

// Object says what the trail did with an object.
func (o *Objects) Object(id int) Object {
	x := Object{Name: o.names[id], Kind: "file"}
	o.sum(&x, o.lists[id])
	for _, i := range x.Steps {
		if r := o.trail.Steps[i].Row; r.Obj != 0 {
			if k := r.O().Kind.String(); k != "" {
				x.Kind = k
			}
			x.Far = Named(r)
			break
		}
	}
	return x
}

// Process says what a process of the trail did.
func (o *Objects) Process(n *Node) Object {
	x := Object{Name: n.Title(), Kind: "process"}
	o.sum(&x, o.byProc[n.Process])
	return x
}

// maxBy bounds how many processes are listed of an object.
const maxBy = 64

func (o *Objects) sum(x *Object, steps []int32) {
	x.Steps = steps
	var by map[*Node]bool
	for k, i := range steps {
		s := &o.trail.Steps[i]
		x.To = s.Row.B.Time[s.Row.I]
		if k == 0 {
			x.From, by = x.To, map[*Node]bool{}
		}
		if !by[s.Node] && len(x.By) < maxBy {
			by[s.Node] = true
			x.By = append(x.By, s.Node)
		}
		switch {
		case s.Row.Alert != 0:
			x.Alerts++
		case fails(&s.Row):
			x.Failed++
		case strings.HasSuffix(s.Row.Type.Info().Category, "-read"):
			x.In += moved(&s.Row)
		default:
			x.Out += moved(&s.Row)
		}
	}
}
