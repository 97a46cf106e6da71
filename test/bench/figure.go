//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
)

// format writes a value with its unit.
type format func(float64) string

// The units. Sizes are decimal: 1 MB is 1,000,000 bytes.
var (
	asNS              = unit("ns", 1)
	asMS              = unit("ms", 1e6) // of ns
	asMB              = unit("MB", 1e6)
	asBytes           = func(v float64) string { return grouped(v) + " bytes" }
	asCount           = grouped
	asMillions        = unit("M events/s", 1e6)
	asMBs             = unit("MB/s", 1e6)
	asRatio    format = func(v float64) string { return fmt.Sprintf("%.*f×", 1+btoi(v < 10)+btoi(v < 2), v) }
	asPercent         = func(v float64) string { return digits(v*100) + " %" }
)

func unit(name string, per float64) format {
	return func(v float64) string { return digits(v/per) + " " + name }
}

// digits writes a number with about three digits, none of them a false promise.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1000:
		return grouped(v)
	case a >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case a >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// grouped writes a whole number with commas between thousands.
func grouped(v float64) string {
	text := fmt.Sprintf("%.0f", math.Abs(v))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if v <= -0.5 {
		text = "-" + text
	}
	return text
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// limit is what the project asks of a figure's value. The zero limit asks
// nothing.
type limit struct {
	sign  string // "≤", "≥" or "=", "" for none
	value float64
}

func atMost(v float64) limit  { return limit{"≤", v} }
func atLeast(v float64) limit { return limit{"≥", v} }

// none asks for nothing at all.
var none = limit{"=", 0}

func (l limit) met(v float64) bool {
	switch l.sign {
	case "≤":
		return v <= l.value
	case "≥":
		return v >= l.value
	case "=":
		return v == l.value
	}
	return true
}

// figure is one row of a suite's table.
type figure struct {
	what   string
	got    sample
	show   format
	asked  limit
	paired bool   // the spread is the 95 % interval of the median
	why    string // why there is no value, when there is none
}

// absent is a figure that could not be measured here.
func absent(what string, asked limit, show format, why string) figure {
	return figure{what: what, asked: asked, show: show, why: why}
}

// figureHead is the head of a table of figures.
var figureHead = []string{"what", "median", "spread", "asked", "met"}

// cells returns the figure's row.
func (f figure) cells() []string {
	asked := ""
	if f.asked.sign != "" {
		asked = f.asked.sign + " " + f.show(f.asked.value)
	}
	if len(f.got) == 0 {
		return []string{f.what, "not measured: " + f.why, "", asked, ""}
	}
	median, met := f.got.median(), ""
	if f.asked.sign != "" {
		met = "yes"
		if !f.asked.met(median) {
			met = "**no**"
		}
	}
	return []string{f.what, f.show(median), f.spread(), asked, met}
}

func (f figure) spread() string {
	if len(f.got) < 2 {
		return ""
	}
	if f.paired {
		if low, high, ok := f.got.interval95(); ok {
			return fmt.Sprintf("95 %%: %s … %s", f.show(low), f.show(high))
		}
	}
	return fmt.Sprintf("%s … %s", f.show(f.got.quantile(0)), f.show(f.got.quantile(1)))
}

// table is a table of Markdown.
type table struct {
	head []string
	rows [][]string
}

func figures(all ...figure) table {
	t := table{head: figureHead}
	for _, f := range all {
		t.rows = append(t.rows, f.cells())
	}
	return t
}

// String returns the table with aligned columns, so that it reads well as text.
func (t table) String() string {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], cellWidth(cell))
		}
	}
	var b strings.Builder
	line := func(row []string, fill string) {
		for i, cell := range row {
			fmt.Fprintf(&b, "|%s%s%s%s", fill, cell, strings.Repeat(fill, widths[i]-cellWidth(cell)), fill)
		}
		b.WriteString("|\n")
	}
	line(t.head, " ")
	line(make([]string, len(t.head)), "-")
	for _, row := range t.rows {
		line(row, " ")
	}
	return b.String()
}

func cellWidth(s string) int { return len([]rune(s)) }
