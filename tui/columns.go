package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// chooser is the overlay in which the columns of the table are chosen: those
// that it has first, then every field.
type chooser struct {
	edit lineEdit // what narrows the fields down
	at   int
	top  int
	h    int
}

func (m *Model) openColumns() tea.Cmd {
	m.over = &chooser{}
	return nil
}

// choice is one line of the chooser.
type choice struct {
	name, doc string
	index     int // of the table's column; -1 when it is not shown
}

func (c *chooser) choices(m *Model) (list []choice) {
	word := strings.ToLower(strings.TrimSpace(c.edit.String()))
	shown := make(map[string]bool)
	for i, col := range m.feed.columns {
		name := col.field
		if name == "" {
			name = col.title
		}
		shown[name] = true
		if strings.Contains(name, word) {
			list = append(list, choice{name: name, doc: docOf(name), index: i})
		}
	}
	for _, f := range event.Fields.All() {
		if !shown[f.Name] && f.Flags&(event.TableOnly|event.Deprecated|event.FilterOnly) == 0 && f.Arg&event.ArgRequired == 0 &&
			strings.Contains(f.Name, word) {
			list = append(list, choice{name: f.Name, doc: f.Doc, index: -1})
		}
	}
	return list
}

func docOf(name string) string {
	if f := parseRef(name).field; f != nil {
		return f.Doc
	}
	return "What happened, in a few words."
}

func (c *chooser) draw(m *Model, a grid.Area) {
	a.Fill(styText)
	head, body := a.CutTop(2)
	x := head.Text(2, 0, styFocus, "columns")
	x = head.Text(x+2, 0, styText, c.edit.String())
	head.Text(x, 0, styAccent, "▏")
	head.Right(head.W-2, 0, styFaint, "type to find a field · "+columnsCover.hintText())
	list := c.choices(m)
	c.h = body.H
	c.at = min(max(c.at, 0), max(len(list)-1, 0))
	c.top = min(max(c.top, c.at-body.H+1), c.at)
	for y := 0; y < body.H && c.top+y < len(list); y++ {
		ch := list[c.top+y]
		line := body.Sub(0, y, body.W, 1)
		mark, st := "  ", styDim
		if ch.index >= 0 {
			mark, st = "✓ ", styText
		}
		line.Text(2, 0, styAccent, mark)
		line.Fit(4, 0, 30, st, ch.name)
		line.Fit(36, 0, line.W-38, styFaint, ch.doc)
		if c.top+y == c.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, c.top, len(list))
}

func (c *chooser) key(m *Model, name string) (tea.Cmd, bool) {
	list := c.choices(m)
	switch name {
	case "esc":
		return nil, false
	case "down":
		c.at++
	case "up":
		c.at--
	case "pgdown":
		c.at += c.h
	case "pgup":
		c.at -= c.h
	case "enter":
		if c.at < len(list) {
			c.toggle(m, list[c.at])
		}
	case "left", "right":
		if c.at < len(list) && list[c.at].index >= 0 && c.edit.String() == "" {
			c.shift(m, list[c.at].index, map[string]int{"left": -1, "right": 1}[name])
		}
	case "space":
	default:
		if len([]rune(name)) == 1 {
			c.edit.insert(name)
			c.at = 0
		} else {
			c.edit.key(name)
		}
	}
	return nil, true
}

// toggle shows a column or takes it away; the table keeps at least one.
func (c *chooser) toggle(m *Model, ch choice) {
	switch {
	case ch.index >= 0 && len(m.feed.columns) > 1:
		m.feed.columns = slices.Delete(slices.Clone(m.feed.columns), ch.index, ch.index+1)
	case ch.index < 0:
		col := columnFor(ch.name)
		// Before the event, which takes what the others leave.
		at := len(m.feed.columns)
		if at > 0 && m.feed.columns[at-1].width == 0 {
			at--
		}
		m.feed.columns = slices.Insert(slices.Clone(m.feed.columns), at, col)
	}
	for _, l := range m.stack {
		l.col = min(l.col, len(m.feed.columns)-1)
	}
}

// shift moves a column by one place.
func (c *chooser) shift(m *Model, i, by int) {
	j := i + by
	if j < 0 || j >= len(m.feed.columns) {
		return
	}
	cols := slices.Clone(m.feed.columns)
	cols[i], cols[j] = cols[j], cols[i]
	m.feed.columns = cols
	c.at = max(c.at+by, 0)
}
