package tui

import (
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// histogram draws how many events lie where in time, with the alerts marked
// and the cursor's place shown, and lets a span be chosen.
type histogram struct {
	area    grid.Area // the bars, as drawn last
	outside grid.Area // what says that events lie far outside

	at   int // bucket under the cursor while the histogram has the focus
	mark int // bucket where a chosen span begins; -1 for none
}

// draw draws the bars over all lines but the last, which is the axis. Where the
// sources hold more than was fetched, a dotted bar stands behind.
func (h *histogram) draw(a grid.Area, c counted, cl clock, cursor int64, focus bool) {
	axis, body := a.CutBottom(1)
	h.area, h.outside = body, grid.Area{}
	n := len(c.hist)
	if n == 0 || c.to <= c.from {
		axis.HLine(0, styFaint)
		return
	}
	h.at = min(max(h.at, 0), n-1)
	top := 0
	for x, v := range c.hist {
		top = max(top, v, c.there(x))
	}
	for x, v := range c.hist {
		st := styBar
		if x < len(c.marks) && c.marks[x] != 0 {
			st = grid.Style{Fg: priorityStyle(c.marks[x] - 1).Fg}
		}
		behind := styFaint
		if h.inSpan(x) && focus {
			body.Sub(x, 0, 1, body.H).Tint(grid.Select, 0)
			st, behind = st.Over(grid.Select), behind.Over(grid.Select)
		}
		drawBar(body, x, c.there(x), top, behind, dotted)
		drawBar(body, x, v, top, st, bars)
	}
	h.drawAxis(axis, c, cl, cursor)
	for x, p := range c.marks {
		if p != 0 {
			axis.Text(x, 0, priorityStyle(p-1), "▲")
		}
	}
	if cursor >= c.from && cursor < c.to {
		x := bucketAt(c, cursor)
		axis.Text(x, 0, styFocus, "┃")
	}
	h.drawOutside(axis, c.mass)
	if focus {
		axis.Text(h.at, 0, styFocus.With(grid.Reverse), "↑")
		label := cl.mark(c.from+int64(h.at)*c.width(), time.Millisecond) + "  " + c.barText(h.at)
		x := min(h.at+2, max(a.W-len(label)-1, 0))
		body.Text(x, 0, styBold.Over(grid.Raised), " "+label+" ")
	}
}

// drawOutside says at the ends of the axis how many events lie far outside.
func (h *histogram) drawOutside(axis grid.Area, m dashboard.Mass) {
	if m.Outside() == 0 {
		return
	}
	text := outsideText(m)
	h.outside = axis.Sub(0, 0, grid.Width(text)+1, 1)
	axis.Text(0, 0, styWarn, text+" ")
}

// outsideText says how many events lie outside, and which key leads there.
func outsideText(m dashboard.Mass) string {
	text := ""
	if m.Before > 0 {
		text = "‹ " + count(m.Before) + " long before"
	}
	if m.After > 0 {
		if text != "" {
			text += ", "
		}
		text += "› " + count(m.After) + " long after"
	}
	return text + " · O"
}

// there is how many events the sources hold in a bucket, 0 when that is not
// known.
func (c counted) there(x int) int {
	if x < len(c.all) {
		return int(c.all[x])
	}
	return 0
}

// more reports whether the sources hold events that were not fetched.
func (c counted) more() bool {
	for x, n := range c.hist {
		if c.there(x) > n {
			return true
		}
	}
	return false
}

// barText says how many events a bucket has.
func (c counted) barText(x int) string {
	if there := c.there(x); there > c.hist[x] {
		return count(int64(c.hist[x])) + " of " + plural(int64(there), "event") + " fetched"
	}
	return plural(int64(c.hist[x]), "event")
}

// width is the length of one bucket in ns.
func (c counted) width() int64 { return max((c.to-c.from)/int64(max(len(c.hist), 1)), 1) }

func bucketAt(c counted, ns int64) int {
	return min(int((ns-c.from)/c.width()), len(c.hist)-1)
}

// inSpan reports whether a bucket lies in the chosen span.
func (h *histogram) inSpan(x int) bool {
	return h.mark >= 0 && x >= min(h.mark, h.at) && x <= max(h.mark, h.at)
}

// span returns the chosen span, or the one bucket under the cursor.
func (h *histogram) span(c counted) (from, to int64) {
	lo, hi := h.at, h.at
	if h.mark >= 0 {
		lo, hi = min(h.mark, h.at), max(h.mark, h.at)
	}
	return c.from + int64(lo)*c.width(), c.from + int64(hi+1)*c.width()
}

// dotted are the marks of bars that stand for what was not fetched, as high as
// bars are.
var dotted = []rune(" ⣀⣀⣀⣤⣤⣶⣶⣿")

// drawBar draws one bar of eighths from the bottom up, of the marks given.
func drawBar(a grid.Area, x, v, top int, st grid.Style, marks []rune) {
	if v <= 0 || top <= 0 {
		return
	}
	eighths := max(1, int((int64(v)*int64(a.H)*8+int64(top)/2)/int64(top)))
	for y := a.H - 1; y >= 0 && eighths > 0; y-- {
		a.Text(x, y, st, string(marks[min(eighths, 8)]))
		eighths -= 8
	}
}

// ticks are the distances at which times may stand under the bars.
var ticks = []time.Duration{
	time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
}

// drawAxis draws the rule under the bars with times on it, but not where
// alerts are marked.
func (h *histogram) drawAxis(a grid.Area, c counted, cl clock, cursor int64) {
	a.HLine(0, styLine)
	n, width := len(c.hist), time.Duration(c.width())
	label := " " + dashboard.StepText(width) + " a bar"
	tick := ticks[len(ticks)-1]
	for _, t := range ticks {
		if t >= width*18 {
			tick = t
			break
		}
	}
	at := bucketAt(c, cursor)
	for x := 1; x < n; x++ {
		ns := c.from + int64(x)*int64(width)
		if ns%int64(tick) >= int64(width) || ns < 0 {
			continue
		}
		text := " " + cl.mark(ns, tick) + " "
		if end := x + len(text); end < n-len(label) && !anyMark(c.marks, x-1, end) && (at < x-1 || at >= end) {
			a.Text(x-1, 0, styFaint, text)
		}
	}
	from := n - grid.Width(label)
	if !anyMark(c.marks, from, n) && (at < from || at >= n) {
		a.Right(a.W, 0, styFaint, label)
	}
}

func anyMark(marks []event.Priority, from, to int) bool {
	for x := max(from, 0); x < min(to, len(marks)); x++ {
		if marks[x] != 0 {
			return true
		}
	}
	return false
}

// addMark folds an alert into its bucket: the worst priority of each, plus one,
// so that 0 is none.
func addMark(marks []event.Priority, i int, p event.Priority) {
	if i < 0 || i >= len(marks) {
		return
	}
	if p == event.PriorityUnknown {
		p = event.PriorityNotice
	}
	if marks[i] == 0 || p+1 < marks[i] {
		marks[i] = p + 1
	}
}
