package tui

import (
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// histogram draws how many events lie where in time, with the alerts marked
// and the cursor's place shown, and lets a span be chosen.
type histogram struct {
	area grid.Area // the bars, as drawn last

	at   int // bucket under the cursor while the histogram has the focus
	mark int // bucket where a chosen span begins; -1 for none
}

// draw draws the bars over all lines but the last, which is the axis.
func (h *histogram) draw(a grid.Area, c counted, cl clock, cursor int64, focus bool) {
	axis, body := a.CutBottom(1)
	h.area = body
	n := len(c.hist)
	if n == 0 || c.to <= c.from {
		axis.HLine(0, styFaint)
		return
	}
	h.at = min(max(h.at, 0), n-1)
	top := 0
	for _, v := range c.hist {
		top = max(top, v)
	}
	for x, v := range c.hist {
		st := styBar
		if x < len(c.marks) && c.marks[x] != 0 {
			st = grid.Style{Fg: priorityStyle(c.marks[x] - 1).Fg}
		}
		if h.inSpan(x) && focus {
			body.Sub(x, 0, 1, body.H).Tint(grid.Select, 0)
			st = st.Over(grid.Select)
		}
		drawBar(body, x, v, top, st)
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
	if focus {
		axis.Text(h.at, 0, styFocus.With(grid.Reverse), "↑")
		label := cl.mark(c.from+int64(h.at)*c.width(), time.Millisecond) + "  " + plural(int64(c.hist[h.at]), "event")
		x := min(h.at+2, max(a.W-len(label)-1, 0))
		body.Text(x, 0, styBold.Over(grid.Raised), " "+label+" ")
	}
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

// drawBar draws one bar of eighths from the bottom up.
func drawBar(a grid.Area, x, v, top int, st grid.Style) {
	if v <= 0 || top <= 0 {
		return
	}
	eighths := max(1, int((int64(v)*int64(a.H)*8+int64(top)/2)/int64(top)))
	for y := a.H - 1; y >= 0 && eighths > 0; y-- {
		a.Text(x, y, st, string(bars[min(eighths, 8)]))
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
	label := " " + stepText(width) + " a bar"
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

func stepText(d time.Duration) string {
	if d < time.Second || d%time.Second != 0 {
		return strings.Replace(d.String(), "µs", " µs", 1)
	}
	return span(d)
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
