//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/engine"
	"github.com/stoop-project/stoop/internal/rules/own"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/load"
	"github.com/stoop-project/stoop/test/synth"
)

// huntedEvents are those of the recording that is hunted through.
const huntedEvents = 10_000_000

// stableRules is where Falco's stable rules are: among the data for tests, or
// where Falco is installed.
func stableRules() (string, error) {
	dir, err := testdata.Dir()
	if err != nil {
		return "", err
	}
	for _, path := range []string{filepath.Join(dir, "rules", "falco_rules.yaml"), "/etc/falco/falco_rules.yaml"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no rules of Falco are here: %s names the folder of the data for tests", testdata.Env)
}

func runRules(ctx context.Context, b *bench) (section, error) {
	file, err := stableRules()
	if err != nil {
		return section{notes: []string{"not measured: " + err.Error()}}, nil
	}
	rows, err := b.engineSpeed(ctx, file)
	if err != nil {
		return section{}, err
	}
	hunt, err := b.hunt(ctx, file)
	if err != nil {
		return section{}, err
	}
	s := section{
		how: fmt.Sprintf(`Falco's stable rules (falcosecurity/rules c72713ee) over made-up events of a busy node: 400 containers, 50,000 processes, 200,000
paths. *Engine* is the evaluation alone, in memory, in processor time (GOMAXPROCS=1): the first pass over %s events with nothing known of
their processes and files, and the next over the same. *Retro-hunt* is `+"`stoop rules test`"+` over a recording of %s events, in processor time, start and end
included. The file of 1,000 rules has lists, macros and exceptions, and is loaded and readied for evaluation. Live, `+"`stoop record live -r … -f 'alert.rule exists'`"+`
watches what the rules name.`, grouped(float64(b.scaled(engineEvents))), grouped(float64(b.scaled(huntedEvents)))),
		tables: []table{figures(append(rows, hunt...)...)},
	}
	live, notes, err := b.rulesLive(ctx, file)
	s.tables, s.notes = append(s.tables, live...), notes
	return s, err
}

// engineEvents is how many events the engine is asked about.
const engineEvents = 2_000_000

// rulesResult is what the child measured.
type rulesResult struct {
	LoadNS        float64 // of 1,000 rules
	Cold, Warm    float64 // events a second
	Allocs        float64 // an event that nothing fires on, warm
	Rules, Events int
	Fired         uint64

	Own, Sequences float64 // events a second: our rules alone; with sequences and the alerts of both
	Steps, Raised  uint64
}

// engineSpeed measures loading and evaluation in a process of their own.
func (b *bench) engineSpeed(ctx context.Context, file string) ([]figure, error) {
	var loads, cold, warm, allocs, ours, sequences sample
	var last rulesResult
	err := interleave(ctx, b.rounds, []condition{{"engine", func(int) error {
		var r rulesResult
		err := call(ctx, &r, "rules", file, strconv.Itoa(b.scaled(engineEvents)))
		loads, cold, warm, allocs = append(loads, r.LoadNS), append(cold, r.Cold), append(warm, r.Warm), append(allocs, r.Allocs)
		ours, sequences, last = append(ours, r.Own), append(sequences, r.Sequences), r
		return err
	}}})
	return []figure{
		{what: "a file of 1,000 rules loaded", got: loads, show: asMS, asked: atMost(200e6)},
		{what: "engine, stable rules, first pass", got: cold, show: asMillions, asked: atLeast(3e6)},
		{what: "engine, stable rules, processes and files known", got: warm, show: asMillions, asked: atLeast(3e6)},
		{what: "allocations in a pass over events on which nothing fires", got: allocs, show: asCount, asked: none},
		{what: "engine, our own rules, processes and files known", got: ours, show: asMillions},
		{
			what: fmt.Sprintf("our own rules, first pass, with our sequences, which took %s steps, and %s alerts made", grouped(float64(last.Steps)), grouped(float64(last.Raised))),
			got:  sequences, show: asMillions,
		},
	}, err
}

// rulesChild loads and evaluates.
func rulesChild(_ context.Context, args []string) (any, error) {
	runtime.GOMAXPROCS(1)
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	var r rulesResult
	made := []rules.File{{Name: "made-up.yaml", Text: thousandRules()}}
	began := ownCPU()
	many, report := rules.Load(made, rules.Options{})
	engine.New(many, engine.Options{})
	r.LoadNS = float64(ownCPU() - began)
	if err := report.Err(); err != nil {
		return nil, err
	}
	files, err := rules.Find(args[:1])
	if err != nil {
		return nil, err
	}
	set, report := rules.Load(files, rules.Options{})
	if err := report.Err(); err != nil {
		return nil, err
	}
	feed := synth.New(quietNode())
	var batches []*event.Batch
	for made := 0; made < n; made += liveBatch {
		batches = append(batches, feed.Batch(min(liveBatch, n-made)))
	}
	e := engine.New(set, engine.Options{})
	r.Rules, r.Events = e.Rules(), n
	count := func(int, *rules.Rule) { r.Fired++ }
	pass := func() float64 {
		began := ownCPU()
		for _, batch := range batches {
			e.Detect(batch, count)
		}
		return float64(n) / (ownCPU() - began).Seconds()
	}
	runtime.GC()
	r.Cold = pass()
	r.Warm = pass()
	debug.SetGCPercent(-1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, batch := range batches {
		e.Detect(batch, count)
	}
	runtime.ReadMemStats(&after)
	r.Allocs = float64(after.Mallocs - before.Mallocs)
	debug.SetGCPercent(100)
	return r, r.sequences(batches)
}

// sequences measures our own rules, then these with their sequences.
func (r *rulesResult) sequences(batches []*event.Batch) error {
	set, report := rules.Load(own.Files(), rules.Options{})
	if err := report.Err(); err != nil {
		return err
	}
	rate := func(each func(*event.Batch)) float64 {
		runtime.GC()
		began := ownCPU()
		for _, b := range batches {
			each(b)
		}
		return float64(r.Events) / (ownCPU() - began).Seconds()
	}
	alone := engine.New(set, engine.Options{})
	ask := func(b *event.Batch) { alone.Detect(b, func(int, *rules.Rule) {}) }
	rate(ask)
	r.Own = rate(ask)
	d, err := detect.New(set, detect.Options{})
	if err != nil {
		return err
	}
	sink := d.Sink(source.SinkFunc(func(*event.Batch) {}))
	r.Sequences = rate(sink.Batch) // once: sequences take no event from before
	st := d.Stats()
	r.Steps, r.Raised = st.Steps.Steps, st.Alerts
	return nil
}

// ownCPU is the processor time that this process has taken.
func ownCPU() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// quietNode is a busy node without alerts of others.
func quietNode() synth.Shape {
	shape := synth.Node()
	shape.AlertEvery = 0
	return shape
}

// thousandRules writes a file of 1,000 rules.
func thousandRules() []byte {
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, "- list: names_%d\n  items: [prog-%d, tool-%d, 'a b %d']\n", i, i, i, i)
		fmt.Fprintf(&b, "- macro: opened_%d\n  condition: (evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.typechar='f' and fd.num>=%d)\n", i, i)
		fmt.Fprintf(&b, "- macro: by_%d\n  condition: (container.id != host and (proc.name in (names_%d) or proc.pname in (names_%d)))\n", i, i, (i+1)%50)
	}
	for i := range 1000 {
		fmt.Fprintf(&b, `- rule: Rule %d
  desc: a file below a folder is written by a program that is not known to do so
  condition: opened_%d and fd.name startswith /srv/%d/ and not by_%d and not proc.aname in (names_%d)
  exceptions:
    - name: known
      fields: [proc.name, fd.name]
      comps: [=, startswith]
      values: [[prog-%d, /srv/%d/x], [tool-%d, /srv/%d/y]]
  output: A file was written (user=%%user.name command=%%proc.cmdline file=%%fd.name image=%%container.image.repository)
  priority: WARNING
  tags: [container, mitre_persistence, T1546]
`, i, i%50, i, (i+7)%50, (i+3)%50, i, i, i, i)
	}
	return []byte(b.String())
}

