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
	count := m.boardCounter(b, l.expr)
	return func() tea.Msg {
		begun := time.Now()
		msg := count()
		msg.cost = time.Since(begun)
		return msg
	}
}

// boardWidth is how many columns of the screen the panels have.
func boardWidth(w int) int { return max(w-2, 1) }

// boardCounter prepares a count, to be run elsewhere.
func (m *Model) boardCounter(b *board, expr string) func() boardMsg {
	ctx, st, sources := m.ctx, m.store, m.hub.sources
	span := m.boardSpan(expr)
	qs, err := boardQueries(b, expr, span)
	return func() boardMsg {
		msg := boardMsg{board: b, err: err}
		if err == nil {
			msg.results, msg.err = source.Count(ctx, qs, sources, st)
		}
		return msg
	}
}

// boardSpan is the time that a dashboard is about: that of the filter, else of
// what there is.
func (m *Model) boardSpan(expr string) dashboard.Span {
	stats := m.stats
	span := dashboard.Span{From: stats.Oldest, To: stats.Newest}
	for _, c := range source.Counters(m.hub.sources) {
		if b := c.Info().Bounds; !b[0].IsZero() && !b[1].IsZero() {
			if span.From == 0 || b[0].UnixNano() < span.From {
				span.From = b[0].UnixNano()
			}
			span.To = max(span.To, b[1].UnixNano())
		}
	}
	if f, err := compile(expr); err == nil && f != nil {
		from, to := filter.TimeBounds(f.Expr())
		span.From, span.To = max(span.From, from), min(span.To, to)
	}
	span.To = max(span.To, span.From)
	return span
}

// boardQueries asks for each panel as many buckets as it has columns.
func boardQueries(b *board, expr string, span dashboard.Span) ([]dashboard.Query, error) {
	d := *b.d
	d.Filter = "" // is in the level's
	qs, err := d.Queries(expr, span)
	for i := range qs {
		n := timedWidth(qs[i].Panel, b.boxes[i].w)
		qs[i].Span.Buckets = n
		if qs[i].Panel.Timed() && n > 0 {
			qs[i].Span.From, qs[i].Span.To = dashboard.Frame(span.From, span.To, n)
		} else {
			qs[i].Span.To++
		}
	}
	return qs, err
}

// boardCounted takes a count in.
func (m *Model) boardCounted(msg boardMsg) tea.Cmd {
	c := &msg.board.counts
	c.counting, c.cost = false, msg.cost
	if c.err = msg.err; msg.err == nil {
		c.results = msg.results
	}
	return m.countBoard()
}
