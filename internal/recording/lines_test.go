package recording

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/profile/falcogen"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
)

// alert is a small alert of a time in s.
func alert(sec int, rule string) string {
	return fmt.Sprintf(`{"rule":%q,"priority":"Notice","time":"2026-01-01T00:00:%02dZ","output":"o","output_fields":{"proc.name":"p"}}`, rule, sec)
}

// brief writes what batches hold as "seq rule", a line an event.
func brief(batches []*event.Batch) string {
	var out strings.Builder
	for _, b := range batches {
		for i := range b.Len() {
			fmt.Fprintf(&out, "%d %s\n", b.Seq+uint64(i), b.Tables.Text(b.Tables.Alert(b.AlertAt(i)).Rule))
		}
	}
	return out.String()
}

// write makes a file.
func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alerts")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Broken lines are counted and named; all the others are read, from a file and
// from a stream.
func TestLines(t *testing.T) {
	content := "\xef\xbb\xbf" + alert(1, "a") + "\r\n\n{broken\n" + alert(2, "b") + "\n" + `{"other":1}` + "\n" + alert(3, "c")
	want := "1 a\n2 b\n3 c\n"
	check := func(t *testing.T, name string, s source.Source) {
		t.Helper()
		got := collect(t, s, source.Request{})
		if text := brief(got); text != want {
			t.Errorf("got\n%swant\n%s", text, want)
		}
		for _, b := range got {
			for i := range b.Len() {
				if doc := profile.Document(b.Payload(i)); !bytes.Contains(doc, []byte(`"rule":`)) || !bytes.HasSuffix(bytes.TrimSpace(doc), []byte("}}")) {
					t.Errorf("document %q", doc)
				}
			}
		}
		st := s.Stats()
		if st.Bad != 2 || st.Passed != 3 || len(st.Notes) != 2 || st.Notes[0].Where != name+":3" || st.Notes[1].Where != name+":5" {
			t.Errorf("stats %+v", st)
		}
	}
	path := write(t, content)
	t.Run("file", func(t *testing.T) { check(t, path, open(t, path)) })
	t.Run("stream", func(t *testing.T) { check(t, "-", OpenReader("-", strings.NewReader(content))) })
}

// A batch is in the order of time, even when a file is not.
func TestLinesAreSorted(t *testing.T) {
	path := write(t, alert(5, "late")+"\n"+alert(1, "early")+"\n"+alert(5, "last")+"\n")
	if got := brief(collect(t, open(t, path), source.Request{})); got != "1 early\n2 late\n3 last\n" {
		t.Errorf("got\n%s", got)
	}
}

