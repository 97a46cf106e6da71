package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/tui/internal/grid"
)

// jump is the line on which a time to jump to is typed.
type jump struct {
	edit lineEdit
	err  string
}

func (m *Model) startJump() tea.Cmd {
	if m.level().board != nil {
		m.say("a dashboard shows a span of time; space marks one in a trend, enter takes it")
		return nil
	}
	if m.level().tree != nil {
		m.say("a process tree has no time; esc leads back to the events")
		return nil
	}
	m.input = &jump{}
	return nil
}

func (j *jump) key(m *Model, name, text string) tea.Cmd {
	j.err = ""
	switch {
	case name == "esc":
		m.input = nil
	case name == "enter":
		ns, err := parseJump(j.edit.String(), m.clock, m.cursorTime())
		if err != nil {
			j.err = err.Error()
			return nil
		}
		m.input = nil
		m.jumpToTime(ns)
	case j.edit.key(name):
	case text != "":
		j.edit.insert(text)
	}
	return nil
}

func (j *jump) draw(_ *Model, a grid.Area) (x, y int) {
	line := a.Sub(0, 0, a.W, 1)
	line.Fill(styText.Over(grid.Raised))
	at := line.Text(1, 0, styFocus.Over(grid.Raised), "jump to ")
	hint, st := "14:03:05  2026-11-23 14:03  −5m  +30s", styDim
	if j.err != "" {
		hint, st = j.err, styError
	}
	line.Right(a.W-1, 0, st.Over(grid.Raised), hint)
	cur := j.edit.draw(line.Sub(at, 0, max(a.W-at-grid.Width(hint)-3, 8), 1), styText.Over(grid.Raised), styText, 0, 0)
	return a.X + at + cur, a.Y
}

// cursorTime is the time of the row under the cursor; without one the newest
// in the store.
func (m *Model) cursorTime() int64 {
	if l := m.level(); l.cursor.B != nil {
		return l.cursor.Time()
	}
	return m.store.Stats().Newest
}

// jumpToTime puts the cursor on the first row at or after a time.
func (m *Model) jumpToTime(ns int64) {
	l := m.level()
	if v := l.trail; v != nil && v.trail != nil {
		step := v.trail.FindTime(ns)
		if step == len(v.trail.Steps) {
			m.say("the last row is earlier than that")
			step--
		}
		v.events.goTo(step)
		v.focus(m, onEvents)
		return
	}
	n := l.view.Len()
	k := l.view.FindTime(ns)
	if n == 0 {
		return
	}
	if k == n {
		m.say("the last row is earlier than that")
	}
	l.jumpTo(k, m.feed.height)
	m.focus = onFeed
}

// jumpLayouts are the ways to write a time, the longest first. Those without
// a date mean the cursor's day.
var jumpLayouts = []struct {
	layout string
	dated  bool
}{
	{time.RFC3339Nano, true},
	{"2006-01-02T15:04:05", true},
	{"2006-01-02 15:04:05", true},
	{"2006-01-02 15:04", true},
	{"2006-01-02", true},
	{"15:04:05", false},
	{"15:04", false},
}

// parseJump reads a time to jump to: a clock time, a date, or a distance from
// the cursor with its sign.
func parseJump(text string, c clock, cursor int64) (int64, error) {
	text = strings.TrimSpace(text)
	if signed := strings.ReplaceAll(text, "−", "-"); strings.HasPrefix(signed, "+") || strings.HasPrefix(signed, "-") {
		d, err := time.ParseDuration(strings.ReplaceAll(signed, " ", ""))
		if err != nil {
			return 0, fmt.Errorf("no length of time: write −90s, +5m, −1h30m")
		}
		return cursor + int64(d), nil
	}
	at := c.at(cursor)
	for _, l := range jumpLayouts {
		t, err := time.ParseInLocation(l.layout, text, at.Location())
		if err != nil {
			continue
		}
		if !l.dated {
			t = time.Date(at.Year(), at.Month(), at.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), at.Location())
		}
		return t.UnixNano(), nil
	}
	return 0, fmt.Errorf("no time: write 14:03, 14:03:05.5 or −5m")
}
