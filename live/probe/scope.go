//go:build linux

package probe

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// scoped is the scope in force and what stands in the kernel's sets.
type scoped struct {
	Scope
	cgroups map[uint64]bool
	uids    map[uint32]bool
	names   map[nameKey]bool
}

func newScoped() scoped {
	return scoped{cgroups: make(map[uint64]bool), uids: make(map[uint32]bool), names: make(map[nameKey]bool)}
}

// nameKey is struct name.
type nameKey [16]byte

// longestName is how long the name of a thread can be (TASK_COMM_LEN less its NUL).
const longestName = 15

// keys are the names that a process can have, as the kernel has them.
func (s *Scope) keys() map[nameKey]bool {
	keys := make(map[nameKey]bool, len(s.Names))
	for _, name := range s.Names {
		if len(name) <= longestName {
			var k nameKey
			copy(k[:], name)
			keys[k] = true
		}
	}
	return keys
}

// check says what is wrong with a plan's scope.
func (plan *Plan) check() error {
	if n := max(len(plan.Scope.UIDs), len(plan.Scope.Names)); n > MaxScoped {
		return fmt.Errorf("a scope of %d users or names: at most %d", n, MaxScoped)
	}
	if plan.Scope.NameMode != ScopeAll && !(plan.Exec && plan.Rename) {
		return errors.New("a scope of names needs Exec and Rename")
	}
	return nil
}

// writeSettings brings settings and scope into force, so that no event is
// missed that both the old and the new scope have: what changes is open while
// its set is written.
func (p *Probe) writeSettings(set bpf.KernelSettings, s *Scope) error {
	old := &p.scoped.Scope
	cgroups := old.Mode != s.Mode // else the set may change under way: additions come first
	uids := old.UIDMode != s.UIDMode || !slices.Equal(old.UIDs, s.UIDs)
	names := old.NameMode != s.NameMode || !slices.Equal(old.Names, s.Names)

	set.CgroupMode, set.UidMode, set.NameMode = uint32(s.Mode), uint32(s.UIDMode), uint32(s.NameMode)
	if s.NameMode != ScopeAll {
		set.Options |= optNames
	}
	if cgroups || uids || names {
		open := set
		if cgroups {
			open.CgroupMode = uint32(ScopeAll)
		}
		if uids {
			open.UidMode = uint32(ScopeAll)
		}
		if names {
			open.NameMode = uint32(ScopeAll)
			open.Options &^= optNames
		}
		if err := p.putSettings(open); err != nil {
			return err
		}
		if cgroups && old.Mode != ScopeAll || uids && old.UIDMode != ScopeAll || names && old.NameMode != ScopeAll {
			awaitPrograms()
		}
	}
	if err := p.writeSets(s, uids, names); err != nil {
		return err
	}
	if names && s.NameMode != ScopeAll {
		// Whoever changes its name while the rest is written is kept.
		open := set
		open.NameMode = uint32(ScopeAll)
		if err := p.putSettings(open); err != nil {
			return err
		}
		awaitPrograms()
	}
	p.scoped.Scope = *s
	return p.putSettings(set)
}

func (p *Probe) putSettings(set bpf.KernelSettings) error {
	return p.maps[bpf.KernelMapConfig].Put(uint32(0), set)
}

// writeSets makes the kernel's sets those of s; users and names only when they change.
func (p *Probe) writeSets(s *Scope, uids, names bool) error {
	if err := syncSet(p.maps[bpf.KernelMapScope], p.scoped.cgroups, setOf(s.Cgroups)); err != nil {
		return err
	}
	if uids {
		if err := syncSet(p.maps[bpf.KernelMapUids], p.scoped.uids, setOf(s.UIDs)); err != nil {
			return err
		}
	}
	if !names {
		return nil
	}
	if err := syncSet(p.maps[bpf.KernelMapNames], p.scoped.names, s.keys()); err != nil {
		return err
	}
	return p.forgetRenamed()
}

// forgetRenamed empties the set of processes that are kept whatever their name.
func (p *Probe) forgetRenamed() error {
	m := p.maps[bpf.KernelMapRenamed]
	var all []uint32
	var pid uint32
	var yes uint8
	for it := m.Iterate(); it.Next(&pid, &yes); {
		all = append(all, pid)
	}
	for _, pid := range all {
		if err := m.Delete(pid); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
	}
	return p.kept.Set(uint32(0))
}

func setOf[K comparable](list []K) map[K]bool {
	set := make(map[K]bool, len(list))
	for _, k := range list {
		set[k] = true
	}
	return set
}

// syncSet makes the kernel's set and its copy here equal to want.
func syncSet[K comparable](m *ebpf.Map, have, want map[K]bool) error {
	for k := range want {
		if !have[k] {
			if err := m.Put(k, uint8(1)); err != nil {
				return err
			}
			have[k] = true
		}
	}
	for k := range have {
		if !want[k] {
			if err := m.Delete(k); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
				return err
			}
			delete(have, k)
		}
	}
	return nil
}

// awaitPrograms returns when every run of our programs has ended that began
// before it was called: they run in RCU read-side sections, for a grace period
// of which membarrier(2) waits (kernel/sched/membarrier.c, MEMBARRIER_CMD_GLOBAL).
func awaitPrograms() {
	const membarrierGlobal = 1
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierGlobal, 0, 0); errno != 0 {
		time.Sleep(20 * time.Millisecond) // refused with nohz_full; a run takes microseconds
	}
}
