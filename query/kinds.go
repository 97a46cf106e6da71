package query

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/page"
)

// learnKinds finds out which profiles read the documents: those of a sample, and
// what else there is.
func (s *SIEM) learnKinds(ctx context.Context, k *Known, docs [][]byte) error {
	k.Bindings = profile.Detect(docs)
	before := s.Known()
	if before != nil { // kinds that no sample shows any more are still there
		k.add(before.Bindings)
	}
	if len(docs) > 0 && s.Product != conn.Logzio {
		more, err := s.learnUnseen(ctx, k)
		if err != nil {
			return err
		}
		docs = append(docs, more...)
	}
	s.learnTime(k, before, docs)
	s.tellKinds(k, len(docs) > 0)
	return nil
}

// tellKinds says what is amiss with the documents now; some says that there are
// any.
func (s *SIEM) tellKinds(k *Known, some bool) {
	var kinds, order source.Note
	switch {
	case !some:
		kinds = source.Note{Level: source.NoteInfo, Text: "there is nothing in " + s.Index + " yet"}
	case len(k.Bindings) == 0:
		kinds = source.Note{
			Level: source.NoteWarn, Text: "no profile knows the documents of " + s.Index,
			Remedy: "stoop profiles test says what was found in them",
		}
	}
	if k.Time == nil && some {
		order = source.Note{
			Level: source.NoteWarn, Text: "the indices have no time field to go by: events come in the order in which they were indexed",
		}
	}
	s.counts.now("kinds", kinds)
	s.counts.now("order", order)
}

const (
	unseenRounds = 3  // how often kinds are looked for that were not in a sample
	unseenEach   = 20 // documents of each
)

// learnUnseen asks for documents of the kinds that were not among those of the
// sample: a filter is only asked of kinds that are known. Those that are of none
// are counted.
func (s *SIEM) learnUnseen(ctx context.Context, k *Known) (all [][]byte, err error) {
	kinds := dsl.KindsIn(k.Fields)
	var others *page.Answer
	for range unseenRounds {
		answers, err := s.searches(ctx, s.unseen(k, kinds))
		if err != nil {
			return nil, err
		}
		if n := len(answers); n > 0 {
			others = answers[n-1]
		}
		var docs [][]byte
		for _, a := range answers {
			docs = append(docs, k.documents(a.Hits)...)
		}
		before := len(k.Bindings)
		all = append(all, docs...)
		k.add(profile.Detect(docs))
		if len(k.Bindings) == before {
			break
		}
	}
	if others != nil {
		s.others(others)
	}
	return all, nil
}

// add adds kinds of documents that are not known yet.
func (k *Known) add(more []profile.Binding) {
	for _, b := range more {
		if !k.has(&b) {
			k.Bindings = append(k.Bindings, b)
		}
	}
}

// has reports whether a kind of documents is known to be there.
func (k *Known) has(b *profile.Binding) bool {
	return slices.ContainsFunc(k.Bindings, func(o profile.Binding) bool { return o.Same(b) })
}

// unseen asks for documents of each kind that is not known to be there, and at
// the end for those of none, where the index can tell them.
func (s *SIEM) unseen(k *Known, kinds dsl.Kinds) []byte {
	var body bytes.Buffer
	head, _ := json.Marshal(map[string]any{"index": s.Index, "ignore_unavailable": true})
	add := func(q dsl.Query, size int, count bool) {
		text, _ := json.Marshal(q)
		fmt.Fprintf(&body, "%s\n"+`{"size":%d,"track_total_hits":%t,"query":%s,"sort":[{"@timestamp":{"order":"desc","unmapped_type":"date"}}]%s}`+"\n",
			head, size, count, text, page.Asking(k.apart.ask))
	}
	for _, b := range profile.InUse().Bindings() {
		if k.has(&b) {
			continue
		}
		if q, ok := kinds.Unseen(&b, k.Bindings); ok {
			add(q, unseenEach, false)
		}
	}
	q, ok := kinds.Others(k.Bindings)
	if !ok {
		q = dsl.Query{"match_none": dsl.Query{}}
	}
	add(q, 1, true)
	return body.Bytes()
}

// others says how many documents are of no kind that is known.
func (s *SIEM) others(a *page.Answer) {
	if a.Total <= 0 {
		s.counts.now("others", source.Note{})
		return
	}
	where := ""
	if len(a.Hits) > 0 {
		where = a.Hits[0].Index + "/" + a.Hits[0].ID
	}
	s.counts.now("others", source.Note{
		Level: source.NoteWarn, Where: where, Remedy: "a profile of your own can read them (docs/profiles.md)",
		Text: fmt.Sprintf("%d documents are of no kind that a profile knows: a filter does not find them", a.Total),
	})
}

// KindsText names the kinds of documents, for a sentence.
func (s *SIEM) KindsText() string {
	k := s.Known()
	names := make([]string, len(k.Bindings))
	for i := range k.Bindings {
		names[i] = kindText(&k.Bindings[i])
	}
	return strings.Join(names, ", ")
}

func kindText(b *profile.Binding) string {
	switch {
	case b.Text != "":
		return b.Profile.Name + " (JSON in " + b.Text + ")"
	case b.Prefix != "":
		return b.Profile.Name + " (under " + strings.TrimSuffix(b.Prefix, ".") + ")"
	}
	return b.Profile.Name
}
