//go:build linux

package live

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live/probe"
	"github.com/stoop-project/stoop/test/lab"
)

func (r row) cont() *event.Container { return r.b.Tables.Cont(r.proc().Cont) }

// awaitExec waits for a shell that was started with an argument.
func (w *watched) awaitExec(t *testing.T, arg string) row {
	t.Helper()
	return w.await(t, "execve with "+arg, func(r row) bool {
		return r.b.Type[r.i].String() == "execve" && r.text(r.proc().Name) == "sh" && strings.Contains(r.text(r.proc().Args), arg)
	})
}

// awaitName waits until the runtime has told of the event's container.
func awaitName(t *testing.T, r row) {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if r.cont().Name != event.NoStr && r.cont().InitPID != 0 {
			return
		}
	}
	t.Fatalf("container %s was never described", r.text(r.cont().ID))
}

// compare checks fields of an event against what the runtime says.
func compare(t *testing.T, r row, want map[string]string) {
	t.Helper()
	for name, value := range want {
		f, rest := event.Fields.Lookup(name)
		if f == nil {
			t.Errorf("no field %s", name)
			continue
		}
		v, ok := f.Get(r.b.Row(r.i), event.Arg{Set: rest != "", Key: rest})
		if have := v.String(); !ok || have != value {
			t.Errorf("%s is %q (known: %v), want %q", name, have, ok, value)
		}
	}
}

func TestPodFields(t *testing.T) {
	needRoot(t)
	cri := lab.Containerd(t)
	t.Setenv("STOOP_CRI_SOCKET", cri.Socket)
	w := watchFor(t, "", source.Options{})
	dir := t.TempDir()
	c := lab.Pod(t, lab.PodSpec{
		Namespace: "shop", Pod: "web-0", Labels: map[string]string{"app": "web"},
		Spec: lab.Spec{Name: "front", Env: []string{"COLOUR=blue", "DB_PASSWORD=hunter2"}, Mounts: []lab.Mount{{Source: dir, Target: "/data", ReadOnly: true}}},
	})
	c.Do(t, "sh", "-c", "echo pod-mark-1; exit 0")
	r := w.awaitExec(t, "pod-mark-1")
	awaitName(t, r)
	compare(t, r, map[string]string{
		"container.id": c.ID[:12], "container.full_id": c.ID, "container.name": "front", "container.type": "containerd",
		"container.image": lab.Busybox.Ref, "container.image.repository": "docker.io/library/busybox", "container.image.tag": "1.35",
		"k8s.pod.name": "web-0", "k8s.ns.name": "shop", "k8s.pod.uid": c.Pod.UID, "container.privileged": "false",
		"k8s.pod.sandbox_id": c.Pod.SandboxID[:12], "k8s.pod.full_sandbox_id": c.Pod.SandboxID, "k8s.pod.label.app": "web",
		"proc.name": "sh",
	})
	if env := r.text(r.cont().Env); !strings.Contains(env, "COLOUR=blue\x00") || strings.Contains(env, "hunter2") {
		t.Errorf("environment is %q", env)
	}
	if m := r.text(r.cont().Mounts); !strings.Contains(m, dir+":/data::false:") {
		t.Errorf("mounts are %q", m)
	}
	if int(r.cont().InitPID) != c.Pid {
		t.Errorf("init is %d, want %d", r.cont().InitPID, c.Pid)
	}
	p := r.proc()
	if p.VPID <= 1 || p.VPID == p.PID || !p.Knows(event.KnowPidns) {
		t.Errorf("pid %d is %d inside, known %b", p.PID, p.VPID, p.Known)
	}
}

func TestRuncFields(t *testing.T) {
	w := watchFor(t, "", source.Options{})
	c := lab.Runc(t, lab.RuncSpec{Spec: lab.Spec{Privileged: false}})
	c.Do(t, "sh", "-c", "echo runc-mark-1; exit 0")
	r := w.awaitExec(t, "runc-mark-1")
	awaitName(t, r)
	compare(t, r, map[string]string{"container.id": c.ID[:12], "container.full_id": c.ID, "container.privileged": "false"})
	if int(r.cont().InitPID) != c.Pid {
		t.Errorf("init is %d, want %d", r.cont().InitPID, c.Pid)
	}
}

