package ship

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/test/synth"
)

// fake is a search server as far as shipping sees one: a stream of indices, of
// which the last is written to.
type fake struct {
	*httptest.Server

	mu       sync.Mutex
	indices  []*fakeIndex
	template json.RawMessage
	policy   json.RawMessage
	bulks    int
	answer   func(n int, w http.ResponseWriter, r *http.Request) bool // answers a bulk request instead of the server
	item     func(id, doc string) (status int, kind string)           // answers a document instead of the index
	lifeless bool                                                     // it has no lifecycles
	barred   map[string]bool                                          // paths that may not be asked for
}

type fakeIndex struct {
	name string
	made time.Time
	docs map[string]string
}

func newFake(t *testing.T) *fake {
	f := &fake{}
	f.rollOver(time.Now())
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) rollOver(made time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.indices = append(f.indices, &fakeIndex{fmt.Sprintf(".ds-stoop-trail-%06d", len(f.indices)+1), made, map[string]string{}})
}

// all returns the ids of all documents, and how many are there twice.
func (f *fake) all() (docs map[string]string, twice int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	docs = map[string]string{}
	for _, i := range f.indices {
		for id, doc := range i.docs {
			if _, ok := docs[id]; ok {
				twice++
			}
			docs[id] = doc
		}
	}
	return docs, twice
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
	last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch {
	case f.barred[r.URL.Path]:
		refuse(w, 403, "security_exception", "action [x] is unauthorized for user [u], this action is granted by the index privileges [read,all]")
	case r.URL.Path == "/":
		_, _ = io.WriteString(w, `{"version":{"number":"8.19.0"},"tagline":"You Know, for Search"}`)
	case strings.HasPrefix(r.URL.Path, "/_index_template/"):
		f.stored(w, r, &f.template, body)
	case strings.HasPrefix(r.URL.Path, "/_ilm/"):
		if f.lifeless {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":"no handler found for uri [%s] and method [GET]"}`, r.URL.Path)
			return
		}
		f.stored(w, r, &f.policy, body)
	case last == "_settings":
		answer := map[string]any{}
		for _, i := range f.indices {
			answer[i.name] = map[string]any{"settings": map[string]any{"index": map[string]any{"creation_date": fmt.Sprint(i.made.UnixMilli())}}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	case last == "_mget":
		f.mget(w, r, body)
	case last == "_bulk":
		f.bulks++
		if f.answer != nil && f.answer(f.bulks, w, r) {
			return
		}
		f.bulk(w, body)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func refuse(w http.ResponseWriter, status int, kind, reason string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"type":%q,"reason":%q},"status":%d}`, kind, reason, status)
}

func (f *fake) stored(w http.ResponseWriter, r *http.Request, at *json.RawMessage, body []byte) {
	switch {
	case r.Method == http.MethodPut:
		*at = body
		_, _ = io.WriteString(w, `{"acknowledged":true}`)
	case *at == nil:
		refuse(w, 404, "resource_not_found_exception", "not there")
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

func (f *fake) mget(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked struct {
		IDs []string `json:"ids"`
	}
	_ = json.Unmarshal(body, &asked)
	name := strings.Split(r.URL.Path, "/")[1]
	i := f.indices[slices.IndexFunc(f.indices, func(i *fakeIndex) bool { return i.name == name })]
	var docs []any
	for _, id := range asked.IDs {
		_, ok := i.docs[id]
		docs = append(docs, map[string]any{"_id": id, "found": ok})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"docs": docs})
}

func (f *fake) bulk(w http.ResponseWriter, body []byte) {
	type m = map[string]any
	var items []any
	errs := false
	current := f.indices[len(f.indices)-1]
	for _, it := range splitItems(body) {
		status, kind := 201, ""
		if f.item != nil {
			status, kind = f.item(it.id, string(it.document()))
		}
		if _, ok := current.docs[it.id]; ok && status == 201 {
			status, kind = 409, "version_conflict_engine_exception"
		}
		one := m{"_index": current.name, "status": status}
		if status > 299 {
			errs = true
			one["error"] = m{"type": kind, "reason": "no"}
		} else {
			current.docs[it.id] = string(it.document())
		}
		items = append(items, m{"create": one})
	}
	_ = json.NewEncoder(w).Encode(m{"errors": errs, "items": items})
}

// open opens a shipper to the server, with its spool in a folder.
func (f *fake) open(t *testing.T, opt Options) *Shipper {
	t.Helper()
	t.Setenv("STOOP_CA_FILE", "")
	s, err := Open(t.Context(), conn.Environment("es"+strings.TrimPrefix(f.URL, "http")+"/?tls=off"), DefaultStream, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// closed closes a shipper and returns its counts, which must add up.
func closed(t *testing.T, s *Shipper) Stats {
	t.Helper()
	if err := s.Close(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Taken+st.Found != st.New+st.There+st.Refused+st.Lost+st.Waiting+st.Unsent {
		t.Errorf("the counts do not add up: %+v", st)
	}
	return st
}

// events makes n events of a busy node, in batches of a few hundred. Those of one
// run are the same each time.
func events(n int, run string) (all []*event.Batch) {
	shape := synth.Node()
	shape.Containers, shape.Commands, shape.Paths, shape.Peers, shape.AlertEvery = 20, 200, 500, 50, 50
	f := synth.New(shape)
	f.Tables.Run = run
	for ; n > 0; n -= 300 {
		all = append(all, f.Batch(min(n, 300)))
	}
	return all
}

func ship(s *Shipper, batches []*event.Batch) {
	for _, b := range batches {
		s.Batch(b)
	}
}

func noted(st Stats, text string) bool {
	return slices.ContainsFunc(st.Notes, func(n source.Note) bool { return strings.Contains(n.Text+n.Remedy, text) })
}

func spoolFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"+".spool"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func noConfig() *config.Config { return &config.Config{} }
