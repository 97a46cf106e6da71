//go:build linux

package kernels

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stoop-project/stoop/bpf"
)

// TestCalls holds what arm64 says of the actor's calls against what amd64 says of
// the same: there package livetest compares them with strace. Calls that arm64
// does not have are left out.
func TestCalls(t *testing.T) {
	var mu sync.Mutex
	played := map[Arch][]string{}
	t.Run("play", func(t *testing.T) {
		eachKernel(t, "calls", func(t *testing.T, k Kernel, out Output) {
			contains(t, out.Reports["counts"], " 0 lost, 0 broken", "exit 0")
			if n := strings.Count(out.Reports["played"].Text, "done "); n != strings.Count(scenesPlayed, " ")+1 {
				t.Errorf("the actor played %d scenes:\n%s", n, out.Reports["played"].Text)
			}
			mu.Lock()
			defer mu.Unlock()
			played[k.Arch] = calls(t, out.Reports["calls"])
		})
	})
	there, here := played[AMD64], played[ARM64]
	if len(there) < 200 || len(here) < 200 {
		t.Fatalf("%d calls on amd64, %d on arm64", len(there), len(here))
	}
	for _, c := range there {
		at := slices.Index(here, c)
		if at < 0 {
			t.Errorf("not on arm64: %s", c)
			continue
		}
		here = slices.Delete(here, at, at+1)
	}
}

// scenesPlayed are the actor's, without those that play with threads or io_uring.
const scenesPlayed = "open names perm cwd deep exec ends tcp4 tcp6 udp local signals creds memory mounts spaces kernel"

// calls are the actor's of a report, in one form for both kinds of processor.
func calls(t *testing.T, r Report) (all []string) {
	t.Helper()
	for _, e := range events(t, r) {
		nr, ok := bpf.ARM64.SyscallNr(e["evt.type"])
		if !ok || nr < 0 || strings.HasPrefix(e["evt.type"], "clone") || e["proc.name"] != "actor" {
			continue // a new process's own return from clone is not traced on arm64
		}
		c := e["evt.type"] + " " + e["evt.res"] + " " + e["evt.args"]
		for _, v := range variable {
			c = v.is.ReplaceAllString(c, v.as)
		}
		all = append(all, c)
	}
	return all
}

// variable is what differs from one run to the next, or with what was opened before.
var variable = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(` (tid|pid|ptid|vtid|vpid|pgid|vpgid|sid|ino|dev|addr|uaddr|start)=\S+`), ""},
	{regexp.MustCompile(`/proc/\d+/`), "/proc/PID/"},
	{regexp.MustCompile(`\b0x[0-9a-f]{5,}`), "ADDRESS"},
	{regexp.MustCompile(`\b(fd|res|dirfd|oldfd|newfd|fd1|fd2|olddir|newdir)=\d+`), "$1=N"},
	{regexp.MustCompile(`\b\d{9,}\b`), "TIME"},
	{regexp.MustCompile(`:(3[2-9]|[4-6]\d)\d{3}\b`), ":PORT"},
}
