package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	screen "github.com/stoop-project/stoop/test/terminal"
)

// onScreen runs stoop in a terminal, presses keys once all that is wanted is there
// for the one before, and returns the screen. Keys and wants (a|b: both) alternate,
// beginning with what is there without a key; is, where it is not nil, says
// whether the last screen is whole: a frame may be half drawn.
func onScreen(t *testing.T, is func(text string) bool, args []string, steps ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(append(args, "--theme", "peregrine"), "\n"), "TERM=xterm-256color", "TZ=UTC",
		"XDG_CONFIG_HOME="+t.TempDir(), "XDG_STATE_HOME="+t.TempDir())
	term, err := screen.Start(cmd, 140, 40)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	for i, step := range steps {
		if i%2 == 1 {
			if err := term.Type(step); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := term.WaitFor(step, time.Minute, func(now string) bool {
			for want := range strings.SplitSeq(step, "|") {
				if !strings.Contains(now, want) {
					return false
				}
			}
			return !strings.Contains(now, "reading …") && !strings.Contains(now, "looking in") && (i < len(steps)-1 || is == nil || is(now))
		}); err != nil {
			t.Fatalf("%q: %v", args, err)
		}
	}
	if is == nil {
		if err := term.Settle(time.Second, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	return term.Text()
}

// memory is what a screen says of memory, which is not the same everywhere.
var memory = regexp.MustCompile(`[0-9.]+ [kKMG]B of [0-9.]+ [MG]B`)

// withoutEvents is a trail's screen without the lines of its events: how many of
// them stand above the alert depends on what was there when it was painted first.
func withoutEvents(text string) string {
	var kept []string
	below := false
	for line := range strings.SplitSeq(text, "\n") {
		left, right, two := strings.Cut(line, "│")
		if below && two {
			line = strings.TrimRight(left, " ")
		}
		below = below || strings.HasPrefix(right, "─ events ")
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// goldenScreen is onScreen, and compares the screen with the one that is kept;
// STOOP_UPDATE=1 writes it anew.
func goldenScreen(t *testing.T, name string, args []string, steps ...string) {
	t.Helper()
	path := filepath.Join("testdata", "screens", name+".txt")
	page := func(text string) string { return memory.ReplaceAllString(withoutEvents(text), "… of …") + "\n" }
	if os.Getenv("STOOP_UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(page(onScreen(t, nil, args, steps...))), 0o644); err != nil { //nolint:gosec // a page
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	steps[len(steps)-1] += "|" // names the page in the error
	onScreen(t, func(text string) bool { return page(text) == string(want) }, args, steps...)
}

// ownMarks are what an alert's form decides: its own badge, and its time, which
// may be cut to milliseconds.
var ownMarks = regexp.MustCompile(`▲1?|T[+−][0-9.]+ [mµ]?s|T0`)

// trailOf is what a trail's screen shows of lineage and story, the first lines
// that all screens have: one that is of no alert has another one.
func trailOf(text string) string {
	const most = 11
	_, rest, _ := strings.Cut(text, "\n─ lineage ")
	trail, _, _ := strings.Cut(rest, "─ events ")
	var lines []string
	for line := range strings.Lines(trail) {
		lines = append(lines, strings.Join(strings.Fields(ownMarks.ReplaceAllString(line, "")), " "))
	}
	return strings.Join(lines[:min(len(lines), most)], "\n")
}

// alertFile writes a document into a file.
func alertFile(t *testing.T, doc any) string {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return jsonFile(t, string(text))
}

// shapesOnScreen opens an alert of every shape in a place, on the screen: all
// that name a process end on the screen on which the demo's own does, and those
// that do not say so.
func shapesOnScreen(t *testing.T, all []shapeOf, want string, where ...string) {
	t.Helper()
	for _, shape := range all {
		args := append([]string{"open", "-r", "none", alertFile(t, shape.doc)}, where...)
		if strings.HasSuffix(shape.key, "container and time") || strings.HasPrefix(shape.key, "pod") {
			onScreen(t, func(string) bool { return true }, args, "found by "+shape.key+", unsure: the alert names no process: all of the container is told|W where")
			continue
		}
		wants := "found by " + shape.key + "|W where|▲ sh ran nc.traditional"
		if shape.profile == "tetragon" { // its exec is no alert
			wants = strings.ReplaceAll(wants, "▲ ", "")
		}
		onScreen(t, func(text string) bool { return trailOf(text) == want }, args, wants)
	}
}

// demoTrail is the trail's screen on which the demo's netcat ends.
func demoTrail(t *testing.T, all []shapeOf, where ...string) string {
	t.Helper()
	text := trailOf(onScreen(t, nil, append([]string{"open", "-r", "none", alertFile(t, all[0].doc)}, where...), "24 processes|W where|▲ sh ran nc.traditional"))
	for _, want := range []string{"python3 took a request", "began here", "nc.traditional → bash", "nc.traditional made the connection"} {
		if !strings.Contains(text, want) {
			t.Fatalf("%q is not on the screen:\n%s", want, text)
		}
	}
	return text
}

// On the screen an alert of every shape ends on the same trail.
func TestOpenShapesOnScreen(t *testing.T) {
	at, start := demoStarts(t)
	all := shapes(at, start)
	shapesOnScreen(t, all, demoTrail(t, all, "demo"), "demo")
}

// What of an alert cannot be opened as it should has its answer on the screen.
func TestOpenScreens(t *testing.T) {
	at, start := demoStarts(t)
	when := at.UTC().Format(time.RFC3339Nano)
	falco := func(change func(doc, fields obj)) string {
		fields := obj{"container.id": demoContainer, "evt.type": "execve", "proc.name": "nc.traditional", "proc.cmdline": demoLine}
		doc := obj{"rule": "Netcat", "priority": "Warning", "source": "syscall", "time": when, "output": "x", "output_fields": fields}
		change(doc, fields)
		return alertFile(t, doc)
	}
	open := func(file string, more ...string) []string {
		return append(append([]string{"open", "-r", "none"}, more...), file, "demo")
	}
	const found = "W where"
	if code, _, errs := stoop(t, open(falco(func(d, _ obj) { delete(d, "time") }))...); code != exitFailed || !strings.Contains(errs, "--at TIME gives it one") {
		t.Errorf("without a time: exit %d: %s", code, errs)
	}
	for name, test := range map[string]struct {
		args  []string
		steps []string
	}{
		"open":                 {[]string{"open", "-r", "none", alertFile(t, shapes(at, start)[0].doc), "demo"}, []string{found}},
		"open-no-container":    {open(falco(func(_, f obj) { delete(f, "container.id") })), []string{found}},
		"open-no-process":      {open(falco(func(_, f obj) { delete(f, "proc.name"); delete(f, "proc.cmdline") })), []string{found}},
		"open-nothing":         {open(falco(func(d, _ obj) { d["output_fields"] = obj{} })), []string{"container ID name them"}},
		"open-no-time-given":   {open(falco(func(d, _ obj) { delete(d, "time") }), "--at", when), []string{found}},
		"open-cut-id":          {open(falco(func(_, f obj) { f["container.id"] = demoContainer[:6] })), []string{found, "W", "one container begins so"}},
		"open-scheme":          {open(falco(func(_, f obj) { f["container.id"] = "containerd://" + demoContainer + strings.Repeat("a", 52) })), []string{found}},
		"open-other-line":      {open(falco(func(_, f obj) { f["proc.cmdline"], f["proc.name"] = "no such", "no" })), []string{found, "W", "all of the container is told"}},
		"open-other-container": {open(falco(func(_, f obj) { f["container.id"] = "ffffffffffff" })), []string{found, "W", "nothing was found"}},
		"open-hour-ahead":      {open(falco(func(d, _ obj) { d["time"] = at.Add(time.Hour).UTC().Format(time.RFC3339Nano) })), []string{found, "W", "corrected by that"}},
		"open-by-hand":         {[]string{"open", "-r", "none", "--at", when, "--container", demoContainer, "demo"}, []string{found}},
	} {
		t.Run(name, func(t *testing.T) { goldenScreen(t, name, test.args, test.steps...) })
	}
}
