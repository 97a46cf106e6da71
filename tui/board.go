package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// board shows a dashboard: its panels, of which one has the focus, and in that
// a row or a bucket of time.
type board struct {
	d     *dashboard.Dashboard
	boxes []box // where the panels are, as laid out last
	lines int   // all of them together
	top   int   // the first line on screen
	area  grid.Area
	notes boardNotes
	noted grid.Area // what says that events lie far away in time

	at    int   // the panel with the focus
	picks []int // what is picked in each panel: a row, or in a trend a bucket
	mark  int   // of the trend with the focus: where a span begins; -1 for none

	counts boardCounts
}

// newBoard begins with the first panel from which something can be picked.
func newBoard(d *dashboard.Dashboard) *board {
	b := &board{d: d, picks: make([]int, len(d.Panels)), mark: -1}
	for i, p := range d.Panels {
		if p.Kind == dashboard.Terms {
			b.at = i
			break
		}
	}
	return b
}

// openBoard opens a dashboard over what this level shows, or in a dashboard
// the next one.
func (m *Model) openBoard() tea.Cmd {
	names := m.opt.Dashboards.Names()
	at := 0
	if b := m.level().board; b != nil {
		for i, name := range names {
			if name == b.d.Name {
				at = (i + 1) % len(names)
			}
		}
	} else if m.stats.Events > 0 && m.alerts.Len() == 0 {
		at = len(names) - 1 // nothing has fired: what the containers do
	}
	d, err := m.opt.Dashboards.Load(names[at])
	if err != nil {
		m.fail(err.Error())
		return nil
	}
	return m.showBoard(d)
}

// showBoard opens a level with a dashboard; one that shows another is left
// first.
func (m *Model) showBoard(d *dashboard.Dashboard) tea.Cmd {
	below := m.level()
	if below.board != nil && len(m.stack) > 1 {
		m.stack = m.stack[:len(m.stack)-1]
		below = m.level()
	}
	l, cmd := m.push(d.Title, filter.All(d.Filter, below.expr), store.Ref{})
	if l != nil {
		l.board = newBoard(d)
	}
	return cmd
}

// saveBoard writes the dashboard into the user's folder, to be edited.
func (m *Model) saveBoard() tea.Cmd {
	file, err := m.opt.Dashboards.Save(m.level().board.d)
	if err != nil {
		m.fail(err.Error())
		return nil
	}
	m.say("written to " + file + ": edit it, b and b again shows it anew")
	return nil
}

// panel returns the panel with the focus and what it found, nil while that is
// not known.
func (b *board) panel() (*dashboard.Panel, *dashboard.Result) {
	p := b.d.Panels[b.at]
	if b.at < len(b.counts.results) {
		return p, b.counts.results[b.at]
	}
	return p, nil
}

// rows is how many things can be picked in the panel with the focus.
func (b *board) rows() int {
	p, r := b.panel()
	switch {
	case r == nil || p.Kind == dashboard.Stat:
		return 0
	case p.Kind == dashboard.Trend:
		return len(r.Trend)
	}
	return len(r.Groups)
}

// move moves within the panel with the focus, and past its ends to the next.
func (b *board) move(n int) {
	p, _ := b.panel()
	at := b.picks[b.at] + n
	switch rows := b.rows(); {
	case p.Kind == dashboard.Trend || rows == 0 || at < 0 && n == -1 || at >= rows && n == 1:
		b.moveDown(n)
	default:
		b.picks[b.at] = min(max(at, 0), rows-1)
	}
}

// moveDown goes to the nearest panel below, for n < 0 above.
func (b *board) moveDown(n int) {
	if b.at >= len(b.boxes) {
		return
	}
	from := b.boxes[b.at]
	best := -1
	for i, to := range b.boxes {
		if n > 0 && to.y < from.y+from.h || n < 0 && to.y+to.h > from.y {
			continue
		}
		if best < 0 || distance(from, to) < distance(from, b.boxes[best]) {
			best = i
		}
	}
	if best >= 0 {
		b.focus(best)
		if n < 0 && b.rows() > 0 && b.d.Panels[best].Kind != dashboard.Trend {
			b.picks[best] = b.rows() - 1
		}
	}
}

func distance(a, b box) int {
	dy, dx := b.y-a.y, b.x-a.x
	return max(dy, -dy)*1000 + max(dx, -dx)
}

