package tui

import (
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// typingPause is how long after the last key a filter is checked and applied.
const typingPause = 70 * time.Millisecond

// filterBar is the line on which a level's filter is edited. While it is open
// the table shows what the text, as far as it is right, lets through.
type filterBar struct {
	edit   lineEdit
	level  *level
	before string // the filter when the bar was opened
	seq    int    // counts the changes of the text

	err      *filter.Error // why the text is refused; nil when it is not
	failed   string        // the same as a sentence, when the error has no place
	warnings []filter.Warning

	offers completions
	past   int // place in the history, counted from its end; 0 is the text itself
	typed  string
}

// history keeps the filters that were entered, the latest last.
type history []string

func (h *history) add(expr string) {
	if expr == "" || len(*h) > 0 && (*h)[len(*h)-1] == expr {
		return
	}
	*h = append(*h, expr)
}

// typedMsg says that the user has stopped typing for a moment.
type typedMsg struct {
	bar *filterBar
	seq int
}

// checkedMsg is the answer to a filter that was typed.
type checkedMsg struct {
	bar  *filterBar
	seq  int
	expr string
	f    *filter.Filter
	err  error
}

func (m *Model) editFilter() tea.Cmd {
	l := m.level()
	if l.tree != nil {
		m.say("a process tree has no filter; esc leads back to the events")
		return nil
	}
	b := &filterBar{edit: newLineEdit(l.expr), level: l, before: l.expr}
	if l.expr != "" {
		b.edit.insert(" ")
	}
	m.input = b
	b.offer()
	return nil
}

func (b *filterBar) key(m *Model, name, text string) tea.Cmd {
	switch name {
	case "esc":
		m.input = nil
		return b.restore(m)
	case "enter":
		if b.offers.chosen {
			b.take()
			return b.changed()
		}
		return b.enter(m)
	case "tab":
		if !b.offers.chosen {
			b.offers.move(0)
		}
		b.take()
		return b.changed()
	case "up", "ctrl+p":
		if b.offers.chosen {
			b.offers.move(-1)
			return nil
		}
		return b.recall(m, 1)
	case "down", "ctrl+n":
		if b.past > 0 {
			return b.recall(m, -1)
		}
		b.offers.move(1)
		return nil
	}
	if b.edit.key(name) {
		return b.changed()
	}
	if text != "" {
		b.edit.insert(text)
		return b.changed()
	}
	return nil
}

// changed offers completions at once and has the text checked when the user
// stops typing.
func (b *filterBar) changed() tea.Cmd {
	b.seq++
	b.offer()
	seq := b.seq
	return tea.Tick(typingPause, func(time.Time) tea.Msg { return typedMsg{b, seq} })
}

// typed has the text compiled in the background, if it is still the text.
func (m *Model) typed(msg typedMsg) tea.Cmd {
	if m.input != input(msg.bar) || msg.seq != msg.bar.seq {
		return nil
	}
	expr := msg.bar.text()
	return func() tea.Msg {
		f, err := compile(expr)
		return checkedMsg{bar: msg.bar, seq: msg.seq, expr: expr, f: f, err: err}
	}
}

// checked applies a filter that is right, and shows what is wrong with one
// that is not; the table then keeps the last one that was right.
func (m *Model) checked(msg checkedMsg) tea.Cmd {
	b := msg.bar
	if m.input != input(b) || msg.seq != b.seq {
		return nil
	}
	b.judge(msg.err)
	if msg.err != nil {
		return nil
	}
	b.warnings = nil
	if msg.f != nil {
		b.warnings = msg.f.Warnings()
	}
	b.level.setFilter(m.store, msg.expr, msg.f)
	return m.refresh()
}

// judge keeps why a text is refused.
func (b *filterBar) judge(err error) {
	b.err, b.failed = nil, ""
	if err == nil {
		return
	}
	if !errors.As(err, &b.err) {
		b.failed = err.Error()
	}
}

// text is the filter as typed, without the blanks around it.
func (b *filterBar) text() string { return trimSpace(b.edit.String()) }

// enter keeps the filter, if it is right, and closes the bar.
func (b *filterBar) enter(m *Model) tea.Cmd {
	expr := b.text()
	f, err := compile(expr)
	if b.judge(err); err != nil {
		return nil
	}
	m.input = nil
	m.past.add(expr)
	if expr != b.before {
		b.level.remember(b.before)
	}
	b.level.setFilter(m.store, expr, f)
	return m.refresh()
}

// restore gives the level the filter back that it had.
func (b *filterBar) restore(m *Model) tea.Cmd {
	f, err := compile(b.before)
	if err != nil {
		return nil
	}
	b.level.setFilter(m.store, b.before, f)
	return m.refresh()
}

// recall goes through the filters that were entered before.
func (b *filterBar) recall(m *Model, n int) tea.Cmd {
	to := min(max(b.past+n, 0), len(m.past))
	if to == b.past {
		return nil
	}
	if b.past == 0 {
		b.typed = b.edit.String()
	}
	b.past = to
	text := b.typed
	if to > 0 {
		text = m.past[len(m.past)-to]
	}
	b.edit = newLineEdit(text)
	return b.changed()
}

// draw draws the line with what belongs to it below: what is wrong, or what
// could come next.
func (b *filterBar) draw(m *Model, a grid.Area) (x, y int) {
	line := a.Sub(0, 0, a.W, 1)
	line.Fill(styText.Over(grid.Raised))
	at := line.Text(1, 0, styFocus.Over(grid.Raised), "filter ")
	right := a.W - 1
	right = line.Right(right, 0, styDim.Over(grid.Raised), m.shownText(b.level)) - 2
	text := line.Sub(at, 0, right-at, 1)
	from, to := 0, 0
	if b.err != nil {
		from = b.err.Pos.Index
		to = from + max(len(b.err.Found), 1)
	}
	s := styText.Over(grid.Raised)
	cur := b.edit.draw(text, s, styError.Over(grid.Raised).With(grid.Underline|grid.Bold), from, to)

	below := a.Sub(0, 1, a.W, a.H-1)
	switch {
	case b.err != nil && !b.offers.chosen && len(b.offers.list) == 0 || b.err != nil && b.err.Pos.Index < b.edit.byteAt()-1:
		b.drawProblem(below, at, errorText(b.err), styError)
	case b.failed != "":
		b.drawProblem(below, at, b.failed, styError)
	default:
		b.offers.draw(below, at)
		if len(b.offers.list) == 0 && len(b.warnings) > 0 {
			b.drawProblem(below, at, b.warnings[0].Msg, styWarn)
		}
	}
	return a.X + at + cur, a.Y
}

func (b *filterBar) drawProblem(a grid.Area, x int, text string, st grid.Style) {
	line := a.Sub(0, 0, a.W, 1)
	line.Fill(st.Over(grid.Raised))
	line.Fit(x, 0, a.W-x-1, st.Over(grid.Raised), "↑ "+text)
}

// errorText is an error without its place, which is underlined.
func errorText(e *filter.Error) string {
	text := e.Msg
	if e.Found != "" {
		text += ", found " + e.Found
	}
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}
