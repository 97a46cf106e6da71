package detect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/source"
)

// shells is a file with one rule.
const shells = `
- rule: Shell in a container
  desc: a shell
  condition: evt.type = execve and proc.name = sh and container.id != host
  output: A shell | user=%user.name command=%proc.cmdline parent=%proc.aname[1] gone=%proc.aname[9] image=%container.image.repository
  priority: WARNING
  tags: [container, mitre_execution, T1059.004]
`

// scene is a shell in a container, and a cat.
type scene struct {
	t       *event.Tables
	sh, cat event.ProcID
	cont    event.ContID
	seq     uint64
}

func newScene() *scene {
	s := &scene{t: event.NewTables(), seq: 1}
	str := s.t.Strings.Add
	s.t.Host, s.t.Run = str("node-1"), "run-1"
	s.cont = event.ContID(s.t.Conts.Add(event.Container{ID: str("6cf4be7b2388")}))
	python := event.ProcID(s.t.Procs.Add(event.Proc{PID: 10, Name: str("python3"), Cont: s.cont, Known: event.KnowPID}))
	s.sh = event.ProcID(s.t.Procs.Add(event.Proc{PID: 11, Name: str("sh"), Exe: str("sh"), Args: str("-c\x00id\x00"), Parent: python, Cont: s.cont, Known: event.KnowPID}))
	s.cat = event.ProcID(s.t.Procs.Add(event.Proc{PID: 12, Name: str("cat"), Parent: s.sh, Cont: s.cont, Known: event.KnowPID}))
	return s
}

// executed is a batch in which processes were executed, one a millisecond.
func (s *scene) executed(procs ...event.ProcID) *event.Batch {
	execve, _ := event.TypeOf("execve")
	b := event.NewBatch(s.t, s.seq, len(procs))
	for i, p := range procs {
		b.Append(event.Event{Time: int64(s.seq+uint64(i)) * 1e6, Type: execve, Proc: p, TID: 11, FD: -1, Bits: event.HasRes, Dur: -1}, nil)
	}
	s.seq += uint64(len(procs))
	return b
}

// got keeps what comes to a sink.
type got struct{ batches []*event.Batch }

func (g *got) Batch(b *event.Batch) { g.batches = append(g.batches, b) }