func TestPodmanFields(t *testing.T) {
	needRoot(t)
	engine := lab.Podman(t)
	socket, err := engine.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STOOP_PODMAN_SOCKET", socket)
	w := watchFor(t, "", source.Options{})
	c := engine.Run(t, lab.Spec{Name: "till"})
	c.Do(t, "sh", "-c", "echo podman-mark-1; exit 0")
	r := w.awaitExec(t, "podman-mark-1")
	awaitName(t, r)
	compare(t, r, map[string]string{
		"container.id": c.ID[:12], "container.name": "till", "container.type": "podman", "container.image": lab.Busybox.Ref,
		"container.image.repository": "docker.io/library/busybox", "container.image.tag": "1.35",
	})
}

// A real dockerd is asked, and says the same to docker inspect.
func TestDockerFields(t *testing.T) {
	needRoot(t)
	engine := lab.Docker(t)
	t.Setenv("STOOP_DOCKER_SOCKET", engine.Socket)
	w := watchFor(t, "", source.Options{})
	dir := t.TempDir()
	image := lab.Image{Ref: "shop/web:2.4.1", Labels: map[string]string{"team": "shop"}}
	for _, privileged := range []bool{false, true} {
		mark := fmt.Sprintf("docker-mark-%v", privileged)
		c := engine.Run(t, lab.Spec{
			Name: mark, Image: image, Privileged: privileged, Env: []string{"COLOUR=blue", "DB_PASSWORD=hunter2"},
			Mounts: []lab.Mount{{Source: dir, Target: "/data", ReadOnly: true}},
		})
		c.Do(t, "sh", "-c", "echo "+mark+"; exit 0")
		r := w.awaitExec(t, mark)
		awaitName(t, r)
		said, err := engine.Inspect(t.Context(), c.ID, `{{.Image}} {{.HostConfig.Privileged}} {{(index .Mounts 0).Propagation}} {{.State.StartedAt}}`)
		if err != nil {
			t.Fatal(err)
		}
		inspected := strings.Fields(said)
		compare(t, r, map[string]string{
			"container.id": c.ID[:12], "container.full_id": c.ID, "container.name": mark, "container.type": "docker",
			"container.image": image.Ref, "container.image.repository": "shop/web", "container.image.tag": "2.4.1",
			"container.image.id": inspected[0], "container.labels": "team:shop", "container.label.team": "shop",
			"container.privileged": strconv.FormatBool(privileged), "container.host_network": "true", "container.host_pid": "false",
			"container.mounts": dir + ":/data:ro:false:" + inspected[2], "proc.name": "sh",
		})
		if inspected[1] != strconv.FormatBool(privileged) {
			t.Errorf("docker inspect says privileged: %s, want %v", inspected[1], privileged)
		}
		if env := r.text(r.cont().Env); !strings.Contains(env, "COLOUR=blue\x00") || strings.Contains(env, "hunter2") {
			t.Errorf("environment is %q", env)
		}
		if int(r.cont().InitPID) != c.Pid {
			t.Errorf("init is %d, want %d", r.cont().InitPID, c.Pid)
		}
		started, err := time.Parse(time.RFC3339Nano, inspected[3])
		if err != nil {
			t.Fatal(err)
		}
		// when its first process was made; dockerd looks at the clock when that runs
		if early := started.Sub(time.Unix(0, r.cont().Started)); early < -time.Second || early > 10*time.Second {
			t.Errorf("it began %v before dockerd says so", early)
		}
	}
}

