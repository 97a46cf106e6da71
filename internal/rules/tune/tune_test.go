package tune

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

const ruleFile = `- list: shadows
  items: [/etc/shadow]
- rule: Shadow read
  desc: d
  condition: evt.type = openat and fd.name in (shadows)
  output: o
  priority: WARNING
`

// deed is an alert as the tests make it: of a rule, by a process of a parent in
// a container of shop/web, of /etc/shadow.
type deed struct{ rule, name, parent, args string }

var (
	cat    = deed{"Shadow read", "cat", "sh", "-n\x00\"/etc/shadow\"\x00(x)\x00"}
	backup = deed{"Shadow read", "backup", "cron", ""}
	tar    = deed{"Shadow read", "tar", "cron", ""}
	other  = deed{"Another", "cat", "sh", ""}
)

// alerts makes events of deeds.
func alerts(t *testing.T, deeds ...deed) *event.Batch {
	t.Helper()
	tab := event.NewTables()
	str := tab.Strings.Add
	cont := event.ContID(tab.Conts.Add(event.Container{ID: str("aaaaaaaaaaaa"), Repo: str("shop/web")}))
	file := event.ObjID(tab.Objs.Add(event.Object{Kind: event.ObjFile, Name: str("/etc/shadow")}))
	typ, _ := event.TypeOf("openat")
	b := event.NewBatch(tab, 1, len(deeds))
	for i, d := range deeds {
		known := ^event.ProcKnown(0)
		parent := event.ProcID(tab.Procs.Add(event.Proc{PID: 1, Name: str(d.parent), Cont: cont, Known: known}))
		proc := event.ProcID(tab.Procs.Add(event.Proc{PID: int32(i + 2), Name: str(d.name), Exe: str(d.name), Args: str(d.args), Parent: parent, Cont: cont, Known: known}))
		b.Append(event.Event{
			Type: typ, Proc: proc, Obj: file, FD: 3, Dur: -1, Time: int64(i + 1),
			Alert: event.AlertID(tab.Alerts.Intern(event.Alert{Rule: str(d.rule), Source: str("syscall"), Priority: event.PriorityWarning})),
		}, nil)
	}
	return b
}

func propose(t *testing.T, b *event.Batch, files ...rules.File) *Proposal {
	t.Helper()
	set, report := rules.Load(files, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	p, err := Propose(b.Row(0), set.Rule("Shadow read"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The proposal, the item that it makes, and the alerts that it silences.
func TestPropose(t *testing.T) {
	b := alerts(t, cat, backup, cat, other)
	p := propose(t, b, rules.File{Name: "rules.yaml", Text: []byte(ruleFile)})
	const want = `- rule: Shadow read
  exceptions:
    - name: container_image_repository_and_proc_name_and_proc_pname_and_fd_name
      fields: [container.image.repository, proc.name, proc.pname, fd.name]
      comps: [=, =, =, =]
      values:
        - [shop/web, cat, sh, /etc/shadow]
  override:
    exceptions: append
`
	if got := p.Item(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	f, err := filter.Compile(p.Filter(), event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	for i, silenced := range []bool{true, false, true, false} {
		if f.Match(b, i) != silenced {
			t.Errorf("%s holds for alert %d: %v", p.Filter(), i, !silenced)
		}
	}
	if err := p.Only([]string{"ka.verb"}); err == nil || !strings.Contains(err.Error(), "it has container.image.repository") {
		t.Errorf("a field that the alert does not have: %v", err)
	}
}

func TestNoAlert(t *testing.T) {
	tab := event.NewTables()
	b := event.NewBatch(tab, 1, 1)
	b.Append(event.Event{FD: -1, Dur: -1}, nil)
	if _, err := Propose(b.Row(0), nil); err == nil {
		t.Error("an event that is no alert has a proposal")
	}
}

// What is written loads, keeps what was there, and silences the event that
// fired, values with quotes and brackets included.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "local.yaml")
	if err := os.WriteFile(path, []byte("# mine\n- list: shadows\n  items: [/etc/gshadow]\n  override: {items: append}"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []rules.File{{Name: "rules.yaml", Text: []byte(ruleFile)}}
	b := alerts(t, cat, backup)
	for i, fields := range [][]string{{"proc.name", "proc.cmdline"}, {"proc.name"}} {
		set, _ := rules.Load(files, rules.Options{})
		p, err := Propose(b.Row(i), set.Rule("Shadow read"))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Only(fields); err != nil {
			t.Fatal(err)
		}
		if err := p.Write(path, files); err != nil {
			t.Fatal(err)
		}
	}
	p := propose(t, alerts(t, tar), files...)
	if err := p.Only([]string{"proc.name"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Write(path, files); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# mine\n") || strings.Count(string(text), "fields:") != 2 {
		t.Errorf("the file holds\n%s", text)
	}
	set, report := rules.Load(append(files, rules.File{Name: path, Text: text}), rules.Options{Falco: true})
	if err := report.Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	const want = `((evt.type = openat and fd.name in (/etc/shadow, /etc/gshadow)) and not (proc.name = cat and proc.cmdline = "cat -n \"/etc/shadow\" (x)") and not (proc.name = backup or proc.name = tar))`
	if got := filter.Source(set.Rule("Shadow read").Expr); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A file that does not load is not written to, nor one whose rule is unknown
// without a stand-in for it.
func TestWriteChecks(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.yaml")
	const text = "rule: no list\n"
	if err := os.WriteFile(broken, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Propose(alerts(t, cat).Row(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(broken, nil); err == nil || !strings.Contains(err.Error(), "is left as it is") {
		t.Errorf("a broken file: %v", err)
	}
	if got, _ := os.ReadFile(broken); string(got) != text {
		t.Errorf("the broken file holds %q", got)
	}
	if err := p.Write(filepath.Join(dir, "new.yaml"), nil); err != nil {
		t.Errorf("a rule of another program: %v", err)
	}
	for i := range p.Picks {
		p.Picks[i].On = false
	}
	if err := p.Write(filepath.Join(dir, "none.yaml"), nil); err == nil || p.Item() != "" {
		t.Error("an exception of nothing is written")
	}
}