func load(t *testing.T, text string) *rules.Set {
	t.Helper()
	set, report := rules.Load([]rules.File{{Name: "test.yaml", Text: []byte(text)}}, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	return set
}

// detector has the rules of a text.
func detector(t *testing.T, text string) *Detector {
	t.Helper()
	d, err := New(load(t, text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func value(t *testing.T, r event.Row, name string) string {
	t.Helper()
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := f.Show(r, arg); ok {
		return v.String()
	}
	return event.NotAvailable
}

func TestAlertsAreEvents(t *testing.T) {
	s := newScene()
	d := detector(t, shells)
	var heard []Alert
	d.OnAlert(func(a Alert) { heard = append(heard, a) })
	g := &got{}
	b := s.executed(s.cat, s.sh)
	d.Sink(g).Batch(b)

	if len(g.batches) != 2 || g.batches[0] != b || g.batches[1].Len() != 1 {
		t.Fatalf("the sink got %d batches, want the batch itself and one alert", len(g.batches))
	}
	alert := g.batches[1].Row(0)
	const output = "00:00:00.002000000: Warning A shell | user=<NA> command=sh -c id parent=python3 gone=<NA> image=<NA>"
	for name, want := range map[string]string{
		"alert.rule": "Shell in a container", "alert.priority": "Warning", "alert.source": "syscall", "alert.origin": "stoop",
		"alert.tags": "(container,mitre_execution,T1059.004)", "alert.output": output,
		"evt.type": "execve", "evt.rawtime": "2000000", "evt.hostname": "node-1", "evt.res": "SUCCESS", "evt.arg.args": "-c id",
		"proc.name": "sh", "proc.pid": "11", "proc.pname": "python3", "container.id": "6cf4be7b2388", "container.name": "<NA>",
	} {
		if v := value(t, alert, name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	if len(heard) != 1 || heard[0].Rule.Name != "Shell in a container" || heard[0].Of != b || heard[0].OfI != 1 || heard[0].Batch != g.batches[1] {
		t.Errorf("heard of %+v", heard)
	}

	// What is learned of the container later shows at the alert.
	s.t.Conts.Set(uint32(s.cont), event.Container{ID: s.t.Strings.Add("6cf4be7b2388"), Name: s.t.Strings.Add("web")})
	d.Sink(g).Batch(s.executed(s.cat))
	if v := value(t, alert, "container.name"); v != "web" {
		t.Errorf("container.name is %q after it was learned, want web", v)
	}
}

func TestDocumentIsFalcos(t *testing.T) {
	s := newScene()
	g := &got{}
	detector(t, shells).Sink(g).Batch(s.executed(s.sh))
	var doc struct {
		UUID, Time, Rule, Priority, Source, Hostname, Output string
		Tags                                                 []string
		Fields                                               map[string]any `json:"output_fields"`
	}
	payload := g.batches[1].Payload(0)
	if err := json.Unmarshal(payload, &doc); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	if doc.Rule != "Shell in a container" || doc.Priority != "Warning" || doc.Time != "1970-01-01T00:00:00.001000000Z" || doc.Hostname != "node-1" || len(doc.Tags) != 3 {
		t.Errorf("document is %s", payload)
	}
	if gone, there := doc.Fields["proc.aname[9]"]; !there || gone != nil {
		t.Errorf("proc.aname[9] is %v (%v): what is named and missing is null", gone, there)
	}
	for name, want := range map[string]any{"proc.aname[1]": "python3", "proc.cmdline": "sh -c id", "proc.pid": 11.0, "evt.num": 1.0} {
		if doc.Fields[name] != want {
			t.Errorf("output_fields: %s is %v, want %v", name, doc.Fields[name], want)
		}
	}
	// The same event makes the same alert when it is read again; another another.
	again, other := &got{}, &got{}
	s.seq = 1 // and with it the times
	detector(t, shells).Sink(again).Batch(s.executed(s.sh))
	detector(t, shells).Sink(other).Batch(s.executed(s.sh))
	id := value(t, again.batches[1].Row(0), "alert.id")
	if id != doc.UUID || len(id) != 36 || id[14] != '8' {
		t.Errorf("alert.id is %q, then %q, want the same UUID of version 8", doc.UUID, id)
	}
	if id == value(t, other.batches[1].Row(0), "alert.id") {
		t.Error("two events' alerts have the same id")
	}
}

// TestAlertsOfOthersMakeNone holds that rules are not asked about alerts, those
// made here included.
func TestAlertsOfOthersMakeNone(t *testing.T) {
	s := newScene()
	d := detector(t, strings.ReplaceAll(shells, "evt.type = execve and ", ""))
	g := &got{}
	sink := d.Sink(g)
	sink.Batch(s.executed(s.sh))
	sink.Batch(g.batches[1])
	if n := len(g.batches); n != 3 || d.Stats().Alerts != 1 {
		t.Errorf("%d batches and %d alerts, want 3 and 1", n, d.Stats().Alerts)
	}
}

func TestAlertsAreFiltered(t *testing.T) {
	s := newScene()
	g := &got{}
	detector(t, shells).Sink(g).Batch(s.executed(s.sh))
	for _, c := range []struct {
		src  string
		want bool
	}{
		{"alert.rule = 'Shell in a container' and alert.tags intersects (T1059.004)", true},
		{"alert.output contains 'command=sh -c id' and proc.aname = python3", true},
		{"alert.origin = falco", false},
	} {
		f, err := filter.Compile(c.src, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		sel := []uint64{1}
		if f.Select(g.batches[1], sel); (sel[0] == 1) != c.want {
			t.Errorf("%s: %v, want %v", c.src, !c.want, c.want)
		}
	}
}

// TestTooManyAlertsAreCounted lets a rule fire more often in a second than it
// makes alerts for.
func TestTooManyAlertsAreCounted(t *testing.T) {
	s := newScene()
	d := detector(t, shells)
	g := &got{}
	b := s.executed(make([]event.ProcID, PerSecond+50)...)
	for i := range b.Proc {
		b.Proc[i], b.Time[i] = s.sh, 5e9+int64(i)
	}
	d.Sink(g).Batch(b)
	st := d.Stats()
	if n := g.batches[1].Len(); n != PerSecond || st.Alerts != PerSecond || st.Suppressed != 50 || st.Rules[0].Fired != PerSecond+50 {
		t.Errorf("%d alerts, stats %+v; want %d, and 50 counted", n, st, PerSecond)
	}
	if len(st.Notes) != 1 || !strings.Contains(st.Notes[0].Text, "fired 50 times more") {
		t.Errorf("notes: %+v", st.Notes)
	}
	late := s.executed(s.sh)
	late.Time[0] = 6e9
	if d.Sink(g).Batch(late); len(g.batches) != 4 {
		t.Error("the next second's alert is missing")
	}
}

func TestReloadKeepsWhatWorks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(shells)
	d, _, err := Open([]string{file}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	anew := 0
	d.OnReload(func() error { anew++; return nil })
	s, g := newScene(), &got{}
	sink := d.Sink(g)
	sink.Batch(s.executed(s.sh))
	write(strings.Replace(shells, "proc.name = sh", "proc.nome = sh", 1))
	if err := d.Reload(); err == nil || !strings.Contains(err.Error(), "proc.nome") {
		t.Errorf("reload of a broken file: %v", err)
	}
	sink.Batch(s.executed(s.sh))
	write(strings.Replace(shells, "proc.name = sh", "proc.name = cat", 1))
	if err := d.Reload(); err != nil {
		t.Error(err)
	}
	if anew != 1 {
		t.Errorf("%d reloads were told, want the one that worked", anew)
	}
	sink.Batch(s.executed(s.sh, s.cat, s.cat))
	st := d.Stats()
	if st.Alerts != 4 || st.Rules[0].Fired != 4 {
		t.Errorf("%d alerts, the rule fired %d times; want 4: one, one by the old rule, two by the new", st.Alerts, st.Rules[0].Fired)
	}
	if len(st.Notes) != 1 || st.Notes[0].Level != source.NoteInfo {
		t.Errorf("notes: %+v", st.Notes)
	}
}

// TestShelvesLetGo holds that the tables of a source are not kept once it has
// begun others.
func TestShelvesLetGo(t *testing.T) {
	d := detector(t, shells)
	sink := d.Sink(&got{})
	for range 4 {
		s := newScene()
		for range shelfLife + 1 {
			sink.Batch(s.executed(s.sh))
		}
	}
	if n := len(d.shelves.by); n > 2 {
		t.Errorf("%d sources' tables are kept, want those at hand", n)
	}
}

// TestTablesAreLetGo holds that what a source is done with is kept by nobody
// here: a hunt through a server has tables for each page.
func TestTablesAreLetGo(t *testing.T) {
	d := detector(t, shells)
	page := func() weak.Pointer[event.Tables] {
		s := newScene()
		d.Sink(source.SinkFunc(func(*event.Batch) {})).Batch(s.executed(s.sh))
		return weak.Make(s.t)
	}
	old := page()
	page() // what looks at events may remember the latest
	for range 10 {
		if runtime.GC(); old.Value() == nil {
			return
		}
	}
	t.Error("a page's tables are kept")
}
