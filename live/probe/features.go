//go:build linux

package probe

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// Check is the answer to one question about this node.
type Check struct {
	Name   string // short, stable: "btf", "tracefs", …
	OK     bool
	Needed bool   // without it there is no live source
	Detail string // what was found or chosen, and why
	Remedy string // what to do when not OK
}

// Report is what Look found, for `stoop doctor`.
type Report struct {
	Kernel string // release, as in uname -r
	Checks []Check
	Keys   Keys
	// PerCall: each watched syscall gets its own tracepoint. Otherwise one raw
	// tracepoint sees all.
	PerCall bool
	uring   []string // programs that fit this kernel's io_uring tracepoints
	types   *btf.Cache
}

// Err is a sentence on the first thing that is needed and missing: what fails
// after it mostly fails because of it. It is nil when live can start.
func (r *Report) Err() error {
	for _, c := range r.Checks {
		if c.Needed && !c.OK {
			return fmt.Errorf("%s: %s", c.Detail, c.Remedy)
		}
	}
	return nil
}

// tracefsDirs are the usual places of tracefs.
var tracefsDirs = []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}

// Look asks the kernel what it offers. With mount it mounts tracefs where it is
// missing, and says so in the report.
func Look(mount bool) *Report {
	r := newReport()
	r.look(mount, true)
	return r
}

// newReport says only what is known at once. The kernel's types, which take ten
// milliseconds, are being read then.
func newReport() *Report {
	r := &Report{Kernel: release(), Keys: FindKeys(), types: btf.NewCache()}
	go r.types.Kernel() //nolint:errcheck // whoever asks next gets the error
	return r
}

// look makes the checks. Without all it leaves out what takes long and shows
// when the maps are made.
func (r *Report) look(mount, all bool) {
	add := func(c Check) bool {
		r.Checks = append(r.Checks, c)
		return c.OK
	}
	add(checkProc())
	add(checkRights())
	add(checkDrop())
	add(checkKernel(r.Kernel))
	add(checkBTF(r.types))
	r.PerCall = add(checkTracefs(mount))
	program := func(spec ebpf.ProgramSpec, needed bool, use string) { add(checkProgram(r.types, spec, needed, use)) }
	program(ebpf.ProgramSpec{Name: "tp_btf", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: "sys_exit"}, true,
		"chosen for process events and the recorder")
	program(ebpf.ProgramSpec{Name: "tracepoint", Type: ebpf.TracePoint}, false,
		"chosen, one for each watched syscall: the others stay untouched")
	program(ebpf.ProgramSpec{Name: "fentry", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: "do_exit"}, false,
		"available, not used: tp_btf sees the same and loads everywhere")
	add(checkMap("ringbuf", ebpf.RingBuf))
	if all { // the kernel waits for an RCU grace period
		add(checkMap("task storage", ebpf.TaskStorage))
	}
	uring, programs := checkURing(r.types)
	add(uring)
	r.uring = programs
	add(Check{Name: "cgroups", OK: true, Detail: r.Keys.Why})
}

func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}

func checkProc() Check {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return Check{Name: "proc", Needed: true, Detail: "/proc is not mounted", Remedy: "mount -t proc proc /proc"}
	}
	return Check{Name: "proc", Needed: true, OK: true, Detail: "/proc"}
}

func checkRights() Check {
	c := Check{Name: "rights", Needed: true, OK: true, Detail: "may load and attach BPF programs"}
	have, err := effectiveCaps()
	if err != nil {
		return Check{Name: "rights", Needed: true, Detail: "the capabilities of this process cannot be read: " + err.Error(), Remedy: "run as root"}
	}
	var missing []string
	for _, k := range keptCaps() {
		if have&(1<<k.bit) == 0 && have&(1<<unix.CAP_SYS_ADMIN) == 0 {
			missing = append(missing, k.name)
		}
	}
	if len(missing) > 0 {
		c.OK = false
		c.Detail = "this process lacks " + strings.Join(missing, ", ")
		c.Remedy = "run as root, with sudo, or in a privileged pod"
	}
	return c
}

func checkDrop() Check {
	var names []string
	for _, k := range keptCaps() {
		names = append(names, k.name)
	}
	c := Check{Name: "privileges", OK: !perfNeedsAdmin(), Detail: "after attaching only these stay: " + strings.Join(names, ", ")}
	if !c.OK {
		c.Remedy = "sysctl kernel.perf_event_paranoid=2 lets CAP_SYS_ADMIN go too"
	}
	return c
}

func checkKernel(rel string) Check {
	c := Check{Name: "kernel", Needed: true, OK: true, Detail: "Linux " + rel}
	var major, minor int
	if _, err := fmt.Sscanf(rel, "%d.%d", &major, &minor); err != nil {
		c.Detail += ", a release that says no version" // what is missing shows below
		return c
	}
	if major < 5 || major == 5 && minor < 15 {
		c.OK = false
		c.Detail += " is older than 5.15"
		c.Remedy = "use a node with Linux 5.15 or later; recordings and SIEM sources work here"
	}
	return c
}

