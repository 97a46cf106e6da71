//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/test/load"
)

// The loads, by their names in test/load, and how long a slice of each is, in
// seconds. Slices without and with the observer stand in pairs.
const (
	loadGetppid = "getppid"
	loadFile    = "file"
	loadExec    = "exec"

	taxSlices = 3
)

var sliceSeconds = map[string]string{loadGetppid: "0.15", loadFile: "0.15", loadExec: "0.4"}

// watcher is a program that watches the load, and the loads it is measured under.
type watcher struct {
	name  string
	loads []string
	// start attaches; it is nil for one that needs the load's process.
	start func(ctx context.Context, b *bench, own, other *cage) (*observer, error)
	// follow attaches to a load that is ready.
	follow func(ctx context.Context, b *bench, pid int) (*observer, error)
	// floor names the tracepoints that get an empty program, in place of a program
	// that watches.
	floor []string
}

// The watchers' names.
const (
	watchOpens    = "stoop, opens watched"
	watchDefault  = "stoop, default"
	watchNothing  = "stoop, a call watched that nobody makes"
	bulkOwn       = "stoop, bulk of this container"
	bulkElsewhere = "stoop, bulk of another container"
	bulkOwnDur    = "stoop, bulk of this container, durations"
	bulkElseDur   = "stoop, bulk of another container, durations"
	floorCall     = "an empty program on another call's tracepoint"
	floorExit     = "an empty program on sys_exit"
	floorBoth     = "empty programs on sys_enter and sys_exit"
	watchStrace   = "strace -f -e trace=openat"
	watchBpftrace = "bpftrace, path of each open"
)

// openPaths is the bpftrace program that prints what stoop prints the least of.
const openPaths = `tracepoint:syscalls:sys_enter_openat { @name[tid] = args->filename; }
tracepoint:syscalls:sys_exit_openat /@name[tid]/ { printf("%d %s %s %d\n", pid, comm, str(@name[tid]), args->ret); delete(@name[tid]); }`

var (
	allLoads  = []string{loadGetppid, loadFile, loadExec}
	callLoads = []string{loadGetppid, loadFile}
	quietOnly = "evt.type = reboot"
)

var watchers = []watcher{
	{name: floorCall, loads: callLoads, floor: []string{"syscalls/sys_exit_reboot"}},
	{name: floorExit, loads: callLoads, floor: []string{"sys_exit"}},
	{name: floorBoth, loads: callLoads, floor: []string{"sys_enter", "sys_exit"}},
	{name: watchNothing, loads: allLoads, start: stoopWith("-f", quietOnly)},
	{name: watchOpens, loads: allLoads, start: stoopWith("-f", "evt.type = openat")},
	{name: watchDefault, loads: allLoads, start: stoopWith()},
	{name: bulkOwn, loads: callLoads, start: stoopBulk(true)},
	{name: bulkElsewhere, loads: callLoads, start: stoopBulk(false)},
	{name: bulkOwnDur, loads: callLoads, start: stoopBulk(true, "--durations")},
	{name: bulkElseDur, loads: callLoads, start: stoopBulk(false, "--durations")},
	{name: watchStrace, loads: []string{loadGetppid, loadFile}, follow: func(ctx context.Context, b *bench, pid int) (*observer, error) {
		return straceOf(ctx, pid, filepath.Join(b.dir, "strace"))
	}},
	{name: watchBpftrace, loads: allLoads, start: func(ctx context.Context, b *bench, _, _ *cage) (*observer, error) {
		to := filepath.Join(b.dir, "bpftrace")
		return observe(ctx, to, "bpftrace", "-o", to, "-e", openPaths)
	}},
}

func stoopWith(args ...string) func(context.Context, *bench, *cage, *cage) (*observer, error) {
	return func(ctx context.Context, b *bench, _, _ *cage) (*observer, error) { return b.stoopLive(ctx, args...) }
}

// stoopBulk records all calls of this container or of another one, and hands on
// nothing.
func stoopBulk(own bool, args ...string) func(context.Context, *bench, *cage, *cage) (*observer, error) {
	return func(ctx context.Context, b *bench, mine, other *cage) (*observer, error) {
		id := other.id
		if own {
			id = mine.id
		}
		return b.stoopLive(ctx, append([]string{"-f", quietOnly, "--fly", id[:12]}, args...)...)
	}
}

// pairs are slices without and with an observer, in ns a round, by load.
type pairs struct {
	without, with       map[string]sample // by the clock
	withoutCPU, withCPU map[string]sample // in processor time
}

func newPairs() *pairs {
	return &pairs{map[string]sample{}, map[string]sample{}, map[string]sample{}, map[string]sample{}}
}

