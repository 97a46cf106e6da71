package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
)

// Panels counts what panels ask of the events held, those of some tables left
// out (skip may be nil): of a source that counts by itself. A nil result means
// that ctx was done.
func (s *Store) Panels(ctx context.Context, qs []dashboard.Query, skip func(*event.Tables) bool) []*dashboard.Result {
	views := make(map[string]*View)
	results := make([]*dashboard.Result, len(qs))
	for i, q := range qs {
		name := ""
		if q.Filter != nil {
			name = q.Filter.String()
		}
		v := views[name]
		if v == nil {
			v = s.View(q.Filter)
			if !v.Update(ctx, forever) {
				return nil
			}
			views[name] = v
		}
		if results[i] = v.panel(ctx, q.Panel, q.Span, skip); results[i] == nil {
			return nil
		}
	}
	return results
}

const forever = 1 << 62 * time.Nanosecond

// panel counts the events shown as a panel asks. The panel's own filter is not
// looked at: the view has it in its own. What lies outside of span is not
// counted. A nil result means that ctx was done.
func (v *View) panel(ctx context.Context, p *dashboard.Panel, span dashboard.Span, skip func(*event.Tables) bool) *dashboard.Result {
	c := newPanelCount(p, span)
	for _, s := range v.shown() {
		if ctx.Err() != nil {
			return nil
		}
		if skip == nil || !skip(s.batch.Tables) {
			c.part(s)
		}
	}
	return c.result()
}

// panelCount counts for a panel.
type panelCount struct {
	p      *dashboard.Panel
	span   dashboard.Span
	res    dashboard.Result
	groups map[string]*dashboard.Group

	dims bool // every field depends on a row of a dimension alone
}

// maxGroups bounds how many values are told apart; events with further ones
// are counted as others.
const maxGroups = 1 << 20

func newPanelCount(p *dashboard.Panel, span dashboard.Span) *panelCount {
	c := &panelCount{p: p, span: span, groups: make(map[string]*dashboard.Group)}
	if p.Timed() {
		c.res.Span, c.res.Trend = span, make([]int64, max(span.Buckets, 0))
	}
	c.dims = len(p.Fields()) <= maxDims
	for _, r := range p.Fields() {
		c.dims = c.dims && r.Field.Home != event.HomeEvent
	}
	return c
}

// maxDims is how many dimensions' rows one key holds.
const maxDims = 4

type dimKey [maxDims]uint32

// part counts one part. Where only dimensions are asked, the groups of each
// combination of their rows are found once.
func (c *panelCount) part(s shown) {
	fields := c.p.Fields()
	if !c.dims || s.batch.Tables.Docs != nil && c.inDocs(s.batch.Tables.Docs) {
		for i := s.nextRow(0, s.rows); i < s.rows; i = s.nextRow(i+1, s.rows) {
			c.add(c.find(s.batch.Row(i)), s.batch.Time[i])
		}
		return
	}
	var columns [maxDims]func(int) uint32
	for k, r := range fields {
		columns[k] = keyColumn(s.batch, r.Field.Home)
	}
	known := make(map[dimKey][]*dashboard.Group)
	for i := s.nextRow(0, s.rows); i < s.rows; i = s.nextRow(i+1, s.rows) {
		var key dimKey
		for k := range fields {
			key[k] = columns[k](i)
		}
		groups, ok := known[key]
		if !ok {
			groups = c.find(s.batch.Row(i))
			known[key] = groups
		}
		c.add(groups, s.batch.Time[i])
	}
}

// inDocs reports whether documents may hold a field that the dimensions do not.
func (c *panelCount) inDocs(d event.DocReader) bool {
	for _, r := range c.p.Fields() {
		if d.Holds(r.Field) {
			return true
		}
	}
	return false
}

// find returns the groups that an event is in: several when a field is a list,
// none when it has no value.
func (c *panelCount) find(row event.Row) []*dashboard.Group {
	combos := [][]string{nil}
	some := len(c.p.Fields()) == 0
	for k, r := range c.p.Fields() {
		values := c.values(k, r, row)
		some = some || len(values) > 0
		if len(values) == 0 {
			values = []string{""}
		}
		next := make([][]string, 0, len(combos)*len(values))
		for _, combo := range combos {
			for _, v := range values {
				next = append(next, append(combo[:len(combo):len(combo)], v))
			}
		}
		combos = next
	}
	if !some {
		return nil
	}
	groups := make([]*dashboard.Group, 0, len(combos))
	for _, keys := range combos {
		if g := c.group(keys); g != nil {
			groups = append(groups, g)
		}
	}
	return groups
}

// values returns what a field has in a row; an empty text is no value. Of the
// first, those that the panel is not about are left out.
func (c *panelCount) values(k int, r dashboard.Ref, row event.Row) []string {
	v, ok := r.Field.Get(row, r.Arg)
	if !ok {
		return nil
	}
	var all []string
	if v.List == nil {
		all = []string{v.String()}
	}
	for _, m := range v.List {
		all = append(all, m.String())
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" || k == 0 && !c.p.Shows(s) })
}

func (c *panelCount) group(keys []string) *dashboard.Group {
	name := strings.Join(keys, "\x00")
	g := c.groups[name]
	if g == nil {
		if len(c.groups) >= maxGroups {
			return nil
		}
		g = &dashboard.Group{Keys: keys}
		if c.p.Timed() {
			g.Buckets = make([]int64, max(c.span.Buckets, 0))
		}
		c.groups[name] = g
	}
	return g
}

func (c *panelCount) add(groups []*dashboard.Group, ns int64) {
	if !c.span.Has(ns) {
		return
	}
	bucket := -1
	if c.p.Timed() {
		if bucket = c.span.Bucket(ns); bucket >= 0 {
			c.res.Trend[bucket]++
		}
	}
	c.res.Total++
	if len(groups) == 0 {
		c.res.None++
	}
	for _, g := range groups {
		g.Count++
		g.Last = max(g.Last, ns)
		if bucket >= 0 {
			g.Buckets[bucket]++
		}
	}
}

func (c *panelCount) result() *dashboard.Result {
	r := &c.res
	if len(c.p.Fields()) == 0 {
		return r
	}
	groups := make([]dashboard.Group, 0, len(c.groups))
	for _, g := range c.groups {
		if g.Count > 0 {
			groups = append(groups, *g)
		}
	}
	r.Rank(c.p, groups)
	if len(c.groups) >= maxGroups {
		r.Values = -1
		r.Notes = append(r.Notes, "there are too many different values to tell all apart")
	}
	return r
}
