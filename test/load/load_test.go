//go:build linux

package load

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/oracle"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

func build(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		testdata.Skipf(t, "cc is missing: hack/deps.sh installs what the tests need")
	}
	program, err := Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestCounts compares what each mode says it made with strace's count of it.
func TestCounts(t *testing.T) {
	program := build(t)
	for _, tt := range []struct {
		name string
		args []string
		want map[string]uint64
	}{
		{"getppid", []string{"getppid", "--count", "1001", "--threads", "2"}, map[string]uint64{"getppid": 1001}},
		{"file", []string{"file", "--count", "100"}, map[string]uint64{"openat": 100, "read": 100, "close": 100}},
		{"exec", []string{"exec", "--count", "5"}, map[string]uint64{"clone": 5, "execve": 5, "exit_group": 5, "wait4": 5}},
		{
			"watched",
			[]string{"watched", "--count", "403"},
			map[string]uint64{"getppid": 135, "kill": 134, "dup": 134},
		},
		{
			"deeds",
			[]string{"deeds", "--count", "17"},
			map[string]uint64{
				"openat": 3, "close": 3 + 2*2, "renameat": 2, "fchmodat": 2, "unlinkat": 4, "mkdirat": 2,
				"socket": 2, "connect": 2, "accept4": 2, "setresuid": 2,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			run, err := Start(t.Context(), program, append(tt.args, "--dir", dir)...)
			if err != nil {
				t.Fatal(err)
			}
			trace := oracle.Attach(t, oracle.Options{}, run.Pid)
			result, err := run.Go()
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(result.Made, tt.want) || result.Failed != 0 {
				t.Errorf("made %v with %d failed, want %v", result.Made, result.Failed, tt.want)
			}
			if seen := seen(trace.Stop(t), result); !maps.Equal(seen, tt.want) {
				t.Errorf("strace saw %v, want %v", seen, tt.want)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%v are left behind", left)
			}
		})
	}
}

// seen counts strace's records of the calls that the loop may make: those of
// its threads, and of their children the execve and the exit.
func seen(records []oracle.Record, result Result) map[string]uint64 {
	own := map[int]bool{}
	for _, tid := range result.Tids {
		own[tid] = true
	}
	counts := map[string]uint64{}
	for _, r := range oracle.Calls(records) {
		child := !own[r.Pid] && r.Pid != result.Pid
		if own[r.Pid] && result.Made[r.Name] > 0 || child && (r.Name == "execve" || r.Name == "exit_group") {
			counts[r.Name]++
		}
	}
	return counts
}

// TestRate checks that a rate is kept on average, and that a duration ends it.
func TestRate(t *testing.T) {
	program := build(t)
	for _, rate := range []float64{50, 20_000} {
		var wrong string
		for range 10 { // the machine may be busy
			run, err := Start(t.Context(), program, "getppid", "--rate", strconv.FormatFloat(rate, 'f', 0, 64), "--duration", "0.5")
			if err != nil {
				t.Fatal(err)
			}
			result, err := run.Go()
			if err != nil {
				t.Fatal(err)
			}
			want := rate / 2
			if float64(result.Rounds) > want+rate/1000+1 { // by more than a tick, on no machine
				t.Errorf("at %v/s %d rounds in %v s, want %v at most", rate, result.Rounds, result.Seconds, want)
			}
			wrong = ""
			if float64(result.Rounds) < 0.7*want || math.Abs(result.Seconds-0.5) > 0.3 {
				wrong = fmt.Sprintf("at %v/s %d rounds in %v s, want about %v in 0.5 s", rate, result.Rounds, result.Seconds, want)
				continue
			}
			break
		}
		if wrong != "" {
			t.Error(wrong)
		}
	}
}

// TestInPod runs the generator in a pod: it must need nothing of an image, and
// its counts come out through the runtime.
func TestInPod(t *testing.T) {
	program := build(t)
	pod := lab.Pod(t, lab.PodSpec{Spec: lab.Spec{Mounts: []lab.Mount{{Source: program, Target: "/load", ReadOnly: true}}}})
	run, err := StartCommand(pod.Command(t.Context(), "/load", "deeds", "--count", "16", "--wait"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := run.Go()
	if err != nil {
		t.Fatal(err)
	}
	if result.Rounds != 16 || result.Failed != 0 || result.Made["connect"] != 2 {
		t.Errorf("%+v", result)
	}
}

// TestEnd checks that the counts are exact when a run is ended early.
func TestEnd(t *testing.T) {
	run, err := Start(t.Context(), build(t), "getppid", "--duration", "60")
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Begin(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if err := run.End(); err != nil {
		t.Fatal(err)
	}
	result, err := run.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if result.Rounds == 0 || result.Made["getppid"] != result.Rounds || result.Seconds > 30 {
		t.Errorf("%+v", result)
	}
}

func TestBadArguments(t *testing.T) {
	program := build(t)
	for args, want := range map[string]string{
		"":                                "exactly one mode",
		"dance --count 1":                 "unknown mode: dance",
		"getppid":                         "--duration or --count is needed",
		"getppid --count 0":               "--count: 0 is not a number above 0",
		"getppid --rate nan --count 1":    "--rate: nan is not a number",
		"getppid --count 1 --threads 65":  "--threads: 65 is not a number above 0 and up to 64",
		"getppid --count 1 --dir /no/way": "/no/way",
	} {
		_, err := Start(context.Background(), program, strings.Fields(args)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("load %s: error %v, want %q", args, err, want)
		}
	}
}

func FuzzParseResult(f *testing.F) {
	f.Add([]byte(`{"mode":"getppid","pid":1,"tids":[2],"seconds":1,"rounds":5,"made":{"getppid":5}}`))
	f.Add([]byte(`{"made":{"x":-1}}`))
	f.Fuzz(func(_ *testing.T, line []byte) {
		r, err := parseResult(line)
		if err == nil {
			r.Total("getppid", "openat")
		}
	})
}
