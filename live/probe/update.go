//go:build linux

package probe

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/stoop-project/stoop/bpf"
)

// attachment keeps a program in place as long as fd, or a copy of it, is open.
type attachment struct {
	fd int
}

// options of struct settings (OPT_* in bpf/src/maps.h).
const (
	optRawNames = 1 << iota
	optDeeds
	optClaim
	optDuration
	optExec
	optFork
	optExit
	optURing
	optRename
	optNames
)

// Update brings the plan into force. Maps change first, so that nothing is
// recorded that is no longer wanted; then new attachments are made, which takes
// under a millisecond each; old ones go in the background. On an error the parts
// that could be attached are in force.
func (p *Probe) Update(plan Plan) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := plan.check(); err != nil {
		return err
	}
	p.plan = plan
	scope := plan.Scope
	if !p.follows() { // names are tested only once their changes are seen
		scope.NameMode, scope.Names = ScopeAll, nil
	}
	if err := p.writeMaps(&plan, &scope); err != nil {
		return fmt.Errorf("write the plan to the kernel: %w", err)
	}
	if plan.Deeds {
		p.rec.fillPool()
		p.rec.awaitPool() // whoever sees the first event may count on the recorder
	}
	want, unknown := p.wantedLinks(&plan)
	p.skip = unknown
	err := p.attach(want)
	if p.follows() && !scope.Equal(&plan.Scope) {
		err = errors.Join(err, p.writeMaps(&plan, &plan.Scope))
	}
	return err
}

// follows reports whether the programs are attached that see other names.
func (p *Probe) follows() bool {
	_, exec := p.links[bpf.KernelProgProcessExec]
	_, rename := p.links[bpf.KernelProgProcessRename]
	return exec && rename
}

func (p *Probe) writeMaps(plan *Plan, scope *Scope) error {
	flags := func(name string) (f uint32) {
		if slices.Contains(plan.Syscalls, name) {
			f |= bpf.CallWatch
		}
		if slices.Contains(plan.Follow, name) {
			f |= bpf.CallFollow
		}
		return f
	}
	if err := putTable(p.maps[bpf.KernelMapCalls], bpf.CallTable(bpf.Native, flags, plan.Payload > 0)); err != nil {
		return err
	}
	if err := putTable(p.maps[bpf.KernelMapCalls32], bpf.CallTable(bpf.Native.Compat(), flags, plan.Payload > 0)); err != nil {
		return err
	}
	set := bpf.KernelSettings{Self: self(), Payload: uint32(min(max(plan.Payload, 0), 4096))}
	if plan.WatchSelf {
		set.Self = 0
	}
	if plan.PayloadFiles {
		set.PayloadAny = 1
	}
	for _, o := range []struct {
		on  bool
		bit uint32
	}{
		{plan.RawNames, optRawNames},
		{plan.Deeds, optDeeds | optClaim},
		{plan.Durations, optDuration},
		{plan.Exec, optExec},
		{plan.Fork, optFork},
		{plan.Exit, optExit},
		{plan.URing, optURing},
		{plan.Rename, optRename},
	} {
		if o.on {
			set.Options |= o.bit
		}
	}
	return p.writeSettings(set, scope)
}

func putTable(m *ebpf.Map, table []bpf.CallEntry) error {
	keys := make([]uint32, len(table))
	for i := range keys {
		keys[i] = uint32(i)
	}
	_, err := m.BatchUpdate(keys, table, nil)
	return err
}

// wanted is one attachment of a plan: its name, and the program for it. tracepoint
// is empty for a tp_btf program, which knows where it belongs.
type wanted struct {
	name, program, tracepoint string
}

// wantedLinks are the attachments of a plan, first those that a process table
// waits for; and the calls in it that this kernel does not have.
func (p *Probe) wantedLinks(plan *Plan) (all []wanted, unknown []string) {
	tpBTF := func(on bool, program string) {
		if on {
			all = append(all, wanted{program, program, ""})
		}
	}
	tpBTF(plan.Exec || plan.Deeds, bpf.KernelProgProcessExec)
	tpBTF(plan.Fork || plan.Deeds, bpf.KernelProgProcessFork)
	tpBTF(plan.Exit, bpf.KernelProgProcessExit)
	tpBTF(plan.Rename, bpf.KernelProgProcessRename)
	calls, unknown := p.callsToAttach(plan)
	if p.report.PerCall {
		for _, name := range calls {
			all = append(all, wanted{"syscalls/" + name, bpf.KernelProgWatchSyscall, "sys_exit_" + tracepointName(name)})
		}
		tpBTF(plan.Compat, bpf.KernelProgWatchCompat)
	} else {
		tpBTF(len(calls) > 0 || plan.Compat, bpf.KernelProgWatchRaw)
	}
	for _, program := range p.report.uring {
		tpBTF(plan.URing || plan.Deeds, program)
	}
	bulk := p.rec.bulkRings() > 0
	tpBTF(bulk && plan.Durations, bpf.KernelProgRecordEnter)
	tpBTF(bulk, bpf.KernelProgRecordBulk)
	return all, unknown
}

