//go:build linux

package proc

import "github.com/stoop-project/stoop/internal/event"

// ID names a process among all since boot.
type ID struct {
	PID   uint32
	Start uint64 // ns, CLOCK_BOOTTIME; of those read from /proc in ticks
}

func (id ID) tick() ID { return ID{id.PID, id.Start / tickNS} }

// Known is an image that a process ran, for another table to take over: the
// process may be gone by then.
type Known struct {
	Start     uint64     `json:"start"` // ns, CLOCK_BOOTTIME
	Row       event.Proc `json:"row"`   // its texts and descriptors mean nothing here; Parent and leaders are places in the list, from 1
	Texts     []string   `json:"text"`  // in the order of texts
	Container string     `json:"container"`
}

// Export returns the images that are known of some processes, and their
// ancestors', which come first.
func (t *Table) Export(ids map[ID]bool) []Known {
	ticks := make(map[ID]bool, len(ids))
	for id := range ids {
		ticks[id.tick()] = true
	}
	for _, p := range t.byPID {
		if ticks[ID{p.PID, p.Start}.tick()] {
			t.Row(p)
		}
	}
	e := exporter{t: t, places: make(map[event.ProcID]event.ProcID)}
	for n := 1; n < t.tables.Procs.Len(); n++ {
		if r := t.tables.Proc(event.ProcID(n)); ticks[t.idOf(r).tick()] {
			e.add(event.ProcID(n), event.MaxAncestors)
		}
	}
	return e.list
}

// idOf names the process of a row.
func (t *Table) idOf(r *event.Proc) ID { return ID{uint32(r.PID), t.clk.Boot(r.Start)} }

type exporter struct {
	t      *Table
	list   []Known
	places map[event.ProcID]event.ProcID
}

func (e *exporter) add(id event.ProcID, depth int) event.ProcID {
	if place, ok := e.places[id]; ok || id == 0 || depth == 0 {
		return place
	}
	e.places[id] = 0 // whoever names itself finds nothing
	tables := e.t.tables
	k := Known{Row: *tables.Proc(id), Container: tables.Text(tables.Cont(tables.Proc(id).Cont).FullID)}
	k.Start = e.t.clk.Boot(k.Row.Start)
	for _, link := range links(&k.Row) {
		*link = e.add(*link, depth-1)
	}
	for _, s := range texts(&k.Row) {
		k.Texts = append(k.Texts, tables.Text(*s))
	}
	e.list = append(e.list, k)
	e.places[id] = event.ProcID(len(e.list))
	return e.places[id]
}

// links are the members of a row that name other rows.
func links(r *event.Proc) []*event.ProcID {
	return []*event.ProcID{&r.Parent, &r.SidLeader, &r.PgrLeader}
}

// Import takes over images that another table knows: rows, which [Table.Past]
// finds. Processes that live in this table stay as they are. conts finds a
// container by its full id.
func (t *Table) Import(list []Known, conts func(full string) event.ContID) {
	places := make([]event.ProcID, 1, len(list)+1) // by place in the list, from 1
	for _, k := range list[:min(len(list), maxProcesses)] {
		row := k.Row
		to := texts(&row)
		if len(k.Texts) != len(to) {
			places = append(places, 0)
			continue
		}
		for i, text := range k.Texts {
			*to[i] = t.str(text)
		}
		for _, link := range links(&row) {
			if int(*link) >= len(places) {
				*link = 0 // a lie: parents come first
			}
			*link = places[*link]
		}
		row.Stdin, row.Stdout, row.Stderr = 0, 0, 0
		row.Start, row.Cont = t.clk.Wall(k.Start), conts(k.Container)
		places = append(places, event.ProcID(t.tables.Procs.Add(row)))
	}
}
