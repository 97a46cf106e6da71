//go:build linux

package live

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/live/probe"
	"github.com/stoop-project/stoop/test/lab"
)

// bareCgroup makes the cgroup of a container without a runtime or namespaces,
// in the hierarchy of the records' keys. It returns the short id and the
// directory.
func bareCgroup(t *testing.T, root string) (id, dir string) {
	t.Helper()
	full := fmt.Sprintf("%012x", time.Now().UnixNano()&(1<<48-1)) + strings.Repeat("a", 48) + "beef"
	dir = filepath.Join(root, "docker", full)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for end := time.Now().Add(2 * time.Second); os.Remove(dir) != nil && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	return full[:12], dir
}

// A container whose processes lived for a moment and share the host's pid
// namespace is recorded from the first on, and its events name them when all
// of them are gone.
func TestBeforeOfShortLived(t *testing.T) {
	needRoot(t)
	shareDir = t.TempDir()
	first := watchFor(t, "evt.type = reboot", source.Options{})
	root := first.probe.Keys().Root
	if root == "" {
		testdata.Skipf(t, "no hierarchy of cgroups is mounted")
	}
	id, dir := bareCgroup(t, root)
	time.Sleep(3 * houseEvery)
	work := t.TempDir()
	cmd := exec.Command("sh", "-c", "echo $$ >"+dir+"/cgroup.procs; cd "+work+"; touch moved-mark; rm moved-mark; :")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	time.Sleep(100 * time.Millisecond)

	check := func(name string, past *watched) {
		seen := make(map[string]string)
		past.mu.Lock()
		defer past.mu.Unlock()
		for _, r := range past.rows {
			if r.text(r.cont().ID) != id {
				continue
			}
			p := r.proc()
			seen[strings.TrimSuffix(r.b.Type[r.i].String(), "at")+" "+r.text(p.Name)] = r.text(r.b.Tables.Proc(p.Parent).Name)
			if p.Name == event.NoStr {
				t.Errorf("%s: %v has no name", name, r)
			}
		}
		for _, want := range []string{"execve touch", "open touch", "execve rm", "unlink rm"} {
			if parent, ok := seen[want]; !ok || parent != "sh" {
				t.Errorf("%s: %s is of parent %q (there: %v), among %v", name, want, parent, ok, seen)
			}
		}
	}
	var drained watched
	if err := first.Drain(t.Context(), id, time.Now().Add(-time.Minute), &drained); err != nil {
		t.Fatal(err)
	}
	check("drained", &drained)
	check("before", lookBack(t, "container.id = "+id))
}

// lookBack returns what another stoop that starts now tells of the last minute.
func lookBack(t *testing.T, expr string) *watched {
	t.Helper()
	src, err := Open(t.Context(), "live", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{Live: src.(*Live)}
	defer w.Close()
	f, err := filter.Compile(expr, event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context(), source.Request{Before: time.Minute, Filter: f, Until: time.Now()}, w); err != nil {
		t.Fatal(err)
	}
	return w
}

// What a process did before the records that are asked for begin is told by
// older records of its ring, which make no event.
func TestDrainIsLedByWhatIsOlder(t *testing.T) {
	needRoot(t)
	w := watchFor(t, "evt.type = reboot", source.Options{})
	root := w.probe.Keys().Root
	if root == "" {
		testdata.Skipf(t, "no hierarchy of cgroups is mounted")
	}
	id, dir := bareCgroup(t, root)
	time.Sleep(3 * houseEvery)
	mark := filepath.Join(t.TempDir(), "late-mark")
	cmd := exec.Command("sh", "-c", "echo $$ >"+dir+"/cgroup.procs; bash -c 'sleep 0.6; echo x > "+mark+"'; :")
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	time.Sleep(50 * time.Millisecond)
	var past watched
	since := began.Add(400 * time.Millisecond)
	if err := w.Drain(t.Context(), id, since, &past); err != nil {
		t.Fatal(err)
	}
	for _, r := range past.rows {
		if r.b.Time[r.i] < since.UnixNano() {
			t.Errorf("%v is older than what was asked for", r)
		}
	}
	r, ok := past.find(func(r row) bool {
		return strings.HasPrefix(r.b.Type[r.i].String(), "open") && r.text(r.obj().Name) == mark
	})
	if !ok {
		t.Fatalf("the file is not among %v", past.rows)
	}
	if got := r.text(r.proc().Name); got != "bash" || !strings.Contains(r.text(r.proc().Args), "late-mark") {
		t.Errorf("it was made by %q, %q", got, r.text(r.proc().Args))
	}
}

// What a process does before it executes anything is told with what it has
// from who made it, though no event of it was ever handed on.
func TestDrainOfForked(t *testing.T) {
	w := watchFor(t, "evt.type = reboot", source.Options{})
	c := lab.Runc(t, lab.RuncSpec{})
	c.Do(t, "sh", "-c", "mkdir /tmp/forked; cd /tmp/forked; (echo x > mark-1; (echo x > mark-2); :); exit 0")
	time.Sleep(100 * time.Millisecond)
	var past watched
	if err := w.Drain(t.Context(), c.ID[:12], time.Now().Add(-time.Minute), &past); err != nil {
		t.Fatal(err)
	}
	pids := make(map[int32]bool)
	var parent int32
	for _, mark := range []string{"mark-1", "mark-2"} {
		r, ok := past.find(func(r row) bool {
			return strings.HasPrefix(r.b.Type[r.i].String(), "open") && r.text(r.obj().Name) == "/tmp/forked/"+mark
		})
		if !ok {
			t.Fatalf("%s is not among %v", mark, past.rows)
		}
		compare(t, r, map[string]string{"proc.name": "sh", "proc.exepath": "/bin/busybox", "proc.cwd": "/tmp/forked/", "proc.pname": "sh", "proc.pexepath": "/bin/busybox"})
		if p := r.proc(); parent != 0 && p.PPID != parent {
			t.Errorf("%s was made by a child of %d, want of %d", mark, p.PPID, parent)
		}
		parent = r.proc().PID
		pids[parent] = true
	}
	if len(pids) != 2 {
		t.Errorf("both marks are of %v", pids)
	}
	for _, r := range past.rows {
		if r.b.Type[r.i].String() == "clone" {
			t.Errorf("%v: the making of a process is no deed", r)
		}
	}
}

// The standard error of a process in a filter's container is known, whoever
// opened it where.
func TestStderrFromOutside(t *testing.T) {
	needRoot(t)
	root := probe.FindKeys().Root
	if root == "" {
		testdata.Skipf(t, "no hierarchy of cgroups is mounted")
	}
	id, dir := bareCgroup(t, root)
	w := watchFor(t, "container.id = "+id+" and evt.type in (open, openat, execve)", source.Options{})
	w.Live.mu.Lock()
	scope := w.plan.Scope
	w.Live.mu.Unlock()
	if scope.Mode != probe.ScopeOnly {
		t.Fatalf("the kernel's scope is %+v", scope)
	}
	log := filepath.Join(t.TempDir(), "stderr-log")
	if out, err := exec.Command("bash", "-c", "exec 2>"+log+"; echo $$ >"+dir+"/cgroup.procs; cat /etc/hostname").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := w.await(t, "cat", func(r row) bool { return r.text(r.obj().Name) == "/etc/hostname" })
	compare(t, r, map[string]string{"container.id": id, "proc.name": "cat", "proc.stderr.name": log})
}
