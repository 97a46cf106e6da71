//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/oracle"
)

// hurry is the pace of the tests: the same story, with hardly a pause.
const hurry = 0.05

// needs skips the test where the story cannot be played.
func needs(t *testing.T) {
	t.Helper()
	lab.NeedRoot(t)
	lab.Need(t, "containerd", "ctr", "runc", "busybox", "cc", "python3", "nc.traditional", "nmap", "curl", "script", "strace")
}

// sameCall are the other names of the calls in deeds: which one is used is the
// C library's choice, and the architecture's.
var sameCall = map[string][]string{
	"dup2":     {"dup2", "dup3"},
	"fchmodat": {"fchmodat", "fchmodat2", "chmod"},
	"mkdir":    {"mkdir", "mkdirat"},
	"openat":   {"openat", "open"},
	"rename":   {"rename", "renameat", "renameat2"},
	"unlinkat": {"unlinkat", "unlink"},
}

// TestStory plays the incident under strace, and checks that each step made the
// system calls that the timeline promises.
func TestStory(t *testing.T) {
	needs(t)
	s, err := setStage(t.Context(), hurry)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	calls := []string{"execve", "connect"}
	for _, names := range sameCall {
		calls = append(calls, names...)
	}
	var known []string // strace refuses a call that the architecture lacks, but not with "?"
	for _, c := range calls {
		known = append(known, "?"+c)
	}
	trace := oracle.Attach(t, oracle.Options{Strace: []string{"-e", "trace=" + strings.Join(known, ",")}}, s.web.Pid)
	n := startNoise(t.Context(), s.webURL, s.worker, hurry)
	var entries []entry
	err = play(t.Context(), s, hurry, func(e entry) { entries = append(entries, e) })
	n.stop()
	records := trace.Stop(t)
	if err != nil {
		t.Fatal(err)
	}

	if len(entries) != len(story)+1 {
		t.Errorf("the timeline has %d entries, want %d", len(entries), len(story)+1)
	}
	for _, e := range entries {
		for i, d := range e.deeds {
			if !slices.ContainsFunc(records, func(r oracle.Record) bool { return d.shownBy(r, e.Time) }) {
				t.Errorf("%q: strace did not see %q", e.Sent, e.Expect[i])
			}
		}
	}
	if n.requests.Load() == 0 || n.probes.Load() == 0 || s.beacons.Load() == 0 {
		t.Errorf("%d requests, %d probes, %d beacons: none may be 0", n.requests.Load(), n.probes.Load(), s.beacons.Load())
	}
	checkAftermath(t, s)
}

// shownBy tells whether the record is this deed, done after a time.
func (d deed) shownBy(r oracle.Record, after time.Time) bool {
	names := sameCall[d.call]
	if names == nil {
		names = []string{d.call}
	}
	if r.Kind != oracle.Syscall || !slices.Contains(names, r.Name) || r.Time.Before(after.Truncate(time.Microsecond)) {
		return false
	}
	return slices.ContainsFunc(r.Args, func(a oracle.Arg) bool {
		if text, ok := a.Text(); ok && strings.Contains(text, d.what) {
			return d.mode == anyMode || strings.Contains(string(r.Args[2]), "O_WRONLY") || strings.Contains(string(r.Args[2]), "O_RDWR")
		}
		if addr, ok := a.Sockaddr(); ok {
			return addr.Addr.String() == d.what
		}
		fd, ok := a.FD()
		return ok && fd.Kind != "" && strings.Contains(fd.Detail, d.what)
	})
}