func TestLongLines(t *testing.T) {
	long := `{"rule":"` + strings.Repeat("x", maxLine) + `"}`
	content := alert(1, "a") + "\n" + long + "\n" + alert(2, "b") + "\n"
	for name, s := range map[string]source.Source{
		"file": open(t, write(t, content)), "stream": OpenReader("-", strings.NewReader(content)),
	} {
		t.Run(name, func(t *testing.T) {
			if got := brief(collect(t, s, source.Request{})); got != "1 a\n2 b\n" {
				t.Errorf("got\n%s", got)
			}
			if st := s.Stats(); st.Bad != 1 || !strings.Contains(st.Notes[0].Text, "line 2 was skipped: it is longer than 16 MiB") {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

// What is written to a pipe is seen at once.
func TestPipe(t *testing.T) {
	r, w := io.Pipe()
	s := OpenReader("pipe", r)
	got := make(chan *event.Batch, 10)
	done := make(chan error)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- s.Run(ctx, source.Request{}, source.SinkFunc(func(b *event.Batch) { got <- b }))
	}()
	for n, rule := range []string{"a", "b"} {
		_, _ = io.WriteString(w, alert(n, rule)+"\n")
		if b := <-got; brief([]*event.Batch{b}) != fmt.Sprintf("%d %s\n", n+1, rule) {
			t.Errorf("got %s", brief([]*event.Batch{b}))
		}
	}
	cancel() // while the pipe is silent
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = w.Close()
}

// A followed file may grow, be replaced, and be cut.
func TestFollow(t *testing.T) {
	path := write(t, alert(1, "a")+"\n"+alert(2, "half")[:20])
	s := open(t, path)
	got := make(chan string, 10)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- s.Run(ctx, source.Request{Follow: true}, source.SinkFunc(func(b *event.Batch) { got <- brief([]*event.Batch{b}) }))
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case text := <-got:
			if text != want {
				t.Errorf("got %q, want %q", text, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("no %q", want)
		}
	}
	add := func(text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString(text)
		_ = f.Close()
	}
	expect("1 a\n")
	add(alert(2, "half")[20:] + "\n")
	expect("2 half\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(alert(3, "new file") + "\n")
	expect("3 new file\n")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * pollTail) // a file that is cut and has grown again looks as if it had only grown
	add(alert(4, "cut") + "\n")
	expect("4 cut\n")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.Bad != 0 || st.Passed != 4 {
		t.Errorf("stats %+v", st)
	}
}

// What Falco says that it lost is counted as lost there.
func TestFalcoLost(t *testing.T) {
	s := open(t, testdata.Path(t, "siem/falco-raw/alerts.ndjson"))
	collect(t, s, source.Request{})
	want := []source.Loss{{Hop: "falco", Count: 815508 + 1}}
	if got := s.Stats().Lost; !slices.Equal(got, want) {
		t.Errorf("lost %+v, want %+v", got, want)
	}
}

func TestEmptyFile(t *testing.T) {
	s := open(t, write(t, ""))
	if got := collect(t, s, source.Request{}); len(got) != 0 {
		t.Error("events from nothing")
	}
	if st := s.Stats(); len(st.Notes) != 1 || st.Notes[0].Text != "there is nothing in it" {
		t.Errorf("stats %+v", st)
	}
}

// Every alert of the test data is read, with the pieces of the file cut
// anywhere.
func TestRealFiles(t *testing.T) {
	for name, want := range map[string]int{
		"siem/falco-raw/lab.ndjson": 261, "siem/falco-raw/attack.ndjson": 19, "siem/falco-raw/alerts.ndjson": 18,
		"siem/falco-filebeat/message-unparsed.derived.ndjson": 18,
	} {
		s := open(t, testdata.Path(t, name))
		n := 0
		for _, b := range collect(t, s, source.Request{}) {
			n += b.Len()
		}
		if st := s.Stats(); n != want || st.Bad != 0 {
			t.Errorf("%s: %d events, want %d; %+v", name, n, want, st)
		}
	}
}

// Alerts that were recorded are the same alerts, documents included.
func TestRecordAlerts(t *testing.T) {
	var data bytes.Buffer
	if _, err := falcogen.New(3).Write(&data, 1<<20); err != nil {
		t.Fatal(err)
	}
	from := open(t, write(t, data.String()))
	path := filepath.Join(t.TempDir(), "x.stoop")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	batches := collect(t, from, source.Request{})
	for _, b := range batches {
		w.Sink(from.Info()).Batch(b)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again := collect(t, open(t, path), source.Request{})
	same(t, documents(again), documents(batches))
	for _, doc := range documents(again) {
		if !strings.Contains(doc, "alert.rule=") || !strings.Contains(doc, "proc.cmdline=") {
			t.Fatalf("a document has only\n%s", doc)
		}
	}
	if brief(again) != brief(batches) {
		t.Error("the alerts differ")
	}
}

// documents are the members of batches' documents, a text an event.
func documents(batches []*event.Batch) (all []string) {
	for _, b := range batches {
		for i := range b.Len() {
			var doc strings.Builder
			b.Tables.Docs.Each(b.Payload(i), func(name string, value fmt.Stringer) bool {
				fmt.Fprintf(&doc, "%s=%s\n", name, value)
				return true
			})
			all = append(all, doc.String())
		}
	}
	return all
}

// Tables are begun anew when they have grown large, so that a store can let
// old ones go; events before and after read the same.
func TestTablesAreBegunAnew(t *testing.T) {
	f := newLines("x", &source.Tally{})
	line := []byte(`{"output":"x","priority":"Notice","rule":"R","time":"2026-11-23T10:00:00Z","output_fields":{"proc.name":"sh"}}` + "\n")
	batch := func() *event.Batch {
		all, _ := f.batches(line, true)
		if len(all) != 1 {
			t.Fatalf("%d batches", len(all))
		}
		return all[0]
	}
	before := batch()
	first := before.Tables
	filler := make([]byte, 1<<20)
	for i := range tableBound>>20 + 1 {
		filler[0] = byte(i)
		first.Strings.Add(string(filler))
	}
	after := batch()
	if after.Tables == first {
		t.Fatal("the tables go on growing")
	}
	if after.Tables.First() != first.First() {
		t.Error("the new tables do not know when the source began")
	}
	for _, b := range []*event.Batch{before, after} {
		if name := b.Tables.Text(b.Row(0).P().Name); name != "sh" {
			t.Errorf("proc.name is %q", name)
		}
	}
}
