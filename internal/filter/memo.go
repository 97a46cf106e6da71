package filter

import (
	"sync"
	"sync/atomic"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
)

// memos keeps, for each Tables, what was decided about dimension rows. A
// Tables that nobody else holds any more is forgotten.
type memos struct {
	mu sync.Mutex
	by atomic.Pointer[map[tablesKey]*tableMemo]
}

// tablesKey knows a Tables without holding it.
type tablesKey = weak.Pointer[event.Tables]

func keyOf(t *event.Tables) tablesKey { return weak.Make(t) }

// tableMemo has one memo for each stepDim of the filter.
type tableMemo struct{ slots []memo }

func (m *memos) of(t *event.Tables, slots int) *tableMemo {
	key := keyOf(t)
	if by := m.by.Load(); by != nil {
		if tm := (*by)[key]; tm != nil {
			return tm
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	grown := map[tablesKey]*tableMemo{}
	if by := m.by.Load(); by != nil {
		if tm := (*by)[key]; tm != nil {
			return tm
		}
		for k, tm := range *by {
			if k.Value() != nil {
				grown[k] = tm
			}
		}
	}
	tm := &tableMemo{slots: make([]memo, slots)}
	grown[key] = tm
	m.by.Store(&grown)
	return tm
}

// memo holds the answers of one step for the rows of one dimension.
type memo struct {
	mu  sync.Mutex
	now atomic.Pointer[answers]
}

// answers is a state of a memo; it is not changed once it was published.
type answers struct {
	epoch uint64
	n     int      // rows decided
	truth []uint64 // bit per row: holds
	open  []uint64 // bit per row: a document may still decide otherwise; nil when no row is open
}

// get returns the answers for all rows that the dimension has now.
func (m *memo) get(t *event.Tables, s *step) *answers {
	n, epoch := dimState(t, s.home)
	if a := m.now.Load(); a != nil && a.n >= n && a.epoch == epoch {
		return a
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// The state is read again under the lock: rows that were added meanwhile
	// are decided with the others. The epoch comes first, so that a change
	// during the work is seen the next time.
	n, epoch = dimState(t, s.home)
	old := m.now.Load()
	if old != nil && old.n >= n && old.epoch == epoch {
		return old
	}
	a := &answers{epoch: epoch, n: n, truth: make([]uint64, (n+63)/64)}
	from := 0
	if old != nil && old.epoch == epoch {
		from = old.n
		copy(a.truth, old.truth)
		if old.open != nil {
			a.open = make([]uint64, len(a.truth))
			copy(a.open, old.open)
		}
	}
	p := &probe{}
	for id := from; id < n; id++ {
		p.row, p.open = dimRow(t, s.home, uint32(id)), false
		if s.pred.eval(p) {
			a.truth[id>>6] |= 1 << (id & 63)
		}
		if p.open {
			if a.open == nil {
				a.open = make([]uint64, len(a.truth))
			}
			a.open[id>>6] |= 1 << (id & 63)
		}
	}
	m.now.Store(a)
	return a
}

// dimState returns how many rows a dimension has, and its epoch.
func dimState(t *event.Tables, home event.Home) (n int, epoch uint64) {
	epoch = t.Epoch(home)
	switch home {
	case event.HomeProc:
		return t.Procs.Len(), epoch
	case event.HomeObj:
		return t.Objs.Len(), epoch
	case event.HomeAlert:
		return t.Alerts.Len(), epoch
	}
	return event.NumTypes, epoch
}

func dimRow(t *event.Tables, home event.Home, id uint32) event.Row {
	switch home {
	case event.HomeProc:
		return t.ProcRow(event.ProcID(id))
	case event.HomeObj:
		return event.Row{T: t, Obj: event.ObjID(id)}
	case event.HomeAlert:
		return event.Row{T: t, Alert: event.AlertID(id)}
	}
	return event.Row{T: t, Type: event.Type(id)}
}
