package dsl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/query/mapping"
	"github.com/stoop-project/stoop/test/siem"
)

// kindOf is one kind of documents, as they lie in an index.
type kindOf struct {
	profile.Binding
	docs [][]byte
}

func (k *kindOf) name() string {
	return strings.NewReplacer("/", " ").Replace(k.Profile.Name + " " + k.Place())
}

// realKinds are the kinds that the test data has documents of, but those that lie in
// texts, which no index tells of. Of Zeek's logs it has one connection: of the others
// testdata has made-up ones, with the members that Elastic's integration describes.
func realKinds(t *testing.T) (all []*kindOf) {
	t.Helper()
	for _, root := range []string{testdata.Path(t, "siem"), testdata.Path(t, "audit"), "testdata"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".ndjson" {
				return err
			}
			text, err := os.ReadFile(path)
			for line := range bytes.Lines(text) {
				doc := bytes.TrimSpace(line)
				found := profile.Detect([][]byte{doc})
				if len(found) == 0 || found[0].Text != "" {
					continue
				}
				at := slices.IndexFunc(all, func(k *kindOf) bool { return k.Same(&found[0]) })
				if at < 0 {
					at = len(all)
					all = append(all, &kindOf{Binding: found[0]})
				}
				all[at].docs = append(all[at].docs, doc)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// shipped are events of all kinds as stoop ships them.
func shipped(t *testing.T, kinds []*kindOf) *kindOf {
	t.Helper()
	k := &kindOf{Binding: profile.Binding{Profile: profile.ByName("stoop")}}
	w := profile.Writer{Source: "test"}
	for _, of := range kinds {
		batch := mapAll(t, &of.Binding, of.docs)
		for i := range min(batch.Len(), 20) {
			k.docs = append(k.docs, w.Append(nil, batch.Row(i)))
		}
	}
	return k
}

// mutants makes documents with some members changed: left out, null, with the value
// of another document or one that is made up, as a text that was a number, and
// with dots in a name where an object was.
type mutants struct {
	rng  *rand.Rand
	pool map[string][]any // the values at each path, through lists
	odd  bool             // values of other types too, which only some indices take
}

func (m *mutants) gather(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			m.gather(path+"."+name, member)
		}
	case []any:
		for _, member := range v {
			m.gather(path, member)
		}
	default:
		m.pool[path] = append(m.pool[path], v)
	}
}

// change changes a value; ok is false when it is left out.
func (m *mutants) change(path string, v any) (_ any, ok bool) {
	if m.rng.IntN(25) == 0 && !ipPath.MatchString(path) {
		return nil, m.rng.IntN(2) == 0
	}
	switch v := v.(type) {
	case map[string]any:
		changed := make(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			member, ok := m.change(path+"."+name, v[name])
			if !ok {
				continue
			}
			inner, isObject := member.(map[string]any)
			if isObject && m.rng.IntN(12) == 0 {
				for key, value := range inner {
					changed[name+"."+key] = value
				}
				continue
			}
			changed[name] = member
		}
		for _, member := range changed {
			if member != nil {
				return changed, true
			}
		}
		return nil, false // of an empty object no index knows
	case []any:
		var changed []any
		for _, member := range v {
			if c, ok := m.change(path, member); ok {
				changed = append(changed, c)
			}
		}
		return changed, true
	}
	if m.rng.IntN(30) > 0 || timePath.MatchString(path) {
		return m.leaf(path, v), true
	}
	list := make([]any, m.rng.IntN(4)) // where one value is expected
	for i := range list {
		list[i] = m.leaf(path, v)
	}
	return list, true
}

// timePath are the paths at which times lie: what a server takes for one is not
// what stoop does.
var timePath = regexp.MustCompile(`(?i)(time|timestamp|start|created|iso8601|\.ts)$`)

// ipPath are those of addresses, without which a port says nothing.
var ipPath = regexp.MustCompile(`(?i)([._]|^)[a-z]*ip$`)

func (m *mutants) leaf(path string, v any) any {
	if ipPath.MatchString(path) || strings.HasSuffix(path, "fd_name") || strings.HasSuffix(path, "fd.name") {
		return v // they go with the ends of a connection
	}
	all := m.pool[path]
	switch m.rng.IntN(8) {
	case 0, 1, 2:
		return all[m.rng.IntN(len(all))]
	case 3:
		switch v := v.(type) {
		case string:
			if timePath.MatchString(path) {
				return fmt.Sprintf("2026-11-23T22:%02d:%02d.%03dZ", m.rng.IntN(60), m.rng.IntN(60), m.rng.IntN(1000))
			}
			if m.odd || strings.Trim(v, "0123456789.:-") != "" {
				return words[m.rng.IntN(len(words))]
			}
		case json.Number:
			if timePath.MatchString(path) {
				return v
			}
			if strings.HasSuffix(strings.ToLower(path), "port") {
				return json.Number("443") // what no port can be is another matter
			}
			if m.odd && m.rng.IntN(3) == 0 {
				return words[m.rng.IntN(4)] // an empty text is null to an index of numbers
			}
			if n := []any{0, 1, 7, 16, 443, 70000, -1, 4294967295}[m.rng.IntN(8)]; m.rng.IntN(2) == 0 {
				return n
			}
			return v.String() // as a text, which an index makes a number of
		case bool:
			return !v
		}
	}
	return v
}

// documents are n of a kind, the real ones among them.
func (k *kindOf) documents(t *testing.T, rng *rand.Rand, n int, odd bool) [][]byte {
	t.Helper()
	m := &mutants{rng: rng, pool: make(map[string][]any), odd: odd}
	var decoded []any
	for _, doc := range k.docs {
		var v any
		d := json.NewDecoder(bytes.NewReader(doc))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		decoded = append(decoded, v)
		m.gather("", v)
	}
	if k.Profile.Name == "stoop" {
		rng.Shuffle(len(k.docs), func(i, j int) { k.docs[i], k.docs[j] = k.docs[j], k.docs[i] })
		return slices.Clone(k.docs[:min(len(k.docs), n)]) // all of a piece: stoop writes what it concludes beside what it knows
	}
	docs := slices.Clone(k.docs[:min(len(k.docs), n/3)])
	for tries := 0; len(docs) < n && tries < 20*n; tries++ {
		v, ok := m.change("", decoded[rng.IntN(len(decoded))])
		if !ok || v == nil {
			continue
		}
		doc, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if found := profile.Detect([][]byte{doc}); len(found) == 1 && found[0].Same(&k.Binding) {
			docs = append(docs, doc)
		}
	}
	return docs
}

// conditions makes filters of the fields that documents have.
type conditions struct {
	rng    *rand.Rand
	names  []string
	values map[string][]string
}

// conditionsOf takes the fields of the documents, and what they are.
func (k *kindOf) conditionsOf(rng *rand.Rand, batch *event.Batch) *conditions {
	c := &conditions{rng: rng, values: make(map[string][]string)}
	names, _ := k.Profile.Fields()
	for _, f := range event.Fields.All() {
		if f.Arg&event.ArgRequired == 0 && !f.Flags.Has(event.TableOnly) {
			names = append(names, f.Name)
		}
	}
	names = append(names, "proc.aname[2]", "proc.acmdline[1]", "json.value[/verb]", "json.value[/stage]", "jevt.value[/rule]", "k8s.pod.label[app]", "ka.uri.param[limit]")
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			continue
		}
		for i := range batch.Len() {
			v, ok := f.Get(batch.Row(i), arg)
			if !ok {
				continue
			}
			c.values[name] = append(c.values[name], v.String())
			for _, member := range v.List {
				c.values[name] = append(c.values[name], member.String())
			}
		}
		// What few have is asked as well, and now and then what none has.
		if len(c.values[name]) > 0 || rng.IntN(20) == 0 {
			c.names = append(c.names, name)
		}
	}
	return c
}

