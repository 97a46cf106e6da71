package dashboard

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/stoop-project/stoop/internal/safetext"
)

// Text writes dashboards as text, for people and for scripts.
type Text struct {
	Out   io.Writer
	Width int                      // columns
	Zone  *time.Location           // of times
	Mask  func(text string) string // hides secrets; nil: shows them

	// Name says how the value of a field is called; nil: as it is.
	Name func(field, value string) string
}

// The share of the width that a value's name and a bar take.
const (
	nameShare = 0.45
	least     = 20
)

// Dashboard writes a dashboard with what its panels found. The error is the
// writer's.
func (t Text) Dashboard(d *Dashboard, span Span, results []*Result) error {
	out := bufio.NewWriter(t.Out)
	t.Out = out
	t.line("%s", d.Title)
	if span.To > span.From {
		t.line("%s – %s", t.time(span.From), t.time(span.To))
	}
	if d.Filter != "" {
		t.line("filter: %s", d.Filter)
	}
	for i, p := range d.Panels {
		t.panel(p, results[i])
	}
	return out.Flush()
}

func (t Text) panel(p *Panel, r *Result) {
	if p.Kind == Stat {
		n := r.Total
		if len(p.By) > 0 {
			n = r.Values
		}
		t.line("")
		t.line("%s: %d", p.Title, n)
		t.notes(r)
		return
	}
	t.line("")
	title := p.Title
	if p.Timed() && r.Span.Buckets > 0 {
		title += ", " + StepText(time.Duration(r.Span.Step())) + " a mark"
	}
	t.line("%s", title)
	switch p.Kind {
	case Terms:
		t.terms(p, r)
	case Trend, Heat:
		t.timed(p, r)
	case Table:
		t.table(p, r)
	}
	if r.Other > 0 {
		t.line("  events with other values: %d", r.Other)
	}
	if r.None > 0 {
		t.line("  events without a value: %d", r.None)
	}
	if r.Total == 0 {
		t.line("  no events")
	}
	t.notes(r)
}

func (t Text) notes(r *Result) {
	for _, n := range r.Notes {
		t.line("  note: %s", n)
	}
}

func (t Text) terms(p *Panel, r *Result) {
	name := max(int(float64(t.Width)*nameShare), least)
	room := max(t.Width-name-16, 4)
	for _, g := range r.Groups {
		t.line("  %s %10d  %s", fit(t.value(p, 0, g.Keys[0]), name), g.Count, Bar(g.Count, r.Groups[0].Count, room))
	}
}

func (t Text) timed(p *Panel, r *Result) {
	name := max(min(int(float64(t.Width)*nameShare), t.Width-r.Span.Buckets-16), least)
	if p.Kind == Trend {
		t.line("  %s %10d  %s", fit("all", name), r.Total, Sparks(r.Trend, top(r.Trend)))
	}
	most := int64(0)
	for _, g := range r.Groups {
		most = max(most, top(g.Buckets))
	}
	for _, g := range r.Groups {
		t.line("  %s %10d  %s", fit(t.value(p, 0, g.Keys[0]), name), g.Count, Sparks(g.Buckets, most))
	}
}

func (t Text) table(p *Panel, r *Result) {
	widths := make([]int, len(p.By))
	for k, name := range p.By {
		widths[k] = len(name)
		for _, g := range r.Groups {
			widths[k] = max(widths[k], displaywidth.String(t.value(p, k, orNone(g.Keys[k]))))
		}
	}
	var head strings.Builder
	for k, name := range p.By {
		head.WriteString(fit(name, widths[k]) + "  ")
	}
	t.line("  %s%10s  %s", head.String(), "events", "latest")
	for _, g := range r.Groups {
		var row strings.Builder
		for k, key := range g.Keys {
			row.WriteString(fit(t.value(p, k, orNone(key)), widths[k]) + "  ")
		}
		last := ""
		if g.Last > 0 {
			last = t.time(g.Last)
		}
		t.line("  %s%10d  %s", row.String(), g.Count, last)
	}
}

func orNone(key string) string {
	if key == "" {
		return "-"
	}
	return key
}

// line writes a line without blanks at its end.
func (t Text) line(format string, args ...any) {
	fmt.Fprintln(t.Out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

func (t Text) time(ns int64) string {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Unix(0, ns).In(zone).Format("2006-01-02T15:04:05Z07:00")
}

// value writes a value of a panel's k-th field.
func (t Text) value(p *Panel, k int, value string) string {
	if t.Name != nil {
		value = t.Name(p.By[k], value)
	}
	return t.safe(value)
}

func (t Text) safe(s string) string {
	if t.Mask != nil {
		s = t.Mask(s)
	}
	return safetext.Line(s)
}

// fit pads a text to a width, or cuts it.
func fit(s string, width int) string {
	if n := displaywidth.String(s); n <= width {
		return s + strings.Repeat(" ", width-n)
	}
	for s != "" && displaywidth.String(s) > width-1 {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s + "…" + strings.Repeat(" ", max(width-1-displaywidth.String(s), 0))
}

// StepText writes how long a bucket is: 30s, 1h, 365d.
func StepText(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d >= day && d%time.Hour == 0:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	}
	text := strings.Replace(d.String(), "µs", " µs", 1)
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Bar is a bar of up to width cells for n of most.
func Bar(n, most int64, width int) string {
	if n <= 0 || most <= 0 || width <= 0 {
		return ""
	}
	eighths := max(int(float64(n)/float64(most)*float64(width)*8+0.5), 1)
	const parts = "▏▎▍▌▋▊▉"
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune(parts)[rest-1])
	}
	return bar
}

// Sparks writes a mark for each bucket, as high as its count is of most.
func Sparks(buckets []int64, most int64) string {
	const marks = "▁▂▃▄▅▆▇█"
	heights := []rune(marks)
	out := make([]rune, len(buckets))
	for i, n := range buckets {
		switch {
		case n <= 0 || most <= 0:
			out[i] = '·'
		default:
			out[i] = heights[min(int(float64(n)/float64(most)*float64(len(heights))), len(heights)-1)]
		}
	}
	return string(out)
}

func top(ns []int64) (most int64) {
	for _, n := range ns {
		most = max(most, n)
	}
	return most
}
