package dsl

import (
	"fmt"
	"math"
	"strconv"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
)

// number translates a comparison with a whole number or a fraction.
func (c *compiler) number(p profile.Stored, v view, kind event.Kind, op filter.Op, text string) bound {
	k := &filter.Check{Op: op, Right: &filter.Value{Text: text}}
	values, ok := filter.Constants(k, kind)
	if !ok {
		return atMost(c.presentAt(p).upper)
	}
	if kind == event.Double {
		if v.kind != viewFloat {
			return atMost(c.presentAt(p).upper)
		}
		return exactly(compare(v.path, op, values[0].Float64()))
	}
	n := values[0].Int64()
	switch {
	case kind == event.Uint && n < 0:
		return atMost(c.presentAt(p).upper)
	case v.kind == viewInteger && kind == event.Port:
		return v.port(op, n)
	case v.kind == viewInteger:
		return v.integer(p.Bits, op, n)
	case v.kind == viewKeyword && !v.flat && op == filter.OpEq && (kind != event.Uint || p.Bits != profile.Bits64):
		var each []bound
		for _, r := range stretch(op, n).stored(p.Bits) {
			if r.least == r.most {
				each = append(each, v.having(regexpQuery(v.path, spellings(r.least))))
			}
		}
		return anyOf(each...)
	}
	return atMost(c.presentAt(p).upper)
}

// integer translates a comparison of a number that is stored as one.
func (v view) integer(bits profile.Bits, op filter.Op, n int64) bound {
	found := none
	for _, r := range stretch(op, n).stored(bits) {
		found = or(found, v.within(r))
	}
	return exactly(found)
}

// port translates a comparison of a port. What none can be is read as 0.
func (v view) port(op filter.Op, n int64) bound {
	asked := stretch(op, n)
	found := v.within(asked.meet(numbers{0, math.MaxUint16}))
	if asked.least <= 0 && asked.most >= 0 {
		found = or(found, v.within(numbers{math.MinInt64, -1}), v.within(numbers{math.MaxUint16 + 1, math.MaxInt64}))
	}
	return exactly(found)
}

// within asks for the numbers of a range.
func (v view) within(r numbers) *node {
	r = r.meet(numbers{v.least, v.most})
	switch {
	case r.least > r.most:
		return none
	case r.least == r.most:
		return leaf("term", Query{v.path: r.least})
	case r.least == v.least && r.most == v.most:
		return exists(v.path)
	}
	bounds := Query{}
	if r.least > v.least {
		bounds["gte"] = r.least
	}
	if r.most < v.most {
		bounds["lte"] = r.most
	}
	return leaf("range", Query{v.path: bounds})
}

// numbers are all from the least to the most.
type numbers struct{ least, most int64 }

func (r numbers) meet(o numbers) numbers { return numbers{max(r.least, o.least), min(r.most, o.most)} }

// stretch is the numbers that fulfil a comparison; empty ones have the least
// above the most.
func stretch(op filter.Op, n int64) numbers {
	switch op {
	case filter.OpLT:
		if n == math.MinInt64 {
			return numbers{0, -1}
		}
		return numbers{math.MinInt64, n - 1}
	case filter.OpLE:
		return numbers{math.MinInt64, n}
	case filter.OpGT:
		if n == math.MaxInt64 {
			return numbers{0, -1}
		}
		return numbers{n + 1, math.MaxInt64}
	case filter.OpGE:
		return numbers{n, math.MaxInt64}
	}
	return numbers{n, n}
}

// stored returns the numbers that may be stored for those of a field.
func (r numbers) stored(bits profile.Bits) []numbers {
	const wrap = 1 << 32
	switch bits {
	case profile.Signed32:
		own := r.meet(numbers{math.MinInt32, math.MaxInt32})
		negative := r.meet(numbers{math.MinInt32, -1})
		return []numbers{own, {negative.least + wrap, negative.most + wrap}}
	case profile.Unsigned32:
		own := r.meet(numbers{0, math.MaxUint32})
		high := r.meet(numbers{wrap + math.MinInt32, math.MaxUint32})
		return []numbers{own, {high.least - wrap, high.most - wrap}}
	}
	return []numbers{r}
}

// maxDigits is how many digits of a number a document's reader takes.
const maxDigits = 19

// spellings is a regular expression of the decimal numbers that are n.
func spellings(n int64) string {
	if n == 0 {
		return fmt.Sprintf("-?0{1,%d}", maxDigits)
	}
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	return fmt.Sprintf("%s0{0,%d}%s", sign, maxDigits-len(digits), digits)
}

// compare writes a comparison that the index makes by itself.
func compare(path string, op filter.Op, value any) *node {
	word := map[filter.Op]string{filter.OpLT: "lt", filter.OpLE: "lte", filter.OpGT: "gt", filter.OpGE: "gte"}[op]
	if word == "" {
		return leaf("term", Query{path: value})
	}
	return leaf("range", Query{path: Query{word: value}})
}

// boolean translates a comparison with true or false.
func (c *compiler) boolean(p profile.Stored, v view, op filter.Op, text string) bound {
	if op != filter.OpEq {
		return atMost(c.presentAt(p).upper)
	}
	switch v.kind {
	case viewBoolean:
		return exactly(leaf("term", Query{v.path: text == "true"}))
	case viewKeyword:
		if text == "true" {
			return v.among([]string{"true", "1"})
		}
		return v.among([]string{"false", "0"})
	}
	return atMost(c.presentAt(p).upper)
}
