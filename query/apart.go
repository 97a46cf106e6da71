package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/mapping"
	"github.com/stoop-project/stoop/query/page"
)

// maxColumns is how many fields are asked for beside each document: the
// servers' own bound (index.max_docvalue_fields_search).
const maxColumns = 100

// apart completes documents by what their indices hold apart from them.
type apart struct {
	ask   []page.Column       // what is asked for
	paths map[string][]string // where it belongs, by what is asked for
}

// learnApart finds out what documents lack of what a profile reads.
func (s *SIEM) learnApart(m *mapping.Map) (a apart) {
	a.learn(m.Apart)
	if len(m.Partly) > 0 {
		some := m.Partly
		if len(some) > 3 {
			some = append(slices.Clone(some[:3]), "…")
		}
		s.counts.Note(source.Note{
			Level:  source.NoteWarn,
			Text:   fmt.Sprintf("%s do not keep documents whole (_source): what is missing is taken from columns", strings.Join(some, ", ")),
			Remedy: "lists come sorted and without repeats, and texts without columns are not there",
		})
	}
	if over := len(a.paths) - len(a.ask); over > 0 {
		s.counts.Note(source.Note{Level: source.NoteWarn, Text: fmt.Sprintf("%d columns are left out: a request may ask for %d", over, maxColumns)})
	}
	return a
}

func (a *apart) learn(all []mapping.Apart) {
	a.paths = make(map[string][]string)
	for _, one := range all {
		if !profile.InUse().Reads(one.Path) {
			continue
		}
		if len(a.paths[one.Ask]) == 0 && len(a.ask) < maxColumns {
			column := page.Column{Field: one.Ask}
			if one.Nano {
				column.Format = "strict_date_optional_time_nanos" // OpenSearch's own for it ends with ms
			}
			a.ask = append(a.ask, column)
		}
		a.paths[one.Ask] = append(a.paths[one.Ask], one.Path)
	}
}

// document returns a hit's document with what was asked for beside it; nil when
// there is nothing of it.
func (a *apart) document(h *page.Hit) []byte {
	if h.Columns == nil || len(a.ask) == 0 {
		return h.Source
	}
	var columns map[string][]json.RawMessage
	if json.Unmarshal(h.Columns, &columns) != nil {
		return h.Source
	}
	lacks := make(map[string]json.RawMessage)
	for _, ask := range a.ask {
		for _, path := range a.paths[ask.Field] {
			if values := columns[ask.Field]; len(values) > 0 && !profile.Has(h.Source, path) {
				lacks[path] = oneOrAll(values)
			}
		}
	}
	switch {
	case len(lacks) == 0:
		return h.Source
	case h.Source == nil:
		return nested(lacks)
	}
	return withMembers(h.Source, lacks)
}

func oneOrAll(values []json.RawMessage) json.RawMessage {
	if len(values) == 1 {
		return values[0]
	}
	list, _ := json.Marshal(values)
	return list
}

// withMembers puts members before those of a document, under their dotted paths.
func withMembers(doc []byte, members map[string]json.RawMessage) []byte {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(doc), []byte("{"))
	if !ok {
		return doc
	}
	out, err := json.Marshal(members)
	if err != nil {
		return doc
	}
	out = out[:len(out)-1]
	if rest = bytes.TrimSpace(rest); !bytes.HasPrefix(rest, []byte("}")) {
		out = append(out, ',')
	}
	return append(out, rest...)
}

// nested makes a document of values by their paths.
func nested(values map[string]json.RawMessage) []byte {
	doc := make(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(values)) {
		in, words := doc, strings.Split(path, ".")
		for i, word := range words[:len(words)-1] {
			inner, ok := in[word].(map[string]any)
			if !ok && in[word] != nil { // a value that others lie below
				words = []string{strings.Join(words[i:], ".")}
				break
			}
			if !ok {
				inner = make(map[string]any)
				in[word] = inner
			}
			in = inner
		}
		in[words[len(words)-1]] = values[path]
	}
	out, _ := json.Marshal(doc)
	return out
}
