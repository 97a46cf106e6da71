package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// there is what a level's sources hold over time, those that count by
// themselves included: what they hold is more than was fetched.
type there struct {
	mass  dashboard.Mass
	span  dashboard.Span
	trend []int64 // in the span's buckets
}

// thereCount is how far the count of a level's sources is.
type thereCount struct {
	*there // as counted last; nil: not known
	err    error
	vague  bool // the sources cannot evaluate all of the filter: only what was fetched is counted

	expr    string // counted, or being counted
	width   int
	version uint64
	at      time.Time
	cost    time.Duration
	cancel  context.CancelFunc // nil: none is running
	due     bool
}

// thereMsg is what such a count found.
type thereMsg struct {
	level *level
	expr  string
	there *there
	err   error
	cost  time.Duration
}

// thereDueMsg says that a count that waited may begin.
type thereDueMsg struct{ level *level }

// thereEvery is how often at most the sources count anew while events come, and
// thereShare how small a share of the time that takes.
const (
	thereEvery = 2 * time.Second
	thereShare = 20
)

// countThere has the sources that count by themselves count this level's
// events over time, in the background, when what they would say has changed.
func (m *Model) countThere() tea.Cmd {
	l := m.level()
	if l.board != nil || m.w == 0 || len(source.Counters(m.hub.sources)) == 0 || m.hub.asking() {
		return nil
	}
	c := &l.there
	if _, exact, known := m.hub.found(); known && !exact {
		c.vague = true
		c.stop()
		return nil
	}
	c.vague = false
	asked, version := c.expr == l.expr && c.width == m.histWidth() && !c.at.IsZero(), m.store.Version()
	if asked && (c.cancel != nil || c.version == version) {
		return nil
	}
	if wait := max(thereEvery, thereShare*c.cost) - time.Since(c.at); asked && wait > 0 {
		if c.due {
			return nil
		}
		c.due = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return thereDueMsg{l} })
	}
	c.stop()
	if c.expr != l.expr {
		c.there = nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	c.expr, c.width, c.version, c.at, c.cancel = l.expr, m.histWidth(), version, time.Now(), cancel
	expr, width, sources, st := l.expr, c.width, m.hub.sources, m.store
	f, err := compile(filter.All(m.asksFor(), expr))
	return func() tea.Msg {
		defer cancel()
		begun := time.Now()
		msg := thereMsg{level: l, expr: expr, err: err}
		if err == nil {
			msg.there, msg.err = countOver(ctx, f, width, sources, st)
		}
		msg.cost = time.Since(begun)
		return msg
	}
}

// stop ends a count that is running.
func (c *thereCount) stop() {
	if c.cancel != nil {
		c.cancel()
		c.cancel = nil
	}
	c.at = time.Time{}
}

// countOver counts events over the span in which they lie, in width buckets.
func countOver(ctx context.Context, f *filter.Filter, width int, sources []source.Source, held source.Held) (*there, error) {
	mass, ok, err := source.Window(ctx, f, sources, held)
	if err != nil || !ok || width < 1 {
		return nil, err
	}
	t := &there{mass: mass, span: dashboard.Span{Buckets: width}}
	t.span.From, t.span.To = dashboard.Frame(mass.First, mass.Last, width)
	counted, err := source.CountOver(ctx, f, t.span, sources, held)
	if err != nil {
		return nil, err
	}
	t.trend = counted.Trend
	return t, nil
}

// thereCounted takes a count in.
func (m *Model) thereCounted(msg thereMsg) tea.Cmd {
	c := &msg.level.there
	if c.expr != msg.expr || c.cancel == nil {
		return nil // of a filter that was left
	}
	c.cancel, c.cost = nil, msg.cost
	if c.err = msg.err; msg.err == nil {
		c.there = msg.there
	}
	m.panelsAt = time.Time{}
	return m.refresh()
}

// of returns what was counted of a filter, nil when that is not known.
func (c *thereCount) of(expr string) *there {
	if c.expr != expr || c.vague {
		return nil
	}
	return c.there
}

// barsText says what the bars show of what the sources hold; "" where that goes
// without saying.
func (l *level) barsText() string {
	switch {
	case l.there.vague:
		return "bars: what was fetched"
	case l.there.err != nil:
		return "bars: what was fetched; the rest could not be counted"
	case l.counted.more():
		return "⣿ not fetched"
	}
	return ""
}

// massWith is the mass, with the events of a view that have come since.
func (t *there) massWith(view *store.View) dashboard.Mass {
	m := t.mass
	soon := m.Last + (m.Last-m.First)/8 + int64(time.Minute)
	if ref, ok := view.At(view.FindTime(soon) - 1); ok {
		m.Last = max(m.Last, ref.Time())
	}
	return m
}

// in returns the counts in the buckets of a frame; nil when its buckets are
// others.
func (t *there) in(from, to int64, width int) []int64 {
	frame := dashboard.Span{From: from, To: to, Buckets: width}
	step := t.span.Step()
	if frame.Step() != step || (from-t.span.From)%step != 0 {
		return nil
	}
	all := make([]int64, width)
	shift := int((from - t.span.From) / step)
	for x := range all {
		if i := x + shift; i >= 0 && i < len(t.trend) {
			all[x] = t.trend[i]
		}
	}
	return all
}

// asksFor is the time that was asked for from the start, as a condition; "" for
// all.
func (m *Model) asksFor() string {
	since, until := m.opt.Request.Since, m.opt.Request.Until
	switch {
	case !since.IsZero() && !until.IsZero():
		return between(since.UnixNano(), until.UnixNano()+1)
	case !since.IsZero():
		return filter.Source(check("evt.rawtime", filter.OpGE, itoa64(since.UnixNano())))
	case !until.IsZero():
		return filter.Source(check("evt.rawtime", filter.OpLE, itoa64(until.UnixNano())))
	}
	return ""
}
