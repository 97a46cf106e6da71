package ship

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Every event is in the index once, whatever the server does meanwhile.
func TestOnce(t *testing.T) {
	busy := func(status int) func(int, http.ResponseWriter, *http.Request) bool {
		return func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n%2 == 1 && n < 8 {
				refuse(w, status, "es_rejected_execution_exception", "too much")
				return true
			}
			return false
		}
	}
	faults := map[string]func(f *fake){
		"none":        func(*fake) {},
		"busy":        func(f *fake) { f.answer = busy(429) },
		"unavailable": func(f *fake) { f.answer = busy(503) },
		"taken, and the answer is lost": func(f *fake) {
			f.answer = func(n int, w http.ResponseWriter, r *http.Request) bool { return false }
			next := f.Config.Handler
			f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				f.mu.Lock()
				lose := strings.HasSuffix(r.URL.Path, "_bulk") && f.bulks < 3
				f.mu.Unlock()
				if lose {
					w = &lost{ResponseWriter: w}
				}
				next.ServeHTTP(w, r)
				if lose {
					panic(http.ErrAbortHandler)
				}
			})
		},
		"a rollover behind a lost answer": func(f *fake) {
			next := f.Config.Handler
			f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				f.mu.Lock()
				lose := strings.HasSuffix(r.URL.Path, "_bulk") && f.bulks < 3
				f.mu.Unlock()
				if lose {
					w = &lost{ResponseWriter: w}
				}
				next.ServeHTTP(w, r)
				if lose {
					f.rollOver(time.Now())
					panic(http.ErrAbortHandler)
				}
			})
		},
		"some documents are not taken at first": func(f *fake) {
			seen := map[string]int{}
			f.item = func(id, _ string) (int, string) {
				if seen[id]++; seen[id] == 1 && id[len(id)-1] == '7' {
					return 429, "es_rejected_execution_exception"
				}
				if seen[id] == 1 && id[len(id)-1] == '8' {
					return 503, "unavailable_shards_exception"
				}
				return 201, ""
			}
		},
		"too large": func(f *fake) {
			f.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if r.ContentLength > 200<<10 {
					refuse(w, 413, "", "")
					return true
				}
				return false
			}
		},
		"HTML": func(f *fake) {
			f.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n < 3 {
					w.Header().Set("Content-Type", "text/html")
					_, _ = w.Write([]byte("<html><title>Sign in</title></html>"))
				}
				return n < 3
			}
		},
		"half an answer": func(f *fake) {
			f.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n < 3 {
					_, _ = w.Write([]byte(`{"errors":false,"items":[{"create":{"status":201}}]}`))
				}
				return n < 3
			}
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.mu.Lock()
			fault(f)
			f.mu.Unlock()
			dir := t.TempDir()
			s := f.open(t, Options{Spool: dir})
			ship(s, events(3000, "one"))
			st := closed(t, s)
			docs, twice := f.all()
			if len(docs) != 3000 || twice != 0 || st.New+st.There != 3000 || st.Waiting+st.Lost+st.Refused != 0 {
				t.Errorf("%d documents, %d of them twice: %+v", len(docs), twice, st)
			}
			if left := spoolFiles(t, dir); len(left) > 0 {
				t.Errorf("the spool keeps %v", left)
			}
			// A second time, by another process, nothing is new.
			s = f.open(t, Options{Spool: dir})
			ship(s, events(3000, "one"))
			if st = closed(t, s); st.New != 0 || st.There != 3000 {
				t.Errorf("again: %+v", st)
			}
			if docs, twice = f.all(); len(docs) != 3000 || twice != 0 {
				t.Errorf("again: %d documents, %d of them twice", len(docs), twice)
			}
		})
	}
}

// lost is an answer that never arrives.
type lost struct{ http.ResponseWriter }

func (l *lost) Write(p []byte) (int, error) { return len(p), nil }
func (l *lost) WriteHeader(int)             {}

