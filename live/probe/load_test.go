//go:build linux

package probe

import (
	"maps"
	"slices"
	"testing"

	"github.com/stoop-project/stoop/bpf"
)

// A plan that was prepared is in force as soon as it is asked for, part by part,
// and no program is loaded twice.
func TestPrepare(t *testing.T) {
	p := open(t, Options{}, Plan{})
	lives := Plan{Exec: true, Fork: true, Exit: true}
	whole := lives
	whole.Syscalls, whole.URing = []string{"openat"}, true
	p.Prepare(whole)
	prepared := maps.Clone(p.progs)

	if err := p.Update(lives); err != nil {
		t.Fatal(err)
	}
	want := []string{bpf.KernelProgProcessExec, bpf.KernelProgProcessExit, bpf.KernelProgProcessFork}
	if got := slices.Sorted(maps.Keys(p.links)); !slices.Equal(got, want) {
		t.Errorf("attached are %v, asked for were %v", got, want)
	}
	if err := p.Update(whole); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.links["syscalls/openat"]; !ok && p.report.PerCall {
		t.Errorf("openat is not watched: attached are %v", slices.Sorted(maps.Keys(p.links)))
	}
	if !maps.Equal(p.progs, prepared) {
		t.Errorf("programs are %v, prepared were %v", slices.Sorted(maps.Keys(p.progs)), slices.Sorted(maps.Keys(prepared)))
	}
	for name, g := range p.progs {
		if g.ready() == nil {
			t.Errorf("%s is not loaded", name)
		}
	}
}

// Deeds are attached after the calls that somebody waits for.
func TestAskedCallsComeFirst(t *testing.T) {
	p := &Probe{report: &Report{}}
	names, unknown := p.callsToAttach(&Plan{Syscalls: []string{"read", "nosuchcall", "openat", "read"}, Deeds: true})
	if !slices.Equal(names[:2], []string{"read", "openat"}) {
		t.Errorf("the order is %v", names)
	}
	if !slices.Equal(unknown, []string{"nosuchcall"}) {
		t.Errorf("unknown are %v", unknown)
	}
	if !slices.Contains(names, "connect") {
		t.Error("connect is a deed, and is not attached")
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		t.Errorf("a call is there twice: %v", names)
	}
}
