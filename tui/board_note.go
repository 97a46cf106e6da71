package tui

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// boardNotes is what cannot be trusted in a dashboard's figures, each said once
// and numbered: the titles of the panels that it is about bear the number.
type boardNotes struct {
	texts []string
	of    [][]int // for each panel the numbers of its notes, from 0
}

// maxNoteLines is how many lines of notes stand below the panels at most.
const maxNoteLines = 3

// notesOf gathers the notes of results. Those that differ in a figure alone are
// one, which says between which figures they lie.
func notesOf(results []*dashboard.Result) boardNotes {
	n := boardNotes{of: make([][]int, len(results))}
	var shapes []string
	var spans [][2]int64
	var alike []string // the first text of each shape
	for i, r := range results {
		if r == nil {
			continue
		}
		for _, text := range r.Notes {
			shape, figure := shapeOf(text)
			at := slices.Index(shapes, shape)
			if at < 0 {
				at = len(shapes)
				shapes, spans, alike = append(shapes, shape), append(spans, [2]int64{figure, figure}), append(alike, text)
			}
			spans[at] = [2]int64{min(spans[at][0], figure), max(spans[at][1], figure)}
			if !slices.Contains(n.of[i], at) {
				n.of[i] = append(n.of[i], at)
			}
		}
	}
	for i, text := range alike {
		if at := figures.FindStringIndex(text); at != nil {
			said := count(spans[i][1])
			if spans[i][0] != spans[i][1] {
				said = count(spans[i][0]) + " to " + said
			}
			text = text[:at[0]] + said + text[at[1]:]
		}
		n.texts = append(n.texts, text)
	}
	return n
}

var figures = regexp.MustCompile(`\b[0-9]+\b`)

// shapeOf is a note without its first figure, and that figure.
func shapeOf(text string) (shape string, figure int64) {
	at := figures.FindStringIndex(text)
	if at == nil {
		return text, 0
	}
	figure, _ = strconv.ParseInt(text[at[0]:at[1]], 10, 64)
	return text[:at[0]] + "#" + text[at[1]:], figure
}

// supers are the numbers of notes; there are seldom more.
var supers = []string{"¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"}

func super(i int) string {
	if i < len(supers) {
		return supers[i]
	}
	return "⁺"
}

// marks are the numbers of a panel's notes.
func (n *boardNotes) marks(panel int) (text string) {
	if panel < len(n.of) {
		for _, at := range n.of[panel] {
			text += super(at)
		}
	}
	return text
}

// lines writes the notes, and first how many events lie far outside in time.
func (n *boardNotes) lines(outside dashboard.Mass, width int) (lines [][]piece) {
	if outside.Outside() > 0 {
		text := " far away in time, which the trends leave out"
		lines = append(lines, []piece{{outsideText(outside), styWarn}, {text, styDim}})
	}
	for i, text := range n.texts {
		for k, line := range wrap(text, max(width-2, 20)) {
			mark := "  "
			if k == 0 {
				mark = super(i) + " "
			}
			lines = append(lines, []piece{{mark, styWarn}, {line, styDim}})
		}
	}
	if over := len(lines) - maxNoteLines; over > 0 {
		lines = append(lines[:maxNoteLines-1:maxNoteLines-1], []piece{{"… " + plural(int64(over+1), "line") + " more, on a larger screen", styDim}})
	}
	return lines
}

// drawNotes draws the notes below the panels and returns what is left above.
func (b *board) drawNotes(a grid.Area) grid.Area {
	b.notes = notesOf(b.counts.results)
	lines := b.notes.lines(b.counts.mass, a.W)
	b.noted = grid.Area{}
	if len(lines) == 0 || a.H < 3*maxNoteLines {
		return a
	}
	below, a := a.CutBottom(len(lines) + 1)
	below.HLine(0, styLine)
	for y, line := range lines {
		drawPieces(below.Sub(0, y+1, below.W, 1), line)
	}
	if b.counts.mass.Outside() > 0 {
		b.noted = below.Sub(0, 1, below.W, 1)
	}
	return a
}
