package tui

import (
	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
)

// level is one place in the drill stack: what is shown, and where in it the
// user is.
type level struct {
	title string
	expr  string   // the filter, as the user sees it
	undo  []string // filters that it replaced, the latest last

	view *store.View
	next *store.View // evaluated in the background, to take view's place

	cursor store.Ref // the row under the cursor; B nil: none yet
	line   int       // the screen line that the cursor is on, from the table's top
	col    int       // the cell under the cursor, an index of the columns
	follow bool      // the cursor stays on the newest row
	paused bool

	relative bool  // times are written as distances from anchor
	anchor   int64 // ns since 1970

	again *casefile.Level // of a level that is opened again: where it is to be; nil: it is there

	pin  store.Ref // the alert that this level is about; B nil: none
	tree *tree     // the level shows a process tree in place of the table

	board *board // the level shows a dashboard in place of the table

	trail *trailView // the level shows a trail in place of all panels

	counted counted    // what the last refresh counted
	there   thereCount // what sources that count by themselves hold
}

// counted is what a refresh counts of a level.
type counted struct {
	shown       int
	done, total int64 // rows evaluated
	from, to    int64 // span of the histogram, ns since 1970
	hist        []int
	all         []int64          // beside hist: what the sources hold, fetched or not; nil: not known
	mass        dashboard.Mass   // where the events lie; the histogram leaves out what is far outside
	marks       []event.Priority // the worst alert in each bucket, 0 for none
}

// newLevel opens a level.
func newLevel(st *store.Store, title, expr string) (*level, error) {
	l := &level{title: title, expr: expr, follow: true}
	f, err := compile(expr)
	if err != nil {
		return nil, err
	}
	l.view = st.View(f)
	return l, nil
}

// compile compiles a filter; the empty one is nil, which shows everything.
func compile(expr string) (*filter.Filter, error) {
	if expr == "" {
		return nil, nil
	}
	return filter.Compile(expr, event.Fields)
}

// setFilter makes a filter the level's, as soon as the first rows under it are
// there.
func (l *level) setFilter(st *store.Store, expr string, f *filter.Filter) {
	if expr == l.expr && l.next == nil {
		return
	}
	l.expr = expr
	l.next = st.View(f)
	if l.paused {
		l.paused = false
	}
}

// filter is the compiled filter, nil when everything passes.
func (l *level) filter() *filter.Filter {
	if l.next != nil {
		return l.next.Filter()
	}
	return l.view.Filter()
}

// remember keeps the filter so that undo finds it.
func (l *level) remember(expr string) {
	if n := len(l.undo); n == 0 || l.undo[n-1] != expr {
		l.undo = append(l.undo, expr)
	}
}

// swap shows the view that was evaluated in the background. The cursor stays
// on its row, or on the one nearest in time.
func (l *level) swap() {
	if l.next == nil {
		return
	}
	l.view, l.next = l.next, nil
}

// place returns where the cursor is among n rows, and keeps it on a row that
// is shown: on the last while following, else on the nearest to where it was.
func (l *level) place(n int) (k int) {
	if n == 0 {
		return 0
	}
	if l.follow {
		k = n - 1
	} else if l.cursor.B == nil {
		k = 0
	} else if at, ok := l.view.Find(l.cursor.ID); ok {
		return min(at, n-1)
	} else {
		k = min(l.view.Nearest(l.cursor), n-1)
	}
	if ref, ok := l.view.At(k); ok {
		l.cursor = ref
	}
	return k
}

// moveTo puts the cursor on the k-th row and leaves follow mode unless that is
// the last. The screen line moves along, as far as it goes in h lines.
func (l *level) moveTo(k, h int) {
	n := l.view.Len()
	if n == 0 {
		return
	}
	old := l.place(n)
	k = min(max(k, 0), n-1)
	ref, ok := l.view.At(k)
	if !ok {
		return
	}
	l.cursor = ref
	l.line = min(max(l.line+k-old, 0), max(h-1, 0))
	l.follow = l.follow && k == n-1
}

// jumpTo puts the cursor on the k-th row in the middle of h lines, unless it
// is on the screen already.
func (l *level) jumpTo(k, h int) {
	n := l.view.Len()
	if n == 0 {
		return
	}
	old := l.place(n)
	k = min(max(k, 0), n-1)
	if line := l.line + k - old; line < 0 || line >= h {
		l.line = h / 2
	} else {
		l.line = line
	}
	if ref, ok := l.view.At(k); ok {
		l.cursor, l.follow = ref, false
	}
}

// row returns the row under the cursor.
func (l *level) row() (event.Row, bool) {
	if l.cursor.B == nil {
		return event.Row{}, false
	}
	return l.cursor.Row(), true
}

// pause stops the view or lets it go on.
func (l *level) pause(on bool) {
	l.paused = on
	l.view.Pause(on)
}
