package tui

import (
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/tui/internal/grid"
)

// exceptField is how wide the names of the fields are.
const exceptField = 28

// draw implements overlay.
func (x *except) draw(m *Model, a grid.Area) {
	a.Fill(styText)
	head, body := a.CutTop(2)
	at := head.Text(2, 0, styFocus, "exception")
	right := x.keys.draw(head, head.W-2, exceptCover.words())
	head.Fit(at+2, 0, max(right-at-4, 0), styDim, safe(x.p.Rule))

	list, rest := body.CutTop(min(len(x.p.Picks), max(body.H/2, 1)))
	x.list = list
	x.top = min(max(x.top, x.at-list.H+1), x.at)
	for y := 0; y < list.H && x.top+y < len(x.p.Picks); y++ {
		k := x.p.Picks[x.top+y]
		line := list.Sub(0, y, list.W, 1)
		mark, st := "  ", styDim
		if k.On {
			mark, st = "✓ ", styText
		}
		line.Text(2, 0, styAccent, mark)
		line.Fit(4, 0, exceptField, st, k.Field)
		line.Fit(6+exceptField, 0, max(line.W-8-exceptField, 0), st, safe(m.read.mask(k.Value)))
		if x.top+y == x.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(list, x.top, len(x.p.Picks))
	if rest.H < 3 {
		return
	}
	rest.HLine(0, styLine)
	rest.Fit(2, 1, rest.W-4, styBold, x.says())
	item := x.p.Item()
	if item == "" {
		return
	}
	for y, text := range strings.Split(strings.TrimRight(item, "\n"), "\n") {
		if y+3 >= rest.H {
			break
		}
		rest.Fit(2, y+3, rest.W-4, styDim, safe(m.read.mask(text)))
	}
}

// says says what the exception silences.
func (x *except) says() string {
	n := x.counted
	switch {
	case len(x.p.Item()) == 0:
		return "no field is picked: there is nothing to except"
	case n == nil:
		return "counting …"
	}
	text := fmt.Sprintf("silences %s of this rule's %s (%s are held)", count(int64(n.silenced)), plural(int64(n.ofRule), "alert"), plural(int64(n.all), "alert"))
	switch t := n.there; {
	case t == nil:
		return text
	case t.err != nil:
		return text + "; what was not fetched could not be counted: " + safe(t.err.Error())
	default:
		return fmt.Sprintf("silences %s%s of this rule's %s%s (%s fetched)",
			least(t.least), count(t.silenced), least(t.least), plural(t.ofRule, "alert"), count(int64(n.ofRule)))
	}
}
