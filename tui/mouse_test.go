package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

func click(d *tuitest.Driver, x, y int) {
	d.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
}

func TestMouse(t *testing.T) {
	d, m := open(t, 120, 40)
	click(d, m.feed.area.X+20, m.feed.area.Y+5)
	if rank0(m) != 5 || m.focus != onFeed || m.feed.columns[m.level().col].field != "container.id" {
		t.Errorf("a click on the sixth row: row %d, column %d", rank0(m), m.level().col)
	}
	click(d, 3, m.conts.area.Y+4)
	if c, _ := m.conts.selected(); m.focus != onContainers || c.ID != m.conts.all[2].ID {
		t.Errorf("a click on the third container: %v", c.ID)
	}
	click(d, m.hist.area.X+30, m.hist.area.Y+1)
	if m.focus != onHistogram || m.hist.at != 30 {
		t.Errorf("a click on bar 30: %d", m.hist.at)
	}
	click(d, m.detail.area.X+3, m.detail.area.Y+4)
	if m.focus != onDetail || m.detail.at != 4 {
		t.Errorf("a click on the fifth field: %d", m.detail.at)
	}
	// The wheel scrolls what is under it and leaves the focus where it is.
	d.Send(tea.MouseWheelMsg{X: m.feed.area.X + 3, Y: m.feed.area.Y + 3, Button: tea.MouseWheelDown})
	if rank0(m) != 8 || m.focus != onDetail {
		t.Errorf("a turn of the wheel: row %d, focus %d", rank0(m), m.focus)
	}
	d.Send(tea.MouseWheelMsg{X: m.feed.area.X + 3, Y: m.feed.area.Y + 3, Button: tea.MouseWheelUp})
	if rank0(m) != 5 {
		t.Errorf("back: row %d", rank0(m))
	}
	for y := range 40 { // nowhere does a click do harm
		for x := 0; x < 120; x += 7 {
			click(d, x, y)
		}
	}
}

// drag moves the mouse from a cell to another with the button down, and lets it go.
func drag(d *tuitest.Driver, x, y, toX, toY int) {
	click(d, x, y)
	for _, at := range []int{(x + toX) / 2, toX} {
		d.Send(tea.MouseMotionMsg{X: at, Y: toY, Button: tea.MouseLeft})
	}
	d.Send(tea.MouseReleaseMsg{X: toX, Y: toY, Button: tea.MouseLeft})
}

// A drag over a trend filters by the span under it, from either end, wherever
// the mouse is let go; over the histogram it opens the span.
func TestBrush(t *testing.T) {
	d, m := open(t, 120, 40)
	d.Keys("b")
	b := m.level().board
	trend := -1
	for i, p := range b.d.Panels {
		if p.Kind == dashboard.Trend {
			trend = i
			break
		}
	}
	bars := func() (x, y, n int) {
		bx := b.boxes[trend]
		return b.area.X + bx.x + trendMargin, b.area.Y + bx.y - b.top + 2, len(b.counts.results[trend].Trend)
	}
	x, y, n := bars()
	span := b.counts.results[trend].Span
	click(d, x+3, y)
	d.Send(tea.MouseReleaseMsg{X: x + 3, Y: y, Button: tea.MouseLeft})
	if strings.Contains(m.level().expr, "evt.rawtime") || b.mark >= 0 || b.picks[trend] != 3 {
		t.Errorf("a click alone: %s, mark %d, picked %d", m.level().expr, b.mark, b.picks[trend])
	}
	d.Send(tea.MouseMotionMsg{X: x + 9, Y: y, Button: tea.MouseLeft})
	if b.mark >= 0 {
		t.Error("the mouse marks a span, though its button was let go")
	}
	drag(d, x+n/2, y, x+2, y+30) // back in time, out of the panel
	from, to := span.From+2*span.Step(), span.From+int64(n/2+1)*span.Step()
	if !strings.Contains(m.level().expr, between(from, to)) || b.mark >= 0 {
		t.Errorf("%s does not hold %s, mark %d", m.level().expr, between(from, to), b.mark)
	}
	d.Keys("esc")
	depth := len(m.stack)
	drag(d, m.hist.area.X+5, m.hist.area.Y, m.hist.area.X+20, m.hist.area.Y+20)
	if len(m.stack) != depth+1 || !strings.Contains(m.level().expr, "evt.rawtime") {
		t.Errorf("over the histogram: %d levels, %s", len(m.stack), m.level().expr)
	}
}

// A paused table stands still while events come; they are counted, and show
// when it goes on.
func TestPauseKeepsBuffering(t *testing.T) {
	src := &tuitest.Source{Name: "live", IsLive: true, Batches: []*event.Batch{tuitest.Scene()}}
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 280 })
	if !m.level().follow || rank0(m) != 279 {
		t.Fatalf("a live source is followed from the start; the cursor is on %d", rank0(m))
	}
	d.Keys("space")
	before := d.Text()
	src.Put(tuitest.Scene())
	d.Settle(changedMsg{}, func() bool { return m.level().view.New() == 280 })
	if text := d.Text(); !strings.Contains(text, "paused, 280 new") || rank0(m) != 279 {
		t.Errorf("paused:\n%s", text)
	} else if a, b := strings.Split(before, "\n")[8:20], strings.Split(text, "\n")[8:20]; strings.Join(cut(a), "\n") != strings.Join(cut(b), "\n") {
		t.Errorf("the table moved from\n%s\nto\n%s", before, text)
	}
	d.Keys("space")
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 560 })
	if rank0(m) != 559 {
		t.Errorf("going on, the cursor is on %d", rank0(m))
	}
	// Who reads further up is not moved by what comes.
	d.Keys("up", "up", "up")
	id := m.level().cursor.ID
	src.Put(tuitest.Scene())
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 840 })
	if m.level().cursor.ID != id {
		t.Error("the cursor left its row")
	}
}

// cut leaves the table of lines that hold the containers too.
func cut(lines []string) (right []string) {
	for _, l := range lines {
		_, r, _ := strings.Cut(l, "│")
		right = append(right, strings.TrimRight(r, " ▐"))
	}
	return right
}

func TestColumnsAreChosen(t *testing.T) {
	d, m := open(t, 160, 40)
	d.Keys("C")
	d.Type("proc.ppi")
	d.Keys("enter", "esc")
	if text := d.Text(); !strings.Contains(text, "proc.ppid") {
		t.Errorf("the column is not there:\n%s", text)
	}
	d.Keys("C")
	d.Type("user.na")
	d.Keys("enter", "esc")
	for _, c := range m.feed.columns {
		if c.field == "user.name" {
			t.Error("the column was not taken away")
		}
	}
}

func TestResizing(t *testing.T) {
	d, m := open(t, 120, 40)
	d.Keys("e", "e", "enter", "p")
	for _, size := range [][2]int{{60, 15}, {61, 16}, {75, 15}, {76, 19}, {100, 20}, {159, 31}, {160, 44}, {300, 90}, {59, 15}, {60, 14}, {1, 1}, {0, 0}, {120, 40}} {
		d.Send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		for _, key := range []string{"tab", "tab", "tab", "tab", "d", "esc", "?", "esc", "f", "esc"} {
			d.Keys(key)
			if size[0] == 0 {
				continue
			}
			if n := len(strings.Split(strings.TrimSuffix(d.Text(), "\n"), "\n")); n != size[1] {
				t.Fatalf("%v after %s: %d lines", size, key, n)
			}
		}
		d.Keys("e", "p")
	}
	_ = m
}
