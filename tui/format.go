package tui

import (
	"fmt"
	"strconv"
	"strings"
)

// count writes a number with its thousands apart: 1,204,113.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// short writes a number in at most 5 columns: 999, 12.3k, 4.5M.
func short(n int64) string {
	switch f := float64(n); {
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 99_950:
		return fmt.Sprintf("%.1fk", f/1e3)
	case n < 999_500:
		return fmt.Sprintf("%.0fk", f/1e3)
	case n < 99_950_000:
		return fmt.Sprintf("%.1fM", f/1e6)
	case n < 999_500_000:
		return fmt.Sprintf("%.0fM", f/1e6)
	}
	return fmt.Sprintf("%.1fG", float64(n)/1e9)
}

// size writes bytes in units of 1024: 212 MB.
func size(n int64) string {
	switch f := float64(n); {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KB", f/(1<<10))
	case n < 10<<20:
		return fmt.Sprintf("%.1f MB", f/(1<<20))
	case n < 1<<30:
		return fmt.Sprintf("%.0f MB", f/(1<<20))
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
}

// plural writes a count with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// bars are the eighths of a column, from nothing to a whole one.
var bars = []rune(" ▁▂▃▄▅▆▇█")

// sparkline draws counts as one line of w columns, the last at the right end.
func sparkline(counts []int, w int) string {
	if len(counts) > w {
		counts = counts[len(counts)-w:]
	}
	top := 0
	for _, n := range counts {
		top = max(top, n)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", w-len(counts)))
	for _, n := range counts {
		b.WriteRune(bars[level8(n, top)])
	}
	return b.String()
}

// level8 scales a count to 0 … 8 eighths; what is not nothing shows.
func level8(n, top int) int {
	if n <= 0 || top <= 0 {
		return 0
	}
	return max(1, (n*8+top/2)/top)
}

func itoa(n int) string { return strconv.Itoa(n) }

func itoa64(n int64) string { return strconv.FormatInt(n, 10) }

func trimSpace(s string) string { return strings.TrimSpace(s) }
