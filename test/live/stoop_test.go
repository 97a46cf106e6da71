//go:build linux

package livetest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/lab"
)

var program struct {
	sync.Once
	path string
	err  error
}

// stoopPath builds stoop as `make build` does, once, where every user can run it.
func stoopPath(t testing.TB) string {
	t.Helper()
	lab.NeedRoot(t)
	if _, err := exec.LookPath("go"); err != nil {
		testdata.Skipf(t, "go is missing: stoop cannot be built")
	}
	program.Do(func() {
		dir, err := os.MkdirTemp("", "stoop-built-")
		if program.err = err; err != nil {
			return
		}
		made = append(made, dir)
		_ = os.Chmod(dir, 0o755) // for the test without rights
		program.path = filepath.Join(dir, "stoop")
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", program.path, "../../cmd/stoop")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.path
}

// run is a stoop that runs.
type run struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

// start starts stoop beside the lab's containerd.
func start(t testing.TB, args ...string) *run {
	t.Helper()
	r := &run{cmd: exec.Command(stoopPath(t), args...)}
	r.cmd.Env = append(os.Environ(), "STOOP_CRI_SOCKET="+lab.Containerd(t).Socket)
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.lines = bufio.NewScanner(out)
	r.lines.Buffer(nil, 1<<20)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if r.cmd.ProcessState == nil {
			_ = r.cmd.Process.Kill()
			_ = r.cmd.Wait()
		}
	})
	return r
}

// stop asks stoop to end as Ctrl-C does, and returns how long that took.
func (r *run) stop(t testing.TB) time.Duration {
	t.Helper()
	begin := time.Now()
	if err := r.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for r.lines.Scan() { // what is left
	}
	err := r.cmd.Wait()
	took := time.Since(begin)
	if err != nil {
		t.Errorf("stoop ended with %v: %s", err, r.stderr.String())
	}
	return took
}

// attached waits until stoop has attached: it holds links to the kernel then.
func (r *run) attached(t testing.TB) {
	t.Helper()
	if !eventually(time.Minute, func() bool { return links(r.cmd.Process.Pid) > 10 }) {
		t.Fatalf("stoop has not attached: %s", r.stderr.String())
	}
	for n := 0; n != links(r.cmd.Process.Pid); { // the rest, and its first look at /proc
		n = links(r.cmd.Process.Pid)
		time.Sleep(500 * time.Millisecond)
	}
}

// links counts the kernel attachments that a process holds.
func links(pid int) int {
	infos, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	n := 0
	for _, path := range infos {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("link_type:")) {
			n++
		}
	}
	return n
}

// object reads the next line that stoop prints as JSON.
func (r *run) object(t testing.TB) map[string]any {
	t.Helper()
	if !r.lines.Scan() {
		_ = r.cmd.Wait()
		t.Fatalf("stoop printed nothing more: %s", r.stderr.String())
	}
	return parse(t, r.lines.Bytes())
}

func parse(t testing.TB, line []byte) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(line, &o); err != nil {
		t.Fatalf("stoop printed %s: %v", line, err)
	}
	return o
}
