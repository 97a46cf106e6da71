//go:build linux

package livetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/oracle"
)

// actorDir is where a container finds the actor.
const actorDir = "/actor"

var built struct {
	sync.Once
	dir string
	err error
}

// buildActor compiles the actor, once, and returns its folder.
func buildActor(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		testdata.Skipf(t, "cc is missing: hack/deps.sh installs what the tests need")
	}
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "stoop-actor-"); built.err != nil {
			return
		}
		made = append(made, built.dir)
		units, _ := filepath.Glob("actor/*.c")
		args := append([]string{"-O1", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", "-o", filepath.Join(built.dir, "actor")}, units...)
		if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
			built.err = fmt.Errorf("cc: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

// actorPod runs a privileged pod in which the actor can play.
func actorPod(t testing.TB) *lab.Container {
	t.Helper()
	dir := buildActor(t)
	return lab.Pod(t, lab.PodSpec{
		Namespace: "theatre", Pod: "stage-0", Labels: map[string]string{"app": "stage", "tier": "front"},
		Spec: lab.Spec{
			Name: "actor", Privileged: true, Env: []string{"ROLE=hamlet"},
			Mounts: []lab.Mount{{Source: dir, Target: actorDir, ReadOnly: true}},
		},
	})
}

// actor is an actor that stands ready in a container.
type actor struct {
	pid   int // on the host
	stdin io.Writer
	lines *bufio.Scanner
}

// hire starts an actor in a container.
func hire(t testing.TB, c *lab.Container) *actor {
	t.Helper()
	token := "act-" + lab.NewID()[:12]
	cmd := c.Command(context.Background(), actorDir+"/actor", token)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	a := &actor{stdin: stdin, lines: bufio.NewScanner(stdout)}
	a.hear(t, "ready")
	if a.pid = pidWith(t, actorDir+"/actor\x00"+token); a.pid == 0 {
		t.Fatal("the actor's process is not to be found")
	}
	return a
}

func (a *actor) hear(t testing.TB, want string) {
	t.Helper()
	if !a.lines.Scan() || strings.TrimSpace(a.lines.Text()) != want {
		t.Fatalf("the actor says %q, want %q: %v", a.lines.Text(), want, a.lines.Err())
	}
}

// play lets the actor play a scene to its end.
func (a *actor) play(t testing.TB, scene string) {
	t.Helper()
	if _, err := io.WriteString(a.stdin, scene+"\n"); err != nil {
		t.Fatal(err)
	}
	a.hear(t, "done "+scene)
}

// pidWith returns the process whose command line begins like this, 0 for none.
func pidWith(t testing.TB, cmdline string) int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(b), cmdline) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	return 0
}

// scene is what strace and stoop say of one scene, by thread in the order of
// the threads' first calls.
type scene struct {
	name    string
	calls   []oracle.Record
	events  []row
	started time.Time
}

// boundary is the path of which the actor's main thread calls chdir before a
// scene.
func boundary(name string) string { return "/scene/" + name }

// divide sorts calls and events by scene. Both are in the order of time, and
// one scene ends before the next begins.
func divide(t testing.TB, main int, names []string, calls []oracle.Record, events []row) []*scene {
	t.Helper()
	var scenes []*scene
	var now *scene
	for _, c := range calls {
		if c.Pid == main && c.Kind == oracle.Syscall && c.Name == "chdir" {
			if path, _ := c.Args[0].Text(); strings.HasPrefix(path, boundary("")) {
				now = &scene{name: strings.TrimPrefix(path, boundary("")), started: c.Time}
				scenes = append(scenes, now)
			}
		}
		if now != nil {
			now.calls = append(now.calls, c)
		}
	}
	if len(scenes) != len(names) {
		t.Fatalf("strace saw %d scenes begin, want %d", len(scenes), len(names))
	}
	n := 0
	now = nil
	for _, e := range events {
		if n < len(scenes) && int(e.b.TID[e.i]) == main && e.typ() == "chdir" && e.text(t, "evt.arg.path") == boundary(scenes[n].name) {
			now = scenes[n]
			n++
		}
		if now != nil {
			now.events = append(now.events, e)
		}
	}
	if n != len(scenes) {
		t.Fatalf("stoop saw %d scenes begin, strace %d", n, len(scenes))
	}
	return scenes
}