// Two runs of a live source are different events, with the same numbers.
func TestLiveRuns(t *testing.T) {
	f := newFake(t)
	for range 2 {
		s := f.open(t, Options{Spool: t.TempDir()})
		ship(s, events(100, ""))
		closed(t, s)
	}
	if docs, _ := f.all(); len(docs) != 200 {
		t.Errorf("%d documents of two runs", len(docs))
	}
}

// A document that the server refuses for its content is counted, told of, and
// kept; the others are delivered.
func TestRefused(t *testing.T) {
	f := newFake(t)
	f.item = func(_, doc string) (int, string) {
		if strings.Contains(doc, `"event":{"kind":"alert"`) {
			return 400, "document_parsing_exception"
		}
		return 201, ""
	}
	s := f.open(t, Options{Spool: t.TempDir()})
	ship(s, events(1000, "r"))
	st := closed(t, s)
	if st.Refused == 0 || st.New+st.Refused != 1000 || len(st.Reasons) != 1 || st.Reasons[0].Type != "document_parsing_exception" || st.Reasons[0].Count != st.Refused {
		t.Errorf("%+v", st)
	}
	if !noted(st, "document_parsing_exception") {
		t.Errorf("nothing was said: %+v", st.Notes)
	}
	kept, err := os.Open(st.RefusedFile)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	n := uint64(0)
	for lines := bufio.NewScanner(kept); lines.Scan(); n++ {
		var one refusal
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil || one.Reason != "no" || !strings.Contains(string(one.Document), `"module":"stoop"`) {
			t.Errorf("%v: %s", err, lines.Bytes())
		}
	}
	if n != st.Refused {
		t.Errorf("%d documents are kept, %d were refused", n, st.Refused)
	}
}

// With the server away, events wait in the spool; when it is back they arrive. So
// do those that a process left which was killed.
func TestAwayAndBack(t *testing.T) {
	f := newFake(t)
	var away atomic.Bool
	next := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
	dir := t.TempDir()
	s := f.open(t, Options{Spool: dir})
	ship(s, events(300, "a"))
	s.gather.flush(0)
	for st := s.Stats(); st.New < 300; st = s.Stats() {
		time.Sleep(time.Millisecond)
	}
	away.Store(true)
	ship(s, events(900, "b"))
	if err := s.Close(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Waiting != 900 || st.New != 300 || !noted(st, "wait in the spool") {
		t.Errorf("away: %+v", st)
	}
	if len(spoolFiles(t, dir)) != 1 {
		t.Errorf("the spool has %v", spoolFiles(t, dir))
	}
	away.Store(false)
	s = f.open(t, Options{Spool: dir})
	st = closed(t, s)
	if st.Found != 900 || st.New != 900 {
		t.Errorf("back: %+v", st)
	}
	if docs, twice := f.all(); len(docs) != 1200 || twice != 0 {
		t.Errorf("%d documents, %d twice", len(docs), twice)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
		t.Errorf("the spool keeps %v", files)
	}
}

// What does not fit into the spool is counted as lost; a source that can wait
// loses nothing.
func TestFullSpool(t *testing.T) {
	for _, wait := range []bool{false, true} {
		f := newFake(t)
		var away atomic.Bool
		away.Store(true)
		f.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			if away.Load() {
				refuse(w, 503, "x", "starting")
			}
			return away.Load()
		}
		s := f.open(t, Options{Spool: t.TempDir(), SpoolMax: 5 << 20, Wait: wait})
		done := make(chan struct{})
		go func() { ship(s, events(9000, "full")); close(done) }()
		if wait {
			for n, _ := s.spool.Left(); n < 1000; n, _ = s.spool.Left() {
				time.Sleep(time.Millisecond)
			}
			away.Store(false)
		}
		<-done
		away.Store(false)
		st := closed(t, s)
		docs, _ := f.all()
		if uint64(len(docs))+st.Lost != 9000 || (st.Lost > 0) == wait || noted(st, "spool is full") == wait {
			t.Errorf("wait %v: %d documents, %+v", wait, len(docs), st)
		}
	}
}

