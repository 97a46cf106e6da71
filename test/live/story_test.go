//go:build linux

package livetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/lab"
)

// shopPod is a pod as one finds them.
func shopPod(t *testing.T) *lab.Container {
	t.Helper()
	return lab.Pod(t, lab.PodSpec{
		Namespace: "shop", Pod: "web-0", Labels: map[string]string{"app": "web"},
		Spec: lab.Spec{Name: "front", Image: lab.Image{Ref: "docker.io/shop/web:2.4.1"}},
	})
}

// podWords are what the runtime says of a pod's container, by our fields.
func podWords(t *testing.T, c *lab.Container) map[string]any {
	t.Helper()
	status, err := lab.Containerd(t).Status(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	s := status.Status
	repo, tag, _ := strings.Cut(s.Image.Image, ":")
	_, digest, _ := strings.Cut(s.ImageRef, "@")
	return map[string]any{
		"container.id": s.Id[:12], "container.full_id": s.Id, "container.name": s.Metadata.Name, "container.type": "containerd",
		"container.image": s.Image.Image, "container.image.repository": repo, "container.image.tag": tag, "container.image.digest": digest,
		"container.privileged": strings.Contains(status.Info["info"], `"privileged":true`),
		"k8s.pod.name":         s.Labels["io.kubernetes.pod.name"], "k8s.ns.name": s.Labels["io.kubernetes.pod.namespace"],
		"k8s.pod.uid": s.Labels["io.kubernetes.pod.uid"],
	}
}

// TestPodStory is what an analyst does first: print what a pod executes.
func TestPodStory(t *testing.T) {
	c := shopPod(t)
	r := start(t, "print", "live", "-f", "container.id != host and evt.type = execve and proc.args contains story-mark", "--limit", "1", "-o", "json")
	r.attached(t)
	c.Do(t, "sh", "-c", "exit 0 # story-mark")
	have := r.object(t)
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("stoop ended with %v: %s", err, r.stderr.String())
	}
	for name, want := range podWords(t, c) {
		if have[name] != want {
			t.Errorf("%s is %v, the runtime says %v", name, have[name], want)
		}
	}
	if have["proc.cmdline"] != "sh -c exit 0 # story-mark" || have["proc.name"] != "sh" {
		t.Errorf("the command line is %v", have["proc.cmdline"])
	}
}

// TestBefore asks a stoop that starts later what a pod did while another ran
// and nobody watched it.
func TestBefore(t *testing.T) {
	c := shopPod(t)
	keeper := start(t, "print", "live", "-f", "evt.type = vhangup")
	keeper.attached(t)
	c.Do(t, "sh", "-c", "echo secret-plan > /tmp/plan; /bin/rm /tmp/plan; /bin/mkdir /tmp/loot; true")
	r := start(t, "print", "live", "--before", "60s", "-f", "container.id = "+c.ID[:12], "--timeout", "3s", "-o", "json")
	var done []string
	for r.lines.Scan() {
		o := parse(t, r.lines.Bytes())
		if o["k8s.pod.name"] != "web-0" {
			t.Errorf("%v is not said to be the pod's: %v", o["evt.type"], o["k8s.pod.name"])
		}
		done = append(done, fmt.Sprint(o["evt.type"], " ", o["proc.cmdline"], " ", o["fs.path.name"]))
	}
	for _, want := range []string{
		"execve sh -c echo secret-plan > /tmp/plan;", "openat sh -c echo secret-plan > /tmp/plan; /bin/rm /tmp/plan; /bin/mkdir /tmp/loot; true /tmp/plan",
		"execve rm /tmp/plan", "unlink rm /tmp/plan /tmp/plan", "execve mkdir /tmp/loot", "mkdir mkdir /tmp/loot /tmp/loot",
	} {
		if !slices.ContainsFunc(done, func(d string) bool { return strings.HasPrefix(d, want) }) {
			t.Errorf("nothing is %q", want)
		}
	}
	if t.Failed() {
		t.Logf("there is\n%s", strings.Join(done, "\n"))
	}
	keeper.stop(t)
}

