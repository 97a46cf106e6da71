package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Answers are what a server said of the indices of a pattern, as it was sent.
type Answers struct {
	FieldCaps []byte // GET /INDEX/_field_caps?fields=*
	Mapping   []byte // GET /INDEX/_mapping; nil when it may not be read
	Settings  []byte // GET /INDEX/_settings?flat_settings; nil when they may not be read

	// Unnamed says that the server does not name in _ignored the fields whose
	// values were too long: OpenSearch, which does so for malformed ones alone.
	Unnamed bool
}

// fieldCaps is the answer of _field_caps.
type fieldCaps struct {
	Indices []string                    `json:"indices"`
	Fields  map[string]map[string]capOf `json:"fields"`
}

// capOf is what one type of a path can do.
type capOf struct {
	Type            string   `json:"type"`
	Metadata        bool     `json:"metadata_field"`
	Searchable      bool     `json:"searchable"`
	Aggregatable    bool     `json:"aggregatable"`
	Indices         []string `json:"indices"`
	NotSearchable   []string `json:"non_searchable_indices"`
	NotAggregatable []string `json:"non_aggregatable_indices"`
}

// Parse makes a map of a server's answers, and returns the names of the
// indices that it holds for.
func Parse(a Answers) (*Map, []string, error) {
	var caps fieldCaps
	if err := json.Unmarshal(a.FieldCaps, &caps); err != nil {
		return nil, nil, fmt.Errorf("the answer of _field_caps cannot be read: %w", err)
	}
	m := &Map{
		byPath: make(map[string][]Field), multi: make(map[string][]Field),
		opaque: make(map[string]bool), keyed: make(map[string]bool),
	}
	details, err := readDetails(a)
	if err != nil {
		return nil, nil, err
	}
	for path := range details.opaque {
		m.opaque[path] = true
	}
	for path, types := range caps.Fields {
		if strings.HasPrefix(path, "_") {
			continue
		}
		m.add(path, types, details)
	}
	m.finish()
	m.apart(details)
	return m, caps.Indices, nil
}

// add adds the fields at a path.
func (m *Map) add(path string, types map[string]capOf, details *details) {
	var all []Field
	for name, c := range types {
		if c.Metadata || name == "object" || name == "nested" || name == "unmapped" {
			continue
		}
		f := Field{
			Path: path, Type: name, Indexed: c.Searchable, Aggregatable: c.Aggregatable, Indices: c.Indices,
		}
		details.fill(&f)
		m.keyed[path] = m.keyed[path] || name == "flattened" || name == "flat_object"
		all = append(all, f)
	}
	if len(all) == 0 {
		return
	}
	sort.Slice(all, func(i, j int) bool {
		if n, k := len(all[i].Indices), len(all[j].Indices); n != k {
			return n > k
		}
		return all[i].Type < all[j].Type
	})
	m.byPath[path] = all
	for _, f := range all {
		if f.Parent != "" {
			m.multi[f.Parent] = append(m.multi[f.Parent], f)
		}
	}
}

// details are what only mappings and settings tell.
type details struct {
	known   bool
	unnamed bool // as in [Answers]
	byKey   map[detailKey]*detail
	opaque  map[string]bool
	homes   map[string][]string // indices that have a path
	alias   map[string]string   // path that another one stands for
	apart   map[string]bool     // paths whose values documents lack
	partly  []string            // indices that do not keep all of a document
}

type detailKey struct{ path, typ string }

type detail struct {
	parent      string
	ignoreAbove int // the smallest of all indices; 0 for none
	malformed   bool
	normalized  bool
	nested      string
	indices     []string
}

// fill completes a field.
func (d *details) fill(f *Field) {
	f.Unnamed = d.unnamed
	path := f.Path
	if target, ok := d.alias[path]; ok {
		path, f.Alias = target, true
	}
	x := d.byKey[detailKey{path, family(f.Type)}]
	switch {
	case x != nil:
		f.IgnoreAbove, f.Malformed, f.Normalized, f.Nested = x.ignoreAbove, x.malformed, x.normalized, x.nested
		if path == f.Path {
			f.Parent = x.parent
		}
		if f.Parent != "" && f.Indices == nil && len(x.indices) < len(d.homes[f.Parent]) {
			f.Indices = x.indices
		}
	case !d.known:
		if f.Type == "keyword" || f.Type == "wildcard" || f.Type == "flattened" {
			f.IgnoreAbove = NotKnown
		}
		f.Malformed = canBeMalformed(f.Type)
		if parent, ok := strings.CutSuffix(f.Path, ".keyword"); ok {
			f.Parent = parent
		} else if parent, ok := strings.CutSuffix(f.Path, ".text"); ok {
			f.Parent = parent
		}
	}
}