// hunt measures a retro-hunt of a recording.
func (b *bench) hunt(ctx context.Context, file string) ([]figure, error) {
	path := filepath.Join(b.dir, "hunted.stoop")
	events := b.scaled(huntedEvents)
	if _, err := writeRecordingOf(path, quietNode(), events); err != nil {
		return nil, err
	}
	defer os.Remove(path)
	var cpu, wall sample
	err := interleave(ctx, b.rounds, []condition{{"hunt", func(int) error {
		s, err := timed(quiet(exec.CommandContext(ctx, b.stoop, "rules", "test", path, "-r", file)))
		cpu, wall = append(cpu, float64(s.cpu)), append(wall, float64(s.wall))
		return err
	}}})
	return []figure{
		{what: "retro-hunt of " + grouped(float64(events)) + " recorded events, processor time", got: cpu, show: asMS, asked: atMost(3e9)},
		{what: "the same, by the clock", got: wall, show: asMS},
	}, err
}

// rulesLive measures what rules cost a node: the tax, and what is lost.
func (b *bench) rulesLive(ctx context.Context, file string) (tables []table, notes []string, err error) {
	t := &taxRun{b: b, got: map[string]*pairs{}, failed: map[string]string{}}
	if err := t.setUp(ctx); err != nil {
		return nil, []string{"not measured live: " + err.Error()}, nil
	}
	defer func() { err = errors.Join(err, t.close()) }()
	var conditions []condition
	for _, w := range []watcher{
		{name: watchOpens, loads: allLoads, start: stoopWith("-f", "evt.type = openat")},
		{name: watchRules, loads: allLoads, start: stoopWith("-r", file, "-f", "alert.rule exists")},
	} {
		t.got[w.name] = newPairs()
		conditions = append(conditions, condition{w.name, func(int) error { return t.measure(ctx, w) }})
	}
	if err := interleave(ctx, b.rounds, conditions); err != nil {
		return nil, nil, err
	}
	tax := table{head: []string{"what", "in processor time", "95 %", "by the clock", "95 %", "asked", "met"}}
	for _, a := range rulesTax {
		tax.rows = append(tax.rows, t.compare(a))
	}
	loss, err := b.rulesLoss(ctx, file)
	return []table{tax, loss}, t.failures(), err
}

