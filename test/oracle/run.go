//go:build linux

package oracle

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
)

// Options of a trace.
type Options struct {
	Strace []string // further options: "-e", "trace=openat,connect", "-v"
	Dir    string   // the command's directory
	Env    []string // the command's whole environment; nil: the test's
	Stdin  io.Reader
	Stdout io.Writer
}

// baseOptions are those that [Parse] wants, with strings of any sensible length.
var baseOptions = []string{"-f", "-yy", "-ttt", "-T", "-s", "65536"}

// Run runs a command under strace and returns what it did. The test fails if
// strace fails or prints what is not understood, not if the command fails.
func Run(t testing.TB, opts Options, argv ...string) []Record {
	t.Helper()
	need(t)
	out := filepath.Join(t.TempDir(), "strace.out")
	args := append(append(append([]string{}, baseOptions...), opts.Strace...), "-o", out, "--")
	cmd := exec.CommandContext(t.Context(), "strace", append(args, argv...)...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = opts.Dir, opts.Env, opts.Stdin, opts.Stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait() // strace ends as its command does, by the same signal too
	records := parseFile(t, out)
	if len(records) == 0 {
		t.Fatalf("strace %q: %v: %s", argv, err, stderr.String())
	}
	return records
}

// Tracer is a strace that is attached to running processes.
type Tracer struct {
	cmd *exec.Cmd
	out string
}

// Attach traces running processes, and all that they start from now on, until
// Stop or the test's end. It returns when strace has attached to all threads.
func Attach(t testing.TB, opts Options, pids ...int) *Tracer {
	t.Helper()
	need(t)
	out := filepath.Join(t.TempDir(), "strace.out")
	args := append(append(append([]string{}, baseOptions...), opts.Strace...), "-o", out)
	for _, pid := range pids {
		args = append(args, "-p", strconv.Itoa(pid))
	}
	cmd := exec.Command("strace", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tracer := &Tracer{cmd: cmd, out: out}
	t.Cleanup(tracer.end)
	for range 500 {
		if tracer.attached(pids) {
			return tracer
		}
		time.Sleep(10 * time.Millisecond)
	}
	tracer.end()
	t.Fatalf("strace -p %v did not attach: %s", pids, stderr.String())
	return nil
}

// attached tells whether strace traces every thread of the processes.
func (tr *Tracer) attached(pids []int) bool {
	for _, pid := range pids {
		status, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		if len(status) == 0 {
			return false
		}
		for _, path := range status {
			b, _ := os.ReadFile(path)
			if !strings.Contains(string(b), fmt.Sprintf("\nTracerPid:\t%d\n", tr.cmd.Process.Pid)) {
				return false
			}
		}
	}
	return true
}

// Stop detaches and returns what the processes did.
func (tr *Tracer) Stop(t testing.TB) []Record {
	t.Helper()
	tr.end()
	return parseFile(t, tr.out)
}

func (tr *Tracer) end() {
	if tr.cmd.ProcessState == nil {
		_ = tr.cmd.Process.Signal(syscall.SIGINT)
		_ = tr.cmd.Wait() // ends by the signal
	}
}

// need skips the test where strace is missing.
func need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		testdata.Skipf(t, "strace is missing: hack/deps.sh installs what the tests need")
	}
}

func parseFile(t testing.TB, path string) []Record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := Parse(f)
	if err != nil {
		t.Fatalf("strace's output: %v", err)
	}
	return records
}
