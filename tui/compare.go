package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/compare"
	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// comparison is the overlay that lists what only one container does.
type comparison struct {
	of    compare.Subject
	opt   compare.Options
	lines []comparedLine

	report *compare.Report // nil while it is counted, and after an error
	err    error
	cancel context.CancelFunc

	cursor, top int
	again       *casefile.Lines // where the cursor was when a case was left; nil: it was not
	area        grid.Area
}

// comparedLine is the heading of an aspect, or one of its values.
type comparedLine struct {
	answer *compare.Answer
	value  *compare.Value // nil: the heading
}

// comparedMsg is what a comparison found.
type comparedMsg struct {
	of     *comparison
	report *compare.Report
	err    error
}

// pastBefore is how long before a row the past of its container ends when it is
// not known when it began, and pastAtMost how old a beginning may be.
const (
	pastBefore = 2 * time.Minute
	pastAtMost = 15 * time.Minute
)

// pastEnd is when the past of a row's container ends: where the family of its
// process began, which led to the row.
func pastEnd(ref store.Ref) int64 {
	row := ref.Row()
	p := row.T.Proc(familyRoot(row))
	if p.Knows(event.KnowStart) && p.Start < ref.Time() && p.Start > ref.Time()-int64(pastAtMost) {
		return p.Start
	}
	return ref.Time() - int64(pastBefore)
}

// openCompare compares the container of the row or under the cursor.
func (m *Model) openCompare() tea.Cmd {
	row, ref, ok := m.rowHere()
	if m.here() == inContainers {
		var c store.ContainerCount
		if c, ok = m.conts.selected(); ok {
			row = c.Row()
		}
		ref = m.cursorAbove()
	}
	if !ok {
		return nil
	}
	of, err := compare.Of(row)
	if err != nil {
		m.say(err.Error())
		return nil
	}
	c := &comparison{of: of}
	if ref.B != nil {
		c.opt.Since = pastEnd(ref)
	}
	m.over = c
	return c.count(m)
}

// count compares in the background.
func (c *comparison) count(m *Model) tea.Cmd {
	if c.cancel != nil {
		c.cancel()
	}
	ctx, cancel := context.WithCancel(m.ctx)
	c.report, c.err, c.cancel = nil, nil, cancel
	st, sources, of, opt := m.store, m.hub.sources, c.of, c.opt
	return func() tea.Msg {
		r, err := compare.Run(ctx, of, opt, func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
			return source.Count(ctx, qs, sources, st)
		})
		if ctx.Err() != nil { // another comparison has taken its place
			return nil
		}
		return comparedMsg{c, r, err}
	}
}

// compared takes a comparison in.
func (m *Model) compared(msg comparedMsg) {
	c := msg.of
	if m.over != overlay(c) {
		return
	}
	c.report, c.err, c.lines = msg.report, msg.err, nil
	if c.report == nil {
		return
	}
	for i := range c.report.Answers {
		a := &c.report.Answers[i]
		c.lines = append(c.lines, comparedLine{answer: a})
		for j := range a.Only {
			c.lines = append(c.lines, comparedLine{a, &a.Only[j]})
		}
	}
	c.cursor, c.top = 0, 0
	for i, l := range c.lines {
		if l.value != nil {
			c.cursor = i
			break
		}
	}
	if at := c.again; at != nil {
		c.again, c.cursor, c.top = nil, min(max(at.At, 0), max(len(c.lines)-1, 0)), max(at.Top, 0)
	}
}

// key implements overlay.
func (c *comparison) key(m *Model, name string) (tea.Cmd, bool) {
	if at, ok := listKey(name, c.cursor, c.area.H, len(c.lines)); ok {
		c.cursor = at
		return nil, true
	}
	switch name {
	case "enter":
		return c.enter(m)
	case "tab":
		return c.turn(m), true
	}
	c.cancel()
	return nil, false
}

// turn compares with the past instead of the siblings, or the other way.
func (c *comparison) turn(m *Model) tea.Cmd {
	to := compare.Past
	if c.opt.Against == compare.Past || c.report != nil && c.report.Against == compare.Past {
		to = compare.Siblings
	}
	if to == compare.Past && c.opt.Since == 0 {
		m.say("the past ends at a row's time: put the cursor on one first")
		return nil
	}
	c.opt.Against = to
	return c.count(m)
}

// enter opens the events of a value, or of all values of an aspect, as a level.
func (c *comparison) enter(m *Model) (tea.Cmd, bool) {
	if c.cursor >= len(c.lines) || c.lines[c.cursor].value == nil {
		m.say("put the cursor on a value to see its events")
		return nil, true
	}
	l := c.lines[c.cursor]
	level, cmd := m.push("only here: "+l.answer.Aspect.Title, l.value.Condition, store.Ref{})
	if level == nil {
		return cmd, true
	}
	c.cancel()
	return cmd, false
}
