package mapping

import (
	"encoding/json"
	"slices"
	"strings"
)

// root is a mapping as a whole.
type root struct {
	node
	Source  kept                       `json:"_source"`
	Runtime map[string]json.RawMessage `json:"runtime"`
}

// kept is what an index keeps of its documents: _source of a mapping.
type kept struct {
	off      bool
	Enabled  *bool    `json:"enabled"`
	Mode     string   `json:"mode"`
	Includes []string `json:"includes"`
	Excludes []string `json:"excludes"`
}

// whole reports whether documents are kept with everything in them.
func (k *kept) whole() bool {
	return !k.nothing() && len(k.Includes) == 0 && len(k.Excludes) == 0
}

func (k *kept) nothing() bool {
	return k.off || k.Enabled != nil && !*k.Enabled || k.Mode == "disabled"
}

// has reports whether documents are kept with what lies at a path.
func (k *kept) has(path string) bool {
	covers := func(pattern string) bool { return covers(pattern, path) }
	return !k.nothing() && (len(k.Includes) == 0 || slices.ContainsFunc(k.Includes, covers)) &&
		!slices.ContainsFunc(k.Excludes, covers)
}

// covers reports whether a pattern of _source, in which a star stands for
// anything, is about a path: about itself or an object that it lies in.
func covers(pattern, path string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return path == pattern || strings.HasPrefix(path, pattern+".")
	}
	after, ok := strings.CutPrefix(path, first)
	if !ok {
		return false
	}
	for i := range len(after) + 1 {
		if covers(rest, after[i:]) {
			return true
		}
	}
	return rest == ""
}

// runtime notes fields that are computed when somebody asks for them.
func (w *detailWalk) runtime(fields map[string]json.RawMessage) {
	for path := range fields {
		w.apart[path] = true
	}
	if !w.kept.whole() {
		w.partly = append(w.partly, w.indices...)
	}
}

// lacking notes a field whose values documents do not have.
func (w *detailWalk) lacking(path, parent, typ string) {
	if parent == "" && (typ == "constant_keyword" || !w.kept.has(path)) {
		w.apart[path] = true
	}
}

// apart completes a map by what documents lack and an index can still give.
func (m *Map) apart(d *details) {
	m.Partly = d.partly
	for path := range d.apart {
		if ask := m.column(path); ask != "" {
			m.Apart = append(m.Apart, Apart{Path: path, Ask: ask, Nano: all(m.byPath[ask], func(f Field) bool { return f.Type == "date_nanos" })})
		}
	}
	slices.SortFunc(m.Apart, func(a, b Apart) int { return strings.Compare(a.Path, b.Path) })
}

// column is the field that has the values of a path as doc values in all
// indices, "" when there is none.
func (m *Map) column(path string) string {
	whole := func(path string) bool {
		return m.Has(path) && all(m.byPath[path], func(f Field) bool {
			return f.Aggregatable && f.Nested == "" && f.Type != "flattened" && f.Type != "flat_object"
		})
	}
	if whole(path) {
		return path
	}
	for _, f := range m.multi[path] {
		if f.Type == "keyword" && !f.Normalized && whole(f.Path) {
			return f.Path
		}
	}
	return ""
}

func all(fields []Field, is func(Field) bool) bool {
	return !slices.ContainsFunc(fields, func(f Field) bool { return !is(f) })
}
