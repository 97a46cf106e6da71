package tui

import (
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// The columns of a panel that stay free: a bar for the focus, and a gap to the
// next panel.
const (
	panelMargin = 2
	panelGap    = 2
	trendMargin = panelMargin
	countWidth  = 7 // of a row's count
)

// timedWidth is how many buckets a panel of w columns shows.
func timedWidth(p *dashboard.Panel, w int) int {
	w -= panelMargin + panelGap
	if p.Kind == dashboard.Heat {
		w -= nameWidth(w) + countWidth + 2
	}
	return max(w, 0)
}

// nameWidth is how many of w columns a value's name takes.
func nameWidth(w int) int { return min(max(w/2, 12), 44) }

// draw draws the panels that are on screen.
func (b *board) draw(a grid.Area, r reader, c clock, focus bool) {
	a = b.drawNotes(a.Sub(1, 0, a.W-2, a.H))
	b.area = a
	b.layout(a.W)
	b.scroll(a.H)
	for i, p := range b.d.Panels {
		bx := b.boxes[i]
		if bx.y+bx.h <= b.top || bx.y >= b.top+a.H {
			continue
		}
		// A panel is drawn whole and cut at the edges of the screen.
		area := a.Sub(bx.x, max(bx.y-b.top, 0), bx.w-panelGap, min(bx.y+bx.h-b.top, a.H)-max(bx.y-b.top, 0))
		d := panelDrawing{p: p, read: r, clock: c, skip: max(b.top-bx.y, 0), h: bx.h - 1, pick: -1, mark: -1, notes: b.notes.marks(i)}
		if i < len(b.counts.results) {
			d.r = b.counts.results[i]
		}
		if i == b.at && focus {
			d.pick, d.mark, d.focus = b.picks[i], b.mark, true
		}
		d.draw(area)
	}
	if b.counts.err != nil {
		for y, line := range wrap("Counting failed: "+b.counts.err.Error(), max(a.W-2, 20)) {
			a.Text(0, y, styError.Over(grid.Raised), line)
		}
	}
	drawScrollbar(a, b.top, b.lines)
}

// panelDrawing draws one panel.
type panelDrawing struct {
	p     *dashboard.Panel
	r     *dashboard.Result // nil: not known yet
	read  reader
	clock clock
	skip  int // lines above the screen
	h     int // lines of the whole panel
	focus bool
	pick  int // what is picked; -1 for nothing
	mark  int
	notes string // numbers of the notes below
}

// line returns the panel's line n, empty when it is not on screen.
func (d *panelDrawing) line(a grid.Area, n int) grid.Area {
	if n < d.skip {
		return grid.Area{}
	}
	return a.Sub(0, n-d.skip, a.W, 1)
}

func (d *panelDrawing) draw(a grid.Area) {
	head := d.line(a, 0)
	st := styDim
	if d.focus {
		st = styFocus
		for n := range d.lines() {
			d.line(a, n).Text(0, 0, styAccent, "▌")
		}
	}
	x := head.Text(panelMargin, 0, st, d.p.Title)
	if d.r == nil {
		head.Text(x+1, 0, styFaint, "counting …")
		return
	}
	x = head.Text(x, 0, styWarn, d.notes)
	d.drawNote(head, x+2)
	switch {
	case d.p.Kind == dashboard.Stat:
		d.stat(a)
	case d.r.Total == 0:
		d.line(a, 1).Text(panelMargin, 0, styFaint, "no events")
	case d.p.Kind == dashboard.Trend:
		d.trend(a)
	case d.p.Kind == dashboard.Table:
		d.table(a)
	default:
		d.rows(a)
	}
}

// lines is how many lines the panel has something on.
func (d *panelDrawing) lines() int {
	switch {
	case d.p.Kind == dashboard.Trend:
		return d.h
	case d.r == nil || d.p.Kind == dashboard.Stat || len(d.r.Groups) == 0:
		return min(d.h, 2)
	}
	return min(d.h, 1+headLines(d.p)+len(d.r.Groups))
}

// drawNote says at the right of the title how much is not shown.
func (d *panelDrawing) drawNote(a grid.Area, x int) {
	shown := int64(len(d.r.Groups))
	if d.p.Kind == dashboard.Stat || d.r.Values <= shown {
		return
	}
	text := count(shown) + " of " + count(d.r.Values)
	if room := a.W - x; room > 6 {
		a.Fit(a.W-min(grid.Width(text), room), 0, min(grid.Width(text), room), styFaint, text)
	}
}

func (d *panelDrawing) stat(a grid.Area) {
	n := d.r.Total
	if len(d.p.By) > 0 {
		n = d.r.Values
	}
	text := count(n)
	if n < 0 {
		text = "?"
	}
	d.line(a, 1).Text(panelMargin, 0, styBold, text)
}

// keyStyle is how a value looks: an alert's priority as everywhere.
func (d *panelDrawing) keyStyle(key string, plain grid.Style) grid.Style {
	if d.p.By[0] == "alert.priority" && key != "" {
		return grid.Style{Fg: priorityStyle(event.PriorityOf(key)).Fg}
	}
	return plain
}

// key writes a value of the panel's k-th field.
func (d *panelDrawing) key(k int, key string) string {
	if key == "" {
		return "—"
	}
	return d.read.mask(rules.ValueName(d.p.By[k], key))
}

// rows draws a line for each value, with a bar or with its time.
func (d *panelDrawing) rows(a grid.Area) {
	most, name := int64(0), nameWidth(a.W-panelMargin)
	for _, g := range d.r.Groups {
		most = max(most, g.Count)
	}
	peak := int64(0)
	for _, g := range d.r.Groups {
		for _, n := range g.Buckets {
			peak = max(peak, n)
		}
	}
	for i, g := range d.r.Groups {
		if 1+i >= d.h {
			break
		}
		line := d.line(a, 1+i)
		x := line.Fit(panelMargin, 0, name, styText, d.key(0, g.Keys[0]))
		x = line.FitRight(x, 0, countWidth, styDim, short(g.Count)) + 1
		if d.p.Kind == dashboard.Heat {
			d.heat(line, x, g.Buckets, peak)
		} else {
			line.Text(x, 0, d.keyStyle(g.Keys[0], styBar), dashboard.Bar(g.Count, most, a.W-x))
		}
		d.tint(line, i)
	}
}

func (d *panelDrawing) tint(line grid.Area, i int) {
	if i == d.pick {
		line.Sub(1, 0, line.W-1, 1).Tint(grid.Select, 0)
	}
}

// shades are a bucket's marks, the busier the higher; the theme's ramp says the
// same in colour.
var shades = []string{"▁", "▂", "▃", "▅", "▆", "█"}

func (d *panelDrawing) heat(line grid.Area, x int, buckets []int64, peak int64) {
	for _, n := range buckets {
		if n > 0 {
			step := min(int(n*int64(len(shades))/(peak+1)), len(shades)-1)
			line.Text(x, 0, grid.Style{Fg: grid.Ramp + grid.Tone(step)}, shades[step])
		}
		x++
	}
}

// seriesTones are what the values of a trend are told apart by.
var seriesTones = []grid.Tone{grid.Bar, grid.Net, grid.File, grid.User, grid.Process, grid.System, grid.Memory, grid.Signal, grid.IPC, grid.Other}

// trend draws bars over time, each made of its values' parts, an axis, and what
// the colours mean.
func (d *panelDrawing) trend(a grid.Area) {
	top := int64(0)
	for _, n := range d.r.Trend {
		top = max(top, n)
	}
	legend := 0
	if len(d.r.Groups) > 0 {
		legend = 1
	}
	height := max(d.h-2-legend, 1)
	for x, n := range d.r.Trend {
		d.stack(a, x, n, top, height)
	}
	c := counted{from: d.r.Span.From, to: d.r.Span.To, hist: make([]int, len(d.r.Trend))}
	axis := d.line(a, 1+height)
	(&histogram{}).drawAxis(axis.Sub(trendMargin, 0, axis.W-trendMargin, 1), c, d.clock, d.r.Span.From-1)
	if legend > 0 {
		d.legend(d.line(a, 2+height))
	}
	if d.pick >= 0 && d.pick < len(d.r.Trend) {
		axis.Text(trendMargin+d.pick, 0, styFocus.With(grid.Reverse), "↑")
		from := d.r.Span.From + int64(d.pick)*d.r.Span.Step()
		text := " " + d.clock.mark(from, time.Millisecond) + "  " + plural(d.r.Trend[d.pick], "event") + " "
		at := min(trendMargin+d.pick+2, max(a.W-grid.Width(text), trendMargin))
		d.line(a, 1).Text(at, 0, styBold.Over(grid.Raised), text)
	}
}

// stack draws one bar.
func (d *panelDrawing) stack(a grid.Area, x int, n, top int64, height int) {
	inSpan := d.mark >= 0 && x >= min(d.mark, d.pick) && x <= max(d.mark, d.pick)
	eighths := 0
	if n > 0 {
		eighths = max(int((n*int64(height)*8+top/2)/top), 1)
	}
	for y := range height {
		line := d.line(a, height-y)
		mark := " "
		if rest := eighths - 8*y; rest > 0 {
			mark = string(bars[min(rest, 8)])
		}
		st := grid.Style{Fg: d.toneAt(x, n, (int64(y)*2+1)*top/int64(2*height))}
		if inSpan {
			st = st.Over(grid.Select)
		}
		if mark != " " || inSpan {
			line.Text(trendMargin+x, 0, st, mark)
		}
	}
}

// toneAt is the tone of the value whose part of a bar of n events covers the
// event number at.
func (d *panelDrawing) toneAt(x int, n, at int64) grid.Tone {
	at = min(at, n-1)
	for i, g := range d.r.Groups {
		if at < g.Buckets[x] {
			return d.series(i)
		}
		at -= g.Buckets[x]
	}
	if len(d.r.Groups) == 0 {
		return grid.Bar
	}
	return grid.Faint
}

func (d *panelDrawing) series(i int) grid.Tone {
	return d.keyStyle(d.r.Groups[i].Keys[0], grid.Style{Fg: seriesTones[i%len(seriesTones)]}).Fg
}

func (d *panelDrawing) legend(a grid.Area) {
	x := trendMargin
	for i, g := range d.r.Groups {
		text := d.key(0, g.Keys[0]) + " " + short(g.Count)
		if x+2+grid.Width(safe(text)) > a.W {
			a.Text(x, 0, styFaint, "…")
			return
		}
		x = a.Text(x, 0, grid.Style{Fg: d.series(i)}, "■ ")
		x = a.Text(x, 0, styDim, text) + 2
	}
}

// table draws a row for each combination of values, with as many columns as
// there is room for.
func (d *panelDrawing) table(a grid.Area) {
	const last = 15
	room := a.W - panelMargin - countWidth - 1 - last
	widths := make([]int, 0, len(d.p.By))
	for k, name := range d.p.By {
		w := grid.Width(name)
		for _, g := range d.r.Groups {
			w = max(w, grid.Width(safe(d.key(k, g.Keys[k]))))
		}
		if w = min(w, 44); room < min(w, 8)+1 {
			break
		}
		w = min(w, room-1)
		widths = append(widths, w)
		room -= w + 2
	}
	d.row(d.line(a, 1), widths, func(k int) (string, grid.Style) { return d.p.By[k], styFaint }, "events", "latest", styFaint)
	for i, g := range d.r.Groups {
		if 2+i >= d.h {
			break
		}
		at := ""
		if g.Last > 0 {
			at = d.clock.at(g.Last).Format("2 Jan 15:04:05")
		}
		line := d.line(a, 2+i)
		d.row(line, widths, func(k int) (string, grid.Style) {
			if k == 0 {
				return d.key(0, g.Keys[0]), d.keyStyle(g.Keys[0], styText)
			}
			return d.key(k, g.Keys[k]), styText
		}, short(g.Count), at, styDim)
		d.tint(line, i)
	}
}

func (d *panelDrawing) row(a grid.Area, widths []int, cell func(int) (string, grid.Style), events, last string, st grid.Style) {
	x := panelMargin
	for k, w := range widths {
		text, style := cell(k)
		x = a.Fit(x, 0, w, style, text) + 2
	}
	x = a.FitRight(x-2, 0, countWidth+1, st, events) + 1
	a.Text(x, 0, st, last)
}
