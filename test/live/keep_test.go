//go:build linux

package livetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/keep"
	"github.com/stoop-project/stoop/internal/receive"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/lab"
)

// keeping is a live source whose events pass a keeper.
type keeping struct {
	*stream
	*keep.Keeper
	dir string
}

// stream is the source and what it handed on.
type stream struct {
	*watching
	through atomic.Pointer[source.Sink]
}

func (l *stream) Batch(b *event.Batch) {
	if to := l.through.Load(); to != nil {
		(*to).Batch(b)
	}
	l.watching.Batch(b)
}

// keepTrails watches for a condition and keeps trails for a second after.
func keepTrails(t *testing.T, condition string, change func(*keep.Options)) *keeping {
	t.Helper()
	l := &stream{watching: &watching{}}
	l.Live = watchInto(t, condition, source.Options{}, l)
	opt := keep.Options{Dir: t.TempDir(), After: time.Second, Lost: l.Stats, Tell: func(n source.Note) { t.Log(n.Text) }}
	if change != nil {
		change(&opt)
	}
	k, err := keep.New([]source.Recorder{l.Live}, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	sink := k.Sink(source.SinkFunc(func(*event.Batch) {}))
	l.through.Store(&sink)
	return &keeping{stream: l, Keeper: k, dir: opt.Dir}
}

// receiving passes alerts from a place where Falco sends them through the
// keeper.
func (k *keeping) receiving(t *testing.T, src source.Source, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- src.Run(ctx, source.Request{Follow: true}, k.Sink(source.SinkFunc(func(*event.Batch) {})))
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = src.Close()
	})
}

// falcoAlert is an alert as stock Falco writes it: without a pid.
func falcoAlert(id, rule, fields string) string {
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z")
	return fmt.Sprintf(`{"uuid":%q,"hostname":"node","output":"%s: (command=cat /etc/shadow)","output_fields":{%s},"priority":"Warning","rule":%q,"source":"syscall","tags":["T1555","container"],"time":%q}`,
		id, now, fields, rule, now)
}

// trail awaits the recording of an alert and reads it.
func (k *keeping) trail(t *testing.T, id string) []row {
	t.Helper()
	var at keep.Trail
	if !eventually(time.Minute, func() bool { var ok bool; at, ok = k.Trail(id); return ok && k.Stats().Running == 0 }) {
		t.Fatalf("there is no trail of %s: %+v", id, k.Stats())
	}
	if !strings.HasPrefix(at.Path, k.dir) {
		t.Fatalf("the trail is at %s", at.Path)
	}
	src, err := recording.Open(t.Context(), at.Path, source.Options{})
	if err != nil {
		t.Fatalf("%v (%+v)", err, k.Stats())
	}
	defer src.Close()
	var all kept
	if err := src.Run(t.Context(), source.Request{}, &all); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(all.rows); i++ {
		if a, b := all.rows[i-1], all.rows[i]; a.b.Time[a.i] > b.b.Time[b.i] {
			t.Errorf("event %d is older than the one before", i+1)
		}
	}
	return all.rows
}

// find returns the number of the first event from from on whose type and
// arguments fit.
func find(t *testing.T, rows []row, from int, typ, text string) int {
	t.Helper()
	for i := from; i < len(rows); i++ {
		if r := rows[i]; strings.HasPrefix(r.typ(), typ) && strings.Contains(r.text(t, "evt.args")+r.text(t, "fd.name")+r.text(t, "alert.rule"), text) {
			return i
		}
	}
	t.Errorf("no event %s %s from number %d on", typ, text, from)
	for _, r := range rows {
		t.Log(r.typ(), r.text(t, "proc.name"), r.text(t, "fd.name"), r.text(t, "alert.rule"))
	}
	return from
}

