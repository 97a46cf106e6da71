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
func (s *SIEM) learnKinds(ctx context.Context, docs [][]byte) error {
	s.Bindings = profile.Detect(docs)
	if len(docs) > 0 && s.Product != conn.Logzio {
		if err := s.learnUnseen(ctx); err != nil {
			return err
		}
	}
	s.Time = chooseTime(s.Bindings, s.Fields)
	if len(docs) == 0 {
		s.counts.note(source.Note{Level: source.NoteInfo, Text: "there is nothing in " + s.Index + " yet"})
	} else if len(s.Bindings) == 0 {
		s.counts.note(source.Note{
			Level: source.NoteWarn, Text: "no profile knows the documents of " + s.Index,
			Remedy: "stoop profiles test says what was found in them",
		})
	}
	if s.Time == nil && len(docs) > 0 {
		s.counts.note(source.Note{
			Level: source.NoteWarn, Text: "the indices have no time field to go by: events come in the order in which they were indexed",
		})
	}
	return nil
}

const (
	unseenRounds = 3  // how often kinds are looked for that were not in a sample
	unseenEach   = 20 // documents of each
)

// learnUnseen asks for documents of the kinds that were not among those of the
// sample: a filter is only asked of kinds that are known. Those that are of none
// are counted.
func (s *SIEM) learnUnseen(ctx context.Context) error {
	kinds := dsl.KindsIn(s.Fields)
	var others *page.Answer
	for range unseenRounds {
		answers, err := s.searches(ctx, s.unseen(kinds))
		if err != nil {
			return err
		}
		if n := len(answers); n > 0 {
			others = answers[n-1]
		}
		var docs [][]byte
		for _, a := range answers {
			docs = append(docs, s.documents(a.Hits)...)
		}
		before := len(s.Bindings)
		for _, b := range profile.Detect(docs) {
			if !slices.ContainsFunc(s.Bindings, func(o profile.Binding) bool { return o.Same(&b) }) {
				s.Bindings = append(s.Bindings, b)
			}
		}
		if len(s.Bindings) == before {
			break
		}
	}
	if others != nil && others.Total > 0 {
		s.others(others)
	}
	return nil
}

// unseen asks for documents of each kind that is not known to be there, and at
// the end for those of none, where the index can tell them.
func (s *SIEM) unseen(kinds dsl.Kinds) []byte {
	var body bytes.Buffer
	head, _ := json.Marshal(map[string]any{"index": s.Index, "ignore_unavailable": true})
	add := func(q dsl.Query, size int, count bool) {
		text, _ := json.Marshal(q)
		fmt.Fprintf(&body, "%s\n"+`{"size":%d,"track_total_hits":%t,"query":%s,"sort":[{"@timestamp":{"order":"desc","unmapped_type":"date"}}]%s}`+"\n",
			head, size, count, text, page.Asking(s.apart.ask))
	}
	for _, b := range profile.InUse().Bindings() {
		if slices.ContainsFunc(s.Bindings, func(o profile.Binding) bool { return o.Same(&b) }) {
			continue
		}
		if q, ok := kinds.Unseen(&b, s.Bindings); ok {
			add(q, unseenEach, false)
		}
	}
	q, ok := kinds.Others(s.Bindings)
	if !ok {
		q = dsl.Query{"match_none": dsl.Query{}}
	}
	add(q, 1, true)
	return body.Bytes()
}

// others says how many documents are of no kind that is known.
func (s *SIEM) others(a *page.Answer) {
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
	names := make([]string, len(s.Bindings))
	for i := range s.Bindings {
		names[i] = kindText(&s.Bindings[i])
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