// checkAftermath looks at what the intruder left in the container.
func checkAftermath(t *testing.T, s *stage) {
	t.Helper()
	for path, want := range map[string]string{
		"/etc/ssh/sshd_config":                 "\nPermitRootLogin yes\n",
		"/root/.ssh/authorized_keys":           "ssh-ed25519 ",
		"/etc/apt/sources.list.d/updates.list": "http://" + intruder + ":" + s.names["file-port"] + "/debian",
		"/tmp/.cache/updater":                  "GET /beacon",
	} {
		if b, err := os.ReadFile(s.web.HostPath(path)); err != nil || !bytes.Contains(b, []byte(want)) {
			t.Errorf("%s does not hold %q: %v", path, want, err)
		}
	}
	if b, err := os.ReadFile(s.web.HostPath("/var/log/auth.log")); err != nil || len(b) != 0 {
		t.Errorf("auth.log is not empty: %q, %v", b, err)
	}
	if _, err := os.Stat(s.web.HostPath("/root/.bash_history")); err == nil {
		t.Error("the shell's history is still there")
	}
	if b, err := os.ReadFile(s.worker.HostPath("/var/lib/worker/report.txt")); err != nil || strings.TrimSpace(string(b)) != "3" {
		t.Errorf("the worker's report is %q, %v; want the catalogue's 3 products", b, err)
	}
}

// TestRecordAndTimeline runs the whole program with a recorder of its own: it
// must run before the first step, be interrupted after the last, and find the
// private containerd.
func TestRecordAndTimeline(t *testing.T) {
	needs(t)
	dir := t.TempDir()
	trace, timeline := filepath.Join(dir, "recorder"), filepath.Join(dir, "timeline")
	recorder := `sh -c 'trap "date +%s.%N >>` + trace + `; exit 0" INT; echo $STOOP_CRI_SOCKET >` + trace +
		`; date +%s.%N >>` + trace + `; while :; do sleep 0.05; done'`
	var out bytes.Buffer
	if err := run(t.Context(), options{record: recorder, timeline: timeline, pace: hurry}, &out); err != nil {
		t.Fatal(err)
	}

	f, err := os.Open(timeline)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var entries []entry
	for d := json.NewDecoder(f); d.More(); {
		var e entry
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
		if !strings.Contains(out.String(), e.Sent) {
			t.Errorf("%q is in the file but not in the printed timeline", e.Sent)
		}
	}
	if len(entries) != len(story)+1 {
		t.Fatalf("%d entries, want %d", len(entries), len(story)+1)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(b))
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "/") {
		t.Fatalf("the recorder wrote %q", lines)
	}
	began, ended := unixTime(t, lines[1]), unixTime(t, lines[2])
	if !began.Before(entries[0].Time) || !ended.After(entries[len(entries)-1].Time) {
		t.Errorf("recorded from %v to %v, the story was from %v to %v", began, ended, entries[0].Time, entries[len(entries)-1].Time)
	}
}

func unixTime(t *testing.T, s string) time.Time {
	t.Helper()
	seconds, nanos, _ := strings.Cut(s, ".")
	whole, err := time.ParseDuration(seconds + "s" + nanos + "ns")
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(0, int64(whole))
}

// TestRecorderFails checks that a recorder that ends by itself is an error: a
// recording of half the story must not pass for one of all of it.
func TestRecorderFails(t *testing.T) {
	r, err := startRecorder("false", "/none")
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if r.running() != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := r.stop(); err == nil || !strings.Contains(err.Error(), "too early") {
		t.Errorf("error %v", err)
	}
}

// TestCancel interrupts the story when its pods are up, and checks that they
// are taken down.
func TestCancel(t *testing.T) {
	needs(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watched{word: "intruder", seen: cancel}
	if err := run(ctx, options{pace: 1}, out); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the interruption", err)
	}
	ids := regexp.MustCompile(`\b[0-9a-f]{12}\b`).FindAllString(out.String(), -1)
	if len(ids) != 2 {
		t.Fatalf("the pods were not described: %q", out.String())
	}
	for _, id := range ids {
		if containerLives(id) {
			t.Errorf("container %s lives on", id)
		}
	}
}

// watched calls seen when a word is written.
type watched struct {
	bytes.Buffer
	word string
	seen func()
}

func (w *watched) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.word)) {
		defer w.seen()
	}
	return w.Buffer.Write(p)
}

func containerLives(id string) bool {
	cgroups, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	return slices.ContainsFunc(cgroups, func(path string) bool {
		b, _ := os.ReadFile(path)
		return bytes.Contains(b, []byte("/"+id))
	})
}
