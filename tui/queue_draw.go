package tui

import (
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// Columns of the queue.
const (
	queueCount    = 7
	queueTrend    = 12
	queuePriority = 13
	queueTime     = 8
	queueRule     = 44
	queueWorkload = 22
	queueSays     = 7 // lines about the group under the cursor
)

// queueMarks are the signs of states.
var queueMarks = map[queue.State]string{queue.Open: "○", queue.Acknowledged: "◐", queue.Closed: "●"}

// draw implements overlay.
func (v *queueView) draw(m *Model, a grid.Area) {
	v.update(m.hub.queue, m.now())
	a.Fill(styText)
	head, body := a.CutTop(2)
	x := head.Text(2, 0, styFocus, "queue")
	says, where, st := v.says(), "states are kept "+m.desk.name(), styFaint
	if doing := m.desk.progress(); doing != "" {
		where, st = doing, styAccent
	}
	if fault := m.desk.fault(); fault != "" {
		where, st = "what others decide is not seen: "+fault, styError
	}
	head.Fit(x+2, 0, head.W-x-4, styDim, says)
	if room := head.W - x - grid.Width(says) - 8; room > 12 {
		w := min(room, grid.Width(safe(where)))
		head.Fit(head.W-2-w, 0, w, st, safe(where))
	}
	v.drawHints(head.Sub(2, 1, head.W-4, 1))
	say := grid.Area{}
	if body.H > 2*queueSays {
		body, say = body.CutTop(body.H - queueSays)
	}
	v.drawList(m, body)
	if say.H > 0 {
		say.HLine(0, styLine)
		v.drawSay(m, say.Sub(2, 1, say.W-4, say.H-1))
	}
}

// says sums the queue up.
func (v *queueView) says() string {
	text := least(v.sum.Least) + plural(int64(v.sum.Alerts), "alert") + " in " + plural(int64(v.sum.Groups), "group")
	for _, s := range queue.States {
		if n := v.sum.States[s]; n > 0 {
			text += fmt.Sprintf(" · %s %s", count(int64(n)), s)
		}
	}
	if v.sum.Blocks > 0 {
		text += " · " + plural(int64(v.sum.Blocks), "building block") + " left out"
	}
	if there := v.there.text(v.sum); there != "" {
		text += " · " + there
	}
	return text
}

// least is the sign before a count that may be too small.
func least(is bool) string {
	if is {
		return "≥"
	}
	return ""
}

// atLeast reports whether there may be more of a group: its alerts were counted
// as they came, and their source holds more than came.
func atLeast(g *queue.Group) bool { return g.Fetched > 0 && !g.Counted }

// drawHints names the keys, or asks for a verdict.
func (v *queueView) drawHints(line grid.Area) {
	x, hints := 0, queueCover.hints()
	if v.closing {
		x, hints = line.Text(0, 0, styFocus, "close as  "), verdictCover.hints()
	}
	drawKeys(line, x, hints)
}

// drawList draws the groups, and below its group the single alert.
func (v *queueView) drawList(m *Model, body grid.Area) {
	v.area = body
	if len(v.groups) == 0 {
		text := "no alerts have come yet"
		if v.sum.Groups > 0 {
			text = "everything is closed; h shows it"
		}
		body.Fit(2, 1, body.W-4, styDim, text)
		return
	}
	v.top = max(min(v.top, v.k), v.k-body.H+2, 0)
	for y, k := 0, v.top; y < body.H && k < len(v.groups); y, k = y+1, k+1 {
		g := &v.groups[k]
		line := body.Sub(0, y, body.W, 1)
		v.drawGroup(m, line, g)
		if k == v.k && !v.onAlert {
			line.Tint(grid.Select, 0)
		}
		if v.one.B != nil && g.ID == v.at && g.ID == v.groupOfOne() && y+1 < body.H {
			y++
			line := body.Sub(0, y, body.W, 1)
			v.drawOne(m, line)
			if k == v.k && v.onAlert {
				line.Tint(grid.Select, 0)
			}
		}
	}
	drawScrollbar(body, v.top, len(v.groups))
}

// stateStyle is how a group of a state stands out.
func stateStyle(s queue.State) grid.Style {
	if s == queue.Open {
		return styText
	}
	return styFaint
}

func (v *queueView) drawGroup(m *Model, line grid.Area, g *queue.Group) {
	st, pst := stateStyle(g.State), priorityStyle(g.Priority)
	if g.State == queue.Closed {
		pst = styFaint
	}
	line.Text(2, 0, st, queueMarks[g.State])
	line.FitRight(4, 0, queueCount, st, least(atLeast(g))+short(int64(g.Count)))
	var n [queueTrend]int
	g.Trend(n[:], v.sum.First, v.sum.Last+1)
	x := 4 + queueCount + 1
	line.Text(x, 0, styBar, sparkline(n[:], queueTrend))
	x += queueTrend + 1
	if line.W >= 100 {
		line.Fit(x, 0, queuePriority, pst, g.Priority.String())
		x += queuePriority + 1
		line.Fit(x, 0, queueTime, styDim, m.clock.at(g.Last).Format("15:04:05"))
		x += queueTime + 2
	} else {
		line.Fit(x, 0, 2, pst, "▲")
		x += 2
	}
	rest := line.W - x
	rule, workload := min(queueRule, rest/2), min(queueWorkload, rest/5)
	if line.W < 100 {
		rule, workload = rest*3/5, rest*2/5-1
	}
	line.Fit(x, 0, rule, st, safe(m.read.mask(g.Rule)))
	x += rule + 1
	line.Fit(x, 0, max(workload, 0), styAccent, safe(m.read.mask(g.Workload)))
	if x += workload + 1; x < line.W-12 {
		line.Fit(x, 0, line.W-x-2, styFaint, safe(m.read.mask(v.tail(g))))
	}
}

// tail is what else there is to say of a group in its line.
func (v *queueView) tail(g *queue.Group) string {
	var parts []string
	if r := g.Record; r.ID != "" {
		for _, p := range []string{r.Verdict, r.Owner, r.Note} {
			if p != "" {
				parts = append(parts, p)
			}
		}
	}
	if g.Since > 0 {
		parts = append(parts, "+"+count(int64(g.Since))+" since it was closed")
	}
	if first, _, _ := strings.Cut(v.outcomes.outcome(g), "; "); first != "" {
		parts = append(parts, first)
	} else if len(parts) == 0 && g.Parent != "" {
		parts = append(parts, "by "+g.Parent)
	}
	return strings.Join(parts, " · ")
}

// drawOne draws the single alert.
func (v *queueView) drawOne(m *Model, line grid.Area) {
	row := v.one.Row()
	r, known := m.hub.queue.Record(queue.AlertID(row))
	state, said := "as its group", ""
	if known {
		state, said = string(r.State), strings.Join(strings.Fields(r.Verdict+" "+r.Owner+" "+r.Note), " ")
	}
	x := line.Text(6, 0, styDim, "└ this alert, "+m.clock.at(v.one.Time()).Format("15:04:05.000")+": ")
	x = line.Text(x, 0, styBold, state)
	line.Fit(x+2, 0, max(line.W-x-4, 0), styFaint, safe(m.read.mask(said)))
}

// drawSay says what is known of the group under the cursor.
func (v *queueView) drawSay(m *Model, a grid.Area) {
	g, ok := v.group()
	if !ok {
		return
	}
	why := make([]string, len(g.Why))
	for i, p := range g.Why {
		why[i] = p.String()
	}
	who := "nobody has decided about it"
	if r := g.Record; r.ID != "" {
		who = fmt.Sprintf("%s by %s, %s", r.State, r.By, m.clock.at(r.At.UnixNano()).Format("2 Jan 15:04"))
		if r.Owner != "" {
			who += ", owned by " + r.Owner
		}
		if g.Again {
			who += "; open again for what came since"
		}
	}
	for _, s := range queue.States {
		if n := g.Alerts[s]; n > 0 {
			who += fmt.Sprintf("; %s of its own: %s", plural(int64(n), "alert"), s)
		}
	}
	image := g.Image
	if image == "" {
		image = "–"
	}
	containers := plural(int64(g.Containers), "container")
	if g.Containers >= queue.MaxContainers {
		containers = count(int64(g.Containers)) + " or more containers"
	}
	if g.Fetched > 0 && g.Containers > 0 {
		containers = "≥" + containers
	}
	seen := m.clock.full(g.First) + " to " + m.clock.at(g.Last).Format("15:04:05.000") + ", in " + containers
	if g.Counted {
		seen = "about " + seen + "; " + count(int64(g.Count)) + " counted there, " + count(int64(g.Fetched)) + " fetched"
	}
	lines := [][2]string{
		{"points", fmt.Sprintf("%d: %s", g.Points, strings.Join(why, ", "))},
		{"seen", seen},
		{"came of", v.outcomes.outcome(g)},
		{"image", image},
		{"state", who},
		{"note", g.Record.Note},
	}
	y := 0
	for _, l := range lines {
		if y < a.H && l[1] != "" {
			a.Text(0, y, styFaint, l[0])
			a.Fit(8, y, a.W-8, styDim, safe(m.read.mask(l[1])))
			y++
		}
	}
}
