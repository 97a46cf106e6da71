package query

import (
	"fmt"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/mapping"
)

// TimeField is the field that documents are ordered by.
type TimeField struct {
	Path  string
	Unit  int64 // ns an increment of its sort values
	Mixed bool  // of ms in some indices and of ns in others
	Own   bool  // it is the events' own time; else the shipper's, which is later
	date  bool  // a date, not a number
}

// lateness is how much later than its event a document may arrive, and how far
// clocks may differ.
const lateness = 5 * time.Minute

// usualTimes are where the time lies when no profile says it.
var usualTimes = []string{"@timestamp", "time", "timestamp"}

// learnTime finds the field to order documents by: of those that suit all kinds
// the one that the most documents of a sample have, which stays the one that was
// gone by before unless another is better.
func (s *SIEM) learnTime(k, before *Known, docs [][]byte) {
	all := timeFields(k.Bindings, k.Fields)
	if before != nil && before.Time != nil {
		if i := slices.IndexFunc(all, func(t *TimeField) bool { return *t == *before.Time }); i >= 0 {
			all = slices.Insert(slices.Delete(all, i, i+1), 0, before.Time)
		}
	}
	most := -1
	for _, t := range all {
		if n := have(docs, t.Path); n > most {
			k.Time, most = t, n
		}
	}
	var lack source.Note
	if n := len(docs) - most; k.Time != nil && most > 0 && n > 0 {
		lack = source.Note{
			Level:  source.NoteWarn,
			Text:   fmt.Sprintf("%d of %d documents that were looked at have no %s, which the others are ordered by", n, len(docs), k.Time.Path),
			Remedy: "they come last, and when more of them arrive they do not appear by themselves; open their indices alone",
		}
	}
	s.counts.now("timeless", lack)
}

// have counts the documents that have something at a path.
func have(docs [][]byte, path string) (n int) {
	for _, doc := range docs {
		if profile.Has(doc, path) {
			n++
		}
	}
	return n
}

// timeFields finds the fields by which all kinds of documents may be ordered, the
// best first.
func timeFields(bindings []profile.Binding, m mapping.Fields) (all []*TimeField) {
	field, _ := event.Fields.Lookup("evt.rawtime")
	var common []string
	own := make(map[string]int)
	for i := range bindings {
		var paths []string
		if places, ok := bindings[i].Stored(field, event.Arg{}); ok {
			for k, p := range places {
				if p.Form != profile.FormTime && p.Form != profile.FormUnix {
					continue
				}
				paths = append(paths, p.Path)
				if k == 0 {
					own[p.Path]++
				}
			}
		}
		paths = append(paths, usualTimes...)
		if i == 0 {
			common = paths
		} else {
			common = slices.DeleteFunc(common, func(p string) bool { return !slices.Contains(paths, p) })
		}
	}
	if len(bindings) == 0 {
		common = usualTimes
	}
	for _, path := range common {
		if t := timeField(path, m); t != nil {
			t.Own = len(bindings) > 0 && own[path] == len(bindings)
			all = append(all, t)
		}
	}
	return all
}

// timeField looks whether a path can be ordered by; nil when it cannot.
func timeField(path string, m mapping.Fields) *TimeField {
	t := &TimeField{Path: path}
	for _, f := range m.Lookup(path) {
		if f.Path != path {
			continue
		}
		if !f.Indexed || !f.Aggregatable || f.Nested != "" {
			return nil
		}
		var unit int64
		switch f.Type {
		case "date":
			unit, t.date = 1e6, true
		case "date_nanos":
			unit, t.date = 1, true
		default:
			return nil
		}
		if t.Unit != 0 && t.Unit != unit {
			t.Mixed, unit = true, 1
		}
		t.Unit = unit
	}
	if t.Unit == 0 {
		return nil
	}
	return t
}

// ns returns a sort value as ns since 1970.
func (t *TimeField) ns(value int64) int64 {
	const far = 1 << 62
	if value > far/t.Unit {
		return far
	}
	if value < -far/t.Unit {
		return -far
	}
	return value * t.Unit
}

// within is a query for documents whose events lie in a span. A zero time is no
// bound. Where the field is the shipper's, the span is wider by the lateness
// that is allowed for. Documents without the field are found too: they may have
// their time elsewhere.
func (t *TimeField) within(since, until time.Time) dsl.Query {
	if !t.Own {
		if !since.IsZero() {
			since = since.Add(-lateness)
		}
		if !until.IsZero() {
			until = until.Add(lateness)
		}
	}
	without := dsl.Query{"bool": dsl.Query{"must_not": dsl.Query{"exists": dsl.Query{"field": t.Path}}}}
	return dsl.Query{"bool": dsl.Query{"should": []any{t.between(since, until, "lte"), without}, "minimum_should_match": 1}}
}

// between is a query for a range of the field; upper is lt or lte.
func (t *TimeField) between(since, until time.Time, upper string) dsl.Query {
	bounds := map[string]any{"format": "strict_date_optional_time_nanos"}
	if !since.IsZero() {
		bounds["gte"] = since.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
	}
	if !until.IsZero() {
		if upper == "lte" {
			until = until.Add(time.Millisecond - 1).Truncate(time.Millisecond)
		}
		bounds[upper] = until.UTC().Format(time.RFC3339Nano)
	}
	return dsl.Query{"range": map[string]any{t.Path: bounds}}
}

func (t *TimeField) String() string {
	if t.Own {
		return t.Path
	}
	return fmt.Sprintf("%s, which is the shipper's", t.Path)
}
