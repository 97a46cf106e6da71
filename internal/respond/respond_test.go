package respond

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// row is an open of a file in a pod.
func row(pod, file string) event.Row {
	t := event.NewTables()
	str := t.Strings.Add
	t.Host = str("node-1")
	id := "6cf4be7b2388"
	cont := event.ContID(t.Conts.Add(event.Container{ID: str(id), FullID: str(id + strings.Repeat("0", 52)), Name: str("web"), Pod: str(pod), Namespace: str("shop")}))
	p := t.Procs.Add(event.Proc{PID: 5901, Known: event.KnowPID, Name: str("sh"), Cont: cont})
	o := t.Objs.Add(event.Object{Kind: event.ObjFile, Name: str(file)})
	b := event.NewBatch(t, 1, 1)
	b.Append(event.Event{Time: 1, Proc: event.ProcID(p), Obj: event.ObjID(o), FD: 3, Dur: -1}, nil)
	return b.Row(0)
}

func named(t *testing.T, all []Proposal, name string) Proposal {
	t.Helper()
	for _, p := range all {
		if p.Response.Name == name {
			return p
		}
	}
	t.Fatalf("there is no %s", name)
	return Proposal{}
}

func TestPropose(t *testing.T) {
	all := BuiltIn.Propose(row("web-7d9c5f6b8-x2k8p", "/tmp/it's here"))
	for name, want := range map[string]string{
		"isolate":      "kubectl -n shop label pod web-7d9c5f6b8-x2k8p stoop-isolated=true\n",
		"cordon":       "kubectl cordon node-1\n",
		"pause":        "tasks pause 6cf4be7b238800000",
		"kill-process": "kill -KILL 5901\n",
		"capture":      "--fly 6cf4be7b2388 -f 'container.id = 6cf4be7b2388'",
		"capture-file": `cp /proc/5901/root'/tmp/it'\''s here' .`,
	} {
		if p := named(t, all, name); !strings.Contains(p.Text, want) || len(p.Lacks) > 0 {
			t.Errorf("%s: %q, lacks %q", name, p.Text, p.Lacks)
		}
	}
	p := all[len(all)-1]
	if p.Response.Name != "account" || p.Text != "" || strings.Join(p.Lacks, ";") != "the event says of no ka.user.name" {
		t.Errorf("the last is %+v", p)
	}
	script := named(t, all, "isolate")
	if text := script.Script(); !strings.Contains(text, "# Before: Only with") || !strings.HasSuffix(text, "#   kubectl -n shop label pod web-7d9c5f6b8-x2k8p stoop-isolated-\n") {
		t.Errorf("\n%s", text)
	}
}

// Names from outside cannot become commands: what is no name is not filled in,
// and what is quoted stays one word.
func TestHostile(t *testing.T) {
	for _, evil := range []string{"x;reboot", "$(reboot)", "x\nreboot", "-rf", "X", "a b", "`reboot`", "x'\n", "\x1b[2J", "\u202ex", strings.Repeat("a", 254)} {
		all := BuiltIn.Propose(row(evil, "/tmp/"+evil))
		if p := named(t, all, "delete-pod"); p.Text != "" || strings.Join(p.Lacks, ";") != "its k8s.pod.name is not a name as Kubernetes takes it" {
			t.Errorf("%q: %q, %q", evil, p.Text, p.Lacks)
		}
		p := named(t, all, "capture-file")
		if p.Text == "" {
			continue
		}
		// The shell is asked what the command's words are.
		words := strings.Replace(p.Text, "sudo cp", "printf '%s\\n'", 1)
		out, err := exec.Command("sh", "-c", words).Output()
		if err != nil || string(out) != "/proc/5901/root/tmp/"+evil+"\n.\n" {
			t.Errorf("%q is %q to a shell (%v)", evil, out, err)
		}
	}
}

// Each script is one that a shell can read.
func TestSyntax(t *testing.T) {
	for _, p := range BuiltIn.Propose(row("web-0", "/etc/shadow")) {
		file := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(file, []byte(p.Script()), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("sh", "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", p.Response.Name, err, out)
		}
	}
}
