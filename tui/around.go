package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// around is the overlay that lists what else is known around a row: a line for
// each pivot, with what it has found so far. It stays when it is closed, so
// that it opens again as it was.
type around struct {
	from  store.Ref
	title string // of the row
	lines []aroundLine

	places []pivot.Place
	cancel context.CancelFunc
	room   chan struct{} // as many as may look side by side

	at, top int
	area    grid.Area
}

// aroundLine is a pivot and its answer; the first line stands for all.
type aroundLine struct {
	pivot  *pivot.Pivot
	answer *pivot.Answer // nil while it is looked for
}

// aroundAtOnce is how many pivots are looked for side by side.
const aroundAtOnce = 4

// pivotMsg is what a pivot found.
type pivotMsg struct {
	of     *around
	line   int
	answer pivot.Answer
}

// openAround opens the list for the row under the cursor, and looks for what
// is not known yet.
func (m *Model) openAround() tea.Cmd {
	row, ok := m.level().row()
	if !ok {
		m.say("there is no row here to start from")
		return nil
	}
	ref := m.level().cursor
	if m.opt.Pivots == nil {
		m.opt.Pivots = pivot.NewFolder("")
	}
	table, changed, err := m.opt.Pivots.Table()
	if err != nil {
		m.fail(safe(err.Error()))
	}
	if m.around == nil || m.around.from.ID != ref.ID || changed {
		a := &around{
			from: ref, title: plainText(m.read.summary(row)), room: make(chan struct{}, aroundAtOnce),
			places: pivot.Places(m.store, m.hub.sources), lines: make([]aroundLine, 1),
		}
		for _, p := range table.All() {
			a.lines = append(a.lines, aroundLine{pivot: p})
		}
		m.around = a
	}
	m.over = m.around
	return m.around.look(m.ctx)
}

// look looks in the background for what is not known.
func (a *around) look(ctx context.Context) tea.Cmd {
	ctx, a.cancel = context.WithCancel(ctx)
	from := pivot.Hit{B: a.from.B, I: a.from.I}
	var cmds []tea.Cmd
	for i, l := range a.lines {
		if l.pivot == nil || l.answer != nil && l.answer.Err == nil {
			continue
		}
		a.lines[i].answer = nil
		cmds = append(cmds, func() tea.Msg {
			select {
			case a.room <- struct{}{}:
				defer func() { <-a.room }()
			case <-ctx.Done():
			}
			return pivotMsg{a, i, pivot.Find(ctx, l.pivot.Ask(from), a.places)}
		})
	}
	return tea.Batch(cmds...)
}

// pivoted takes an answer in.
func (m *Model) pivoted(msg pivotMsg) {
	msg.of.lines[msg.line].answer = &msg.answer
}

// answers are those of a line: of all pivots for the first.
func (a *around) answers(line int) (all []pivot.Answer) {
	for i, l := range a.lines {
		if l.answer != nil && (line == 0 || i == line) {
			all = append(all, *l.answer)
		}
	}
	return all
}

// waiting is how many pivots are still looked for.
func (a *around) waiting() (n int) {
	for _, l := range a.lines[1:] {
		if l.answer == nil {
			n++
		}
	}
	return n
}

// key implements overlay.
func (a *around) key(m *Model, name string) (tea.Cmd, bool) {
	if at, ok := listKey(name, a.at, a.area.H, len(a.lines)); ok {
		a.at = at
		return nil, true
	}
	if name == "enter" {
		return a.enter(m)
	}
	a.cancel()
	return nil, false
}

// enter opens the timeline of a line as a level.
func (a *around) enter(m *Model) (tea.Cmd, bool) {
	answers := a.answers(a.at)
	rows := pivot.Merge(answers)
	if len(rows) < 2 {
		switch {
		case a.at == 0 && a.waiting() > 0 || len(answers) == 0:
			m.say("still looking")
		case a.at == 0:
			m.say("nothing else was found around this row; the lines below say how it was looked for")
		default:
			m.say(answers[0].Say())
		}
		return nil, true
	}
	m.hub.bring(m.ctx, rows)
	title := "around " + m.clock.at(a.from.Time()).Format("15:04:05")
	if a.at > 0 {
		title = a.lines[a.at].pivot.Title
	}
	l, cmd := m.push(title, aroundFilter(answers), a.from)
	if l == nil {
		return cmd, true
	}
	l.relative, l.anchor = true, a.from.Time()
	if a.from.Row().Alert != 0 {
		l.pin = a.from
	}
	a.cancel()
	if more := a.more(answers); more != "" {
		m.say(more)
	}
	return cmd, false
}

// more says that there are more events than are shown.
func (a *around) more(answers []pivot.Answer) string {
	for _, one := range answers {
		if one.More {
			return "the nearest in time are here; there are more of " + one.Pivot.Name + " in the span"
		}
	}
	return ""
}

// aroundFilter is the condition that holds for what answers found: their keys,
// each within the span in which it was found.
func aroundFilter(answers []pivot.Answer) string {
	var found []filter.Expr
	for i := range answers {
		a := &answers[i]
		if len(a.Found) == 0 {
			continue
		}
		step := a.Step()
		from, to := step.Window.Span(a.At)
		text := filter.All(step.Key.String(), between(from, to))
		if len(answers) == 1 {
			return text
		}
		if e, err := filter.Parse(text); err == nil {
			found = append(found, e)
		}
	}
	if len(found) == 1 {
		return filter.Source(found[0])
	}
	return filter.Source(&filter.Or{X: found})
}
