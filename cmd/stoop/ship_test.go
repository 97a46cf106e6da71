package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
	"github.com/stoop-project/stoop/test/siem"
	"github.com/stoop-project/stoop/test/synth"
)

// childEnv makes the test binary a stoop with these arguments, one a line.
const childEnv = "STOOP_TEST_CHILD"

func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		os.Exit(run(context.Background(), strings.Split(args, "\n"), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// newStream returns a name of a stream that no server has. What is made stays as
// long as the server: those of the tests cannot delete streams.
func newStream() string { return fmt.Sprintf("stoop-%x", time.Now().UnixNano()) }

// recorded writes a recording of a busy node's events.
func recorded(t *testing.T, events int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.stoop")
	w, err := recording.Create(path, recording.Options{Meta: recording.Meta{Stoop: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	shape := synth.Node()
	shape.Containers, shape.Commands, shape.Paths, shape.Peers, shape.AlertEvery = 50, 500, 2000, 100, 100
	feed := synth.New(shape)
	for made := 0; made < events; made += 500 {
		w.Batch(feed.Batch(min(500, events-made)))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// eventsOf reads all events of a source.
func eventsOf(t *testing.T, name string) (all []*event.Batch) {
	t.Helper()
	src, err := (&app{}).sources().Open(t.Context(), name, source.Options{Payload: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	if err := src.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) { all = append(all, b) })); err != nil {
		t.Fatal(err)
	}
	if st := src.Stats(); st.Bad > 0 || st.LostTotal() > 0 {
		t.Errorf("%s: %+v", name, st)
	}
	return all
}

// onceInStream checks that every event of a source is in a stream, once.
func onceInStream(t *testing.T, s *siem.Server, stream string, want []*event.Batch) map[uint64]event.Row {
	t.Helper()
	s.Do(t, "POST", "/"+stream+"/_refresh", nil)
	got := map[uint64]event.Row{}
	n := 0
	for _, b := range eventsOf(t, s.Address(stream)) {
		for i := range b.Len() {
			var doc struct {
				Event struct {
					Sequence uint64 `json:"sequence"`
				} `json:"event"`
			}
			if err := json.Unmarshal(b.Payload(i), &doc); err != nil {
				t.Fatal(err)
			}
			n++
			got[doc.Event.Sequence] = b.Row(i)
		}
	}
	total, missing := 0, 0
	for _, b := range want {
		for i := range b.Len() {
			total++
			if _, ok := got[b.Seq+uint64(i)]; !ok {
				missing++
			}
		}
	}
	if missing > 0 || n != total || len(got) != total {
		t.Errorf("%d documents of %d events: %d missing, %d twice", n, total, missing, n-len(got))
	}
	return got
}

// shipFilter chooses some thousand events of the demo.
const shipFilter = "evt.type in (execve, procexit, accept4, clone3, vfork, renameat2, sendto, dup2, setuid)"

// chosenOf returns the events that a filter holds for.
func chosenOf(t *testing.T, all []*event.Batch, text string) (chosen []*event.Batch) {
	t.Helper()
	f, err := compileFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		wanted(source.Request{Filter: f}, func(b *event.Batch, sel []uint64) {
			eachRun(b, sel, func(run *event.Batch) { chosen = append(chosen, run) })
		}).Batch(b)
	}
	return chosen
}

// The demo's events, shipped and read back by a query, have the same fields; a
// second time nothing is new, not even behind a rollover.
func TestShipAndReadBack(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		s.Env(t)
		stream, spool := newStream(), t.TempDir()
		want := chosenOf(t, eventsOf(t, "demo"), shipFilter)
		args := []string{"record", "demo", "-f", shipFilter, "--to", s.Address(stream), "--spool", spool, "--show-secrets", "--stats"}
		code, _, errs := stoop(t, args...)
		if code != exitOK || strings.Contains(errs, "refused") && !strings.Contains(errs, "0 refused") {
			t.Fatalf("exit %d: %s", code, errs)
		}
		got := onceInStream(t, s, stream, want)
		bad := 0
		for _, b := range want {
			for i := range b.Len() {
				if row, ok := got[b.Seq+uint64(i)]; ok && bad < 10 {
					bad += differ(t, b.Row(i), row)
				}
			}
		}
		if len(got) < 1000 {
			t.Errorf("the filter chooses %d events", len(got))
		}
		types := string(s.Do(t, "GET", "/"+stream+"/_mapping", nil))
		for _, part := range []string{`"@timestamp":{"type":"date_nanos"`, `"fd_sip":{"type":"ip"`, `"evt_rawtime":{"type":"long"`, `"proc_cmdline":{"type":"keyword","ignore_above":8191}`} {
			if !strings.Contains(types, part) {
				t.Errorf("%s is not in the mapping %.2000s", part, types)
			}
		}
		for _, roll := range []bool{false, true} {
			if roll {
				s.Do(t, "POST", "/"+stream+"/_rollover", nil)
			}
			code, _, errs = stoop(t, args...)
			if code != exitOK || !strings.Contains(errs, ": 0 new, ") {
				t.Errorf("again, rolled over %v: exit %d: %s", roll, code, errs)
			}
			s.Do(t, "POST", "/"+stream+"/_refresh", nil)
			if n := string(s.Do(t, "GET", "/"+stream+"/_count?filter_path=count", nil)); n != fmt.Sprintf(`{"count":%d}`, len(got)) {
				t.Errorf("again, rolled over %v: %s documents, want %d", roll, n, len(got))
			}
		}
		if left, _ := filepath.Glob(filepath.Join(spool, "*")); len(left) > 0 {
			t.Errorf("the spool keeps %v", left)
		}
	})
}

// apart are fields that say where an event stands among others, and what a
// document does not hold of ancestors.
var apart = map[string]bool{
	"evt.num": true, "evt.reltime": true, "evt.reltime.s": true, "evt.reltime.ns": true, "evt.deltatime": true, "evt.deltatime.s": true,
	"evt.deltatime.ns": true, "thread.cgroups": true, "proc.aenv": true, "proc.aargs": true,
}

// differ compares the fields of two events.
func differ(t *testing.T, want, got event.Row) (bad int) {
	t.Helper()
	for _, f := range event.Fields.All() {
		if apart[f.Name] || f.Class == "json" || f.Flags&(event.Deprecated|event.TableOnly) != 0 || f.Arg&event.ArgRequired != 0 {
			continue
		}
		v, ok := f.Show(want, event.Arg{})
		w, ok2 := f.Show(got, event.Arg{})
		if !ok && ok2 && w.String() == "" || !utf8.ValidString(v.String()) {
			continue
		}
		if ok != ok2 || v.String() != w.String() {
			bad++
			t.Errorf("event %d: %s is %q (%v), and %q (%v) in the index", want.B.Seq+uint64(want.I), f.Name, v.String(), ok, w.String(), ok2)
		}
	}
	return bad
}

// A server that is killed in the middle and started again has every event once.
func TestShipToKilledServer(t *testing.T) {
	for _, flavor := range siem.Flavors {
		t.Run(string(flavor), func(t *testing.T) {
			s := siem.Own(t, flavor)
			s.Env(t)
			stream := newStream()
			path := recorded(t, 8000)
			p := s.Proxy(t)
			address := p.Address(stream)
			done := make(chan string, 1)
			go func() {
				code, _, errs := stoop(t, "record", path, "--to", address, "--spool", t.TempDir())
				done <- fmt.Sprintf("exit %d: %s", code, errs)
			}()
			bulksOf(t, p, 2)
			s.Kill(t)
			time.Sleep(time.Second) // it tries again meanwhile
			s.Start(t)
			if said := <-done; !strings.Contains(said, "exit 0") || !strings.Contains(said, "takes events again") {
				t.Error(said)
			}
			onceInStream(t, s, stream, eventsOf(t, path))
		})
	}
}

// bulks counts the bulk requests that a proxy has seen.
func bulks(p *siem.Proxy) int { return strings.Count(strings.Join(p.Seen(), "\n"), "_bulk") }

// bulksOf waits until a proxy has seen so many bulk requests.
func bulksOf(t *testing.T, p *siem.Proxy, n int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for bulks(p) < n {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute it has seen %v", p.Seen())
		}
		time.Sleep(time.Millisecond)
	}
}

// Processes that are killed in the middle, again and again, leave nothing out and
// nothing twice when one comes to the end; with a rollover between them too.
func TestShipKilled(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		s.Env(t)
		stream, spool := newStream(), t.TempDir()
		path := recorded(t, 8000)
		ship := func(address string, extra ...string) (*exec.Cmd, *bytes.Buffer) {
			cmd := exec.Command(os.Args[0])
			args := append([]string{"record", path, "--to", address, "--spool", spool}, extra...)
			cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(args, "\n"))
			var errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &errs, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			return cmd, &errs
		}
		p := s.Proxy(t)
		for kill := range 3 {
			seen := bulks(p)
			cmd, errs := ship(p.Address(stream))
			bulksOf(t, p, seen+2+kill)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if cmd.Wait() == nil {
				t.Fatalf("it came to its end before it was killed: %s", errs)
			}
			if kill > 0 && !strings.Contains(errs.String(), "an earlier process left") {
				t.Errorf("it does not say that there is something to deliver: %s", errs)
			}
			if kill == 1 {
				s.Do(t, "POST", "/"+stream+"/_rollover", nil)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(spool, "*", "*", "*.spool")); len(left) == 0 {
			t.Error("the killed processes left nothing in the spool")
		}
		deliver(t, p.Address(stream), spool)
		cmd, errs := ship(p.Address(stream))
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, errs)
		}
		onceInStream(t, s, stream, eventsOf(t, path))
		if left, _ := filepath.Glob(filepath.Join(spool, "*")); len(left) > 0 {
			t.Errorf("the spool keeps %v", left)
		}
	})
}