// What a container did before anybody asked is in its ring.
func TestDrain(t *testing.T) {
	w := watchFor(t, "evt.type = reboot", source.Options{}) // nothing of what follows
	c := lab.Runc(t, lab.RuncSpec{})
	c.Do(t, "sh", "-c", "echo drain-mark > /tmp/x; cat /tmp/x; rm /tmp/x")
	time.Sleep(100 * time.Millisecond)
	var past watched
	if err := w.Drain(t.Context(), c.ID[:12], time.Now().Add(-time.Minute), &past); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"execve": "drain-mark", "open": "", "unlink": ""}
	for _, r := range past.rows {
		t.Log(r)
		if r.text(r.cont().ID) != c.ID[:12] {
			t.Errorf("%v is of container %s", r, r.text(r.cont().ID))
		}
		for typ, arg := range want {
			if strings.HasPrefix(r.b.Type[r.i].String(), typ) && strings.Contains(r.text(r.proc().Args), arg) {
				delete(want, typ)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("of %d events none was %v", len(past.rows), want)
	}
	reach := w.Reach()
	found := false
	for _, r := range reach {
		if r.Container == c.ID[:12] {
			found = true
			if r.Deeds.IsZero() || time.Since(r.Deeds) > time.Minute {
				t.Errorf("the ring reaches back to %v", r.Deeds)
			}
		}
	}
	if !found {
		t.Errorf("no ring of %s: %+v", c.ID[:12], reach)
	}
}

// What the stream is about to hand on is not drained as well, and a recall has
// it all the same.
func TestDrainRepeatsNothing(t *testing.T) {
	w := watchFor(t, "evt.type in (unlink, unlinkat)", source.Options{})
	c := lab.Runc(t, lab.RuncSpec{})
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Do(t, "sh", "-c", "i=0; while [ $i -lt 150 ]; do echo > /tmp/once-$i; rm /tmp/once-$i; i=$((i+1)); done")
	}()
	var drained watched
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(20 * time.Millisecond):
		}
		if err := w.Drain(t.Context(), c.ID[:12], began, &drained); err != nil {
			t.Fatal(err)
		}
	}
	unlinked := func(r row) bool {
		return strings.HasPrefix(r.b.Type[r.i].String(), "unlink") && strings.Contains(r.obj().Title(r.b.Tables), "once-")
	}
	for end := time.Now().Add(30 * time.Second); w.count(unlinked) < 150 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := w.count(unlinked); n != 150 {
		t.Errorf("the stream handed on %d of 150", n)
	}
	if n := drained.count(unlinked); n != 0 {
		t.Errorf("%d that the stream handed on were drained too", n)
	}
	opened := func(r row) bool {
		return strings.HasPrefix(r.b.Type[r.i].String(), "open") && strings.Contains(r.obj().Title(r.b.Tables), "once-")
	}
	if n := drained.count(opened); n < 150 {
		t.Errorf("%d of the 150 files that were written, which the stream did not want, were drained", n)
	}
	var all watched
	if err := w.Recall(t.Context(), c.ID[:12], began, time.Now(), &all); err != nil {
		t.Fatal(err)
	}
	if n := all.count(unlinked); n != 150 {
		t.Errorf("a recall has %d of 150", n)
	}
}

// A container that does nothing is known, too.
func TestRunning(t *testing.T) {
	c := lab.Runc(t, lab.RuncSpec{})
	w := watchFor(t, "evt.type = reboot", source.Options{})
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		for _, r := range w.Running() {
			if r.ID == c.ID[:12] && r.T.Text(r.T.Cont(r.Cont).FullID) == c.ID {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%s runs, and is not among %+v", c.ID, w.Running())
		}
	}
}

// What is flown is recorded whole, with what was read and written.
func TestFly(t *testing.T) {
	w := watchFor(t, "evt.type = reboot", source.Options{Payload: 64, Durations: true})
	c := lab.Runc(t, lab.RuncSpec{})
	for end := time.Now().Add(30 * time.Second); w.Fly(c.ID[:12], true) != nil && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	c.Do(t, "sh", "-c", "echo fly-mark | cat; mkdir /tmp/flown; ls -l /tmp")
	time.Sleep(100 * time.Millisecond)
	var past watched
	if err := w.Drain(t.Context(), c.ID[:12], time.Now().Add(-time.Minute), &past); err != nil {
		t.Fatal(err)
	}
	types := make(map[string]int)
	payload, timed := false, 0
	for _, r := range past.rows {
		typ := r.b.Type[r.i]
		types[typ.String()]++
		if r.b.DurAt(r.i) > 0 {
			timed++
		}
		if n := typ.ParamIndex("data"); n >= 0 {
			if a, ok := event.ArgAt(r.b.Payload(r.i), n); ok && strings.Contains(string(a.Bytes), "fly-mark\n") {
				payload = true
			}
		}
	}
	for _, want := range []string{"read", "write", "execve", "mkdir", "brk", "mmap", "close"} {
		if types[want] == 0 {
			t.Errorf("no %s among %v", want, types)
		}
	}
	if types["mkdir"] > 1 {
		t.Errorf("%d times mkdir: deeds that are in both rings are told twice", types["mkdir"])
	}
	if !payload {
		t.Error("what went through the pipe is not there")
	}
	if timed == 0 {
		t.Error("no durations")
	}
	if err := w.Fly(c.ID[:12], false); err != nil {
		t.Error(err)
	}
	if err := w.Fly("nosuchthing1", true); err == nil {
		t.Error("an unknown container is recorded")
	}
}

