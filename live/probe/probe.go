//go:build linux

package probe

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/stoop-project/stoop/bpf"
)

// Options are fixed for the life of a Probe.
type Options struct {
	EventBuffer int  // bytes, a power of two; 0: 32 MiB
	DeedsRing   int  // bytes a container; 0: 1 MiB
	BulkRing    int  // bytes a container; 0: 8 MiB
	Pool        int  // deeds rings made ahead for containers not yet seen; 0: 8
	RawOnly     bool // use the raw tracepoint although per-syscall ones are there
}

func (o *Options) defaults() {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.EventBuffer, 32<<20)
	set(&o.DeedsRing, 1<<20)
	set(&o.BulkRing, 8<<20)
	set(&o.Pool, 8)
}

// Probe is stoop's presence in the kernel. Its methods may be called from any goroutine.
type Probe struct {
	opts   Options
	report *Report
	spec   *ebpf.CollectionSpec
	maps   map[string]*ebpf.Map
	direct *ebpf.Variable // bulk_direct
	kept   *ebpf.Variable // renamed_kept
	seed   uint64
	reader *Reader
	rec    *Recorder

	mu     sync.Mutex
	progs  map[string]*program
	links  map[string]attachment // by what they are attached to
	gone   *releaser
	plan   Plan
	skip   []string
	scoped scoped
}

// Open makes the maps and buffers; programs are loaded when a plan needs them.
// The error is one sentence a line, each with its remedy, when something needed is missing.
func Open(opts Options) (*Probe, error) {
	opts.defaults()
	if opts.EventBuffer&(opts.EventBuffer-1) != 0 {
		return nil, fmt.Errorf("event buffer of %d bytes: want a power of two", opts.EventBuffer)
	}
	p := &Probe{
		opts: opts, report: newReport(), seed: rand.Uint64(),
		progs: make(map[string]*program), links: make(map[string]attachment),
		gone: newReleaser(), scoped: newScoped(),
	}
	made := make(chan error, 1)
	go func() { made <- p.makeMaps() }()
	p.report.look(true, false)
	err := <-made
	missing := p.report.Err()
	if err != nil && missing == nil {
		missing = Look(false).Err() // slower, and complete
	}
	if missing != nil {
		err = missing // says more than the map that could not be made
	}
	if err != nil {
		p.closeMaps()
		return nil, err
	}
	if opts.RawOnly {
		p.report.PerCall = false
	}
	if p.reader, err = newReader(p.maps[bpf.KernelMapEvents]); err != nil {
		p.closeMaps()
		return nil, err
	}
	if p.rec, err = newRecorder(p); err != nil {
		p.reader.close()
		p.closeMaps()
		return nil, err
	}
	return p, nil
}

// makeMaps reads the embedded programs and makes their maps.
func (p *Probe) makeMaps() error {
	spec, err := bpf.LoadKernel()
	if err != nil {
		return fmt.Errorf("read the embedded programs: %w", err)
	}
	p.spec = spec
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("count the processors: %w: mount sysfs at /sys", err)
	}
	for name, v := range map[string]any{
		bpf.KernelVarKeyMode: uint32(p.report.Keys.Mode), bpf.KernelVarRingSeed: p.seed,
		bpf.KernelVarManyCpus: cpus > madeCPUs,
	} {
		if err := p.spec.Variables[name].Set(v); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	p.spec.Maps[bpf.KernelMapEvents].MaxEntries = uint32(p.opts.EventBuffer)
	only := *p.spec
	only.Programs = nil
	c, err := ebpf.NewCollection(&only)
	if err != nil {
		return fmt.Errorf("make the kernel's maps: %w", err)
	}
	p.maps, p.direct, p.kept = c.Maps, c.Variables[bpf.KernelVarBulkDirect], c.Variables[bpf.KernelVarRenamedKept]
	return nil
}

// Report is what was found and chosen on this node.
func (p *Probe) Report() *Report { return p.report }

// Keys translates cgroups to the keys in records.
func (p *Probe) Keys() Keys { return p.report.Keys }

// Reader gives the watch tier's records.
func (p *Probe) Reader() *Reader { return p.reader }

// Recorder gives the flight recorder.
func (p *Probe) Recorder() *Recorder { return p.rec }

// Plan is the plan in force, and the calls in it that this kernel does not have.
func (p *Probe) Plan() (plan Plan, unknown []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plan, p.skip
}

// Close lets go of everything and returns at once: detaching takes the kernel
// tens of milliseconds an attachment, so a short-lived helper process does it.
// The program's main function must begin with [Helper].
func (p *Probe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	fds := p.gone.stop()
	for _, l := range p.links {
		fds = append(fds, l.fd)
	}
	p.links = nil
	err := handOver(fds)
	p.reader.close()
	go p.rec.close() // waits for rings that are being made
	if err != nil {
		return fmt.Errorf("start the helper that detaches: %w", err)
	}
	return nil
}

func (p *Probe) closeMaps() {
	for _, m := range p.maps {
		m.Close()
	}
}

func self() uint32 { return uint32(os.Getpid()) }
