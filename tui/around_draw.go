package tui

import (
	"strconv"

	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// Columns of the list.
const (
	aroundName  = 12
	aroundCount = 8
	aroundTitle = 46
	sayLines    = 5 // for what the line under the cursor has to say
)

// draw implements overlay.
func (a *around) draw(m *Model, area grid.Area) {
	area.Fill(styText)
	head, body := area.CutTop(2)
	x := head.Text(2, 0, styFocus, "what else is known")
	right := head.Right(head.W-2, 0, styFaint, aroundCover.hintText())
	head.Fit(x+2, 0, max(right-x-4, 0), styDim, "around "+m.clock.stamp(a.from.Time())+"  "+a.title)
	say := grid.Area{}
	if body.H > 2*sayLines {
		body, say = body.CutTop(body.H - sayLines - 1)
	}
	a.area = body
	a.top = min(max(a.top, a.at-body.H+1), a.at)
	for y := 0; y < body.H && a.top+y < len(a.lines); y++ {
		line := body.Sub(0, y, body.W, 1)
		a.drawLine(m, line, a.top+y)
		if a.top+y == a.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, a.top, len(a.lines))
	if say.H == 0 {
		return
	}
	say.HLine(0, styLine)
	for y, text := range wrap(safe(m.read.mask(a.say())), say.W-4) {
		say.Text(2, y+1, styDim, text)
	}
}

// drawLine draws a pivot's name, what it found, and how.
func (a *around) drawLine(m *Model, line grid.Area, i int) {
	name, title := "all", "everything that was found, as one timeline"
	if p := a.lines[i].pivot; p != nil {
		name, title = p.Name, p.Title
	}
	found, how, st := a.found(i)
	line.Fit(2, 0, aroundName, styAccent, name)
	line.FitRight(2+aroundName, 0, aroundCount, st, found)
	x := 2 + aroundName + aroundCount + 2
	line.Fit(x, 0, min(aroundTitle, line.W-x-2), styText, title)
	if x += aroundTitle + 2; x < line.W-12 {
		line.Fit(x, 0, line.W-x-2, styFaint, safe(m.read.mask(how)))
	}
}

// found says how much a line found, and with what key and window.
func (a *around) found(i int) (text, how string, st grid.Style) {
	if i == 0 {
		n := max(len(pivot.Merge(a.answers(0)))-1, 0)
		if w := a.waiting(); w > 0 {
			how = "looking for " + plural(int64(w), "other") + " …"
		}
		return count(int64(n)), how, styBold
	}
	answer := a.lines[i].answer
	switch {
	case answer == nil:
		return "…", "looking", styFaint
	case len(answer.Keys) == 0:
		return "–", answer.Say(), styFaint
	case answer.Err != nil && len(answer.Found) == 0:
		return "!", answer.Say(), styError
	}
	st = styBold
	if len(answer.Found) == 0 {
		st = styFaint
	}
	text = strconv.Itoa(len(answer.Found))
	if answer.More {
		text += "+"
	}
	step := answer.Step()
	return text, step.Window.String() + "  " + step.Key.String(), st
}

// say is what the line under the cursor has to say.
func (a *around) say() string {
	l := a.lines[a.at]
	switch {
	case l.pivot == nil:
		return "Looked for in what is held, and in every SIEM that is open. Where nothing is found, the span is widened, and then less is asked for."
	case l.answer == nil:
		return l.pivot.About
	}
	text := l.answer.Say()
	if l.pivot.About != "" {
		text = l.pivot.About + " — " + text
	}
	return text
}