// taxRun is the state of the suite.
type taxRun struct {
	b      *bench
	gen    *generator
	other  *cage
	file   string // of depth 8
	got    map[string]*pairs
	failed map[string]string // watchers that could not be measured, and why
	quit   sample            // ns until the prompt was back
	peak   sample            // bytes, with opens watched
	busy   sample            // cores, with opens watched at full speed
	stays  []*load.Running   // a process in each container, which does nothing
	others int               // measures that began while another program was attached
}

func runTax(ctx context.Context, b *bench) (s section, err error) {
	t := &taxRun{b: b, got: map[string]*pairs{}, failed: map[string]string{}}
	if err := t.setUp(ctx); err != nil {
		return section{notes: []string{"not measured: " + err.Error()}}, nil
	}
	defer func() { err = errors.Join(err, t.close()) }()
	var conditions []condition
	for _, w := range watchers {
		t.got[w.name] = newPairs()
		conditions = append(conditions, condition{w.name, func(int) error { return t.measure(ctx, w) }})
	}
	if err := interleave(ctx, b.rounds, conditions); err != nil {
		return s, err
	}
	return t.section(), nil
}

// setUp builds the generator and makes the two containers.
func (t *taxRun) setUp(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("attaching to the kernel needs root")
	}
	program, err := load.Build(t.b.dir)
	if err != nil {
		return err
	}
	deep := filepath.Join(t.b.dir, "3", "4", "5", "6", "7") // below /tmp/stoop-bench-…
	if err := os.MkdirAll(deep, 0o755); err != nil {
		return err
	}
	t.file = filepath.Join(deep, "file")
	if err := os.WriteFile(t.file, make([]byte, 64), 0o644); err != nil {
		return err
	}
	own, err := newCage()
	if err != nil {
		return err
	}
	t.gen = &generator{program, own}
	if t.other, err = newCage(); err != nil {
		return errors.Join(err, own.close())
	}
	// A container is one as long as a process is in it.
	for _, c := range []*cage{own, t.other} {
		r, _, err := (&generator{program, c}).start(ctx, loadGetppid, "--count", "1")
		if err != nil {
			return err
		}
		t.stays = append(t.stays, r)
	}
	return nil
}

func (t *taxRun) close() error {
	var errs []error
	for _, r := range t.stays {
		_, err := r.Go()
		errs = append(errs, err)
	}
	return errors.Join(append(errs, t.gen.cage.close(), t.other.close())...)
}

// measure measures a watcher's loads without it and with it. A watcher that
// cannot run here is noted and not tried again.
func (t *taxRun) measure(ctx context.Context, w watcher) error {
	if t.failed[w.name] != "" {
		return nil
	}
	if attachedElsewhere() > 0 {
		t.others++
	}
	p := t.got[w.name]
	if err := t.slices(ctx, w.loads, nil, p.without, p.withoutCPU); err != nil {
		return err
	}
	if w.follow != nil {
		return t.slices(ctx, w.loads, func(pid int) (*observer, error) { return w.follow(ctx, t.b, pid) }, p.with, p.withCPU)
	}
	if w.floor != nil {
		f, err := newFloor(w.floor...)
		if err != nil {
			t.failed[w.name] = firstLine(err.Error())
			return nil
		}
		return errors.Join(t.slices(ctx, w.loads, nil, p.with, p.withCPU), f.close())
	}
	o, err := w.start(ctx, t.b, t.gen.cage, t.other)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.failed[w.name] = firstLine(err.Error())
		return nil
	}
	err = t.slices(ctx, w.loads, nil, p.with, p.withCPU)
	if err == nil && w.name == watchOpens {
		err = t.fullSpeed(ctx, o)
	}
	took, peak, stopErr := o.stop()
	if strings.HasPrefix(w.name, "stoop") {
		t.quit = append(t.quit, float64(took))
	}
	if w.name == watchOpens {
		t.peak = append(t.peak, float64(peak))
	}
	return errors.Join(err, stopErr, o.clean())
}

// slices makes each load a few times.
func (t *taxRun) slices(ctx context.Context, loads []string, follow func(pid int) (*observer, error), clock, cpu map[string]sample) error {
	for range taxSlices {
		for _, mode := range loads {
			var o *observer
			seen := func(pid int) (err error) {
				if follow != nil {
					o, err = follow(pid)
				}
				return err
			}
			m, err := t.gen.run(ctx, seen, mode, "--duration", sliceSeconds[mode], "--path", t.file)
			if o != nil {
				err = errors.Join(err, o.wait(), o.clean()) // it ends with what it follows
			}
			if err != nil {
				return err
			}
			clock[mode], cpu[mode] = append(clock[mode], m.clockNS), append(cpu[mode], m.cpuNS)
		}
	}
	return nil
}

