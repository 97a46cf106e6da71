package tui

import (
	"fmt"
	"time"

	"github.com/stoop-project/stoop/internal/compare"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// Columns of the list.
const (
	comparedCount = 9
	comparedLast  = 14
)

// draw implements overlay.
func (c *comparison) draw(m *Model, a grid.Area) {
	a.Fill(styText)
	head, body := a.CutTop(2)
	x := head.Text(2, 0, styFocus, "only here")
	right := head.Right(head.W-2, 0, styFaint, comparedCover.hintText())
	head.Fit(x+2, 0, max(right-x-4, 0), styDim, safe(m.read.mask(c.title(m))))
	c.area = body
	switch {
	case c.err != nil:
		for y, text := range wrap(safe(m.read.mask(c.err.Error())), body.W-4) {
			body.Text(2, y, styError, text)
		}
		return
	case c.report == nil:
		body.Text(2, 0, styFaint, "counting …")
		return
	}
	if notes := c.notes(); len(notes) > 0 && body.H > 2*len(notes)+4 {
		list, say := body.CutTop(body.H - len(notes) - 1)
		say.HLine(0, styLine)
		for y, n := range notes {
			say.Fit(2, y+1, say.W-4, styDim, safe(m.read.mask(n)))
		}
		body, c.area = list, list
	}
	c.top = min(max(c.top, c.cursor-body.H+1), c.cursor)
	for y := 0; y < body.H && c.top+y < len(c.lines); y++ {
		line := body.Sub(0, y, body.W, 1)
		c.drawLine(m, line, c.lines[c.top+y])
		if c.top+y == c.cursor {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, c.top, len(c.lines))
}

// drawLine draws an aspect's heading or a value.
func (c *comparison) drawLine(m *Model, line grid.Area, l comparedLine) {
	if l.value == nil {
		title := l.answer.Aspect.Title
		x := line.Text(2, 0, styAccent, title)
		line.Fit(x+2, 0, line.W-x-4, styFaint, fmt.Sprintf("%s only here, %s shared", none(len(l.answer.Only)), none(l.answer.Known)))
		return
	}
	v := l.value
	text := safe(m.read.mask(v.Text))
	if v.Values > 1 {
		text += fmt.Sprintf("  (%d values)", v.Values)
	}
	w := line.W - 4 - comparedCount - comparedLast - 2
	line.Fit(4, 0, max(w, 10), styText, text)
	line.FitRight(4+w, 0, comparedCount, styBold, count(v.Count))
	if v.Last > 0 {
		line.FitRight(4+w+comparedCount, 0, comparedLast, styDim, m.clock.at(v.Last).Format("15:04:05"))
	}
}

// none writes a number of things.
func none(n int) string {
	if n == 0 {
		return "none"
	}
	return count(int64(n))
}

// title says what is compared with what.
func (c *comparison) title(m *Model) string {
	r := c.report
	switch {
	case r == nil:
		return c.of.Title()
	case r.Against == compare.Past:
		return fmt.Sprintf("%s since %s, %s, against before, %s", c.of.Title(), m.clock.at(r.Since).Format(time.TimeOnly), plural(r.Self.Events, "event"), plural(r.Others.Events, "event"))
	}
	return fmt.Sprintf("%s, %s, against %s of %s, %s", c.of.Title(), plural(r.Self.Events, "event"), plural(r.Others.Containers, "other"), r.Subject.Image, plural(r.Others.Events, "event"))
}

// notes say why a difference may be none.
func (c *comparison) notes() []string {
	notes := append([]string(nil), c.report.Notes...)
	for _, a := range c.report.Answers {
		for _, n := range a.Notes {
			notes = append(notes, a.Aspect.Title+": "+n)
		}
	}
	return notes[:min(len(notes), 4)]
}
