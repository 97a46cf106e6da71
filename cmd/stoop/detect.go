package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dustin/go-humanize"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/evidence"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/indicator"
	_ "github.com/stoop-project/stoop/internal/rules/own" // what -r stoop means
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// ruleFlags are the flags of the verbs that make alerts.
type ruleFlags struct {
	Rules        []string `short:"r" sep:"none" placeholder:"RULES" help:"Make alerts by Falco rules: a file, a folder of them, stoop (those built in), falco (those in /etc/falco) or none; may be given several times (docs/rules.md)." predictor:"file"`
	Indicators   []string `sep:"none" placeholder:"FILE" help:"Make alerts by a list of addresses, networks, domains, paths and hashes: plain text, CSV or STIX 2.1; may be given several times (docs/indicators.md)." predictor:"file"`
	Evidence     string   `placeholder:"DIR" help:"live: keep the program files of alerts in this folder, where they were not in the image, by their SHA-256." type:"path"`
	RuleMatching string   `placeholder:"first|all" enum:",first,all" default:"" help:"Where several rules hold for an event: the first fires, or all do. Without it the first, or as Falco's configuration says where its rules are taken."`
}

// chosen are the values by which the rules are found, or others where nothing
// was named.
func (f *ruleFlags) chosen(others []string) (names []string, named bool) {
	names = slices.Clone(f.Rules)
	for _, path := range f.Indicators {
		names = append(names, rules.IndicatorsPrefix+path)
	}
	if len(names) == 0 {
		return others, false
	}
	return names, true
}

// detecting is what a verb makes alerts with: nothing, unless rules were named
// or go by themselves.
type detecting struct {
	detector *detect.Detector
	named    bool // the user has named the rules
	names    []string
	stats    bool // measure what each rule costs
	plain    bool // the rules as they are written, without the user's exceptions
	ctx      context.Context
	live     sync.Once        // events arrive as they happen
	evidence *evidence.Keeper // nil: programs are not kept
	onNode   atomic.Bool      // what is read happens on this node
	asked    atomic.Pointer[asked]
	hashing  sync.Once
	hasher   atomic.Pointer[evidence.Hasher] // nil until there is something to hash
}

// asked is what sources were asked for, to ask anew when the rules change.
type asked struct {
	req     source.Request
	sources []source.Source
	alone   bool
}

// byThemselves are the rules that go by themselves where somebody watches;
// Falco's where it has some.
var byThemselves = []string{rules.OwnWord, rules.FalcoWord}

// open reads the rules that were named, or else others. What is wrong with
// these is said, and the rest goes on.
func (x *detecting) open(a *app, f *ruleFlags, others ...string) error {
	var names []string
	if names, x.named = f.chosen(others); len(names) == 0 {
		return nil
	}
	names = x.withExceptions(names)
	opt := detect.Options{Rules: rules.Options{Lenient: !x.named}, Matching: f.RuleMatching, Stats: x.stats}
	d, report, err := detect.Open(names, opt)
	if err != nil && !x.named { // Falco's are broken: what is built in is not
		fmt.Fprintln(safetext.NewWriter(a.errs), "stoop:", err)
		names = x.withExceptions([]string{rules.OwnWord})
		d, report, err = detect.Open(names, opt)
	}
	if err != nil {
		return usageError{fmt.Errorf("--rules: %w", err)}
	}
	if err := report.Err(); err != nil {
		fmt.Fprintln(safetext.NewWriter(a.errs), "stoop:", err)
	}
	if d.Empty() {
		if x.named && names[0] != rules.NoneWord {
			return usageError{fmt.Errorf("--rules: there is no enabled rule in %s", strings.Join(names, ", "))}
		}
		return nil
	}
	sayLeftOut(a, f.Indicators)
	x.detector, x.names, x.ctx = d, names, a.ctx
	d.OnReload(x.askAnew)
	if err := x.keepEvidence(f.Evidence); err != nil {
		return err
	}
	x.hashPrograms()
	go d.Follow(a.ctx)
	return nil
}

// withExceptions are the values by which rules are found, with the exceptions
// that the screen writes.
func (x *detecting) withExceptions(names []string) []string {
	if path := exceptionsFile(); path != "" && !x.plain {
		return append(slices.Clone(names), rules.ExceptionsPrefix+path)
	}
	return names
}

// sayLeftOut tells what of lists of indicators nothing will look for.
func sayLeftOut(a *app, lists []string) {
	for _, path := range lists {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // said by whoever read the rules
		}
		if l, err := indicator.Read(path, text); err == nil && l.LeftOut() != "" {
			fmt.Fprintf(safetext.NewWriter(a.errs), "stoop: indicators: %s: %s\n", path, l.LeftOut())
		}
	}
}

// sink has alerts made of what comes to a sink.
func (x *detecting) sink(to source.Sink) source.Sink {
	if x.detector == nil {
		return to
	}
	return x.detector.Sink(to)
}

