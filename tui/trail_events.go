package tui

import (
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// eventsPane lists the events of a trail in time, runs of like ones folded.
type eventsPane struct {
	lines *trail.Folding
	of    *trail.Trail // that the lines are of
	only  following    // what they are narrowed to
	at    int          // line under the cursor
	row   int          // screen line that it is on
	top   int
	area  grid.Area
	near  bool  // the cursor is where it came for want of what the trail is of
	seen  int64 // time of the last event when the cursor was on the last line, ns since 1970
}

// set takes lines in: the cursor stays on its event, or comes to the alert; what
// was unfolded is unfolded again.
// While following it is on the last line.
func (p *eventsPane) set(v *trailView, lines *trail.Folding, follow bool) {
	on := v.from.Row()
	var open []event.Row
	if step, ok := p.step(); ok && !p.near {
		on = p.of.Steps[step].Row
	}
	if p.lines != nil {
		for _, step := range p.lines.Unfolded() {
			open = append(open, p.of.Steps[step].Row)
		}
	} else {
		p.row = -1
	}
	p.lines, p.of = lines, v.trail
	for _, r := range open {
		if step, ok := v.trail.Find(r); ok {
			if k, ok := lines.Find(step); ok && lines.Line(k).Step == step && !lines.Line(k).Open {
				lines.Toggle(k)
			}
		}
	}
	step, ok := v.trail.Find(on)
	p.near = !ok && (p.near || trail.Same(on, v.from.Row()))
	p.at, _ = lines.Find(min(step, len(v.trail.Steps)))
	if follow && lines.Len() > 0 {
		p.put(lines.Len() - 1)
	}
}

// step is the number of the step under the cursor; of a pause the one behind it.
func (p *eventsPane) step() (int, bool) {
	if p.lines == nil || p.at >= p.lines.Len() {
		return 0, false
	}
	return p.lines.Line(p.at).Step, true
}

func (p *eventsPane) move(n int) {
	if p.lines == nil || p.lines.Len() == 0 {
		return
	}
	count := p.lines.Len()
	p.put(min(max(p.at+min(max(n, -count), count), 0), count-1))
}

// put puts the cursor on a line; the screen line moves along as far as it goes.
func (p *eventsPane) put(k int) {
	p.row = min(max(p.row+k-p.at, 0), max(p.area.H-1, 0))
	p.at, p.near = k, false
	if k == p.lines.Len()-1 {
		p.seen = p.of.To
	}
}

// goTo puts the cursor on a step, in the middle unless it is on the screen.
func (p *eventsPane) goTo(step int) bool {
	if p.lines == nil || p.lines.Len() == 0 {
		return false
	}
	k, ok := p.lines.Find(step)
	if y := p.row + k - p.at; y < 0 || y >= p.area.H {
		p.row = p.area.H / 2
	} else {
		p.row = y
	}
	p.at, p.near = k, false
	return ok
}

// toggle unfolds the run under the cursor, or folds it.
func (p *eventsPane) toggle() bool {
	if p.lines == nil || p.at >= p.lines.Len() {
		return false
	}
	k, ok := p.lines.Toggle(p.at)
	if ok {
		p.put(k)
	}
	return ok
}

func (p *eventsPane) draw(a grid.Area, v *trailView, m *Model, clk clock, focus bool) {
	head, body := a.CutTop(1)
	p.area = body
	n := 0
	much := "reading …"
	if p.lines != nil {
		n = p.lines.Len()
		much = plural(int64(p.lines.Steps()), "event")
		if total := len(v.trail.Steps); p.lines.Steps() < total {
			much = count(int64(p.lines.Steps())) + " of " + plural(int64(total), "event")
		}
		much += ", " + plural(int64(n), "line")
	}
	if p.lines != nil && p.lines.Steps() == len(p.of.Steps) && p.of.To > p.seen {
		if n := len(p.of.Steps) - p.of.FindTime(p.seen+1); n > 0 {
			much += " · " + count(int64(n)) + " new, G"
		}
	}
	if text := p.only.text(m.read); text != "" {
		much += " · only " + text + " · esc shows all"
	}
	drawPaneHead(head, "events", much, "⏎ unfolds", focus)
	if n == 0 {
		switch {
		case p.lines == nil:
		case len(p.of.Steps) == 0 && v.places.err != nil:
			drawWrapped(body, 1, styWarn, m.read.mask(v.places.err.Error()))
		case len(p.of.Steps) == 0:
			drawWrapped(body, 1, styDim, "No event of the trail was found. W says where it was looked for, d shows what the alert itself says, esc goes back.")
		default:
			drawWrapped(body, 1, styDim, "No event of the trail passes. u undoes the filter; esc shows everything that is followed.")
		}
		return
	}
	if p.row < 0 {
		p.row = body.H * 2 / 5
	}
	p.top = min(max(p.at-min(p.row, body.H-1), 0), max(n-body.H, 0))
	p.row = p.at - p.top
	l := m.level()
	cols := m.feed.place(body.W, l)
	for y := 0; y < body.H && p.top+y < n; y++ {
		line := body.Sub(0, y, body.W, 1)
		p.drawLine(line, p.top+y, v, m, cols, clk, focus)
	}
	drawScrollbar(body, p.top, n)
}

// drawLine draws line k: an event, a run, or a pause.
func (p *eventsPane) drawLine(a grid.Area, k int, v *trailView, m *Model, cols []placed, clk clock, focus bool) {
	l, here := p.lines.Line(k), k == p.at
	row := v.trail.Steps[l.Step].Row
	ref := store.Ref{B: row.B, I: row.I}
	pinned := v.from.Row().Alert != 0 && trail.Same(row, v.from.Row())
	switch {
	case l.Gap != nil:
		a.Text(gutter, 0, styWarn, "┈┈┈┈ "+gapText(*l.Gap, v.from.Time())+" ┈┈┈┈")
	case l.Count == 0:
		a.Text(gutter, 0, styFaint, "┈┈┈┈ "+longSpan(l.Pause)+" without an event ┈┈┈┈")
	case l.Count > 1:
		sign := "▸"
		if l.Open {
			sign = "▾"
		}
		a.Text(0, 0, styAccent, sign)
	case l.Of > 0:
		a.Text(0, 0, styFaint, "·")
	default:
		mark, st := rowMark(row, pinned)
		a.Text(0, 0, st, mark)
	}
	if l.Count == 1 && m.feed.marked(row) {
		a.Text(1, 0, styFocus, caseMark)
	}
	if l.Count > 0 {
		for _, c := range cols {
			ps := c.draw(m.read, clk, ref, row)
			if c.width == 0 && l.Count > 1 {
				ps = p.runPieces(k, v, m.read)
			}
			m.feed.drawCell(a.Sub(gutter+c.x, 0, c.w, 1), c, ps)
		}
	}
	switch {
	case here && focus:
		a.Tint(grid.Select, 0)
		for _, c := range cols {
			if c.index == m.level().col {
				a.Sub(gutter+c.x, 0, c.w, 1).Tint(grid.Cell, 0)
			}
		}
	case here:
		a.Tint(grid.Select2, 0)
	case pinned || row.Alert != 0 && l.Count > 0 && loud(row.A().Priority):
		a.Tint(grid.AlarmBed, 0)
	}
}

// runPieces says what a run is: read ×2,304, 9.1 MB, of what, over how long; of
// connections where they went, and how.
func (p *eventsPane) runPieces(k int, v *trailView, r reader) []piece {
	l := p.lines.Line(k)
	row, last := v.trail.Steps[l.Step].Row, v.trail.Steps[l.Last].Row
	ps := []piece{{row.Type.String(), verbStyle(row.Type)}, {" ×" + count(int64(l.Count)), styBold}}
	if l.Bytes > 0 {
		ps = append(ps, piece{", " + size(l.Bytes), styBold})
	}
	if d := p.lines.Dialed(k); d != nil {
		ps = append(ps, piece{"  " + d.String(), styText})
		if len(d.Hosts) == 1 {
			ps = append(ps, r.whose(row)...)
		}
		ps = append(ps, r.outcome(row, true)...)
	} else if name := r.first(row, "fd.name"); name != "" && name != event.NotAvailable {
		ps = append(ps, piece{"  " + name, styText})
		ps = append(ps, r.whose(row)...)
	}
	return append(ps, piece{"  in " + longSpan(last.B.Time[last.I]-row.B.Time[row.I]), styFaint})
}

// gapText says what was lost, and between which times.
func gapText(g trail.Gap, alert int64) string {
	text := g.String() + " "
	if g.Guess {
		text += "≈ "
	}
	if g.From == 0 {
		return text + "before " + fromAlert(g.To-alert)
	}
	return text + "between " + fromAlert(g.From-alert) + " and " + fromAlert(g.To-alert)
}

// longSpan writes how long something took: 0.4 ms, 12.3 s, 9m50s.
func longSpan(ns int64) string {
	d := time.Duration(ns)
	if d >= time.Minute {
		return span(d)
	}
	return offset(ns)[1:]
}

// Len returns how many events are shown, for the search.
func (v *trailView) Len() int { return v.events.lines.Steps() }

// Range returns up to n of the events shown from the k-th on.
func (v *trailView) Range(k, n int) (refs []store.Ref) {
	for i := k; i < min(k+n, v.Len()); i++ {
		row := v.events.of.Steps[v.events.lines.Nth(i)].Row
		refs = append(refs, store.Ref{B: row.B, I: row.I})
	}
	return refs
}

// place is the how-manieth of the events shown is under the cursor.
func (v *trailView) place() int {
	step, _ := v.events.step()
	return v.events.lines.Place(step)
}

// reveal unfolds the run that a step is within.
func (p *eventsPane) reveal(step int) {
	if p.lines == nil || p.lines.Len() == 0 {
		return
	}
	if k, ok := p.lines.Find(step); ok && p.lines.Line(k).Count > 1 && !p.lines.Line(k).Open {
		p.lines.Toggle(k)
	}
}

// found puts the cursor on an event that was searched for; a run that it is
// within is unfolded.
func (v *trailView) found(m *Model, row event.Row) {
	step, ok := v.trail.Find(row)
	if !ok {
		return
	}
	v.goTo(m, step)
	v.focus(m, onEvents)
}

// text names what is followed.
func (f following) text(r reader) string {
	switch {
	case f.object != "":
		return safe(r.mask(f.object))
	case f.any():
		return "pid " + itoa(int(f.process.PID))
	}
	return ""
}