// TestRecordAndPrint records what is printed at the same time, and compares.
func TestRecordAndPrint(t *testing.T) {
	c := shopPod(t)
	file := filepath.Join(t.TempDir(), "x")
	condition := "container.id = " + c.ID[:12] + " and evt.type in (execve, open, openat, unlink, unlinkat, mkdir, mkdirat, connect, procexit)" +
		// What runc does before it becomes the command is told by /proc, in which each of the two looks at another moment.
		" and proc.exepath = /bin/busybox and stoop.late_process = false"
	printed := start(t, "print", "live", "-f", condition, "-o", "json", "--timeout", "4s")
	recorded := start(t, "record", "live", "--to", file)
	printed.attached(t)
	recorded.attached(t)
	c.Do(t, "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo $i > /tmp/f$i; cat /tmp/f$i; rm /tmp/f$i; mkdir /tmp/d$i; done; wget -q http://127.0.0.1:1/; exit 0")
	var live []string
	for printed.lines.Scan() {
		live = append(live, essence(parse(t, printed.lines.Bytes())))
	}
	if err := printed.cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, printed.stderr.String())
	}
	recorded.stop(t)
	out, err := exec.Command(stoopPath(t), "print", file, "-f", condition, "-o", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var replayed []string
	for line := range bytes.Lines(out) {
		replayed = append(replayed, essence(parse(t, line)))
	}
	if len(live) < 50 {
		t.Errorf("only %d events were printed", len(live))
	}
	if d := difference(firstLines(live), firstLines(replayed)); strings.Contains(d, "\t") {
		t.Fatalf("%d events live, %d in the recording:\n%s", len(live), len(replayed), d)
	}
	slices.Sort(live)
	slices.Sort(replayed)
	for i, l := range live {
		if i >= len(replayed) || replayed[i] != l {
			t.Fatalf("%d events live, %d in the recording; the first that differs:\n%s", len(live), len(replayed), difference(l, at(replayed, i)))
		}
	}
	if len(replayed) != len(live) {
		t.Errorf("%d events live, %d in the recording, the first more is %s", len(live), len(replayed), replayed[len(live)])
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

// firstLines lists the first lines of texts, each with how often it is there.
func firstLines(texts []string) string {
	n := map[string]int{}
	for _, text := range texts {
		line, _, _ := strings.Cut(text, "\n")
		n[line]++
	}
	var lines []string
	for line, count := range n {
		lines = append(lines, fmt.Sprintf("%s: %d times", line, count))
	}
	return strings.Join(lines, "\n")
}

// moment are fields that tell of the moment at which a stoop took the event.
var moment = map[string]bool{
	"evt.num": true, "evt.cpu": true, "proc.name": true, "evt.arg.comm": true, "evt.arg.ptid": true, "evt.args": true,
	"proc.stderr.name": true, "proc.stderr.type": true, // of a process that was late, from bookkeeping
}

// essence is all of an event but what two stoops see differently: the number,
// the time at which each took it and what follows from that, and who the parent
// was then, which changes when it ends.
func essence(o map[string]any) string {
	var words []string
	for name, value := range o {
		if moment[name] || strings.HasPrefix(name, "evt.time") || strings.HasPrefix(name, "evt.rawtime") || strings.HasPrefix(name, "evt.reltime") ||
			strings.HasPrefix(name, "proc.p") && name != "proc.pid" || strings.HasPrefix(name, "proc.a") && name != "proc.args" ||
			strings.HasSuffix(name, "duration") || strings.HasSuffix(name, "_duration_proc_start") || strings.HasSuffix(name, "ts") {
			continue
		}
		words = append(words, fmt.Sprintf("%s=%v", name, value))
	}
	slices.Sort(words)
	return fmt.Sprint(o["thread.tid"], " ", o["evt.type"], " of ", o["proc.cmdline"], "\n", strings.Join(words, "\n"))
}

// difference are the lines that only one of two texts has.
func difference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	var lines []string
	for _, l := range left {
		if !slices.Contains(right, l) {
			lines = append(lines, "\tlive: "+l)
		}
	}
	for _, r := range right {
		if !slices.Contains(left, r) {
			lines = append(lines, "\trecording: "+r)
		}
	}
	return left[0] + "\n" + strings.Join(lines, "\n")
}

// keptCaps are the capabilities that a running stoop may have (linux/capability.h).
const keptCaps = 1<<2 /* DAC_READ_SEARCH */ | 1<<19 /* SYS_PTRACE */ | 1<<38 /* PERFMON */ | 1<<39 /* BPF */

// TestQuit gives rights up while it runs, and gives the prompt back at once.
func TestQuit(t *testing.T) {
	r := start(t, "print", "live", "-f", "evt.type = vhangup")
	r.attached(t)
	pid := r.cmd.Process.Pid
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, path := range threads {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for _, set := range []string{"CapPrm", "CapEff", "CapBnd"} {
			var caps uint64
			if _, rest, ok := strings.Cut(string(b), set+":\t"); ok {
				_, _ = fmt.Sscanf(rest, "%x", &caps)
			}
			if extra := caps &^ keptCaps; extra != 0 && !(paranoid() && extra == 1<<21) {
				t.Errorf("%s: %s has %x more than needed", path, set, extra)
			}
		}
	}
	held := links(pid)
	t.Logf("quitting with %d attachments took %v", held, r.stop(t))
	// The helper lets them go and ends.
	if !eventually(20*time.Second, func() bool { return pidOf(r.cmd.Path) == 0 }) {
		t.Error("a process of stoop is left")
	}
}

// paranoid tells of a kernel that asks for CAP_SYS_ADMIN to attach.
func paranoid() bool {
	b, _ := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	return strings.TrimSpace(string(b)) > "2"
}

// pidOf returns a process that runs a program, 0 for none.
func pidOf(program string) int {
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if to, err := os.Readlink(exe); err == nil && to == program {
			var pid int
			_, _ = fmt.Sscanf(exe, "/proc/%d/", &pid)
			return pid
		}
	}
	return 0
}

