package tui

import (
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// typingPause is how long after the last key a filter is checked and applied.
var typingPause = 70 * time.Millisecond

// filterBar is the line on which a level's filter is edited. While it is open
// the table shows what the text, as far as it is right, lets through.
type filterBar struct {
	edit   lineEdit
	level  *level
	before string    // the filter when the bar was opened
	cursor store.Ref // and the row that the cursor was on
	seq    int       // counts the changes of the text

	err      *filter.Error // why the text is refused; nil when it is not
	failed   string        // the same as a sentence, when the error has no place
	warnings []filter.Warning
	split    split

	offers completions
	values seenValues
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
	b := &filterBar{edit: newLineEdit(l.expr), level: l, before: l.expr, cursor: l.cursor}
	if l.expr != "" {
		b.edit.insert(" ")
	}
	m.input = b
	b.offer(m)
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
			return b.changed(m)
		}
		return b.enter(m)
	case "tab":
		if !b.offers.chosen {
			b.offers.move(0)
		}
		b.take()
		return b.changed(m)
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
		return b.changed(m)
	}
	if text != "" {
		b.edit.insert(text)
		return b.changed(m)
	}
	return nil
}

// changed offers completions at once and has the text checked when the user
// stops typing.
func (b *filterBar) changed(m *Model) tea.Cmd {
	b.seq++
	b.offer(m)
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
	b.level.cursor = b.cursor
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
	return b.changed(m)
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
	if b.err != nil && !b.unfinished() {
		from = b.err.Pos.Index
		to = from + max(len(b.err.Found), 1)
	}
	s := styText.Over(grid.Raised)
	cur := b.edit.draw(text, s, styError.Over(grid.Raised).With(grid.Underline|grid.Bold), from, to)

	m.drawState(a.Sub(0, 1, a.W, 1), at, b)
	below := a.Sub(0, 2, a.W, a.H-2)
	b.offers.draw(below, at)
	return a.X + at + cur, a.Y
}

// drawState draws who evaluates which part of the filter, or in its place what
// is wrong with it.
func (m *Model) drawState(a grid.Area, x int, b *filterBar) {
	a.Fill(styText.Over(grid.Raised))
	on := func(t grid.Tone) grid.Style { return grid.Style{Fg: t, On: grid.Raised} }
	switch {
	case b.err != nil && b.unfinished():
		a.Fit(x, 0, a.W-x-1, on(grid.Faint), "… "+errorText(b.err))
		return
	case b.err != nil:
		a.Fit(x, 0, a.W-x-1, on(grid.Error), "↑ "+errorText(b.err))
		return
	case b.failed != "":
		a.Fit(x, 0, a.W-x-1, on(grid.Error), b.failed)
		return
	case len(b.warnings) > 0:
		a.Fit(x, 0, a.W-x-1, on(grid.Warn), b.warnings[0].Msg)
		return
	}
	if b.level.expr == "" {
		a.Fit(x, 0, a.W-x-1, on(grid.Faint), "everything passes")
		return
	}
	m.drawSplit(a, x, b)
}

// unfinished reports whether the text is wrong only because more has to follow
// the word at its end, which is still being typed.
func (b *filterBar) unfinished() bool {
	if b.edit.at != len(b.edit.text) {
		return false
	}
	last := strings.LastIndexByte(b.text(), ' ') + 1
	return b.err.Pos.Index >= len(b.text()) || len(b.offers.list) > 0 && b.err.Pos.Index >= last
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