// node is a field or an object of a mapping.
type node struct {
	Type        string           `json:"type"`
	Path        string           `json:"path"` // of an alias
	IgnoreAbove *int             `json:"ignore_above"`
	Malformed   json.RawMessage  `json:"ignore_malformed"`
	Normalizer  string           `json:"normalizer"`
	Dynamic     json.RawMessage  `json:"dynamic"` // false, "false", true, "strict", "runtime"
	Enabled     *json.RawMessage `json:"enabled"`
	Properties  map[string]*node `json:"properties"`
	Fields      map[string]*node `json:"fields"`
}

// hides reports whether documents may hold members of an object that are not indexed.
func (n *node) hides() bool {
	return n.Enabled != nil && isFalse(*n.Enabled) || isFalse(n.Dynamic)
}

func isFalse(raw json.RawMessage) bool {
	return string(bytes.Trim(raw, `"`)) == "false"
}

// indexSettings are the settings of an index that change what a field leaves out.
type indexSettings struct {
	Settings map[string]any `json:"settings"`
}

func (s indexSettings) text(name string) string {
	text, _ := s.Settings[name].(string)
	return text
}

// The bound of an index's fields where its settings have none, and how many
// fields one more member of a document may need at most: its objects, 20 deep,
// and its multi-fields.
const (
	usualFields = 1000
	fieldsEach  = 100
)

// full reports whether a mapping has, or may have had, so many fields that
// members of documents were left out of it. A mapping does not shrink; that the
// bound was raised after it had been reached cannot be seen. Names of
// fields are counted as fields where they look like types.
func (s indexSettings) full(mapping json.RawMessage) bool {
	limit, err := strconv.Atoi(s.text("index.mapping.total_fields.limit"))
	if err != nil {
		limit = usualFields
	}
	fields := bytes.Count(mapping, []byte(`"type"`)) + bytes.Count(mapping, []byte(`"properties"`))
	return fields+fieldsEach > limit
}

// ignoreAbove is that of the keywords whose mapping does not say one.
func (s indexSettings) ignoreAbove() int {
	if n, err := strconv.Atoi(s.text("index.mapping.ignore_above")); err == nil {
		return n
	}
	if s.text("index.mode") == "logsdb" {
		return 8191 // Elasticsearch's own for that mode
	}
	return 0
}

// malformed reports whether the fields leave out what is none of their type
// when their mapping does not say it.
func (s indexSettings) malformed() bool {
	if text := s.text("index.mapping.ignore_malformed"); text != "" {
		return text == "true"
	}
	return s.text("index.mode") == "logsdb"
}

