package casefile

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/journal"
)

const childEnv = "STOOP_TEST_CASE"

// TestMain makes the test binary one that adds notes until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		c, err := Open(dir, "child", false)
		for i := 0; err == nil; i++ {
			if _, err = c.Add(context.Background(), Entry{Kind: Note, Text: strconv.Itoa(i)}); err == nil {
				fmt.Println(i)
			}
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func begin(t *testing.T) *Case {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "shell"), "ann", false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func add(t *testing.T, c *Case, e Entry) Entry {
	t.Helper()
	kept, err := c.Add(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

var at = time.Date(2026, 11, 23, 20, 2, 5, 0, time.UTC)

// row is an open of a file by a process that has a secret in its command line.
func row(name string) event.Row {
	t := event.NewTables()
	str := t.Strings.Add
	cont := event.ContID(t.Conts.Add(event.Container{ID: str("6cf4be7b2388"), Name: str("web"), Pod: str("web-0"), Namespace: str("shop"), Repo: str("shop/web"), Tag: str("1")}))
	p := t.Procs.Add(event.Proc{PID: 7, Known: event.KnowPID, Name: str("curl"), Exe: str("curl"), ExePath: str("/usr/bin/curl"), Args: str("--password\x00hunter2hunter2\x00" + name + "\x00"), User: str("root"), Cont: cont})
	o := t.Objs.Add(event.Object{Kind: event.ObjFile, Name: str("/etc/" + name)})
	typ, _ := event.TypeOf("openat")
	b := event.NewBatch(t, 1, 1)
	b.Append(event.Event{Time: at.UnixNano(), Type: typ, Proc: event.ProcID(p), Obj: event.ObjID(o), FD: 3, Res: 3, Bits: event.HasRes, TID: 7, Dur: -1}, nil)
	return b.Row(0)
}

// A case opens as it was left.
func TestReopen(t *testing.T) {
	c := begin(t)
	add(t, c, Entry{Kind: Begun, Title: "The shell of Monday"})
	mark := add(t, c, MarkOf(row("shadow"), "curl opened /etc/shadow"))
	add(t, c, Entry{Kind: Note, Text: "why?", Of: mark.ID})
	gone := add(t, c, Entry{Kind: Filter, Title: "f", Filter: "proc.name = curl"})
	add(t, c, Entry{Kind: View, Place: &Place{Sources: []string{"demo"}, Levels: []Level{{Title: "demo"}, {Title: "x", Filter: "proc.name = curl", Time: 7}}}})
	if err := c.Drop(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	again, err := Open(c.Folder(), "bob", true)
	if err != nil {
		t.Fatal(err)
	}
	all := again.Entries()
	if again.Title() != "The shell of Monday" || len(all) != 3 || all[1].Key != KeyOf(row("shadow")) || all[2].Of != mark.ID || all[0].By != "ann" {
		t.Errorf("%s: %+v", again.Title(), all)
	}
	if p := again.Place(); p == nil || len(p.Levels) != 2 || p.Levels[1].Filter != "proc.name = curl" || p.Sources[0] != "demo" {
		t.Errorf("%+v", p)
	}
	if _, ok := again.Marked(KeyOf(row("shadow"))); !ok {
		t.Error("the mark is not found")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), "", true); err == nil || !strings.Contains(err.Error(), "there is no case") {
		t.Errorf("error %v", err)
	}
}

// What was said to be kept is there after kill -9.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "killed")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, last := bufio.NewScanner(out), -1
	for lines.Scan() {
		if last, _ = strconv.Atoi(lines.Text()); last == 20 {
			break
		}
	}
	_ = cmd.Process.Kill()
	for lines.Scan() {
		last, _ = strconv.Atoi(lines.Text())
	}
	_ = cmd.Wait()
	c, err := Open(dir, "ann", true)
	if err != nil {
		t.Fatal(err)
	}
	all := c.Entries()
	if len(all) <= last || len(all) > last+2 {
		t.Errorf("%d notes were said to be kept, %d are there", last+1, len(all))
	}
	for i, e := range all {
		if e.Text != strconv.Itoa(i) {
			t.Fatalf("note %d is %q", i, e.Text)
		}
	}
	add(t, c, Entry{Kind: Note, Text: "after"})
}

// Evidence that was changed, or is gone, is told.
func TestVerify(t *testing.T) {
	c := begin(t)
	write := func(path string) error { return os.WriteFile(path, []byte("whole"), 0o600) }
	a, err := c.Keep("../../etc/pass wd.stoop", write)
	if err != nil || strings.ContainsAny(a.Name, "/ ") || !strings.HasSuffix(a.Name, ".stoop") {
		t.Fatalf("%+v, %v", a, err)
	}
	b, _ := c.Keep("b.stoop", write)
	add(t, c, Entry{Kind: Mark, Files: []File{a, b}})
	if wrong := c.Verify(); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
	if err := os.WriteFile(filepath.Join(c.Folder(), a.Name), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(c.Folder(), b.Name)); err != nil {
		t.Fatal(err)
	}
	wrong := strings.Join(c.Verify(), "\n")
	if !strings.Contains(wrong, a.Name+" is not what was kept") || !strings.Contains(wrong, b.Name+" cannot be read") {
		t.Error(wrong)
	}
	if _, err := c.Keep("c", func(path string) error { _ = write(path); return os.ErrPermission }); err == nil {
		t.Error("a file that failed was kept")
	}
	if left, _ := filepath.Glob(filepath.Join(c.Folder(), ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// What is too large or names a file elsewhere is refused.
func TestRefused(t *testing.T) {
	c := begin(t)
	for want, e := range map[string]Entry{
		"is no kind":             {Kind: "nonsense"},
		"a title has at most":    {Kind: Mark, Title: strings.Repeat("x", maxTitle+1)},
		"a text has at most":     {Kind: Note, Text: strings.Repeat("x", maxText+1)},
		"cannot be the name":     {Kind: Mark, Files: []File{{Name: "../x", SHA256: strings.Repeat("0", 64)}}},
		"is no SHA-256":          {Kind: Mark, Files: []File{{Name: "x", SHA256: "0"}}},
		"a view has 1 to 64":     {Kind: View},
		"the entry is too large": {Kind: Filter, Filter: strings.Repeat("x", maxFilter+1)},
	} {
		if _, err := c.Add(t.Context(), e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"a","kind":"mark","at":"2026-11-23T20:00:00Z","key":"k","event":{"proc.name":"x"}}` + "\n" + `{"id":"b","kind":"dropped","of":"a"}` + "\n"))
	f.Add([]byte(`{"id":"a","kind":"view","place":{"levels":[{}]}}` + "\n{\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &Case{dir: t.Name(), dropped: make(map[string]bool)}
		c.take(journal.Lines(text))
		for _, e := range c.Entries() {
			if err := e.check(); err != nil {
				t.Error(err)
			}
		}
		_, _ = c.Title(), c.Files()
	})
}