func (c *conditions) pick(all ...string) string { return all[c.rng.IntN(len(all))] }

// value is something to compare a field with.
func (c *conditions) value(name string) string {
	all := c.values[name]
	if len(all) == 0 || c.rng.IntN(8) == 0 {
		return c.pick(append(words, "0", "1", "-1", "true", "10.0.0.0/8", "::1", "8.8.8.8", "Warning")...)
	}
	v := c.pick(all...)
	switch c.rng.IntN(12) {
	case 0:
		return v[:c.rng.IntN(len(v)+1)]
	case 1:
		return v[c.rng.IntN(len(v)+1):]
	case 2:
		return strings.ToUpper(v)
	}
	return v
}

func (c *conditions) list(name string) string {
	all := make([]string, c.rng.IntN(4))
	for i := range all {
		all[i] = strconv.Quote(c.value(name))
	}
	return "(" + strings.Join(all, ", ") + ")"
}

func (c *conditions) make(depth int) string {
	switch n := c.rng.IntN(6); {
	case depth > 0 && n == 0:
		return "not (" + c.make(depth-1) + ")"
	case depth > 0 && n == 1:
		return "(" + c.make(depth-1) + " and " + c.make(depth-1) + ")"
	case depth > 0 && n == 2:
		return "(" + c.make(depth-1) + " or " + c.make(depth-1) + ")"
	}
	name := c.pick(c.names...)
	switch c.rng.IntN(10) {
	case 0:
		return name + " exists"
	case 1, 2, 3:
		return name + " in " + c.list(name)
	case 4:
		return name + " " + c.pick("intersects", "pmatch") + " " + c.list(name)
	case 5:
		return c.pick("tolower", "toupper") + "(" + name + ") " + c.pick("=", "!=", "contains", "startswith") + " " + strconv.Quote(c.value(name))
	case 6:
		return name + " " + c.pick("contains", "startswith", "=", "!=") + " " + c.pick("oneof", "anyof", "allof") + " " + c.list(name)
	case 7:
		return name + " " + c.pick("glob", "iglob") + " " + strconv.Quote(c.value(name)+c.pick("*", "", "?"))
	}
	return name + " " + c.pick("=", "!=", "<", "<=", ">", ">=", "contains", "icontains", "startswith", "endswith", "regex") + " " + strconv.Quote(c.value(name))
}

