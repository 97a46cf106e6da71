package store

import (
	"context"
	"math/bits"
	"sort"

	"github.com/stoop-project/stoop/internal/event"
)

// Span returns the times of the first and the last event shown, in ns since
// 1970; ok is false when there is none.
func (v *View) Span() (from, to int64, ok bool) {
	for _, s := range v.shown() {
		first := s.batch.Time[s.nextRow(0, s.rows)]
		last := s.batch.Time[s.lastRow(s.rows)]
		if !ok || first < from {
			from = first
		}
		if !ok || last > to {
			to = last
		}
		ok = true
	}
	return from, to, ok
}

// lastRow returns the last matching row below end; there is one.
func (p *part) lastRow(end int) int {
	if p.sel == nil {
		return end - 1
	}
	w := p.sel[(end-1)/64]
	if end&63 != 0 {
		w &= 1<<(end&63) - 1
	}
	for i := (end - 1) / 64; ; {
		if w != 0 {
			return i*64 + 63 - bits.LeadingZeros64(w)
		}
		if i--; i < 0 {
			return 0
		}
		w = p.sel[i]
	}
}

// Histogram counts the events shown in equal buckets of the time from, …
// to-1 (ns since 1970). Its cost follows buckets and chunks, not events.
func (v *View) Histogram(from, to int64, buckets int) []int {
	h := make([]int, max(buckets, 0))
	if buckets <= 0 || to <= from {
		return h
	}
	edge := func(i int) int64 { // without overflow for any span
		width := uint64(to - from)
		hi, lo := bits.Mul64(width, uint64(i))
		q, _ := bits.Div64(hi, lo, uint64(buckets))
		return from + int64(q)
	}
	for _, s := range v.shown() {
		p := &s.part
		if p.batch.Time[0] >= to || p.batch.Time[s.rows-1] < from {
			continue
		}
		i := sort.Search(buckets, func(i int) bool { return edge(i+1) > p.batch.Time[0] })
		for at := rowBefore(p, s.rows, edge(i)); i < buckets && at < s.rows; i++ {
			next := rowBefore(p, s.rows, edge(i+1))
			h[i] += p.ones(at, next)
			at = next
		}
	}
	return h
}

// Group is how many events have one value.
type Group struct {
	Value string
	Count int
	Last  Ref // the latest of them
}

// GroupBy counts the events shown by what read says of them, the most first.
// home is what read depends on (see [event.Home]): a dimension is asked once a
// row of it. Events that read has no value for are left out. A nil result
// means that ctx was done.
func (v *View) GroupBy(ctx context.Context, home event.Home, read func(event.Row) (string, bool)) []Group {
	byValue := make(map[string]*Group)
	for _, s := range v.shown() {
		if ctx.Err() != nil {
			return nil
		}
		groupPart(s, home, read, byValue)
	}
	groups := make([]Group, 0, len(byValue))
	for _, g := range byValue {
		groups = append(groups, *g)
	}
	sort.Slice(groups, func(i, j int) bool {
		if groups[i].Count != groups[j].Count {
			return groups[i].Count > groups[j].Count
		}
		return groups[i].Value < groups[j].Value
	})
	return groups
}

// shown is a part with the rows it shows, to be read without the lock: who draws
// the screen waits for that, and must not wait for who counts.
type shown struct {
	part
	rows int
}

// shown returns the parts that show events, as they are now. What they hold does
// not change any more: an update puts something else in its place.
func (v *View) shown() (all []shown) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, lane := range v.lanes {
		for _, p := range lane {
			if rows, count := v.limit(p); count > 0 {
				all = append(all, shown{*p, rows})
			}
		}
	}
	return all
}

// groupPart counts one part: by row of the dimension first, by value then.
func groupPart(s shown, home event.Home, read func(event.Row) (string, bool), byValue map[string]*Group) {
	type tally struct{ count, last int }
	keys := keyColumn(s.batch, home)
	tallies := make(map[uint32]*tally)
	for i := s.nextRow(0, s.rows); i < s.rows; i = s.nextRow(i+1, s.rows) {
		k := keys(i)
		t := tallies[k]
		if t == nil {
			t = &tally{}
			tallies[k] = t
		}
		t.count++
		t.last = i
	}
	for _, t := range tallies {
		value, ok := read(s.batch.Row(t.last))
		if !ok {
			continue
		}
		g := byValue[value]
		if g == nil {
			g = &Group{Value: value}
			byValue[value] = g
		}
		last := Ref{ID: RowID{s.id, uint32(t.last)}, B: s.batch, I: t.last}
		if g.Count == 0 || last.Time() >= g.Last.Time() {
			g.Last = last
		}
		g.Count += t.count
	}
}

// keyColumn returns what tells events apart that read may answer differently
// for.
func keyColumn(b *event.Batch, home event.Home) func(i int) uint32 {
	switch home {
	case event.HomeType:
		return func(i int) uint32 { return uint32(b.Type[i]) }
	case event.HomeCont:
		conts := make(map[event.ProcID]uint32)
		return func(i int) uint32 {
			c, ok := conts[b.Proc[i]]
			if !ok {
				c = uint32(b.Tables.Proc(b.Proc[i]).Cont)
				conts[b.Proc[i]] = c
			}
			return c
		}
	case event.HomeProc:
		return func(i int) uint32 { return uint32(b.Proc[i]) }
	case event.HomeObj:
		return func(i int) uint32 { return uint32(b.Obj[i]) }
	case event.HomeAlert:
		return func(i int) uint32 { return uint32(b.AlertAt(i)) }
	}
	return func(i int) uint32 { return uint32(i) }
}