// What no trying again puts right ends it at once, and the events stay.
func TestBarred(t *testing.T) {
	f := newFake(t)
	f.item = func(string, string) (int, string) { return 403, "security_exception" }
	s := f.open(t, Options{Spool: t.TempDir()})
	ship(s, events(100, "x"))
	err := s.Close(t.Context(), time.Minute)
	if st := s.Stats(); err == nil || !strings.Contains(err.Error(), "may not be written to (403 security_exception)") || st.Waiting != 100 {
		t.Errorf("%v: %+v", err, st)
	}
}

// The template and the policy are made when they are missing, and only then; who
// may not make them is told so.
func TestPrepare(t *testing.T) {
	f := newFake(t)
	closed(t, f.open(t, Options{Spool: t.TempDir()}))
	for _, want := range []string{`"index_patterns":["stoop-trail"]`, `"lifecycle":{"name":"stoop-trail"}`, `"data_stream":{}`, `"fd_sip":{"type":"ip"}`, `"evt_rawtime":{"type":"long"}`, `"ignore_dynamic_beyond_limit":true`} {
		if !strings.Contains(string(f.template), want) {
			t.Errorf("%s is not in the template %s", want, f.template)
		}
	}
	if !strings.Contains(string(f.policy), "rollover") || strings.Contains(string(f.policy), "delete") {
		t.Errorf("the policy is %s", f.policy)
	}
	f.template = json.RawMessage(`"others"`)
	closed(t, f.open(t, Options{Spool: t.TempDir()}))
	if string(f.template) != `"others"` {
		t.Error("a template that was there was replaced")
	}
	f = newFake(t)
	f.lifeless = true
	closed(t, f.open(t, Options{Spool: t.TempDir()}))
	if f.policy != nil || strings.Contains(string(f.template), "lifecycle") || f.template == nil {
		t.Errorf("without lifecycles: %s and %s", f.policy, f.template)
	}
	f = newFake(t)
	f.barred = map[string]bool{"/_index_template/stoop-trail": true}
	s := f.open(t, Options{Spool: t.TempDir()})
	ship(s, events(10, "p"))
	if st := closed(t, s); st.New != 10 || !noted(st, "privilege") {
		t.Errorf("%+v", st)
	}
}

// Documents of others have ids of their text: the same from wherever they are
// read, in whatever order, and two alike are two.
func TestDocumentIDs(t *testing.T) {
	idsOf := func(texts ...string) (ids []string) {
		s := newIDs()
		tables := event.NewTables()
		for i, text := range texts {
			b := event.NewBatch(tables, uint64(i+1), 1)
			b.Append(event.Event{Time: int64(len(text)), Bits: event.HasDoc}, []byte(text))
			ids = append(ids, string(s.append(nil, b.Row(0))))
		}
		return ids
	}
	a, b := idsOf("one", "two", "two", "three", "two"), idsOf("three", "two", "one", "two", "two")
	if a[0] != b[2] || a[1] != b[1] || a[2] != b[3] || a[4] != b[4] || a[3] != b[0] {
		t.Errorf("%v and %v", a, b)
	}
	if a[1] == a[2] || a[2] == a[4] || a[0] == a[1] {
		t.Errorf("not all differ: %v", a)
	}
}

func TestTarget(t *testing.T) {
	for arg, want := range map[string]string{
		"es://h:9200": DefaultStream, "os://h/logs-stoop-x": "logs-stoop-x", "https://h/p/s": "s",
		"es://h/falco-*": "pattern", "es://h/a,b": "pattern", "es://h/Upper": "lower case", "logzio://api.logz.io": "Filebeat",
		"es://u:p@h/x": "no name or password", "es://h/.hidden": "cannot be", "siem://nope": "no SIEM is called nope",
	} {
		_, stream, err := Target(noConfig(), arg)
		if err != nil && strings.Contains(err.Error(), want) || err == nil && stream == want {
			continue
		}
		t.Errorf("%s: %q, %v; want %s", arg, stream, err, want)
	}
}