// load puts documents into an index, those left out that it does not take.
func load(t *testing.T, s *siem.Server, index string, docs [][]byte) (taken [][]byte) {
	t.Helper()
	var body bytes.Buffer
	for n, doc := range docs {
		fmt.Fprintf(&body, "{\"create\":{\"_id\":\"%d\"}}\n%s\n", n, doc)
	}
	var answer struct {
		Items []struct {
			Create struct {
				ID     string `json:"_id"`
				Status int
				Error  json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(s.Do(t, "POST", "/"+index+"/_bulk?refresh=true", body.Bytes()), &answer); err != nil {
		t.Fatal(err)
	}
	taken = slices.Clone(docs)
	for n, item := range answer.Items {
		if item.Create.Status > 299 {
			if os.Getenv("STOOP_WHY") != "" {
				t.Logf("%s", item.Create.Error)
			}
			taken[n] = nil
		}
	}
	return taken
}

// kindMappings are those with which the kinds are indexed.
var kindMappings = map[string]string{
	"dynamic": `{"settings":{"index.mapping.total_fields.limit":5000},"mappings":{"dynamic":true}}`,
	"lenient": `{"settings":{"index.mapping.total_fields.limit":5000,"index.mapping.ignore_malformed":true},
		"mappings":{"dynamic_templates":[{"s":{"match_mapping_type":"string","mapping":{"type":"keyword","ignore_above":64}}}]}}`,
	"texts": `{"settings":{"index.mapping.total_fields.limit":5000},
		"mappings":{"dynamic_templates":[{"s":{"match_mapping_type":"string","mapping":{"type":"text"}}}]}}`,
	"few": `{"settings":{"index.mapping.total_fields.limit":5000},"mappings":{"dynamic":false,"properties":{"@timestamp":{"type":"date"},"verb":{"type":"keyword"}}}}`,
}

// TestKindsAgainstServer is [TestAgainstServer] for every kind of documents that
// there are real ones of: these and others made of them, and filters of the
// fields that they have.
func TestKindsAgainstServer(t *testing.T) {
	kinds := realKinds(t)
	kinds = append(kinds, shipped(t, kinds))
	if len(kinds) < 12 {
		t.Fatalf("there are %d kinds of documents", len(kinds))
	}
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		seeds := seedsOf(t, 1, 2, 3)
		for n, seed := range seeds {
			for i, k := range kinds {
				for j, name := range slices.Sorted(maps.Keys(kindMappings)) {
					// Of several seeds each takes another index of a kind; what is no
					// reference is asked with the first alone.
					if len(seeds) > 1 && (i+j+n)%len(kindMappings) != 0 || len(seeds) > 1 && s.Flavor != siem.ES8 && n > 0 {
						continue
					}
					t.Run(fmt.Sprintf("%s %s %d", k.name(), name, seed), func(t *testing.T) {
						rng := rand.New(rand.NewPCG(seed, uint64(i)))
						k.compare(t, s, name, rng, 150)
						if t.Failed() {
							t.Logf("STOOP_SEED=%d makes the same documents and filters", seed)
						}
					})
				}
			}
		}
	})
}

// settingsFor are those of an index for documents of the kind.
func (k *kindOf) settingsFor(s *siem.Server, name string) string {
	settings := kindMappings[name]
	if k.Profile.Name != "falco" || k.Prefix != "" || name == "few" {
		return settings
	}
	apart := `"subobjects":false,` // container.image beside container.image.tag
	if s.Flavor == siem.OS {
		apart = `"properties":{"output_fields":{"type":"flat_object"}},`
	}
	return strings.Replace(settings, `"mappings":{`, `"mappings":{`+apart, 1)
}

func (k *kindOf) compare(t *testing.T, s *siem.Server, name string, rng *rand.Rand, rounds int) {
	odd := name == "lenient"
	index := s.Index(t, k.settingsFor(s, name))
	var docs [][]byte
	var missing []int
	for n, doc := range load(t, s, index, k.documents(t, rng, 150, odd)) {
		if docs = append(docs, doc); doc == nil {
			missing = append(missing, n)
			docs[n] = k.docs[0]
		}
	}
	if len(missing) > len(docs)/2 {
		t.Fatalf("%d of %d documents are refused", len(missing), len(docs))
	}
	m := mapped(t, s, index)
	batch := mapAll(t, &k.Binding, docs)
	refused := len(missing)
	for i := range batch.Len() {
		if batch.Bits[i]&event.Inferred != 0 {
			missing = append(missing, i) // it has the time of the one before
		}
	}
	c := k.conditionsOf(rng, batch)
	b := k.Binding
	b.Derived = true
	var asked []*question
	var body bytes.Buffer
	for len(asked) < rounds {
		text := c.make(2)
		f, err := filter.Compile(text, event.Fields)
		if err != nil {
			continue // an operator that the field does not take
		}
		q := &question{text: text, f: f, plan: Compile(f, &b, m), missing: missing}
		asked = append(asked, q)
		fmt.Fprintf(&body, "{\"index\":%q}\n{\"size\":%d,\"_source\":false,\"query\":%s}\n", index, len(docs), q.plan.Query)
	}
	exact, narrow := 0, 0
	for i, found := range search(t, s, body.Bytes(), len(asked)) {
		asked[i].check(t, batch, found)
		if asked[i].plan.Exact {
			exact++
		} else if len(found) < len(docs)-len(missing) {
			narrow++
		}
	}
	t.Logf("%d of %d filters are the server's alone, %d it narrows; %d of %d documents were refused", exact, len(asked), narrow, refused, len(docs))
}

// mapped is what the server says of an index.
func mapped(t *testing.T, s *siem.Server, index string) *mapping.Map {
	t.Helper()
	m, _, err := mapping.Parse(mapping.Answers{
		FieldCaps: s.Do(t, "GET", "/"+index+"/_field_caps?fields=*", nil),
		Mapping:   s.Do(t, "GET", "/"+index+"/_mapping", nil),
		Settings:  s.Do(t, "GET", "/"+index+"/_settings?flat_settings=true", nil),
		Unnamed:   s.Flavor == siem.OS,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
