package main

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// demoRows are the demo's events that a filter holds for.
func demoRows(t *testing.T, expr string) (rows []event.Row) {
	t.Helper()
	f, err := compileFilter(expr)
	if err != nil {
		t.Fatal(err)
	}
	src, err := openDemo(t.Context(), "demo", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = src.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			if f.Match(b, i) {
				rows = append(rows, b.Row(i))
			}
		}
	}))
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows
}

// caseOf makes a case of events, each with its recording.
func caseOf(t *testing.T, rows []event.Row) *casefile.Case {
	t.Helper()
	path, err := casefile.Path("shell")
	if err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Open(path, "ann", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		e := casefile.MarkOf(r, "a mark")
		f, err := c.Keep("mark.stoop", func(path string) error {
			_, err := keepEvents(one(r), path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		e.Files = []casefile.File{f}
		if _, err := c.Add(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func one(r event.Row) iter.Seq[event.Row] {
	return func(yield func(event.Row) bool) { yield(r) }
}

// A case is listed, noted on, verified and exported; the recording of the export
// has just its events, which print as they were.
func TestCase(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("STOOP_USER", "bob")
	const expr = "evt.type = execve and proc.name in (nmap, cat, rm)"
	rows := demoRows(t, expr)
	caseOf(t, append(rows, rows[0]))
	if code, out, errs := stoop(t, "case", "list"); code != exitOK || !strings.Contains(out, "shell  shell  ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, _, errs := stoop(t, "case", "note", "shell", "who", "was", "it?"); code != exitOK {
		t.Error(errs)
	}
	if code, out, errs := stoop(t, "case", "show", "shell"); code != exitOK || !strings.Contains(out, "who was it?") || strings.Count(out, "  mark ") != len(rows)+1 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := stoop(t, "case", "verify", "shell"); code != exitOK || !strings.Contains(out, "as kept") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	to := filepath.Join(t.TempDir(), "out")
	if code, out, errs := stoop(t, "case", "export", "shell", "--to", to); code != exitOK || !strings.Contains(out, "case.stix.json") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	const columns = "evt.time.iso8601,proc.cmdline,proc.pname,container.id,k8s.pod.name,evt.args"
	_, want, _ := stoop(t, "print", "demo", "-f", expr, "-o", "csv", "--columns", columns)
	_, got, errs := stoop(t, "print", filepath.Join(to, "events.stoop"), "-o", "csv", "--columns", columns)
	if got != want || strings.Count(got, "\n") != len(rows)+1 {
		t.Errorf("%s\nthe recording has\n%s\nwant\n%s", errs, got, want)
	}
}

// Secrets are not in the exported recording, unless they are asked for.
func TestCaseSecrets(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	const alert = `{"time":"2026-03-01T12:00:00Z","rule":"r","priority":"Notice","source":"syscall","output":"x password=hunter2hunter2","output_fields":{"container.id":"6cf4be7b2388","proc.name":"curl","proc.cmdline":"curl --password hunter2hunter2 http://h","proc.args":"--password hunter2hunter2 http://h","proc.pid":7}}`
	file := filepath.Join(t.TempDir(), "alerts.json")
	if err := os.WriteFile(file, []byte(alert+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	batches := eventsOf(t, file)
	caseOf(t, []event.Row{batches[0].Row(0)})
	for _, show := range []bool{false, true} {
		to := filepath.Join(t.TempDir(), "out")
		args := []string{"case", "export", "shell", "--to", to}
		if show {
			args = append(args, "--show-secrets")
		}
		if code, _, errs := stoop(t, args...); code != exitOK {
			t.Fatal(errs)
		}
		for _, name := range []string{"events.stoop", "case.md", "case.json", "case.stix.json"} {
			text, err := os.ReadFile(filepath.Join(to, name))
			if err != nil || strings.Contains(string(text), "hunter2") != show {
				t.Errorf("%s, secrets asked for %v: %v", name, show, err)
			}
		}
		code, out, errs := stoop(t, "print", filepath.Join(to, "events.stoop"), "--show-secrets", "-o", "csv", "--columns", "proc.name,alert.rule,proc.pid,proc.cmdline")
		if code != exitOK || !strings.Contains(out, "curl,r,7,curl --password ") || strings.Contains(out, "hunter2") != show {
			t.Errorf("exit %d: %s%s", code, out, errs)
		}
	}
}

func TestCaseErrors(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if code, _, errs := stoop(t, "case", "list"); code != exitOK || !strings.Contains(errs, "m on the screen begins one") {
		t.Errorf("exit %d: %s", code, errs)
	}
	c := caseOf(t, demoRows(t, "proc.name = nmap and evt.type = execve"))
	for args, want := range map[string]string{
		"show|nothing":                    "there is no case",
		"open|shell":                      "name a source",
		"export|shell":                    "--to",
		"export|shell|--to|" + c.Folder(): "is not empty",
		"note|nothing|x":                  "there is no case",
	} {
		if code, _, errs := stoop(t, append([]string{"case"}, strings.Split(args, "|")...)...); code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
	if err := os.WriteFile(filepath.Join(c.Folder(), c.Files()[0].Name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := stoop(t, "case", "verify", "shell"); code != exitFailed || !strings.Contains(errs, "is not what was kept") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// Words of a command line keep their ends when one of them is masked.
func TestMaskArgs(t *testing.T) {
	for args, want := range map[string]string{
		"--password\x00hunter2hunter2\x00http://h\x00":   "--password\x00********\x00http://h\x00",
		"-c\x00MYSQL_PWD=hunter2hunter2 mysql\x00":       "-c\x00MYSQL_PWD=******** mysql\x00",
		"plain\x00words\x00":                             "plain\x00words\x00",
		"two\nlines\x00--password\x00hunter2hunter2\x00": "two\nlines\x00--password\x00********\x00",
	} {
		if got := maskArgs(args); got != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}

// What was read or written is in the exported recording only when secrets are
// asked for; what else was recorded of the call is in it.
func TestCaseLeavesDataOut(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "shop/web:1")
	p := w.Proc(0, cont, 7, 0, "root", "/bin/cat")
	w.Do(p, "read", w.File("/etc/shadow"), 9, "data", []byte("root:$y$j9T"), "size", uint64(4096))
	caseOf(t, []event.Row{w.Take().Row(0)})
	for _, show := range []bool{false, true} {
		to := filepath.Join(t.TempDir(), "out")
		args := []string{"case", "export", "shell", "--to", to}
		if show {
			args = append(args, "--show-secrets")
		}
		if code, _, errs := stoop(t, args...); code != exitOK {
			t.Fatal(errs)
		}
		for _, name := range []string{"events.stoop", "case.md", "case.json", "case.stix.json"} {
			text, err := os.ReadFile(filepath.Join(to, name))
			if has := strings.Contains(string(text), "$y$j9T"); err != nil || has && !show || !has && show && name == "events.stoop" {
				t.Errorf("%s, secrets asked for %v: has it: %v, %v\n%s", name, show, has, err, text)
			}
		}
		code, out, errs := stoop(t, "print", filepath.Join(to, "events.stoop"), "-o", "csv", "--columns", "evt.type,fd.name,evt.rawres,proc.name")
		if code != exitOK || !strings.Contains(out, "read,/etc/shadow,9,cat") {
			t.Errorf("exit %d: %s%s", code, out, errs)
		}
	}
}

// A case is opened with the span that was asked for when it was left, unless
// another one is.
func TestCaseResumesSpan(t *testing.T) {
	since := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	var f sourceFlags
	if err := f.Until.UnmarshalText([]byte("2026-11-24T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	f.resume(&casefile.Place{Since: since, Until: since.Add(time.Minute)})
	req, err := f.request()
	if err != nil || !req.Since.Equal(since) || !req.Until.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%v to %v, %v", req.Since, req.Until, err)
	}
}
