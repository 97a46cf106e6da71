//go:build linux

package probe

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// program is one that the kernel has, or is verifying.
type program struct {
	done   chan struct{} // closed when the rest is set
	loaded *ebpf.Program
	err    error
}

// wait returns the program once the kernel has taken it.
func (g *program) wait() (*ebpf.Program, error) {
	<-g.done
	return g.loaded, g.err
}

// ready returns the program when the kernel has it by now.
func (g *program) ready() *ebpf.Program {
	select {
	case <-g.done:
		return g.loaded
	default:
		return nil
	}
}

// Prepare begins to load the programs of a plan, so that Update finds them: the
// verifier takes some ten milliseconds for each. For one with Deeds the pool is
// filled meanwhile.
func (p *Probe) Prepare(plan Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	want, _ := p.wantedLinks(&plan)
	var names []string
	for _, w := range want {
		names = append(names, w.program)
	}
	p.load(names)
	if plan.Deeds {
		p.rec.fillPool()
	}
}

// load begins to load what is not there yet, side by side and in that order.
// The caller holds mu.
func (p *Probe) load(names []string) {
	var missing []string
	for _, name := range names {
		if p.progs[name] == nil {
			p.progs[name] = &program{done: make(chan struct{})}
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return
	}
	types := p.report.types
	p.report.types = btf.NewCache() // the one that is used now is large, and seldom needed again
	turns := make(chan struct{}, runtime.NumCPU())
	begun := make([]*program, len(missing))
	for i, name := range missing {
		begun[i] = p.progs[name]
	}
	go func() {
		for i, g := range begun {
			turns <- struct{}{}
			go func() {
				g.loaded, g.err = p.loadProgram(missing[i], types)
				close(g.done)
				<-turns
			}()
		}
	}()
}

func (p *Probe) loadProgram(name string, types *btf.Cache) (*ebpf.Program, error) {
	only := *p.spec
	only.Programs = map[string]*ebpf.ProgramSpec{name: p.spec.Programs[name]}
	c, err := ebpf.NewCollectionWithOptions(&only, ebpf.CollectionOptions{MapReplacements: p.maps, Cache: types})
	if err != nil {
		if errors.Is(err, unix.EPERM) {
			return nil, fmt.Errorf("the kernel refuses the program %s: %w: run as root, and look for a lockdown mode or a seccomp profile that forbids bpf(2)", name, err)
		}
		return nil, fmt.Errorf("load the program %s: %w", name, err)
	}
	prog := c.DetachProgram(name)
	c.Close()
	return prog, nil
}
