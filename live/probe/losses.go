//go:build linux

package probe

import (
	"fmt"

	"github.com/stoop-project/stoop/bpf"
)

// Loss counts records that were made and are nowhere, by the hop that lost them.
type Loss struct {
	Full   uint64 // the event buffer was full
	NoRing uint64 // deeds before the cgroup had a ring: the pool was empty
	Broken uint64 // scratch or ring memory was missing (never seen)
}

func (l *Loss) add(k bpf.KernelLoss) {
	l.Full += k.Full
	l.NoRing += k.NoRing
	l.Broken += k.Broken
}

// Losses is the account since Open.
type Losses struct {
	Cgroups map[uint64]Loss // by key
	Rest    Loss            // of cgroups for which the kernel's table had no room
	Missed  uint64          // runs of our programs that the kernel skipped
}

// Losses reads the kernel's counters.
func (p *Probe) Losses() (Losses, error) {
	all := Losses{Cgroups: make(map[uint64]Loss)}
	var key uint64
	var cpus []bpf.KernelLoss
	it := p.maps[bpf.KernelMapLosses].Iterate()
	for it.Next(&key, &cpus) {
		var sum Loss
		for _, c := range cpus {
			sum.add(c)
		}
		all.Cgroups[key] = sum
	}
	if err := it.Err(); err != nil {
		return all, fmt.Errorf("read the loss counters: %w", err)
	}
	if err := p.maps[bpf.KernelMapLossesRest].Lookup(uint32(0), &cpus); err != nil {
		return all, fmt.Errorf("read the loss counters: %w", err)
	}
	for _, c := range cpus {
		all.Rest.add(c)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.progs {
		prog := g.ready()
		if prog == nil {
			continue
		}
		if st, err := prog.Stats(); err == nil {
			all.Missed += st.RecursionMisses
		}
	}
	return all, nil
}