// callsToAttach are the watched calls, in their order, and after them, for the
// recorder, the deeds, without those that this kernel does not have; of these
// the watched ones. While another stoop's attachments are let go, each new one
// takes tens of milliseconds: what is asked for must not wait for the deeds.
func (p *Probe) callsToAttach(plan *Plan) (names, unknown []string) {
	if plan.Deeds {
		for name, r := range bpf.Recipes() {
			if r.Deed() {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = append(slices.Clone(plan.Syscalls), names...)
	had := make(map[string]bool, len(names))
	names = slices.DeleteFunc(names, func(name string) bool {
		if had[name] {
			return true
		}
		had[name] = true
		_, ok := bpf.Native.SyscallNr(name)
		if ok && p.report.PerCall && !haveTracepoint("sys_exit_"+tracepointName(name)) {
			ok = false // the kernel was built without this call
		}
		if !ok && slices.Contains(plan.Syscalls, name) {
			unknown = append(unknown, name)
		}
		return !ok
	})
	return names, unknown
}

// tracepointNames are calls whose tracepoint is named after another function.
var tracepointNames = map[string]string{
	"stat": "newstat", "lstat": "newlstat", "fstat": "newfstat", "uname": "newuname",
	"sendfile": "sendfile64", "umount2": "umount",
}

func tracepointName(call string) string {
	if n := tracepointNames[call]; n != "" {
		return n
	}
	return call
}

func haveTracepoint(name string) bool {
	for _, dir := range tracefsDirs {
		if _, err := os.Stat(dir + "/events/syscalls/" + name); err == nil {
			return true
		}
	}
	return false
}

// attach makes the attachments equal to want. Programs are loaded side by side,
// since the verifier takes tens of milliseconds for each, and each is attached as
// soon as it is there: the first events do not wait for the last program.
func (p *Probe) attach(want []wanted) error {
	names := make(map[string]bool, len(want))
	var order []string
	byProgram := make(map[string][]wanted)
	for _, w := range want {
		names[w.name] = true
		if _, ok := p.links[w.name]; ok {
			continue
		}
		if a, ok := p.gone.takeBack(w.name); ok {
			p.links[w.name] = a
			continue
		}
		if byProgram[w.program] == nil {
			order = append(order, w.program)
		}
		byProgram[w.program] = append(byProgram[w.program], w)
	}
	for name, l := range p.links {
		if !names[name] {
			p.gone.release(name, l)
			delete(p.links, name)
		}
	}
	p.load(order)
	type outcome struct {
		program string
		loaded  bool
		links   map[string]attachment
		err     error
	}
	outcomes := make(chan outcome)
	for _, name := range order {
		loading, list := p.progs[name], byProgram[name]
		go func() {
			o := outcome{program: name}
			prog, err := loading.wait()
			if o.loaded, o.err = prog != nil, err; o.loaded {
				o.links, o.err = attachAll(list, prog)
			}
			outcomes <- o
		}()
	}
	var errs []error
	for range order {
		o := <-outcomes
		errs = append(errs, o.err)
		if !o.loaded {
			delete(p.progs, o.program) // the next update tries again
		}
		maps.Copy(p.links, o.links)
	}
	return errors.Join(errs...)
}

func attachAll(list []wanted, prog *ebpf.Program) (map[string]attachment, error) {
	links := make(map[string]attachment, len(list))
	var errs []error
	for _, w := range list {
		a, err := attachOne(w, prog)
		if err != nil {
			errs = append(errs, fmt.Errorf("attach to %s: %w", w.name, err))
			continue
		}
		links[w.name] = a
	}
	return links, errors.Join(errs...)
}

func attachOne(w wanted, prog *ebpf.Program) (attachment, error) {
	var l link.Link
	var err error
	if w.tracepoint != "" {
		l, err = link.Tracepoint("syscalls", w.tracepoint, prog, nil)
	} else {
		l, err = link.AttachTracing(link.TracingOptions{Program: prog})
	}
	if err != nil {
		return attachment{}, err
	}
	return keepLink(l)
}