// A filter that names a container is narrowed to its cgroups in the kernel.
func TestScope(t *testing.T) {
	needRoot(t)
	c := lab.Runc(t, lab.RuncSpec{})
	w := watchInside(t, c, "container.id = "+c.ID[:12]+" and evt.type in (execve, openat, open)")
	w.Live.mu.Lock()
	scope := w.plan.Scope
	w.Live.mu.Unlock()
	if scope.Mode != probe.ScopeOnly || len(scope.Cgroups) == 0 {
		t.Errorf("the kernel's scope is %+v", scope)
	}
	w.mu.Lock()
	w.rows = nil // of before the processes of the container were known
	w.mu.Unlock()
	c.Do(t, "sh", "-c", "cat /proc/version; echo scope-mark")
	r := w.awaitExec(t, "scope-mark")
	if got := r.text(r.cont().ID); got != c.ID[:12] {
		t.Errorf("container is %s", got)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if r.b.Type[r.i].String() == "execve" {
			continue // of all: the process table is led by them
		}
		if id := r.text(r.cont().ID); id != c.ID[:12] {
			t.Errorf("%v is of %s", r, id)
		}
	}
}

// watchInside is watchFor with a filter that only a container's events pass.
func watchInside(t *testing.T, c *lab.Container, expr string) *watched {
	t.Helper()
	probing = func() error { _, err := c.Exec(t.Context(), "true"); return err }
	defer func() { probing = nil }()
	return watchFor(t, expr, source.Options{})
}

// The end of a container shows on the events that it made.
func TestEnded(t *testing.T) {
	w := watchFor(t, "", source.Options{})
	c := lab.Runc(t, lab.RuncSpec{})
	c.Do(t, "sh", "-c", "echo end-mark; exit 0")
	r := w.awaitExec(t, "end-mark")
	if r.cont().Exited != 0 {
		t.Error("it ended before it ended")
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(8 * time.Second); r.cont().Exited == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("its end was not seen")
		}
	}
	var past watched
	if err := w.Drain(t.Context(), c.ID[:12], time.Now().Add(-time.Minute), &past); err != nil {
		t.Fatal(err)
	}
	for _, reach := range w.Reach() {
		if reach.Container == c.ID[:12] {
			if reach.Ended.IsZero() {
				t.Error("the recorder does not know that it ended")
			}
			return
		}
	}
	t.Error("its ring went with it")
}

// Events go on when the tables are changed for new ones.
func TestRotation(t *testing.T) {
	w := watchFor(t, "", source.Options{})
	c := lab.Runc(t, lab.RuncSpec{})
	c.Do(t, "sh", "-c", "echo before-mark; exit 0")
	before := w.awaitExec(t, "before-mark")
	awaitName(t, before)
	w.Live.mu.Lock()
	w.rotate(w)
	w.Live.mu.Unlock()
	c.Do(t, "sh", "-c", "echo after-mark; exit 0")
	after := w.awaitExec(t, "after-mark")
	if before.b.Tables == after.b.Tables {
		t.Fatal("the tables are the same")
	}
	for _, f := range []struct{ name, a, b string }{
		{"container", before.text(before.cont().ID), after.text(after.cont().ID)},
		{"container's name", before.text(before.cont().Name), after.text(after.cont().Name)},
		{"executable", before.text(before.proc().ExePath), after.text(after.proc().ExePath)},
		{"user", before.text(before.proc().User), after.text(after.proc().User)},
	} {
		if f.a != f.b {
			t.Errorf("%s is %q, and was %q", f.name, f.b, f.a)
		}
	}
	if after.proc().Parent == 0 || after.b.Tables.Proc(after.proc().Parent).PID != after.proc().PPID {
		t.Errorf("parent is %+v", after.b.Tables.Proc(after.proc().Parent))
	}
	if after.b.Seq <= before.b.Seq {
		t.Error("event numbers begin anew")
	}
}
