//go:build linux

package kernels

import (
	"math/bits"
	"strconv"
	"strings"
	"testing"
)

// A container on a node with the unified hierarchy alone.
func TestV2(t *testing.T) {
	eachKernel(t, "v2", func(t *testing.T, k Kernel, out Output) {
		if refused(t, out) {
			return
		}
		contains(t, out.Reports["doctor"], "ok    cgroups", "v2: containers are told apart by their cgroup (/sys/fs/cgroup)")
		watched(t, k, out)
	})
}

// The same with the old hierarchies alone.
func TestV1(t *testing.T) {
	eachKernel(t, "v1", func(t *testing.T, k Kernel, out Output) {
		if refused(t, out) {
			return
		}
		way := "neither a unified hierarchy nor one of the memory controller is mounted: containers are told apart by mount namespace"
		if oracle(out.Reports["oracle"])["hierarchy/memory"] == "yes" {
			way = "v1: containers are told apart by the memory controller's cgroup (/sys/fs/cgroup/memory)"
		}
		contains(t, out.Reports["doctor"], "ok    cgroups", way)
		watched(t, k, out)
	})
}

// A kernel from before 5.15 is refused in one sentence.
func TestTooOld(t *testing.T) {
	k := tooOld.get(t)
	if out := run(t, k, tooOld.scenes); !refused(t, out) {
		t.Errorf("not refused:\n%s", out.Serial)
	}
}

// The tests of live/probe.
func TestProbe(t *testing.T) {
	eachKernel(t, "probe", func(t *testing.T, _ Kernel, out Output) {
		if r := out.Reports["probe"]; r.Exit != 0 || !strings.HasSuffix(r.Text, "\nPASS\n") {
			t.Errorf("exit status %d\n%s", r.Exit, r.Text)
		}
	})
}

// refused tells whether a kernel is too old, and checks that stoop says so.
func refused(t *testing.T, out Output) bool {
	t.Helper()
	doctor := out.Reports["doctor"]
	if !strings.Contains(doctor.Text, "is older than 5.15") {
		return false
	}
	contains(t, doctor, "FAIL  kernel")
	if doctor.Exit != 1 {
		t.Errorf("doctor: exit status %d, want 1", doctor.Exit)
	}
	counts := out.Reports["counts"].Text
	contains(t, out.Reports["counts"], "is older than 5.15: use a node with Linux 5.15 or later", "exit 1")
	if strings.Count(counts, "\n") != 2 {
		t.Errorf("want one sentence and the exit status, not\n%s", counts)
	}
	return true
}

// watched checks what scenes/watch brought back.
func watched(t *testing.T, k Kernel, out Output) {
	t.Helper()
	doctor := out.Reports["doctor"]
	if doctor.Exit != 0 {
		t.Errorf("doctor: exit status %d", doctor.Exit)
	}
	contains(t, doctor,
		"ok    btf                /sys/kernel/btf/vmlinux", "ok    tracefs            /sys/kernel/tracing",
		"ok    tp_btf", "ok    tracepoint", "ok    io_uring", "each watched system call has its own tracepoint")

	known := oracle(out.Reports["oracle"])
	if caps, err := strconv.ParseUint(known["caps"], 16, 64); err == nil {
		known["caps"] = strconv.Itoa(bits.OnesCount64(caps))
	}
	known["cgroups"] = controllers(known["cgroups"])
	all := events(t, out.Reports["events"])
	inside := fields{"container.id": container, "stoop.io_uring": "false", "thread.cgroups": "=cgroups"}
	check(t, k.Arch, all, deeds, inside, known)
	if (k.Overlay != "") != (known["overlay"] == "yes") {
		t.Errorf("overlay module %q, in the machine %q", k.Overlay, known["overlay"])
	}
	if k.Overlay != "" {
		check(t, k.Arch, all, overlayDeeds, inside, known)
	}
	check(t, k.Arch, all, uringDeeds, fields{"container.id": container, "proc.name": "actor"}, known)
	contains(t, out.Reports["counts"], " 0 lost, 0 broken", "exit 0")

	// What another stoop's rings have kept: a deed, and calls that nobody watched or could.
	check(t, k.Arch, events(t, out.Reports["before"]), []deed{
		{fields{"evt.type": "unlink"}, fields{"evt.res": "SUCCESS", "fd.name": "/srv/moved"}},
		{fields{"evt.type": "close"}, fields{"evt.res": "SUCCESS", "fd.name": "/srv/distinctive"}},
		{fields{"fd.name": "/srv/by-32-bits"}, fields{"evt.type": "openat", "evt.res": "SUCCESS", "evt.arg.flags": "O_WRONLY|O_CREAT|O_LARGEFILE|O_F_CREATED", "stoop.compat": "true"}},
	}, fields{"container.id": container}, nil)
	check(t, k.Arch, events(t, out.Reports["scoped"]), []deed{
		{fields{"proc.name": "tac"}, fields{"fd.name": "/etc/ready"}},
	}, fields{"user.uid": "0"}, nil)
	// A module that is none, which not every machine that tests run on would look at.
	contains(t, out.Reports["rules"], `"alert.rule":"Kernel module loaded from a container"`, `init_module"`, `"evt.res":"E`, `"container.id":"`+container+`"`)
}

// controllers turns the lines of /proc/PID/cgroup, without their numbers and
// joined by blanks, into the form of thread.cgroups: a word a controller.
func controllers(lines string) string {
	var words []string
	for line := range strings.FieldsSeq(lines) {
		names, path, _ := strings.Cut(line, ":")
		if names == "" {
			names = "unified"
		}
		for name := range strings.SplitSeq(names, ",") {
			words = append(words, name+"="+path)
		}
	}
	return strings.Join(words, " ")
}
