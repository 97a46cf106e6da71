package filter

import (
	"math"
	"math/bits"

	"github.com/stoop-project/stoop/internal/event"
)

// columnTest compares a number that is a batch column as it is: it holds for
// numbers from lo to hi, or outside of them.
type columnTest struct {
	col     event.Column
	lo, hi  int64
	outside bool
	set     map[int64]struct{} // of in and intersects; then nothing else counts
}

// newColumnTest returns the test of a leaf, nil when it is not one that a
// column decides.
func newColumnTest(l *leaf) *columnTest {
	f := l.left.direct
	if f == nil || f.Col == event.NoColumn || l.left.arg.Set || l.right != nil || l.check.Mod != ModNone {
		return nil
	}
	switch f.Kind {
	case event.Int, event.Uint, event.Time, event.Duration:
	default:
		return nil
	}
	t := &columnTest{col: f.Col, lo: math.MinInt64, hi: math.MaxInt64}
	if l.check.Op == OpExists {
		return t
	}
	if l.check.Op == OpIn || l.check.Op == OpIntersects {
		t.set = make(map[int64]struct{}, len(l.consts))
		for _, c := range l.consts {
			t.set[int64(c.num)] = struct{}{}
		}
		return t
	}
	n := int64(l.consts[0].num)
	if f.Kind == event.Uint && n < 0 {
		return nil // beyond a signed number's range
	}
	switch l.check.Op {
	case OpEq:
		t.lo, t.hi = n, n
	case OpNE:
		t.lo, t.hi, t.outside = n, n, true
	case OpLE:
		t.hi = n
	case OpGE:
		t.lo = n
	case OpLT:
		t.lo, t.outside = n, true
	case OpGT:
		t.hi, t.outside = n, true
	}
	return t
}

func (t *columnTest) holds(n int64) bool {
	if t.set != nil {
		_, ok := t.set[n]
		return ok
	}
	return (n >= t.lo && n <= t.hi) != t.outside
}

// known reports whether the column holds event i's value.
func (t *columnTest) known(b *event.Batch, i int) bool {
	switch t.col {
	case event.ColTID:
		return b.TID[i] != 0
	case event.ColFD:
		return b.FD[i] >= 0
	case event.ColRes:
		return b.Bits[i]&event.HasRes != 0
	case event.ColCPU:
		return b.Bits[i]&event.HasDoc == 0
	}
	return true
}

// asks reports whether event i's field may have a value although its column
// does not hold it: in a document, when those hold the field; or because of
// what the call was, since an open that failed has the descriptor -1.
func (t *columnTest) asks(b *event.Batch, i int, docs bool) bool {
	if t.known(b, i) {
		return false
	}
	if b.Bits[i]&event.HasDoc != 0 {
		return docs
	}
	return t.col == event.ColFD && b.Bits[i]&event.HasRes != 0 && b.Res[i] < 0
}

// cost is rough ns an event. Descriptors are dear: each failed call is asked
// about by itself, so whatever a dimension decides comes first.
func (t *columnTest) cost() int {
	if t.col == event.ColFD {
		return 20
	}
	return 1
}

// run clears the bits of sel of those events that fail the test. What is not
// known fails every test.
func (t *columnTest) run(b *event.Batch, sel []uint64) {
	switch t.col {
	case event.ColTime:
		column(b.Time, t, b, sel)
	case event.ColTID:
		column(b.TID, t, b, sel)
	case event.ColFD:
		column(b.FD, t, b, sel)
	case event.ColRes:
		column(b.Res, t, b, sel)
	case event.ColCPU:
		column(b.CPU, t, b, sel)
	}
}

func column[T int64 | int32 | uint32 | uint16](vals []T, t *columnTest, b *event.Batch, sel []uint64) {
	// One unsigned comparison tells whether a number lies between two others.
	lo, span := uint64(t.lo), uint64(t.hi)-uint64(t.lo)
	var flip uint64
	if t.outside {
		flip = 1
	}
	for w, m := range sel {
		if m == 0 {
			continue
		}
		at := w << 6
		if t.set == nil && m == ^uint64(0) && at+64 <= len(vals) {
			var hit uint64
			for i, v := range vals[at : at+64 : at+64] {
				bit := flip
				if uint64(int64(v))-lo <= span {
					bit ^= 1
				}
				hit |= bit << (i & 63)
			}
			m = hit
		} else {
			for x := m; x != 0; x &= x - 1 {
				if i := bits.TrailingZeros64(x); !t.holds(int64(vals[at+i])) {
					m &^= 1 << i
				}
			}
		}
		if m != 0 {
			m &= t.knownWord(b, at, m)
		}
		sel[w] = m
	}
}

// knownWord returns which of the up to 64 events from at the column knows;
// only the bits in m count.
func (t *columnTest) knownWord(b *event.Batch, at int, m uint64) (known uint64) {
	end := min(at+64, b.Len())
	switch {
	case t.col == event.ColTime:
		return m
	case t.col == event.ColRes && bits.OnesCount64(m) > 8:
		for i, f := range b.Bits[at:end] {
			var bit uint64
			if f&event.HasRes != 0 {
				bit = 1
			}
			known |= bit << (i & 63)
		}
		return known
	}
	for x := m; x != 0; x &= x - 1 {
		if i := bits.TrailingZeros64(x); t.known(b, at+i) {
			known |= 1 << i
		}
	}
	return known
}
