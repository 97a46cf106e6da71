package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/test/siem"
)

// matching runs a source and returns the documents that each filter holds for,
// and how many were fetched.
func matching(t *testing.T, src *SIEM, req source.Request, filters ...*filter.Filter) (found [][]string, fetched int) {
	t.Helper()
	found = make([][]string, len(filters))
	err := src.Run(t.Context(), req, source.SinkFunc(func(b *event.Batch) {
		fetched += b.Len()
		for i := range b.Len() {
			for k, f := range filters {
				if f.Match(b, i) {
					found[k] = append(found[k], string(b.Payload(i)))
				}
			}
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	return found, fetched
}

// What the server is asked for a filter holds everything that the filter holds
// for, in indices of one kind and in all of them together.
func TestFilterLosesNothing(t *testing.T) {
	expressions := []string{
		`alert.rule contains "shell"`, `alert.priority in (Warning, Error, Critical)`, `not proc.name = cat`, `container.id != host`,
		`proc.cmdline startswith "cat" or fd.name = /etc/shadow`, `evt.type in (openat, execve, dup2)`, `k8s.ns.name = shop and user.name = root`,
	}
	var filters []*filter.Filter
	for _, text := range expressions {
		f, err := filter.Compile(text, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		filters = append(filters, f)
	}
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		var indices []string
		for _, shape := range s.Shapes(t) {
			indices = append(indices, shape.Index)
		}
		narrowed := 0
		for _, index := range append(indices, strings.Join(indices, ",")) {
			src := openAt(t, s, s.Address(index))
			want, everything := matching(t, src, source.Request{}, filters...)
			for k, f := range filters {
				got, fetched := matching(t, src, source.Request{Filter: f}, f)
				same(t, got[0], want[k])
				if t.Failed() {
					t.Fatalf("%s in %s (%s)", expressions[k], index, src.KindsText())
				}
				if fetched < everything {
					narrowed++
				}
			}
		}
		if narrowed < len(filters)*len(indices)/4 {
			t.Errorf("only %d of %d readings were narrowed by the server", narrowed, len(filters)*(len(indices)+1))
		}
	})
}

// A key that may read and no more is enough.
func TestReadPrivilegeIsEnough(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	docs := alerts(50)
	index, other := s.Index(t, "", docs...), s.Index(t, "", docs...)
	t.Setenv("TEST_KEY", s.APIKey(t, index, "read"))
	at := &config.SIEM{Name: "prod", URL: s.Address(index), CAFile: s.CAFile, Credentials: config.Credentials{APIKeyEnv: "TEST_KEY"}}
	src, err := Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	got := newTaken()
	if err := src.Run(t.Context(), source.Request{}, got); err != nil {
		t.Fatal(err)
	}
	same(t, got.all(), texts(docs))
	if notes := fmt.Sprint(src.Stats().Notes); !strings.Contains(notes, "view_index_metadata is missing") {
		t.Errorf("the notes are %s", notes)
	}
	at.URL = s.Address(other)
	if _, err := Open(t.Context(), at); err == nil || !strings.Contains(err.Error(), "prod: the API key may not do") || !strings.Contains(err.Error(), "privilege") {
		t.Errorf("error %v", err)
	}
	at.URL = s.Address("no-such-*")
	if _, err := Open(t.Context(), at); err == nil || !strings.Contains(err.Error(), "prod: no index matches no-such-*") {
		t.Errorf("error %v", err)
	}
	at.URL, at.Index = strings.TrimSuffix(s.Address(""), "/"), ""
	if _, err := Open(t.Context(), at); err == nil || !strings.Contains(err.Error(), "the address names no index") {
		t.Errorf("error %v", err)
	}
}

// An index without its shards is said to be red.
func TestRedIndex(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index := "red-" + strings.ToLower(strings.ReplaceAll(time.Now().Format("150405.000"), ".", ""))
	s.Do(t, "PUT", "/"+index+"?wait_for_active_shards=0", []byte(`{"settings":{"index.routing.allocation.require.none":"such"}}`))
	defer s.Do(t, "DELETE", "/"+index, nil)
	s.Env(t)
	_, err := Open(t.Context(), conn.Environment(s.Address(index)))
	if err == nil || !strings.Contains(err.Error(), "the index is red") {
		t.Errorf("error %v", err)
	}
}

// Documents without any time come in the order in which they were indexed, and
// a note says so; those that are no events are counted and named.
func TestNoTimeField(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	var docs [][]byte
	for i := range 30 {
		docs = append(docs, fmt.Appendf(nil, `{"rule":"r %d","priority":"Notice","output":"o"}`, i))
	}
	index := s.Index(t, "", append(docs, []byte(`{"weather":"fine"}`))...)
	src := openAt(t, s, s.Address(index))
	src.page, src.most = 7, 7
	got := newTaken()
	if err := src.Run(t.Context(), source.Request{}, got); err != nil {
		t.Fatal(err)
	}
	for i, d := range got.all() {
		if d != string(docs[i]) {
			t.Fatalf("document %d is %s", i, d)
		}
	}
	st := src.Stats()
	notes := fmt.Sprint(st.Notes)
	if len(got.all()) != 30 || st.Bad != 1 || st.Taken != 31 || !strings.Contains(notes, "no time field") || !strings.Contains(notes, index+"/") {
		t.Errorf("%d documents, %d broken of %d: %s", len(got.all()), st.Bad, st.Taken, notes)
	}
}