// TestTrailOfFalcosAlert does deeds that the stream does not have, then what
// Falco has an alert for, then more: all of it is in the alert's trail, once
// and in order.
func TestTrailOfFalcosAlert(t *testing.T) {
	k := keepTrails(t, "evt.type in (open, openat, openat2) and fd.name = /etc/shadow", nil)
	src, err := receive.Open(t.Context(), "http:127.0.0.1:0", source.Options{})
	k.receiving(t, src, err)
	c := lab.Pod(t, lab.PodSpec{Namespace: "shop", Pod: "web-0"})
	other := lab.Runc(t, lab.RuncSpec{})
	c.Do(t, "sh", "-c", "echo 1 > /tmp/before; rm /tmp/before")
	other.Do(t, "sh", "-c", "echo 1 > /tmp/elsewhere")
	c.Do(t, "sh", "-c", "echo root > /etc/shadow; cat /etc/shadow")
	alert := falcoAlert("alert-1", "Read sensitive file untrusted", fmt.Sprintf(`"container.id":%q,"proc.cmdline":"cat /etc/shadow","fd.name":"/etc/shadow"`, c.ID[:12]))
	url := "http://" + src.(*receive.Receiver).Addr().String()
	res, err := http.Post(url, "application/json", strings.NewReader(alert))
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	if !eventually(waitShort, func() bool { return k.Stats().Kept == 1 }) {
		t.Fatalf("%+v", k.Stats())
	}
	c.Do(t, "sh", "-c", "echo 2 > /tmp/after")
	rows := k.trail(t, "alert-1")

	at := find(t, rows, 0, "open", "/tmp/before")
	at = find(t, rows, at+1, "unlink", "/tmp/before")
	at = find(t, rows, at+1, "open", "/etc/shadow") // by the stream
	at = find(t, rows, at+1, "", "Read sensitive file untrusted")
	find(t, rows, at+1, "open", "/tmp/after")
	seen := map[string]int{}
	for _, r := range rows {
		if got := r.text(t, "container.id"); got != c.ID[:12] {
			t.Errorf("an event of %s is in the trail", got)
		}
		if got := r.text(t, "alert.trail"); got != "alert-1" {
			t.Errorf("alert.trail is %s", got)
		}
		if r.text(t, "alert.rule") == notKnown {
			what := fmt.Sprint(r.b.Time[r.i], r.b.TID[r.i], r.typ())
			if seen[what]++; seen[what] > 1 {
				t.Errorf("%s %s is there twice", r.typ(), r.text(t, "evt.args"))
			}
		}
	}
	if pod := rows[0].text(t, "k8s.pod.name"); pod != "web-0" {
		t.Errorf("the pod is %s", pod)
	}

	// What a person does with it.
	trail, _ := k.Trail("alert-1")
	out, err := exec.Command(stoopPath(t), "print", trail.Path, "-f", "evt.type in (unlink, unlinkat) or alert.rule exists", "--stats").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("/tmp/before")) || !bytes.Contains(out, []byte("Read sensitive")) {
		t.Errorf("stoop print: %v\n%s", err, out)
	}
}

