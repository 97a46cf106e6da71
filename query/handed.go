package query

import (
	"hash/maphash"

	"github.com/stoop-project/stoop/query/page"
)

// handed remembers which documents were handed on, so that what several filters
// find is handed on once. It keeps the latest of them: at least half of
// [maxHanded], in about 25 MB.
type handed struct {
	now, before map[docKey]struct{}
}

// maxHanded is how many documents are remembered.
const maxHanded = 1_000_000

// handedSeeds make the keys of a document that nobody can foresee.
var handedSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// fresh returns the hits that were not handed on, and remembers them. A nil
// handed remembers nothing.
func (h *handed) fresh(hits []page.Hit) []page.Hit {
	if h == nil {
		return hits
	}
	fresh := make([]page.Hit, 0, len(hits))
	for i := range hits {
		k := keyOf(handedSeeds, &hits[i])
		_, known := h.now[k]
		if _, old := h.before[k]; known || old {
			continue
		}
		if h.now == nil || len(h.now) >= maxHanded/2 {
			h.before, h.now = h.now, make(map[docKey]struct{})
		}
		h.now[k] = struct{}{}
		fresh = append(fresh, hits[i])
	}
	return fresh
}

// keyOf hashes a document's index and id.
func keyOf(seeds [2]maphash.Seed, h *page.Hit) (k docKey) {
	for i, seed := range seeds {
		var m maphash.Hash
		m.SetSeed(seed)
		_, _ = m.WriteString(h.Index)
		_ = m.WriteByte(0)
		_, _ = m.WriteString(h.ID)
		k[i] = m.Sum64()
	}
	return k
}