// through is sink for the events of one source. What a SIEM holds is hunted
// through only when the user has named the rules.
func (x *detecting) through(src source.Source, to source.Sink) source.Sink {
	if _, siem := src.(source.Counter); siem && !x.named {
		return to
	}
	return x.sink(to)
}

// catalog tells of the rules by name: of those at work, and of those that go
// by themselves, for alerts that others made.
func (x *detecting) catalog() *rules.Catalog {
	return rules.NewCatalog(func() (sets []*rules.Set) {
		if x.detector != nil {
			sets = append(sets, x.detector.Set())
		}
		for _, word := range byThemselves {
			files, err := rules.Find([]string{word})
			if err != nil {
				continue // Falco is not here
			}
			set, _ := rules.Load(files, rules.Options{Lenient: true})
			sets = append(sets, set)
		}
		return sets
	})
}

// notes are what the user should know.
func (x *detecting) notes() []source.Note {
	if x.detector == nil {
		return nil
	}
	return append(x.detector.Stats().Notes, x.unhashed()...)
}

// made is how many alerts were made here.
func (x *detecting) made() uint64 {
	if x.detector == nil {
		return 0
	}
	return x.detector.Stats().Alerts
}

// onTables has f told of the tables that alerts refer to.
func (x *detecting) onTables(f func(made, of *event.Tables)) {
	if x.detector != nil {
		x.detector.OnTables(f)
	}
}

// end takes what sequences still wait for, once no more events come.
func (x *detecting) end() {
	if x.detector != nil {
		x.endHashing()
		x.detector.End()
	}
}

// request is what sources are asked for, so that what a request asks for can be
// made of it. A filter that speaks of alerts needs the events that rules hold
// for; servers are asked for no others.
func (x *detecting) request(req source.Request, sources []source.Source) source.Request {
	return x.ask(&asked{req: req, sources: sources})
}

// alertsAlone is request where nothing but the alerts is looked at: without a
// filter sources are asked for what the rules may fire on.
func (x *detecting) alertsAlone(req source.Request, sources []source.Source) source.Request {
	return x.ask(&asked{req: req, sources: sources, alone: true})
}

func (x *detecting) ask(q *asked) source.Request {
	if x.detector == nil {
		return q.req
	}
	x.onNodes(q.sources)
	if slices.ContainsFunc(q.sources, func(s source.Source) bool { return s.Info().Live }) {
		x.live.Do(func() { x.detector.Live(x.ctx) })
	}
	x.asked.Store(q)
	return q.request(x.detector, x.named)
}

// askAnew has sources that watch no more than the rules need watch what others
// need.
func (x *detecting) askAnew() error {
	q := x.asked.Load()
	if q == nil {
		return nil
	}
	req := q.request(x.detector, x.named)
	var errs []error
	for _, s := range q.sources {
		if w, ok := s.(source.Watcher); ok {
			errs = append(errs, w.Watch(req))
		}
	}
	return errors.Join(errs...)
}

// request is what the sources are asked for with the rules that a detector has.
func (q *asked) request(d *detect.Detector, named bool) source.Request {
	req := q.req
	servers := len(q.sources) > 0 && named
	for _, s := range q.sources {
		_, siem := s.(source.Counter)
		servers = servers && siem
	}
	var err error
	f := req.Filter
	switch {
	case f != nil && !speaksOfAlerts(f):
		return req
	case servers:
		f, err = d.Conditions(f)
	case f != nil || q.alone:
		f, err = d.Events(f)
	default:
		req.Beside, err = d.Events(nil)
	}
	req.Names = d.AsksNames()
	if err == nil {
		req.Filter = f
	}
	return req
}

// speaksOfAlerts reports whether a filter may hold for an alert and not for the
// event that it was made of.
func speaksOfAlerts(f *filter.Filter) (yes bool) {
	filter.Fields(f.Expr(), func(o *filter.Field) {
		field, _ := event.Fields.Lookup(o.Name)
		yes = yes || field != nil && (field.Class == "alert" || field.Class == "json")
	})
	return yes
}

// report prints what the user must know when a verb ends.
func (x *detecting) report(errs io.Writer, all bool) {
	if x.detector == nil {
		return
	}
	x.endEvidence(errs)
	st := x.detector.Stats()
	if all {
		fmt.Fprintf(errs, "rules: %d alerts of %d events\n", st.Alerts, st.Events)
		if q := st.Steps; len(st.Sequences) > 0 {
			fmt.Fprintf(errs, "sequences: %d steps taken, %d fired, %d silenced, %d events late, %d of no group, %d beginnings forgotten, %d go on in %s\n",
				q.Steps, q.Fired, q.Silenced, q.Late, q.NoGroup, q.Evicted, q.Groups, humanize.IBytes(uint64(max(q.Bytes, 0))))
		}
	}
	for _, n := range append(st.Notes, x.unhashed()...) {
		if n.Level > source.NoteInfo || all {
			fmt.Fprintln(errs, noteLine("rules", n))
		}
	}
}
