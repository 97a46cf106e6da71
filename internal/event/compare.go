package event

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Compare orders values for sorted tables: -1, 0 or 1. No value comes first,
// then numbers of any kind by size, addresses, texts by their bytes, and lists
// member by member.
func (v Value) Compare(w Value) int {
	if c := cmp.Compare(v.rank(), w.rank()); c != 0 {
		return c
	}
	switch v.rank() {
	case rankNumber:
		return v.compareNumber(w)
	case rankAddr:
		return v.Addr.Compare(w.Addr)
	case rankText:
		return strings.Compare(v.Str, w.Str)
	case rankList:
		return slices.CompareFunc(v.List, w.List, Value.Compare)
	}
	return 0
}

const (
	rankNone = iota
	rankNumber
	rankAddr
	rankText
	rankList
)

func (v Value) rank() int {
	switch {
	case v.List != nil:
		return rankList
	case v.Kind == None:
		return rankNone
	case v.Kind == String || v.Kind == Bytes:
		return rankText
	case v.Kind == IP || v.Kind == Net:
		return rankAddr
	}
	return rankNumber
}

// compareNumber compares without losing digits where neither is a float.
func (v Value) compareNumber(w Value) int {
	if v.Kind == Double || w.Kind == Double {
		return cmp.Compare(v.Float64(), w.Float64())
	}
	if a, b := v.negative(), w.negative(); a != b {
		if a {
			return -1
		}
		return 1
	}
	return cmp.Compare(v.Num, w.Num) // two's complement keeps the order within one sign
}

func (v Value) negative() bool {
	return (v.Kind == Int || v.Kind == Time || v.Kind == Duration) && v.Num > math.MaxInt64
}
