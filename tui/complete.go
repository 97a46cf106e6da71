package tui

import (
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// completions are what could stand where the cursor of a filter is.
type completions struct {
	list   []offer
	at     int
	chosen bool // the user has moved into the list
}

// offer is one of them.
type offer struct {
	text     string // what would stand in the filter
	doc      string
	from, to int // the bytes of the filter that it replaces
}

// maxOffers is how many are shown at a time.
const maxOffers = 8

func (c *completions) move(n int) {
	if len(c.list) == 0 {
		return
	}
	if !c.chosen {
		c.chosen, c.at = true, 0
		return
	}
	c.at += n
	if c.at < 0 {
		c.chosen, c.at = false, 0
	}
	c.at = min(c.at, len(c.list)-1)
}

// draw draws the list below the word that it completes.
func (c *completions) draw(a grid.Area, x int) {
	top := max(c.at-maxOffers+1, 0)
	n := min(len(c.list)-top, maxOffers, a.H)
	width := 0
	for _, o := range c.list[top : top+n] {
		width = max(width, grid.Width(safe(o.text)))
	}
	width = min(width, 40)
	for y := range n {
		o := c.list[top+y]
		line := a.Sub(0, y, a.W, 1)
		on := grid.Raised
		if c.chosen && top+y == c.at {
			on = grid.Select
		}
		line.Fill(styText.Over(on))
		at := line.Fit(x, 0, width, styAccent.Over(on), o.text)
		line.Fit(at+2, 0, a.W-at-3, styDim.Over(on), o.doc)
	}
	if rest := len(c.list) - top - n; rest > 0 && n > 0 {
		a.Right(a.W-1, n-1, styFaint.Over(grid.Raised), "+"+itoa(rest))
	}
}

// take puts the offer under the cursor into the text.
func (b *filterBar) take() {
	if !b.offers.chosen || b.offers.at >= len(b.offers.list) {
		return
	}
	o := b.offers.list[b.offers.at]
	b.edit.replace(o.from, o.to, o.text+" ")
	b.offers = completions{}
}

// offer looks up what could stand where the cursor is.
func (b *filterBar) offer(m *Model) {
	b.offers = completions{}
	c := filter.Completer{Reg: event.Fields, Values: func(f *event.Field, prefix string) []string {
		return b.values.of(m.store.Tables(), f, prefix)
	}}
	for _, cand := range c.Complete(b.edit.String(), b.edit.byteAt()) {
		doc := cand.Doc
		if doc == "" {
			doc = cand.Kind.String()
		}
		b.offers.list = append(b.offers.list, offer{text: cand.Text, doc: doc, from: cand.From, to: cand.To})
	}
}

// The bounds of a look for values: rows of a dimension, and values offered.
const (
	maxLook = 20_000
	maxSeen = 40
)

// seenValues remembers which values fields have, so that with each character
// typed only the rows that have come since are looked through.
type seenValues map[seenKey]*seenIn

type seenKey struct {
	t *event.Tables
	f *event.Field
}

// seenIn are the values of a field in the first rows of its dimension.
type seenIn struct {
	rows   int
	values []string // the latest first
}

// of returns values of a field that begin with prefix, among the rows that the
// field depends on, the latest first. Fields of the event itself are not looked
// through.
func (s *seenValues) of(tables []*event.Tables, f *event.Field, prefix string) (values []string) {
	if f.Read == nil || f.Arg&event.ArgRequired != 0 {
		return nil
	}
	if *s == nil {
		*s = make(seenValues)
	}
	for _, t := range tables {
		k := seenKey{t, f}
		in := (*s)[k]
		if in == nil {
			in = &seenIn{rows: 1}
			(*s)[k] = in
		}
		in.look(t, f)
		for _, v := range in.values {
			if len(values) < maxSeen && strings.HasPrefix(v, prefix) && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	return values
}

// look adds the values of the rows that have come since the last look.
func (s *seenIn) look(t *event.Tables, f *event.Field) {
	n, row := dimRows(t, f.Home)
	if f.Home == event.HomeCont { // few rows, which may be replaced
		s.rows, s.values = 1, nil
	}
	if n <= s.rows {
		return
	}
	var latest []string
	known := make(map[string]bool)
	for i := n - 1; i >= s.rows && i > n-maxLook; i-- {
		v, ok := f.Read(row(uint32(i)), event.Arg{})
		if text := v.String(); ok && v.List == nil && text != "" && !known[text] {
			known[text] = true
			latest = append(latest, text)
		}
	}
	for _, v := range s.values {
		if !known[v] && len(latest) < maxLook {
			latest = append(latest, v)
		}
	}
	s.rows, s.values = n, latest
}

// dimRows returns how many rows the dimension of a home has, and how to stand
// on one.
func dimRows(t *event.Tables, h event.Home) (int, func(uint32) event.Row) {
	switch h {
	case event.HomeCont:
		return t.Conts.Len(), func(i uint32) event.Row { return event.Row{T: t, Cont: event.ContID(i)} }
	case event.HomeProc:
		return t.Procs.Len(), func(i uint32) event.Row { return t.ProcRow(event.ProcID(i)) }
	case event.HomeObj:
		return t.Objs.Len(), func(i uint32) event.Row { return event.Row{T: t, Obj: event.ObjID(i)} }
	case event.HomeAlert:
		return t.Alerts.Len(), func(i uint32) event.Row { return event.Row{T: t, Alert: event.AlertID(i)} }
	}
	return 0, nil
}