func checkBTF(types *btf.Cache) Check {
	if _, err := types.Kernel(); err != nil {
		return Check{
			Name: "btf", Needed: true, Detail: "the kernel gives no type information (/sys/kernel/btf/vmlinux): " + err.Error(),
			Remedy: "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of all current distributions",
		}
	}
	return Check{Name: "btf", Needed: true, OK: true, Detail: "/sys/kernel/btf/vmlinux"}
}

func checkTracefs(mount bool) Check {
	c := Check{Name: "tracefs"}
	for _, dir := range tracefsDirs {
		if _, err := os.Stat(filepath.Join(dir, "events/syscalls/sys_exit_openat/id")); err == nil {
			c.OK, c.Detail = true, dir
			return c
		}
	}
	dir := tracefsDirs[0]
	c.Remedy = "mount -t tracefs nodev " + dir
	if !mount {
		c.Detail = "tracefs is not mounted: one raw tracepoint will see all syscalls, at 25 ns each"
		return c
	}
	if err := unix.Mount("nodev", dir, "tracefs", 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
		c.Detail = fmt.Sprintf("tracefs could not be mounted (%v): one raw tracepoint will see all syscalls, at 25 ns each", err)
		return c
	}
	if _, err := os.Stat(filepath.Join(dir, "events/syscalls/sys_exit_openat/id")); err != nil {
		c.Detail = "the kernel has no syscall tracepoints (CONFIG_FTRACE_SYSCALLS): one raw tracepoint will see all syscalls, at 25 ns each"
		c.Remedy = "none needed"
		return c
	}
	c.OK, c.Detail = true, dir+" (mounted by stoop)"
	return c
}

// checkProgram loads a program of two instructions.
func checkProgram(types *btf.Cache, spec ebpf.ProgramSpec, needed bool, use string) Check {
	spec.License = "GPL"
	spec.Instructions = asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	c, err := ebpf.NewCollectionWithOptions(
		&ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{spec.Name: &spec}}, ebpf.CollectionOptions{Cache: types})
	if err == nil {
		c.Close()
		return Check{Name: spec.Name, Needed: needed, OK: true, Detail: use}
	}
	no := Check{Name: spec.Name, Needed: needed, Detail: fmt.Sprintf("%s programs are refused: %v", spec.Name, err)}
	no.Remedy = "none needed: another kind is used"
	if needed {
		no.Remedy = "look for a lockdown mode or a seccomp profile that forbids bpf(2)"
	}
	return no
}

func checkMap(name string, t ebpf.MapType) Check {
	c := Check{Name: name, Needed: true, OK: true, Detail: "available"}
	if err := features.HaveMapType(t); err != nil {
		c.OK, c.Detail = false, fmt.Sprintf("maps of type %s are refused: %v", t, err)
		c.Remedy = "use a kernel of 5.15 or later"
	}
	return c
}

// checkURing chooses the programs whose arguments are those of this kernel's
// tracepoints: they have changed twice since 5.15.
func checkURing(types *btf.Cache) (Check, []string) {
	missing := Check{
		Name: "io_uring", Detail: "this kernel's io_uring tracepoints are older than 6.0: its operations are not seen",
		Remedy: "use Linux 6.0 or later, or set kernel.io_uring_disabled",
	}
	submit := bpf.KernelProgUringSubmit
	if tracepointParams(types, "io_uring_submit_req") == 0 {
		submit = bpf.KernelProgUringSubmitSqe
		if tracepointParams(types, "io_uring_submit_sqe") != 2 {
			return missing, nil
		}
	}
	complete := bpf.KernelProgUringComplete
	switch tracepointParams(types, "io_uring_complete") {
	case 3: // ctx, req, cqe
	case 7: // ctx, req, user_data, res, cflags, extra1, extra2
		complete = bpf.KernelProgUringCompleteRes
	default:
		return missing, nil
	}
	return Check{Name: "io_uring", OK: true, Detail: "submissions and completions by tp_btf (" + submit + ", " + complete + ")"}, []string{submit, complete}
}

// tracepointParams counts the arguments of a raw tracepoint, 0 when there is none.
func tracepointParams(types *btf.Cache, name string) int {
	spec, err := types.Kernel()
	if err != nil {
		return 0
	}
	var td *btf.Typedef
	if spec.TypeByName("btf_trace_"+name, &td) != nil {
		return 0
	}
	if ptr, ok := td.Type.(*btf.Pointer); ok {
		if fn, ok := ptr.Target.(*btf.FuncProto); ok {
			return len(fn.Params) - 1 // the first is the tracepoint's own
		}
	}
	return 0
}