// watchRules is stoop with the stable rules.
const watchRules = "stoop, stable rules"

var rulesTax = []taxAim{
	{what: "a call that nobody watches (getppid), opens watched", watcher: watchOpens, load: loadGetppid, asked: atMost(10)},
	{what: "the same, stable rules", watcher: watchRules, load: loadGetppid, asked: atMost(10)},
	{what: "open+read+close, opens watched", watcher: watchOpens, load: loadFile, ratio: true, asked: atMost(1.35)},
	{what: "the same, stable rules", watcher: watchRules, load: loadFile, ratio: true, asked: atMost(1.35)},
	{what: "fork+exec, opens watched", watcher: watchOpens, load: loadExec, ratio: true, asked: atMost(1.05)},
	{what: "the same, stable rules", watcher: watchRules, load: loadExec, ratio: true, asked: atMost(1.05)},
}

// rulesLoss opens, reads and closes at full speed with the stable rules on.
func (b *bench) rulesLoss(ctx context.Context, file string) (table, error) {
	program, err := load.Build(b.dir)
	if err != nil {
		return table{}, err
	}
	cage, err := newCage()
	if err != nil {
		return table{}, err
	}
	r := lossRun{what: "open+read+close at full speed, stable rules", mode: "file", watched: []string{"openat"}, seconds: 60, rules: file}
	c, err := r.count(ctx, b, &generator{program, cage})
	missing := float64(c.made) - float64(c.kept) - float64(c.lost)
	return figures(
		figure{what: fmt.Sprintf("opens made a second, for %s s", digits(r.duration(b))), got: sample{c.rate}, show: asCount},
		figure{what: "lost: " + r.what, got: sample{float64(c.lost)}, show: asCount, asked: none},
		figure{what: "made - kept - lost", got: sample{missing}, show: asCount, asked: none},
		figure{what: "stoop's share of a core", got: sample{c.busy}, show: asPercent},
		figure{what: "its memory", got: sample{float64(c.peak)}, show: asMB},
	), errors.Join(err, cage.close())
}