// moveAside goes to a bucket beside the one picked in a trend, and to the panel
// beside.
func (b *board) moveAside(n int) {
	p, r := b.panel()
	if p.Kind == dashboard.Trend && r != nil {
		if at := b.picks[b.at] + n; at >= 0 && at < len(r.Trend) {
			b.picks[b.at] = at
			return
		}
	}
	b.turn(n)
}

// turn goes to the next panel.
func (b *board) turn(n int) {
	count := len(b.d.Panels)
	b.focus(((b.at+n)%count + count) % count)
}

func (b *board) focus(i int) { b.at, b.mark = i, -1 }

// term is the condition that selects what is picked; "" for nothing.
func (b *board) term() string {
	p, r := b.panel()
	if r == nil || b.rows() == 0 {
		return ""
	}
	at := min(b.picks[b.at], b.rows()-1)
	if p.Kind == dashboard.Trend {
		from, to := at, at
		if b.mark >= 0 {
			from, to = min(b.mark, at), max(b.mark, at)
		}
		return between(r.Span.From+int64(from)*r.Span.Step(), r.Span.From+int64(to+1)*r.Span.Step())
	}
	var terms []string
	for k, key := range r.Groups[at].Keys {
		terms = append(terms, hasKey(p.By[k], p.Fields()[k].Field, key))
	}
	return filter.All(append(terms, p.Filter)...)
}

// hasKey writes the condition that a field has a value as a panel names it.
func hasKey(name string, f *event.Field, key string) string {
	switch {
	case key == "":
		return filter.Source(&filter.Not{X: check(name, filter.OpExists, "")})
	case f.Flags.Has(event.IsList):
		c := check(name, filter.OpIntersects, key)
		c.Right = &filter.List{Items: []*filter.Value{{Text: key}}}
		return filter.Source(c)
	}
	return equals(name, key)
}

// boardIn filters what is picked in; of a trend the span.
func (m *Model) boardIn() tea.Cmd {
	b := m.level().board
	term := b.term()
	if term == "" {
		m.say("there is nothing to filter by in this panel")
		return nil
	}
	b.mark = -1
	return m.applyFilter(filter.All(m.level().expr, term))
}

// boardOut filters it out.
func (m *Model) boardOut() tea.Cmd {
	term := m.level().board.term()
	if term == "" {
		m.say("there is nothing to filter by in this panel")
		return nil
	}
	e, err := filter.Parse(term)
	if err != nil {
		return nil
	}
	return m.applyFilter(filter.All(m.level().expr, filter.Source(&filter.Not{X: e})))
}

// boardEvents opens the events behind what is picked, or behind the panel.
func (m *Model) boardEvents() tea.Cmd {
	b := m.level().board
	p, r := b.panel()
	title, term := p.Title, b.term()
	if term == "" {
		term = p.Filter
	} else if p.Kind != dashboard.Trend {
		keys := r.Groups[min(b.picks[b.at], len(r.Groups)-1)].Keys
		title = m.read.mask(strings.TrimSpace(strings.Join(keys, " ")))
	}
	_, cmd := m.push(title, filter.All(m.level().expr, term), store.Ref{})
	return cmd
}

func (m *Model) boardMark() tea.Cmd {
	b := m.level().board
	if p, _ := b.panel(); p.Kind != dashboard.Trend {
		m.say("a span is marked in a trend")
		return nil
	}
	if b.mark >= 0 {
		b.mark = -1
	} else {
		b.mark = b.picks[b.at]
	}
	return nil
}

func boardTurn(n int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.level().board.turn(n)
		return nil
	}
}

func moveAside(n int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.level().board.moveAside(n)
		return nil
	}
}

// clickBoard picks what is under the mouse and filters by it.
func (m *Model) clickBoard(x, y int) tea.Cmd {
	b := m.level().board
	if b.noted.Has(x, y) {
		return m.drillOutside()
	}
	if !b.area.Has(x, y) {
		return nil
	}
	x, y = x-b.area.X, y-b.area.Y+b.top
	for i, bx := range b.boxes {
		if x < bx.x || x >= bx.x+bx.w || y < bx.y || y >= bx.y+bx.h {
			continue
		}
		b.focus(i)
		p, r := b.panel()
		if r == nil {
			return nil
		}
		row := y - bx.y - 1 - headLines(p)
		if p.Kind == dashboard.Trend {
			row = x - bx.x - trendMargin
		}
		if row < 0 || row >= b.rows() {
			return nil
		}
		b.picks[i] = row
		if p.Kind == dashboard.Trend {
			return nil // a span is marked first
		}
		return m.boardIn()
	}
	return nil
}
