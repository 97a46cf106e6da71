package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// split says who evaluates which part of a filter; "" where nobody of that kind
// does.
type split struct {
	expr                 string
	kernel, siem, client string
}

// splitOf finds out who evaluates a filter: a node's kernel narrows what it
// hands on, a SIEM decides or narrows, and what is left is evaluated here.
func (m *Model) splitOf(expr string, f *filter.Filter) split {
	s := split{expr: expr, client: "the whole filter, over what is held"}
	for _, src := range m.hub.sources {
		if scope := f.Scope(); src.Info().Live && !scope.Any() {
			s.kernel = scope.String()
		}
	}
	support := source.Support(f, m.hub.sources)
	if support == nil {
		return s
	}
	var there, here []string
	for _, part := range f.Explain(support) {
		text := filter.Source(part.Expr)
		if part.SIEM != filter.Ignores {
			there = append(there, text)
		}
		if part.SIEM != filter.Decides {
			here = append(here, text)
		}
	}
	s.siem = strings.Join(there, " and ")
	if s.client = "finishes " + strings.Join(here, " and "); len(here) == 0 {
		s.client = "nothing: the SIEM decides"
	}
	return s
}

// drawSplit draws who evaluates which part of the filter of a level.
func (m *Model) drawSplit(a grid.Area, x int, b *filterBar) {
	f := b.level.filter()
	if f == nil {
		return
	}
	if b.split.expr != b.level.expr {
		b.split = m.splitOf(b.level.expr, f)
	}
	on := func(t grid.Tone) grid.Style { return grid.Style{Fg: t, On: grid.Raised} }
	part := func(name string, tone grid.Tone, text string) {
		if text != "" {
			x = a.Text(x, 0, on(tone), name+" ")
			x = a.Fit(x, 0, min(grid.Width(safe(text)), max(a.W-x-24, 8)), on(grid.Dim), text) + 2
		}
	}
	part("kernel", grid.Kernel, b.split.kernel)
	part("SIEM", grid.SIEM, b.split.siem)
	x = a.Text(x, 0, on(grid.Client), "client ")
	a.Fit(x, 0, a.W-x-1, on(grid.Dim), b.split.client)
}