// deliver has what a process left in the spool delivered, without its source.
func deliver(t *testing.T, address, spool string) {
	t.Helper()
	for _, want := range []string{"events that an earlier process left", "nothing waits for stoop-"} {
		code, _, errs := stoop(t, "deliver", address, "--spool", spool)
		if code != exitOK || !strings.Contains(errs, want) {
			t.Errorf("exit status %d, want %q: %s", code, want, errs)
		}
		if left, _ := filepath.Glob(filepath.Join(spool, "*")); len(left) > 0 {
			t.Errorf("the spool keeps %v", left)
		}
	}
}

// Without a server there are documents in a file, which read back as the events.
func TestRecordLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail.ndjson")
	code, _, errs := stoop(t, "record", "demo", "--to", path)
	if code != exitOK || !strings.Contains(errs, "events in "+path) {
		t.Fatalf("exit %d: %s", code, errs)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, b := range eventsOf(t, "demo") {
		n += b.Len()
	}
	if got := bytes.Count(text, []byte("\n")); got != n || !bytes.HasSuffix(text, []byte("}\n")) {
		t.Errorf("%d lines of %d events", got, n)
	}
	back := 0
	for _, b := range eventsOf(t, path) {
		back += b.Len()
	}
	if back != n {
		t.Errorf("%d of %d events read back", back, n)
	}
	if code, _, errs = stoop(t, "record", "demo", "--to", path); code != exitFailed || !strings.Contains(errs, "is there already") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, out, errs := stoop(t, "record", alerts, "-o", "ndjson", "--to", "-"); code != exitOK || !strings.Contains(out, `"module":"stoop"`) {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// What a full disk does not take is said, and so is how much it took.
func TestRecordLinesOnAFullDisk(t *testing.T) {
	if code, errs := onFullDisk(t, "record", alerts, "-o", "ndjson", "--to", "-"); code != exitFailed || !strings.Contains(errs, "3 events could not be written\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
	l, n := newECSLines(&small{room: 1 << 20}, clean(false)), 0
	for _, b := range eventsOf(t, "demo") {
		l.batch(b)
		n += b.Len()
	}
	if err := l.flush(); err == nil || l.events != n || l.out.lines == 0 || l.out.lines >= n {
		t.Errorf("%v: %d of %d were written to a disk that has room for some", err, l.out.lines, n)
	}
}

// small is a disk with room for that many bytes.
type small struct{ room int }

func (s *small) Write(p []byte) (int, error) {
	n := min(len(p), s.room)
	if s.room -= n; n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// Secrets leave the machine only when that is asked for.
func TestShippedSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	alert := `{"output":"o","priority":"Notice","rule":"R","time":"2026-03-01T12:00:01Z","output_fields":{"proc.cmdline":"mysql --password=hunter2hunter2"}}`
	if err := os.WriteFile(path, []byte(alert+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]bool{"--stats": false, "--show-secrets": true} {
		code, out, errs := stoop(t, "record", path, "-o", "ndjson", "--to", "-", flag)
		if code != exitOK || strings.Contains(out, "hunter2") != want {
			t.Errorf("%s: exit %d %s\n%s", flag, code, errs, out)
		}
	}
}

// What waits is listed without anybody asking a server, and whom it is for.
func TestDeliverLists(t *testing.T) {
	folder := t.TempDir()
	if code, out, errs := stoop(t, "deliver", "--spool", folder); code != exitOK || !strings.Contains(out, "nothing waits in "+folder) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	for root, to := range map[string]string{"a": "es://search.example.org/stoop-trail", "b": "target oncall", "c": ""} {
		s, _, _, err := spool.Open(filepath.Join(folder, root), spool.Options{Max: 1 << 20, For: to})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(spool.Head{Events: 7, Oldest: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()}, []byte("x"), false); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	code, out, errs := stoop(t, "deliver", "--spool", folder)
	for _, want := range []string{
		"7 events wait for es://search.example.org/stoop-trail (", ", the oldest of 2026-01-02T03:04:05Z)", "stoop deliver 'es://search.example.org/stoop-trail'",
		"7 events wait for target oncall (", "stoop watch with this target", "7 events wait for c (",
	} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %q in\n%s%s", code, want, out, errs)
		}
	}
}
