package recording

import (
	"net/netip"
	"slices"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
)

// maxHeld is how many Tables a recording holds itself, so that their last names
// are written. A source that begins new ones again and again would fill the
// memory otherwise.
const maxHeld = 2

// written is how much of a Tables a file has.
type written struct {
	number                    uint16
	at                        weak.Pointer[event.Tables]
	t                         *event.Tables // nil while it is not held
	strs, objs, procs, alerts uint32
	conts                     []*event.Container // as written: a row that was replaced has another address
	names                     map[netip.Addr]int // how many of an address are written
	waiting                   *event.Batch       // events that are gathered for the next block
}

// of returns what the file has of a Tables, which is announced first, and holds
// it.
func (w *Writer) of(t *event.Tables) *written {
	if n := len(w.held); n > 0 && w.held[n-1].t == t {
		return w.held[n-1]
	}
	at := weak.Make(t)
	st := w.tables[at]
	if st == nil {
		w.forget()
		st = w.announce(t)
	}
	if st.t = t; slices.Contains(w.held, st) {
		w.held = slices.DeleteFunc(w.held, func(o *written) bool { return o == st })
	}
	w.held = append(w.held, st)
	if len(w.held) > maxHeld {
		w.release(w.held[0])
		w.held = slices.Delete(w.held, 0, 1)
	}
	return st
}

func (w *Writer) announce(t *event.Tables) *written {
	at := weak.Make(t)
	st := &written{number: uint16(w.numbers), at: at, strs: firstString, objs: 1, procs: 1, alerts: 1, names: make(map[netip.Addr]int)}
	w.numbers++
	w.tables[at] = st
	w.order = append(w.order, st)
	info := w.infos[at]
	meta := tablesMeta{Source: info.Name, Scheme: info.Scheme, Origin: info.Origin, Host: t.Host, Trail: t.Trail, First: t.First()}
	if d, ok := t.Docs.(*profile.Docs); ok {
		meta.Docs = d.Profile().Name
		if meta.Origin == 0 {
			meta.Origin = d.Profile().Origin()
		}
	}
	w.putJSON(kindTables, st.number, meta)
	return st
}

// release writes what waits of a Tables, and lets it go if nobody else holds it.
func (w *Writer) release(st *written) {
	w.complete(st)
	st.t = nil
}

// complete writes what waits, and the names that became known later.
func (w *Writer) complete(st *written) {
	if st.t == nil {
		if st.t = st.at.Value(); st.t == nil {
			return // nobody can have named anything since
		}
	}
	if st.waiting != nil {
		w.seal(st)
	}
	w.names(st, 1, st.objs)
}

// forget drops what is known of Tables that are gone.
func (w *Writer) forget() {
	w.order = slices.DeleteFunc(w.order, func(st *written) bool {
		gone := st.t == nil && st.at.Value() == nil
		if gone {
			delete(w.tables, st.at)
		}
		return gone
	})
	for at := range w.next {
		if at.Value() == nil {
			delete(w.next, at)
			delete(w.infos, at)
		}
	}
}
