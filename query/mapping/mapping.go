package mapping

import (
	"slices"
	"sort"
	"strings"
)

// Fields says what the indices of a pattern can do with a path.
type Fields interface {
	// Lookup returns the fields at a path (output_fields.proc.cmdline): one
	// for each type that the indices have it as, then the multi-fields below
	// it. A field without a type stands for values that documents may hold
	// there without anybody having indexed them. No field at all means that no
	// document holds anything there.
	Lookup(path string) []Field

	// Below returns the fields that lie below a path (process_exec, of
	// process_exec.process.pid), but for multi-fields of the path itself: one that
	// has some is an object. As with Lookup, one without a type stands for values
	// that nobody has indexed.
	Below(path string) []Field
}

// Field is one way in which a path is indexed.
type Field struct {
	Path string // to ask for: the path itself, or that of a multi-field (rule.keyword)
	Type string // keyword, text, long, ip, date, …; "" when the values are stored but not indexed
	// Parent is the path of the field whose multi-field this is, "" for a field of its own.
	Parent string
	// IgnoreAbove is the length in characters above which values are not
	// indexed: 0 when all are, [NotKnown] when the server would not tell.
	IgnoreAbove  int
	Malformed    bool // values that are none of the type are left out, and documents say so in _ignored (ignore_malformed)
	Unnamed      bool // a document does not say in _ignored that a value was left out
	Indexed      bool // can be searched, in every index that has it
	Aggregatable bool // has doc values, in every index that has it
	Alias        bool // the path is another name of a field
	// Normalized says that a normalizer changes the values (lower case) before they are indexed.
	Normalized bool
	// Nested is the path of the nested object that the field lies in; it is reached by a nested query.
	Nested string
	// Indices are those that have the field so, nil when all that have the path do.
	Indices []string
}

// NotKnown is the IgnoreAbove of a field whose mapping may not be read.
const NotKnown = -1

// Map is what the indices of a pattern have. It is made by [Parse] and does
// not change.
type Map struct {
	byPath map[string][]Field // fields of their own, most indices first
	multi  map[string][]Field // by parent
	opaque map[string]bool    // objects in which documents may hold what is not indexed; "" is the root
	keyed  map[string]bool    // flattened objects: any key in them is a keyword
	paths  []string

	// Apart are the values that the indices have and their documents do not: constants of
	// the mapping, computed fields, other names of a path, and what an index drops of
	// its documents (_source).
	Apart []Apart
	// Partly are the indices that do not keep documents whole, sorted.
	Partly []string
}

// Apart is a path whose values the index holds apart from the documents.
type Apart struct {
	Path string
	Ask  string // the field that has them as doc values: the path, or a multi-field of it
	Nano bool   // it is a date in ns everywhere
}

var _ Fields = (*Map)(nil)

// Lookup implements [Fields].
func (m *Map) Lookup(path string) []Field {
	var found []Field
	found = append(found, m.byPath[path]...)
	for _, f := range m.multi[path] {
		if !slices.ContainsFunc(found, func(g Field) bool { return g.Path == f.Path && g.Type == f.Type }) {
			found = append(found, f)
		}
	}
	if len(found) > 0 {
		return found
	}
	if m.opaque[path] && path != "" {
		return []Field{{Path: path}} // an object that is only stored
	}
	return m.inside(path)
}

// Below implements [Fields].
func (m *Map) Below(path string) (found []Field) {
	below, fields := path+".", m.Lookup(path)
	for at := sort.SearchStrings(m.paths, below); at < len(m.paths) && strings.HasPrefix(m.paths[at], below); at++ {
		multi := func(f Field) bool { return f.Path == m.paths[at] && f.Parent == path }
		if !slices.ContainsFunc(fields, multi) {
			found = append(found, m.byPath[m.paths[at]]...)
		}
	}
	for stored := range m.opaque {
		if strings.HasPrefix(stored, below) {
			found = append(found, Field{Path: stored})
		}
	}
	return found
}

// inside finds what a path without a field of its own lies in.
func (m *Map) inside(path string) []Field {
	for parent := path; ; {
		at := strings.LastIndexByte(parent, '.')
		if at < 0 {
			break
		}
		parent = parent[:at]
		if m.keyed[parent] {
			all := slices.Clone(m.byPath[parent])
			for i := range all {
				all[i].Path = path
			}
			return all
		}
		if m.opaque[parent] {
			return []Field{{Path: path}}
		}
	}
	if m.opaque[""] {
		return []Field{{Path: path}}
	}
	return nil
}

// Paths lists the paths of all fields, sorted; multi-fields are among them.
func (m *Map) Paths() []string { return m.paths }

// Has reports whether any index has a field at a path.
func (m *Map) Has(path string) bool { return len(m.byPath[path]) > 0 }

func (m *Map) finish() {
	for path := range m.byPath {
		m.paths = append(m.paths, path)
	}
	sort.Strings(m.paths)
	for _, all := range m.multi {
		sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	}
}