// TestTrailOfAnEndedContainer is told of by an alert in a file that was rotated,
// which names the pod alone.
func TestTrailOfAnEndedContainer(t *testing.T) {
	k := keepTrails(t, "evt.type in (execve, unlink, unlinkat)", nil)
	file := filepath.Join(t.TempDir(), "falco.json")
	write := func(lines string) {
		if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(falcoAlert("old", "Nobody's", `"container.id":"ffffffffffff"`) + "\n")
	src, err := recording.Open(t.Context(), file, source.Options{})
	k.receiving(t, src, err)
	if !eventually(waitShort, func() bool { return k.Stats().Alerts == 1 }) {
		t.Fatal("the file is not read")
	}
	c := lab.Pod(t, lab.PodSpec{Namespace: "shop", Pod: "job-7"})
	c.Do(t, "sh", "-c", "echo 1 > /tmp/traces; sync; rm /tmp/traces; mkdir /tmp/done")
	// Whose pod it is must be known before it ends.
	k.await(t, "of the pod", func(r row) bool { return r.text(t, "k8s.pod.name") == "job-7" })
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	write(falcoAlert("late", "Remove bulk data", `"k8s.pod.name":"job-7","k8s.ns.name":"shop"`) + "\n")
	if !eventually(waitShort, func() bool { return k.Stats().Kept == 1 }) {
		t.Fatalf("%+v", k.Stats())
	}
	rows := k.trail(t, "late")
	at := find(t, rows, 0, "open", "/tmp/traces")
	at = find(t, rows, at+1, "unlink", "/tmp/traces")
	find(t, rows, at+1, "mkdir", "/tmp/done")
	if s := k.Stats(); s.Elsewhere != 1 || s.Running != 0 {
		t.Errorf("%+v", s)
	}
}

// TestTrailOnTheHost is that of the session of the process that the alert names,
// as far as the stream has it: the host has no ring.
func TestTrailOnTheHost(t *testing.T) {
	k := keepTrails(t, "evt.type in (execve, open, openat, openat2, unlink, unlinkat)", nil)
	src, err := receive.Open(t.Context(), "unix:"+filepath.Join(t.TempDir(), "alerts.sock"), source.Options{})
	k.receiving(t, src, err)
	dir := t.TempDir()
	mine := exec.Command("setsid", "sh", "-c", "echo 1 > "+dir+"/mine; /bin/rm "+dir+"/mine; sleep 0.5; echo 2 > "+dir+"/later")
	if err := mine.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("setsid", "sh", "-c", "echo 1 > "+dir+"/other; /bin/true").CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	rm := k.await(t, "the removal", func(r row) bool {
		return strings.Contains(r.text(t, "evt.args"), dir+"/mine") && strings.HasPrefix(r.typ(), "unlink")
	})
	send(t, src, falcoAlert("host-1", "Remove", fmt.Sprintf(`"container.id":"host","proc.name":"rm","proc.cmdline":%q`, rm.text(t, "proc.cmdline"))))
	rows := k.trail(t, "host-1")
	_ = mine.Wait()
	at := find(t, rows, 0, "open", dir+"/mine")
	at = find(t, rows, at+1, "unlink", dir+"/mine")
	find(t, rows, at+1, "open", dir+"/later")
	for _, r := range rows {
		if strings.Contains(r.text(t, "evt.args"), dir+"/other") {
			t.Error("what another session did is in the trail")
		}
	}
}

// send writes an alert to a receiver's socket.
func send(t *testing.T, to source.Source, alert string) {
	t.Helper()
	at := to.(*receive.Receiver).Addr()
	conn, err := net.Dial(at.Network(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(alert + "\n")); err != nil {
		t.Fatal(err)
	}
}

// TestWatchKeepsTrails has a rule here and an alert of Falco's kept by the
// command.
func TestWatchKeepsTrails(t *testing.T) {
	dir := t.TempDir()
	file, rules, trails := filepath.Join(dir, "falco.json"), filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "trails")
	for name, text := range map[string]string{
		file:  "",
		rules: "- rule: Log removed\n  desc: d\n  condition: evt.type in (unlink, unlinkat) and fd.name endswith .log and container.id != host\n  output: removed %fd.name\n  priority: ERROR\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lab.NeedRoot(t)
	t.Setenv("STOOP_CRI_SOCKET", lab.Containerd(t).Socket)
	r := start(t, "watch", "live", "-r", rules, "--keep", trails, "--keep-after", "1s", "--alerts", file, "--output", "text")
	r.attached(t)
	c := lab.Pod(t, lab.PodSpec{Namespace: "shop", Pod: "web-0"})
	c.Do(t, "sh", "-c", "mkdir /tmp/hidden; echo 1 > /tmp/x.log; rm /tmp/x.log")
	two := lab.Runc(t, lab.RuncSpec{})
	two.Do(t, "sh", "-c", "mkdir /tmp/quiet")
	alerts, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer alerts.Close()
	fmt.Fprintln(alerts, falcoAlert("falco-9", "Directory made", fmt.Sprintf(`"container.id":%q`, two.ID[:12])))
	find := func(pattern string) (path string) {
		if !eventually(time.Minute, func() bool {
			found, _ := filepath.Glob(filepath.Join(trails, pattern))
			if len(found) == 1 {
				path = found[0]
			}
			return len(found) == 1
		}) {
			t.Fatalf("no trail is called %s", pattern)
		}
		return path
	}
	mine, falcos := find("*-Log-removed-"+c.ID[:12]+"-*.stoop"), find("*-Directory-made-"+two.ID[:12]+"-falco-9.stoop")
	time.Sleep(2 * time.Second) // until both are whole
	r.stop(t)
	for path, want := range map[string]string{mine: "/tmp/hidden", falcos: "/tmp/quiet"} {
		out, err := exec.Command(stoopPath(t), "print", path).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte(want)) {
			t.Errorf("%s has no %s: %v\n%s", path, want, err, out)
		}
	}
}