// fullSpeed measures what the observer itself takes while files are opened as
// fast as they go.
func (t *taxRun) fullSpeed(ctx context.Context, o *observer) error {
	before, err := o.cpu()
	if err != nil {
		return err
	}
	m, err := t.gen.run(ctx, nil, loadFile, "--duration", "1", "--path", t.file)
	if err != nil {
		return err
	}
	after, err := o.cpu()
	t.busy = append(t.busy, (after-before).Seconds()/m.Seconds)
	return err
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// taxAim is a figure that the project asks something of: the difference that a
// watcher makes to a round of a load in ns, or the ratio. With a floor its
// difference is taken off: what is left is stoop's own.
type taxAim struct {
	what, watcher, load string
	ratio               bool
	asked               limit
	floor               string
}

var taxAsked = []taxAim{
	{what: "a call that nobody watches (getppid), opens watched", watcher: watchOpens, load: loadGetppid, asked: atMost(10)},
	{what: "the same, every container's deeds and the default set watched", watcher: watchDefault, load: loadGetppid, asked: atMost(10)},
	{what: "open+read+close, opens watched", watcher: watchOpens, load: loadFile, ratio: true, asked: atMost(1.35)},
	{what: "open+read+close, default set watched", watcher: watchDefault, load: loadFile, ratio: true},
	{what: "fork+exec, opens watched", watcher: watchOpens, load: loadExec, ratio: true, asked: atMost(1.05)},
	{what: "fork+exec, default set watched", watcher: watchDefault, load: loadExec, ratio: true, asked: atMost(1.05)},
	{what: "bulk recorded of this container: getppid", watcher: bulkOwn, load: loadGetppid, asked: atMost(80)},
	{what: "bulk recorded of another container: getppid", watcher: bulkElsewhere, load: loadGetppid, asked: atMost(35)},
	{what: "with durations, of this container: getppid", watcher: bulkOwnDur, load: loadGetppid, asked: atMost(140)},
	{what: "with durations, of another container: getppid", watcher: bulkElseDur, load: loadGetppid, asked: atMost(65)},
	{what: "bulk recorded of this container: open+read+close, one path", watcher: bulkOwn, load: loadFile, asked: atMost(3*80 + 70)},
	{what: "with durations: open+read+close, one path", watcher: bulkOwnDur, load: loadFile, asked: atMost(3*140 + 70)},
}

// taxFloors are what of the figures above is the kernel's, and what is stoop's.
var taxFloors = []taxAim{
	{what: "the kernel's: getppid, an empty program on another call's tracepoint", watcher: floorCall, load: loadGetppid},
	{what: "the kernel's: getppid, an empty program on sys_exit", watcher: floorExit, load: loadGetppid},
	{what: "the kernel's: getppid, empty programs on sys_enter and sys_exit", watcher: floorBoth, load: loadGetppid},
	{what: "the kernel's: open+read+close, an empty program on sys_exit", watcher: floorExit, load: loadFile},
	{what: "the kernel's: open+read+close, empty programs on sys_enter and sys_exit", watcher: floorBoth, load: loadFile},
	{what: "stoop's own: a call that nobody watches, opens watched", watcher: watchOpens, load: loadGetppid, floor: floorCall},
	{what: "stoop's own: bulk of this container, getppid", watcher: bulkOwn, load: loadGetppid, floor: floorExit},
	{what: "stoop's own: bulk of another container, getppid", watcher: bulkElsewhere, load: loadGetppid, floor: floorExit},
	{what: "stoop's own: with durations, of this container, getppid", watcher: bulkOwnDur, load: loadGetppid, floor: floorBoth},
	{what: "stoop's own: with durations, of another container, getppid", watcher: bulkElseDur, load: loadGetppid, floor: floorBoth},
	{what: "stoop's own: bulk of this container, open+read+close", watcher: bulkOwn, load: loadFile, floor: floorExit},
	{what: "stoop's own: with durations, open+read+close", watcher: bulkOwnDur, load: loadFile, floor: floorBoth},
}

// section writes the figures down.
func (t *taxRun) section() section {
	s := section{how: `A loop on the machine's last core makes one kind of call in a container of its own (a cgroup): getppid; open, read and
close of a file eight names deep; fork, exec and wait of a static program. Each round takes slices of it before a watcher
attaches and while it is attached, and waits until it has gone. stoop is ` + "`stoop record live`" + `, so events are
decoded and stored meanwhile. A difference or ratio is the median of the pairs of slices, with its 95 % interval. It is
given in processor time of the loop and its children, in which other programs on the machine do not count and by which
*met* goes, and by the clock. *The kernel's* is what a program costs that does nothing, attached where stoop's is; *stoop's
own* is what stoop costs more than that.`}
	asked := table{head: []string{"what", "in processor time", "95 %", "by the clock", "95 %", "asked", "met"}}
	for _, a := range slices.Concat(taxAsked, taxFloors) {
		asked.rows = append(asked.rows, t.compare(a))
	}
	own := figures(
		figure{what: "stoop itself, opens at full speed watched: processor time, of a core", got: t.busy, show: asPercent},
		figure{what: "stoop itself: greatest resident memory, opens watched", got: t.peak, show: asMB},
		figure{what: "Ctrl-C to the prompt", got: t.quit, show: asMS, asked: atMost(300e6)})
	s.tables = []table{asked, own, t.beside()}
	s.notes = append(s.notes, t.failures()...)
	if t.others > 0 {
		s.notes = append(s.notes, fmt.Sprintf("At %d of %d measures another program was attached to tracepoints already: differences come out too small.", t.others, len(watchers)*t.b.rounds))
	}
	if _, err := exec.LookPath("falco"); err != nil {
		s.notes = append(s.notes, "Falco is not installed here. Falco 0.44 (modern eBPF, default rules) on such a machine: getppid +26 ns, open+read+close 1.84× with 20 % of the events lost, fork+exec 1.07-1.2×, one core full, 87 MB.")
	}
	return s
}

// failures says which watchers could not be measured.
func (t *taxRun) failures() (notes []string) {
	for _, w := range slices.Sorted(maps.Keys(t.failed)) {
		notes = append(notes, fmt.Sprintf("%s could not be measured here: %s", w, t.failed[w]))
	}
	return notes
}

// compare returns an aim's row: in processor time and by the clock.
func (t *taxRun) compare(a taxAim) []string {
	p := t.got[a.watcher]
	show, compared := asMore, minus
	if a.ratio {
		show, compared = asRatio, ratios
	}
	base := newPairs()
	if a.floor != "" {
		base = t.got[a.floor]
	}
	row := func(with, without, baseWith, baseWithout map[string]sample) []string {
		got := compared(with[a.load], without[a.load])
		if a.floor != "" {
			got = minus(got, minus(baseWith[a.load], baseWithout[a.load]))
		}
		return figure{
			what: a.what, got: got, show: show, asked: a.asked,
			paired: true, why: t.failed[a.watcher] + t.failed[a.floor],
		}.cells()
	}
	cpu := row(p.withCPU, p.withoutCPU, base.withCPU, base.withoutCPU)
	clock := row(p.with, p.without, base.with, base.without)
	interval := func(cells []string) string { return strings.TrimPrefix(cells[2], "95 %: ") }
	return []string{a.what, cpu[1], interval(cpu), clock[1], interval(clock), cpu[3], cpu[4]}
}

// asMore writes a difference in ns.
var asMore format = func(v float64) string { return fmt.Sprintf("%+.1f ns", v) }

// beside is the table of all watchers: a round of each load in ns without and
// with them, and the ratio by the clock and in processor time.
func (t *taxRun) beside() table {
	tb := table{head: []string{"watcher", "load", "without", "with", "ratio", "in processor time"}}
	for _, w := range watchers {
		p := t.got[w.name]
		for _, mode := range w.loads {
			if len(p.with[mode]) == 0 {
				continue
			}
			tb.rows = append(tb.rows, []string{
				w.name, mode, asNS(p.without[mode].median()), asNS(p.with[mode].median()),
				asRatio(ratios(p.with[mode], p.without[mode]).median()), asRatio(ratios(p.withCPU[mode], p.withoutCPU[mode]).median()),
			})
		}
	}
	return tb
}

// firstEvent measures how soon `stoop print live` prints an event, where files
// are opened a thousand times a second.
func (b *bench) firstEvent(ctx context.Context) (ns sample, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("attaching to the kernel needs root")
	}
	program, err := load.Build(b.dir)
	if err != nil {
		return nil, err
	}
	r, err := load.Start(ctx, program, loadFile, "--rate", "1000", "--duration", "600")
	if err != nil {
		return nil, err
	}
	if err := r.Begin(); err != nil {
		return nil, err
	}
	defer func() {
		_ = r.End()
		_, waitErr := r.Wait()
		err = errors.Join(err, waitErr)
	}()
	for range b.rounds {
		s, err := timed(quiet(exec.CommandContext(ctx, b.stoop, "print", "live", "-f", "evt.type = openat", "--limit", "1", "-o", "json")))
		if err != nil {
			return nil, err
		}
		ns = append(ns, float64(s.wall))
		if err := gone(b.stoop); err != nil {
			return nil, err
		}
	}
	return ns, nil
}
