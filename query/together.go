package query

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/page"
)

// Together tells the SIEMs among sources of each other, before they are run: a
// document that several of them hold is an event of one. What their indices'
// names tell is asked of one of them alone, so that it is counted once too;
// beside it each document is recognised by its cluster, index and id as it comes.
func Together(ctx context.Context, sources []source.Source) {
	var all []*SIEM
	for _, src := range sources {
		s, ok := source.Inner(src).(*SIEM)
		if !ok {
			continue
		}
		for _, o := range all {
			if !s.SameCluster(o.Conn) {
				continue
			}
			if o.once == nil {
				o.once = &once{}
			}
			s.once = o.once
			switch {
			case len(s.Known().common(o.Known())) == 0:
			case s.SameUser(o.Conn) && o.unfiltered(ctx):
				s.beside = append(s.beside, o)
			default:
				s.partly = append(s.partly, o)
			}
		}
		all = append(all, s)
	}
}

// unfiltered reports whether the pattern shows all documents of its indices: no
// alias of theirs leaves any out.
func (s *SIEM) unfiltered(ctx context.Context) bool {
	var answer map[string]struct {
		Aliases map[string]struct {
			Filter json.RawMessage `json:"filter"`
		} `json:"aliases"`
	}
	_, err := s.Do(ctx, conn.Request{
		Method: http.MethodGet, Path: conn.Path(s.Index, "_alias"), Limit: mappingLimit,
		Read: func(body []byte) error { return json.Unmarshal(body, &answer) },
	})
	if err != nil {
		return false
	}
	for _, index := range answer {
		for _, alias := range index.Aliases {
			if alias.Filter != nil {
				return false
			}
		}
	}
	return true
}

// common are the indices that two patterns name.
func (k *Known) common(o *Known) (both []string) {
	for _, index := range k.indices {
		if _, ok := slices.BinarySearch(o.indices, index); ok {
			both = append(both, index)
		}
	}
	return both
}

// elsewhere are the indices that another source reads.
func (s *SIEM) elsewhere(k *Known) []string {
	found := make(map[string]struct{})
	for _, o := range s.beside {
		for _, index := range k.common(o.Known()) {
			found[index] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// here are the parts of a query that leave out what another source reads.
func (s *SIEM) here(k *Known) []any {
	if indices := s.elsewhere(k); len(indices) > 0 {
		return []any{dsl.Query{"bool": dsl.Query{"must_not": ofIndices(indices)}}}
	}
	return nil
}

// sayPartly says of counts which documents are in those of another source too.
func (s *SIEM) sayPartly(counted []*dashboard.Result) {
	for _, o := range s.partly {
		for _, r := range counted {
			if r != nil && r.Total > 0 {
				r.Notes = append(r.Notes, fmt.Sprintf("What %s and %s both show is counted twice.", o.Name(), s.Name()))
			}
		}
	}
}

func ofIndices(indices []string) dsl.Query {
	return dsl.Query{"terms": dsl.Query{"_index": indices}}
}

// tellElsewhere counts what another source reads of what a request wants.
func (s *SIEM) tellElsewhere(ctx context.Context, k *Known, req source.Request) {
	indices := s.elsewhere(k)
	if len(indices) == 0 {
		return
	}
	parts, _ := k.parts(req)
	n, err := s.howMany(ctx, all(append(parts, ofIndices(indices))))
	if err != nil {
		return
	}
	s.once.asked(s, n)
}

// once knows which source has taken a document that several may hold. It
// remembers the latest of them, as many as [handed] does.
type once struct {
	mu          sync.Mutex
	now, before map[docKey]*SIEM
	twice       map[*SIEM]*recognised
}

// recognised is how many documents a source left to others.
type recognised struct {
	asked int64 // by their indices, as the server counts them
	came  int64 // by their ids
}

// fresh returns the hits that no other source has taken, and takes them.
func (o *once) fresh(s *SIEM, hits []page.Hit) []page.Hit {
	if o == nil {
		return hits
	}
	fresh := make([]page.Hit, 0, len(hits))
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range hits {
		k := keyOf(handedSeeds, &hits[i])
		by := o.now[k]
		if by == nil {
			by = o.before[k]
		}
		if by != nil && by != s {
			continue
		}
		if o.now == nil || len(o.now) >= maxHanded/2 {
			o.before, o.now = o.now, make(map[docKey]*SIEM)
		}
		o.now[k] = s
		fresh = append(fresh, hits[i])
	}
	if n := len(hits) - len(fresh); n > 0 {
		o.left(s).came += int64(n)
		o.tell(s)
	}
	return fresh
}

// asked counts the documents of indices that a source leaves to others.
func (o *once) asked(s *SIEM, n int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left(s).asked = n
	o.tell(s)
}

func (o *once) left(s *SIEM) *recognised {
	if o.twice == nil {
		o.twice = make(map[*SIEM]*recognised)
	}
	if o.twice[s] == nil {
		o.twice[s] = &recognised{}
	}
	return o.twice[s]
}

func (o *once) tell(s *SIEM) {
	n := o.left(s).asked + o.left(s).came
	if n == 0 {
		return
	}
	s.counts.now("twice", source.Note{
		Level: source.NoteInfo, Text: fmt.Sprintf("%d documents are in another source of the same cluster too: each is one event", n),
	})
}
