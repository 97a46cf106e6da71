package engine

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// typesOfSource returns the types of events that rules of a source are about.
func typesOfSource(source string) (types filter.TypeSet) {
	for t := range event.NumTypes {
		if sourceOf(event.Type(t)) == source {
			types[t>>6] |= 1 << (t & 63)
		}
	}
	return types
}

// sourceOf returns the source whose rules are about events of a type, "" when
// none is.
func sourceOf(t event.Type) string {
	switch t {
	case event.TypePlugin:
		return event.SourceK8sAudit
	case event.TypeUnknown, event.TypeLost, event.TypeLog, event.TypeDrop, event.TypeConnection:
		return ""
	}
	return event.SourceSyscall
}

// typeIndex finds the events of each type in a batch, of the types that
// somebody wants.
type typeIndex struct {
	wanted  [event.NumTypes]bool
	present []event.Type // in the batch at hand
	place   [event.NumTypes]int32
	counts  [event.NumTypes]int
	slab    []uint64
	words   int
}

func (x *typeIndex) want(types filter.TypeSet) {
	for _, t := range types.List() {
		x.wanted[t] = true
	}
}

// read indexes a batch; alerts are left out. It reports whether there is
// anything that somebody wants.
func (x *typeIndex) read(b *event.Batch, words int) bool {
	for _, t := range x.present {
		x.place[t], x.counts[t] = 0, 0
	}
	x.present, x.slab, x.words = x.present[:0], x.slab[:0], words
	for i, t := range b.Type {
		if int(t) >= event.NumTypes || !x.wanted[t] || b.Alert != nil && b.Alert[i] != 0 {
			continue
		}
		at := x.place[t]
		if at == 0 {
			at = x.begin(t)
		}
		x.counts[t]++
		x.slab[int(at-1)*words+i>>6] |= 1 << (i & 63)
	}
	return len(x.present) > 0
}

// begin makes room for the events of one more type.
func (x *typeIndex) begin(t event.Type) int32 {
	from := len(x.slab)
	if to := from + x.words; to <= cap(x.slab) {
		x.slab = x.slab[:to]
		clear(x.slab[from:])
	} else {
		x.slab = append(x.slab, make([]uint64, x.words)...)
	}
	x.present = append(x.present, t)
	x.place[t] = int32(len(x.present))
	return x.place[t]
}

// of returns the events of a type, a bit each.
func (x *typeIndex) of(t event.Type) []uint64 {
	at := int(x.place[t]-1) * x.words
	return x.slab[at : at+x.words]
}