// readDetails reads mappings and settings. Indices of one mapping, as those of
// a data stream are, are read once.
func readDetails(a Answers) (*details, error) {
	d := &details{
		byKey: make(map[detailKey]*detail), opaque: make(map[string]bool),
		homes: make(map[string][]string), alias: make(map[string]string),
		apart: make(map[string]bool), unnamed: a.Unnamed,
	}
	if a.Mapping == nil {
		d.opaque[""] = true // nobody knows
		return d, nil
	}
	d.known = true
	var mappings map[string]struct {
		Mappings json.RawMessage `json:"mappings"`
	}
	if err := json.Unmarshal(a.Mapping, &mappings); err != nil {
		return nil, fmt.Errorf("the answer of _mapping cannot be read: %w", err)
	}
	var settings map[string]indexSettings
	if a.Settings != nil {
		if err := json.Unmarshal(a.Settings, &settings); err != nil {
			return nil, fmt.Errorf("the answer of _settings cannot be read: %w", err)
		}
	}
	type kind struct {
		mapping     string
		ignoreAbove int
		malformed   bool
		sourceless  bool
	}
	kinds := make(map[kind][]string)
	for index, m := range mappings {
		s := settings[index]
		if s.text("index.mapping.total_fields.ignore_dynamic_beyond_limit") == "true" && s.full(m.Mappings) {
			d.opaque[""] = true
		}
		k := kind{string(m.Mappings), s.ignoreAbove(), s.malformed(), s.text("index.mapping.source.mode") == "disabled"}
		kinds[k] = append(kinds[k], index)
	}
	for k, indices := range kinds {
		var root root
		if k.mapping != "" {
			if err := json.Unmarshal([]byte(k.mapping), &root); err != nil {
				return nil, fmt.Errorf("the mapping of %s cannot be read: %w", indices[0], err)
			}
		}
		w := detailWalk{details: d, indices: indices, ignoreAbove: k.ignoreAbove, malformed: k.malformed, kept: root.Source}
		w.kept.off = w.kept.off || k.sourceless
		w.runtime(root.Runtime)
		w.object("", "", &root.node, 0)
	}
	for _, x := range d.byKey {
		slices.Sort(x.indices)
	}
	slices.Sort(d.partly)
	d.partly = slices.Compact(d.partly)
	return d, nil
}

// detailWalk goes through the mapping that some indices have.
type detailWalk struct {
	*details
	indices     []string
	ignoreAbove int
	malformed   bool
	kept        kept
}

// maxDepth bounds how deep a mapping is followed; Elasticsearch's own bound is 20.
const maxDepth = 100

// object looks at the members of an object; prefix is its path with a dot.
func (w *detailWalk) object(prefix, nested string, n *node, depth int) {
	if n.hides() {
		w.opaque[strings.TrimSuffix(prefix, ".")] = true
	}
	if depth > maxDepth {
		return
	}
	for name, child := range n.Properties {
		if child == nil {
			continue
		}
		path := prefix + name
		switch {
		case child.Type == "alias":
			w.alias[path], w.apart[path] = child.Path, true
		case child.Type == "nested":
			w.object(path+".", path, child, depth+1)
		case child.Properties != nil || child.Type == "object" || child.Type == "" || child.Type == "passthrough":
			w.object(path+".", nested, child, depth+1)
		default:
			w.field(path, "", nested, child)
			for sub, multi := range child.Fields {
				if multi != nil {
					w.field(path+"."+sub, path, nested, multi)
				}
			}
		}
	}
}

// field notes what a mapping says of a field.
func (w *detailWalk) field(path, parent, nested string, n *node) {
	w.homes[path] = append(w.homes[path], w.indices...)
	w.lacking(path, parent, n.Type)
	key := detailKey{path, family(n.Type)}
	x := w.byKey[key]
	if x == nil {
		x = &detail{}
		w.byKey[key] = x
	}
	above := w.ignoreAbove
	if n.IgnoreAbove != nil {
		above = *n.IgnoreAbove
	}
	if above > 0 && (x.ignoreAbove == 0 || above < x.ignoreAbove) && cutsOff(n.Type) {
		x.ignoreAbove = above
	}
	malformed := w.malformed
	if n.Malformed != nil {
		malformed = !isFalse(n.Malformed)
	}
	x.malformed = x.malformed || malformed && canBeMalformed(n.Type)
	x.parent, x.nested = parent, nested
	x.normalized = x.normalized || n.Normalizer != ""
	x.indices = append(x.indices, w.indices...)
}

// cutsOff reports whether a type leaves values out that are too long.
func cutsOff(typ string) bool {
	return typ == "keyword" || typ == "wildcard" || typ == "flattened" || typ == "flat_object" || typ == "icu_collation_keyword"
}

// canBeMalformed reports whether not every text or number is a value of a type.
func canBeMalformed(typ string) bool {
	switch typ {
	case "byte", "short", "integer", "long", "unsigned_long", "half_float", "float", "double", "scaled_float", "date", "date_nanos", "ip", "boolean":
		return true
	}
	return false
}

// family is the name under which _field_caps shows a type; OpenSearch keeps
// some of their own.
func family(typ string) string {
	switch typ {
	case "constant_keyword", "wildcard":
		return "keyword"
	case "match_only_text", "pattern_text":
		return "text"
	}
	return typ
}
