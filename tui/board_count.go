package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
)

// boardCounts is what a dashboard's panels found, and of what.
type boardCounts struct {
	results []*dashboard.Result // in the order of the panels; nil while nothing is known
	mass    dashboard.Mass      // where in time the events lie
	err     error
	cost    time.Duration

	counting bool
	expr     string // counted, or being counted
	version  uint64
	width    int
	at       time.Time // when it began
	due      bool      // a count waits for its time
}

// boardEvery is how often at most a dashboard is counted anew while events
// come, and boardShare how small a share of the time that takes.
const (
	boardEvery = 500 * time.Millisecond
	boardShare = 10
)

// boardMsg is what a count found.
type boardMsg struct {
	board   *board
	results []*dashboard.Result
	mass    dashboard.Mass
	err     error
	cost    time.Duration
}

// boardDueMsg says that a count that waited may begin.
type boardDueMsg struct{ board *board }

// countBoard counts the dashboard of this level in the background when what it
// shows has changed.
func (m *Model) countBoard() tea.Cmd {
	l := m.level()
	b := l.board
	if b == nil || b.counts.counting || m.w == 0 {
		return nil
	}
	c := &b.counts
	version := m.store.Version()
	if c.expr == l.expr && c.version == version && c.width == m.w && !c.at.IsZero() {
		return nil
	}
	// What the user asked for is counted at once, what merely came in now and
	// then.
	if wait := max(boardEvery, boardShare*c.cost) - time.Since(c.at); c.expr == l.expr && c.width == m.w && wait > 0 && c.results != nil {
		if c.due {
			return nil
		}
		c.due = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return boardDueMsg{b} })
	}
	c.counting, c.expr, c.version, c.width, c.at = true, l.expr, version, m.w, time.Now()
	b.layout(boardWidth(m.w))
	count := m.boardCounter(l)
	return func() tea.Msg {
		begun := time.Now()
		msg := count()
		msg.cost = time.Since(begun)
		return msg
	}
}

// boardWidth is how many columns of the screen the panels have.
func boardWidth(w int) int { return max(w-2, 1) }

// boardCounter prepares a count, to be run elsewhere: first of where in time the
// events lie, then of the panels.
func (m *Model) boardCounter(l *level) func() boardMsg {
	ctx, st, sources := m.ctx, m.store, m.hub.sources
	b, view, expr := l.board, l.view, filter.All(m.asksFor(), l.expr)
	d, widths := *b.d, make([]int, len(b.boxes)) // as they are now: the board is laid out anew while it is counted
	for i := range b.boxes {
		widths[i] = b.boxes[i].w
	}
	upTo := int64(0)
	if m.hub.live() {
		upTo = min(m.stats.Newest, m.now().UnixNano()) // that nothing came since is told too
	}
	return func() boardMsg {
		msg := boardMsg{board: b}
		f, err := compile(expr)
		if err != nil {
			msg.err = err
			return msg
		}
		var ok bool
		if len(source.Counters(sources)) > 0 {
			msg.mass, ok, msg.err = source.Window(ctx, f, sources, st)
		} else {
			view.Update(ctx, time.Minute)
			msg.mass, ok = massOf(view)
		}
		if msg.err != nil {
			return msg
		}
		if !ok {
			msg.mass = dashboard.Mass{}
		} else if msg.mass.After == 0 {
			msg.mass.Last = max(msg.mass.Last, upTo)
		}
		qs, err := boardQueries(d, widths, expr, msg.mass)
		if msg.err = err; err == nil {
			msg.results, msg.err = source.Count(ctx, qs, sources, st)
		}
		return msg
	}
}

// boardQueries asks for each panel that tells times apart as many buckets as it
// has columns, over the mass; the others are about all time.
func boardQueries(d dashboard.Dashboard, widths []int, expr string, mass dashboard.Mass) ([]dashboard.Query, error) {
	d.Filter = "" // is in the level's
	qs, err := d.Queries(expr, dashboard.Span{})
	for i := range qs {
		if n := timedWidth(qs[i].Panel, widths[i]); qs[i].Panel.Timed() {
			qs[i].Span.Buckets = n
			qs[i].Span.From, qs[i].Span.To = dashboard.Frame(mass.First, mass.Last, n)
		}
	}
	return qs, err
}

// boardCounted takes a count in.
func (m *Model) boardCounted(msg boardMsg) tea.Cmd {
	c := &msg.board.counts
	c.counting, c.cost = false, msg.cost
	if c.err = msg.err; msg.err == nil {
		c.results, c.mass = msg.results, msg.mass
	}
	return m.countBoard()
}
