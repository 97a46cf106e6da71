package trail

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// fired is an alert as Falco's are: of a process without a pid, given as
// "name args < parent args < …", that opened a file.
func fired(at int64, rule, process, file string) event.Row {
	t := event.NewTables()
	container := event.ContID(t.Conts.Add(event.Container{ID: t.Strings.Add("6cf4be7b2388")}))
	id := event.ProcID(0)
	for _, line := range slices.Backward(strings.Split(process, " < ")) {
		name, args, _ := strings.Cut(line, " ")
		p := event.Proc{Name: t.Strings.Add(name), Cont: container, Parent: id}
		if args != "" {
			p.Args = t.Strings.Add(strings.ReplaceAll(args, " ", "\x00") + "\x00")
		}
		id = event.ProcID(t.Procs.Add(p))
	}
	typ, _ := event.TypeOf("openat")
	b := event.NewBatch(t, 1, 1)
	b.Append(event.Event{
		Time: at, Type: typ, Proc: id, FD: -1, Dur: -1,
		Obj:   event.ObjID(t.Objs.Add(event.Object{Kind: event.ObjFile, Name: t.Strings.Add(file)})),
		Alert: event.AlertID(t.Alerts.Add(event.Alert{Rule: t.Strings.Add(rule), Tags: t.Strings.Add("mitre_credential_access\x00")})),
	}, nil)
	return b.Row(0)
}

func drawn(t *Trail) (lines []string) {
	for _, b := range t.Branches(true) {
		mark := ""
		if b.Node.Inferred {
			mark = "≈"
		}
		lines = append(lines, strings.Repeat(" ", int(b.Depth))+mark+b.Node.Title())
	}
	return lines
}

// Where nothing but alerts is there, they tell of one incident, as far as they say
// of what their processes came.
func TestTrailOfAlertsAlone(t *testing.T) {
	const bash = "bash < sh -c ping;nc < python3 < containerd-shim"
	rows := []event.Row{
		fired(1000*second, "Read sensitive file", "cat /etc/shadow < "+bash, "/etc/shadow"),
		fired(1001*second, "Scan", "nmap -sT < bash", "/etc/services"),
		fired(1002*second, "Write below etc", bash, "/etc/x"),
		fired(1003*second, "Write below etc", "bash < sh", "/etc/y"),
		fired(1003*second, "Persistence", "bash < sh", "/etc/y"),
		fired(1004*second, "Another", "other < python3 < containerd-shim", "/tmp/other"),
	}
	x := Build(rows[1], slices.Values(rows))
	want := "≈containerd-shim\n ≈python3\n  ≈sh -c ping;nc\n   ≈bash\n    ≈cat /etc/shadow\n    ≈nmap -sT\n  ≈other"
	if got := strings.Join(drawn(x), "\n"); got != want {
		t.Errorf("lineage\n%s\nwant\n%s", got, want)
	}
	if x.Subject.Key != ByAlerts || x.Self == nil || x.Self.Title() != "nmap -sT" || !x.RootInferred || x.Incident() != "" {
		t.Errorf("by %s of %v", x.Subject.Key, x.Self)
	}
	told := x.Story()
	want = "python3 had started sh -c ping;nc\ncat opened /etc/shadow\nnmap opened /etc/services\nbash opened /etc/x\nbash opened /etc/y"
	if got := strings.Join(texts(told), "\n"); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
	if last := told[len(told)-1]; len(last.Alerts) != 2 || last.Tactic != "Credential Access" || !told[0].Inferred {
		t.Errorf("%+v, %+v", told[0], last)
	}
	if unknown := strings.Join(x.Unknown(), "\n"); !strings.Contains(unknown, "No event of the alert's process was recorded") || strings.Contains(unknown, "(-") {
		t.Error(unknown)
	}
}

// A process that was not recorded hangs below the recorded one that it names.
func TestAlertOfAnUnrecordedChild(t *testing.T) {
	w := newWorld()
	_, _, tool, at := attack(w)
	line := text(w.t.ProcRow(tool), fieldLine)
	rows := slices.Collect(w.rows())
	child := fired(w.b.Time[at]+1e6, "Read sensitive file", "cat /etc/shadow < "+line+" < sh -c tool < service", "/etc/shadow")
	x := Build(child, slices.Values(append(rows, child)))
	if x.Self == nil || !x.Self.Inferred || x.Self.Parent == nil || x.Self.Parent.Inferred || x.Self.Parent.Line() != line {
		t.Fatalf("%+v; %q", x.Self, drawn(x))
	}
	stranger := fired(w.b.Time[at]+1e6, "Read sensitive file", "cat /etc/shadow < nobody", "/etc/shadow")
	if x := Build(stranger, slices.Values(append(rows, stranger))); x.Self != nil || len(x.Steps) <= len(rows)/2 {
		t.Errorf("an alert of a process that fits nowhere: %d of %d steps, %v", len(x.Steps), len(rows), x.Self)
	}
}

// Whatever alerts claim, each has its step, and no process comes of itself.
func TestConcludeOfLies(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		rows := make([]event.Row, 30)
		for i := range rows {
			line := make([]string, 1+rnd.IntN(5))
			for j := range line {
				line[j] = []string{"sh", "bash", "sh -c x", "a", "containerd-shim"}[rnd.IntN(5)]
			}
			rows[i] = fired(int64(1000+i)*second, "R", strings.Join(line, " < "), fmt.Sprint("/", i))
		}
		l := newLineage("6cf4be7b2388")
		if steps := l.processesOf(rows); len(steps) != len(rows) {
			t.Fatalf("seed %d: %d steps", seed, len(steps))
		}
		for _, n := range l.nodes {
			if isBelow(n, n) {
				t.Fatalf("seed %d: %s comes of itself", seed, n.Title())
			}
			if n.Parent != nil && !slices.Contains(n.Parent.Children, n) {
				t.Fatalf("seed %d: the parent of %s does not have it", seed, n.Title())
			}
		}
		Build(rows[rnd.IntN(len(rows))], slices.Values(rows)).Story()
	}
}
