package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/tui/internal/grid"
)

// help is the overlay that lists the keys.
type help struct {
	top   int
	lines int // as drawn last, those that do not fit included
	h     int
}

func (h *help) draw(m *Model, a grid.Area) {
	a.Fill(styText)
	head, body := a.CutTop(2)
	x := head.Text(2, 0, styFocus, "keys")
	head.Text(x+2, 0, styFaint, "words of a filter and every field: stoop fields · esc closes this")
	cols := max(body.W/58, 1)
	width := body.W / cols
	texts := helpLines(m.keys)
	h.h = body.H
	if cols > 1 {
		var left, right [][]piece
		for _, g := range texts {
			if len(left) <= len(right) {
				left = append(left, g...)
			} else {
				right = append(right, g...)
			}
		}
		h.lines = max(len(left), len(right))
		h.drawColumn(body.Sub(0, 0, width, body.H), left)
		h.drawColumn(body.Sub(width, 0, width, body.H), right)
		return
	}
	var all [][]piece
	for _, g := range texts {
		all = append(all, g...)
	}
	h.lines = len(all)
	h.drawColumn(body, all)
}

func (h *help) drawColumn(a grid.Area, lines [][]piece) {
	for y := 0; y < a.H && h.top+y < len(lines); y++ {
		drawPieces(a.Sub(2, y, a.W-4, 1), lines[h.top+y])
	}
	drawScrollbar(a, h.top, len(lines))
}

// helpLines returns the lines of each group.
func helpLines(keys []binding) (groups [][][]piece) {
	for _, g := range keyGroups {
		lines := [][]piece{{{g, styDim.Bold()}}}
		for _, b := range keys {
			if b.group != g {
				continue
			}
			text := b.help
			if b.where&everywhere == 0 && b.where != inTable && b.where&inTable == 0 {
				text += " (" + b.where.String() + ")"
			}
			keys := showKeys(b.keys)
			pad := strings.Repeat(" ", max(11-grid.Width(keys), 1))
			for i, part := range wrap(text, 42) {
				if i == 0 {
					lines = append(lines, []piece{{keys, styAccent}, {pad, styText}, {part, styText}})
				} else {
					lines = append(lines, []piece{{strings.Repeat(" ", 11), styText}, {part, styText}})
				}
			}
		}
		groups = append(groups, append(lines, []piece{}))
	}
	return groups
}

// wrap breaks a text into lines of at most w columns, between words.
func wrap(text string, w int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && grid.Width(line)+1+grid.Width(word) > w {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func (h *help) key(_ *Model, name string) (tea.Cmd, bool) {
	top, ok := scrollKey(name, h.top, h.h, h.lines)
	h.top = top
	return nil, ok
}

// KeysPage writes the reference page of keys, docs/keys.md.
func KeysPage() string {
	var b strings.Builder
	b.WriteString("# Keys\n\nThis page is made from the key map in `tui/keys.go` by `go generate ./tui`; `?` shows the same on the screen.\n")
	for _, g := range keyGroups {
		fmt.Fprintf(&b, "\n## %s\n\n| key | where | what it does |\n|---|---|---|\n", strings.ToUpper(g[:1])+g[1:])
		for _, k := range keyMap() {
			if k.group != g {
				continue
			}
			keys := make([]string, len(k.keys))
			for i, name := range k.keys {
				keys[i] = "`" + name + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(keys, " "), k.where, k.help)
		}
	}
	b.WriteString("\n## Over the panels\n\nThese screens are moved in as lists are.\n\n| key | where | what it does |\n|---|---|---|\n")
	for _, c := range covers {
		for _, k := range c.keys {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.Join(k.keys, "` `"), c.name, k.help)
		}
	}
	return b.String()
}

func (m *Model) openHelp() tea.Cmd {
	m.over = &help{}
	return nil
}