// hideTracefs leaves no place to mount tracefs at, and BTF where it is.
const hideTracefs = "d=$(mktemp -d) && mount --bind /sys/kernel/btf $d && mount -t tmpfs none /sys/kernel && " +
	"mkdir /sys/kernel/btf && mount --move $d /sys/kernel/btf && rmdir $d"

// TestMissing takes away what the live source needs: each time stoop says in
// one sentence what is missing and what to do, and exits with 1.
func TestMissing(t *testing.T) {
	stoop := stoopPath(t)
	lab.Need(t, "unshare")
	for _, tt := range []struct {
		name   string
		hide   string // run before, in a mount namespace of its own
		uid    uint32
		works  bool
		remedy []string
	}{
		{name: "rights", uid: 65534, remedy: []string{"CAP_BPF", "root"}},
		{name: "BTF", hide: "mount -t tmpfs none /sys/kernel/btf", remedy: []string{"BTF", "CONFIG_DEBUG_INFO_BTF"}},
		{name: "proc", hide: "mount -t tmpfs none /proc", remedy: []string{"/proc", "mount"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, stoop, "print", "live", "--limit", "1", "--timeout", "5s")
			if tt.hide != "" {
				cmd = exec.CommandContext(ctx, "unshare", "-m", "sh", "-c", tt.hide+" && exec "+stoop+" print live --limit 1 --timeout 5s")
			}
			if tt.uid != 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: tt.uid, Gid: tt.uid}}
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			_ = cmd.Run()
			text := strings.TrimSpace(stderr.String())
			if code := cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("the exit status is %d", code)
			}
			if text == "" || strings.Contains(text, "\n") {
				t.Errorf("not one sentence:\n%s", text)
			}
			for _, word := range tt.remedy {
				if !strings.Contains(text, word) {
					t.Errorf("%q does not speak of %q", text, word)
				}
			}
		})
	}
	// Without tracefs the raw tracepoint stands in, and stoop says so.
	t.Run("tracefs", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, "unshare", "-m", "sh", "-c", hideTracefs+" && exec "+stoop+" print live -f 'evt.type in (openat, execve)' --limit 1 --timeout 8s -o json --stats")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = cmd.Run()
		}()
		for {
			select {
			case <-done:
				code := cmd.ProcessState.ExitCode()
				if code == 0 && stdout.Len() == 0 || code != 0 && code != 1 {
					t.Errorf("exit status %d without an event: %s", code, stderr.String())
				}
				if !strings.Contains(stderr.String(), "tracefs") || !strings.Contains(stderr.String(), "mount") {
					t.Errorf("it does not speak of tracefs and how to mount it: %q", stderr.String())
				}
				return
			case <-time.After(50 * time.Millisecond):
				_ = exec.Command("/bin/true").Run()
			}
		}
	})
}
