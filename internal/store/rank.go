package store

import (
	"math/bits"
	"sort"
)

// At returns the k-th event of the view in the order of time.
func (v *View) At(k int) (Ref, bool) {
	refs := v.Range(k, 1)
	if len(refs) == 0 {
		return Ref{}, false
	}
	return refs[0], true
}

// Range returns up to n events from the k-th on, in the order of time; events
// of one time stand in the order of their lanes. Its cost follows n, not how
// many events there are.
func (v *View) Range(k, n int) []Ref {
	v.mu.Lock()
	defer v.mu.Unlock()
	if k < 0 || n <= 0 {
		return nil
	}
	at := v.seek(k)
	refs := make([]Ref, 0, min(n, 1<<12))
	for len(refs) < n {
		r, ok := at.next()
		if !ok {
			break
		}
		refs = append(refs, r)
	}
	return refs
}

// Find returns the rank of an event, and false when the view does not show it.
func (v *View) Find(id RowID) (k int, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.partOf(id); p != nil {
		return v.rankOf(p, int(id.row)), true
	}
	return 0, false
}

// Has reports whether the view shows an event. It takes no time to speak of,
// where Find counts what stands before it.
func (v *View) Has(id RowID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.partOf(id) != nil
}

// partOf returns the part that an event is of, nil when it is not shown.
func (v *View) partOf(id RowID) *part {
	p := v.byID[id.chunk]
	if p == nil {
		return nil
	}
	if rows, _ := v.limit(p); int(id.row) >= rows || !p.has(int(id.row)) {
		return nil
	}
	return p
}

// Nearest returns the rank of the first shown event at or after the place of
// id in the order of time, whether or not the view shows id itself: what a
// cursor does when the filter under it changes. It is Len when there is none.
func (v *View) Nearest(r Ref) int {
	if k, ok := v.Find(r.ID); ok {
		return k
	}
	return v.FindTime(r.Time())
}

// FindTime returns the rank of the first event at or after a time in ns since
// 1970; Len when there is none.
func (v *View) FindTime(ns int64) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rankBefore(ns)
}

// has reports whether the row matches.
func (p *part) has(row int) bool { return p.sel == nil || p.sel[row/64]>>(row&63)&1 != 0 }

// nextRow returns the first matching row at or after row and below end; end
// when there is none.
func (p *part) nextRow(row, end int) int {
	if p.sel == nil || row >= end {
		return min(row, end)
	}
	w := p.sel[row/64] &^ (1<<(row&63) - 1)
	for i := row / 64; ; {
		if w != 0 {
			return min(i*64+bits.TrailingZeros64(w), end)
		}
		if i++; i*64 >= end {
			return end
		}
		w = p.sel[i]
	}
}

// rowBefore returns how many of a part's first rows are earlier than a time.
func rowBefore(p *part, rows int, ns int64) int {
	return sort.Search(rows, func(i int) bool { return p.batch.Time[i] >= ns })
}

// countBefore counts a lane's matching events earlier than a time.
func (v *View) countBefore(lane []*part, ns int64) (n int) {
	for _, p := range lane {
		rows, count := v.limit(p)
		switch {
		case rows == 0:
		case p.batch.Time[rows-1] < ns:
			n += count
		case p.batch.Time[0] >= ns:
			return n
		default:
			return n + p.ones(0, rowBefore(p, rows, ns))
		}
	}
	return n
}

// rankBefore counts the view's events earlier than a time.
func (v *View) rankBefore(ns int64) (n int) {
	for _, lane := range v.lanes {
		n += v.countBefore(lane, ns)
	}
	return n
}

// rankOf returns the rank of a part's matching row.
func (v *View) rankOf(p *part, row int) int {
	ns := p.batch.Time[row]
	k := v.rankBefore(ns)
	for _, lane := range v.lanes { // events of the same time that stand before it
		for _, q := range lane {
			if q == p {
				return k + p.ones(min(row, rowBefore(p, row+1, ns)), row)
			}
			rows, _ := v.limit(q)
			if rows > 0 && q.batch.Time[0] <= ns && q.batch.Time[rows-1] >= ns {
				k += q.ones(rowBefore(q, rows, ns), rowBefore(q, rows, ns+1))
			}
		}
	}
	return k
}

// cursor walks the view's events in the order of time, merging the lanes.
type cursor struct {
	v     *View
	lanes []laneCursor
}

type laneCursor struct {
	parts []*part
	row   int // the next matching row of parts[0]
}

// seek returns a cursor whose next event is the k-th.
func (v *View) seek(k int) *cursor {
	if len(v.lanes) == 1 {
		return v.seekLane(k)
	}
	ns := v.timeOfRank(k)
	c := &cursor{v: v}
	skip := k - v.rankBefore(ns)
	for _, lane := range v.lanes {
		lc := laneCursor{parts: lane}
		for len(lc.parts) > 0 {
			rows, _ := v.limit(lc.parts[0])
			if rows > 0 && lc.parts[0].batch.Time[rows-1] >= ns {
				lc.row = lc.parts[0].nextRow(rowBefore(lc.parts[0], rows, ns), rows)
				break
			}
			lc.parts = lc.parts[1:]
		}
		c.lanes = append(c.lanes, lc)
	}
	for ; skip > 0; skip-- {
		if _, ok := c.next(); !ok {
			break
		}
	}
	return c
}

// seekLane is seek for a view of one lane: no merging, so ranks add up.
func (v *View) seekLane(k int) *cursor {
	lc := laneCursor{parts: v.lanes[0]}
	for len(lc.parts) > 0 {
		p := lc.parts[0]
		rows, count := v.limit(p)
		if k < count {
			lc.row = sort.Search(rows, func(i int) bool { return p.ones(0, i+1) > k })
			break
		}
		k -= count
		lc.parts = lc.parts[1:]
	}
	return &cursor{v: v, lanes: []laneCursor{lc}}
}

// timeOfRank returns the latest time before which at most k events lie.
func (v *View) timeOfRank(k int) int64 {
	lo, hi := int64(0), int64(0)
	first := true
	for _, lane := range v.lanes {
		for _, p := range lane {
			rows, _ := v.limit(p)
			if rows == 0 {
				continue
			}
			if first || p.batch.Time[0] < lo {
				lo = p.batch.Time[0]
			}
			if first || p.batch.Time[rows-1] >= hi {
				hi = p.batch.Time[rows-1] + 1
			}
			first = false
		}
	}
	for lo < hi { // the largest time with rankBefore <= k
		mid := lo + (hi-lo+1)/2
		if v.rankBefore(mid) <= k {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// next returns the event under the cursor and steps on.
func (c *cursor) next() (Ref, bool) {
	best := -1
	for i := range c.lanes {
		if c.lanes[i].settle(c.v) && (best < 0 || c.lanes[i].time() < c.lanes[best].time()) {
			best = i
		}
	}
	if best < 0 {
		return Ref{}, false
	}
	lc := &c.lanes[best]
	p := lc.parts[0]
	r := Ref{ID: RowID{p.id, uint32(lc.row)}, B: p.batch, I: lc.row}
	lc.row++
	return r, true
}

func (lc *laneCursor) time() int64 { return lc.parts[0].batch.Time[lc.row] }

// settle moves on to the next matching row, over the ends of parts; false at
// the lane's end.
func (lc *laneCursor) settle(v *View) bool {
	for len(lc.parts) > 0 {
		rows, _ := v.limit(lc.parts[0])
		if lc.row = lc.parts[0].nextRow(lc.row, rows); lc.row < rows {
			return true
		}
		lc.parts, lc.row = lc.parts[1:], 0
	}
	return false
}
