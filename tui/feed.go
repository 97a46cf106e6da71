package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// feed draws a level's events as a table. It holds what of the table is the
// same on every level.
type feed struct {
	columns []column
	search  string // what is looked for, in lower case; "" for nothing
	height  int    // lines of rows, as drawn last
	area    grid.Area
	top     int                  // rank of the first row drawn last
	marked  func(event.Row) bool // whether a row is marked in the case
	noPIDs  bool                 // no source knows pids: alerts as Falco writes them
}

// gutter is the room before the first column, for marks.
const gutter = 2

// draw draws the table's head and the rows on screen; nothing else is asked
// of the view.
func (f *feed) draw(a grid.Area, l *level, r reader, c clock, focus bool) {
	head, body := a.CutTop(1)
	f.area, f.height = body, body.H
	cols := f.place(a.W, l)
	n := l.view.Len()
	k := l.place(n)
	l.line = min(l.line, max(body.H-1, 0))
	if l.follow || n <= body.H {
		l.line = min(body.H-1, k)
		if n <= body.H {
			l.line = k
		} else if l.follow {
			l.line = body.H - 1
		}
	}
	// No blank lines where rows could stand.
	f.top = min(max(k-l.line, 0), max(n-body.H, 0))
	l.line = k - f.top
	refs := l.view.Range(f.top, body.H)

	f.drawHead(head, cols, l, refs, c, focus)
	for y, ref := range refs {
		c := c
		if y > 0 && !c.relative && !c.sameDay(refs[y-1].Time(), ref.Time()) {
			c.above = refs[y-1].Time()
		}
		f.drawRow(body.Sub(0, y, body.W, 1), cols, ref, l, r, c, focus && y == l.line, !focus && y == l.line)
	}
	drawScrollbar(body, f.top, n)
}

// place lays out the columns for a table of w columns, without those that would
// say the same in every row.
func (f *feed) place(w int, l *level) []placed {
	drop := map[string]bool{"container.id": ofOneContainer(l.expr), "proc.pid": f.noPIDs}
	return place(f.columns, w-gutter-1, drop)
}

// ofOneContainer reports whether a filter names a container, as the keys that
// drill write it or as a user would.
func ofOneContainer(expr string) bool {
	return strings.Contains(expr, "container.id = ") || strings.Contains(expr, "container.name = ")
}

func (f *feed) drawHead(a grid.Area, cols []placed, l *level, refs []store.Ref, c clock, focus bool) {
	for _, p := range cols {
		title := p.title
		if p.field == "evt.time" {
			title = timeTitle(c, refs)
		}
		st := styFaint
		if focus && p.index == l.col {
			st = styFocus
		}
		if p.right {
			a.FitRight(gutter+p.x, 0, p.w, st, title)
		} else {
			a.Fit(gutter+p.x, 0, p.w, st, title)
		}
	}
}

// timeTitle names the day and the zone of the first row, or what times are
// relative to.
func timeTitle(c clock, refs []store.Ref) string {
	if c.relative {
		return "from mark"
	}
	if len(refs) == 0 {
		return "time"
	}
	return c.day(refs[0].Time()) + " " + c.zoneName(refs[0].Time())
}

func (f *feed) drawRow(a grid.Area, cols []placed, ref store.Ref, l *level, r reader, c clock, focused, here bool) {
	row := ref.Row()
	pinned := l.pin.B != nil && ref.ID == l.pin.ID
	if mark, st := rowMark(row, pinned); mark != "" {
		a.Text(0, 0, st, mark)
	}
	if f.marked(row) {
		a.Text(1, 0, styFocus, caseMark)
	}
	for _, p := range cols {
		f.drawCell(a.Sub(gutter+p.x, 0, p.w, 1), p, p.draw(r, c, ref, row))
	}
	switch {
	case focused:
		a.Tint(grid.Select, 0)
		for _, p := range cols {
			if p.index == l.col {
				a.Sub(gutter+p.x, 0, p.w, 1).Tint(grid.Cell, 0)
			}
		}
	case here:
		a.Tint(grid.Select2, 0)
	case pinned || row.Alert != 0 && loud(row.A().Priority):
		a.Tint(grid.AlarmBed, 0)
	}
}

// loud reports whether alerts of a priority colour the whole row.
func loud(p event.Priority) bool {
	return p != event.PriorityUnknown && p <= event.PriorityWarning
}

// caseMark stands before rows that are marked in the case.
const caseMark = "•"

// rowMark is what stands before a row: its alert, or how it came to be known.
func rowMark(row event.Row, pinned bool) (string, grid.Style) {
	switch {
	case pinned:
		return "◆", styAlarm
	case row.Alert != 0:
		return "▲", priorityStyle(row.A().Priority)
	case row.B.Bits[row.I]&event.Inferred != 0:
		return "~", styFaint
	case row.B.Bits[row.I]&(event.FromDeeds|event.FromBulk) != 0:
		return "‹", styFaint
	}
	return "", styText
}

// drawCell draws pieces into a cell, with what the search looks for marked,
// and an ellipsis when they do not fit.
func (f *feed) drawCell(a grid.Area, p placed, ps []piece) {
	if p.right && len(ps) == 1 {
		a.FitRight(0, 0, a.W, ps[0].style, ps[0].text)
	} else {
		drawPieces(a, ps)
	}
	if f.search != "" {
		f.markMatches(a, plainText(ps), p.right)
	}
}

// drawPieces draws pieces and ends them with an ellipsis when they do not fit.
func drawPieces(a grid.Area, ps []piece) {
	x := 0
	for _, p := range ps {
		if room := a.W - x; grid.Width(safe(p.text)) > room {
			a.Fit(x, 0, room, p.style, p.text)
			return
		}
		x = a.Text(x, 0, p.style, p.text)
	}
}

// markMatches marks the places where the searched text stands in a cell.
func (f *feed) markMatches(a grid.Area, text string, right bool) {
	text = safe(text)
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		return // letters whose two cases differ in length: the row is found, the place is not marked
	}
	pad := 0
	if right {
		pad = max(a.W-grid.Width(text), 0)
	}
	for from := 0; ; {
		i := strings.Index(lower[from:], f.search)
		if i < 0 {
			return
		}
		i += from
		x := pad + grid.Width(text[:i])
		a.Text(x, 0, styMatch, text[i:i+len(f.search)])
		from = i + len(f.search)
	}
}

// drawScrollbar shows in the last column which part of n rows is on screen.
func drawScrollbar(a grid.Area, top, n int) {
	if n <= a.H || a.H == 0 {
		return
	}
	size := max(a.H*a.H/n, 1)
	at := int(int64(top) * int64(a.H-size) / int64(max(n-a.H, 1)))
	for y := at; y < at+size; y++ {
		a.Text(a.W-1, y, styFaint, "▐")
	}
}
