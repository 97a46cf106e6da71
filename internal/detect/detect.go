package detect

import (
	"fmt"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/engine"
	"github.com/stoop-project/stoop/internal/rules/sequence"
	"github.com/stoop-project/stoop/internal/source"
)

// Origin is what alert.origin says of alerts that are made here.
const Origin = "stoop"

// Options says how rules are read and asked.
type Options struct {
	Rules    rules.Options
	Matching string // of the rules that hold for an event: first, all; "": as Falco's configuration says where its rules are read, else first
	Stats    bool   // measure what each rule costs

	// Lateness is how much later than its turn an event may come, so that
	// sequences still put it in its place.
	Lateness time.Duration
}

// Detector makes alerts of what sources hand on. It may be used by many
// sources at a time.
type Detector struct {
	opt  Options
	args []string // where the rules can be read again; nil: nowhere

	reloading sync.Mutex // held while files are read anew
	files     digest

	handing sync.Mutex // held while events and what is made of them are handed on: one after the other

	mu        sync.Mutex
	set       *rules.Set
	engine    *engine.Engine
	sequences *sequence.Correlator
	to        source.Sink // what alerts were handed on to last
	shelves   shelves
	limit     limit
	heard     []func(Alert)
	begun     []func(made, of *event.Tables)
	replaced  []func() error // called after a swap
	program   func(*Program) // nil: nobody hashes programs
	isProgram *filter.Filter
	newest    int64         // time of the newest event so far
	lag       time.Duration // how late events came of late, where they arrive as they happen
	stats     Stats
	earlier   map[string]RuleStats // of rules that were replaced, by name
	fired     map[string]uint64    // sequences, by name

	// Of the batch at hand.
	hits []hit
	made []Alert
	at   []int // which event each of made is of
}

// hit is a rule that fired on an event of the batch at hand.
type hit struct {
	event int
	rule  *rules.Rule
}

// Alert is an alert that was made: of a rule or of a sequence.
type Alert struct {
	Rule     *rules.Rule
	Sequence *sequence.Fired

	// The alert: event I of Batch, which nobody else changes.
	Batch *event.Batch
	I     int

	// What it was made of: event OfI of Of; of a sequence a copy of the last event
	// that it took.
	Of  *event.Batch
	OfI int
}

// Row returns what a field reads of the alert.
func (a Alert) Row() event.Row { return a.Batch.Row(a.I) }

// New returns a detector with the rules and sequences of a set. An error is a
// sequence's that cannot be followed.
func New(set *rules.Set, opt Options) (*Detector, error) {
	seqs, err := newSequences(set, opt)
	if err != nil {
		return nil, err
	}
	return &Detector{
		opt: opt, set: set, engine: opt.engine(set, rules.FalcoSettings{}), sequences: seqs, shelves: newShelves(), limit: newLimit(),
		earlier: make(map[string]RuleStats), fired: make(map[string]uint64),
	}, nil
}

// engine readies rules.
func (o Options) engine(set *rules.Set, settings rules.FalcoSettings) *engine.Engine {
	all := o.Matching == "all" || o.Matching == "" && settings.AllMatch
	return engine.New(set, engine.Options{All: all, Stats: o.Stats})
}

// Open returns a detector with the rules that the values of -r name.
func Open(args []string, opt Options) (*Detector, *rules.Report, error) {
	files, err := rules.Find(args)
	if err != nil {
		return nil, nil, err
	}
	settings, err := rules.ReadFalcoSettings(args)
	if err != nil {
		return nil, nil, err
	}
	opt.Rules.Append = settings.Outputs
	set, report := rules.Load(files, opt.Rules)
	if err := report.Err(); err != nil && !opt.Rules.Lenient {
		return nil, report, err
	}
	d, err := New(set, opt)
	if err != nil {
		return nil, report, err
	}
	d.engine = opt.engine(set, settings)
	if rereadable(args) {
		d.args, d.files = args, digestOf(files, settings)
	}
	return d, report, nil
}

// Set returns the rules that are at work.
func (d *Detector) Set() *rules.Set {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.set
}

// Empty reports whether there is neither a rule to ask nor a sequence to follow.
func (d *Detector) Empty() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Rules() == 0 && d.sequences.Empty()
}

// Scope bounds the events of a kernel that the rules and the steps of sequences
// ask for.
func (d *Detector) Scope() filter.Scope {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.engine.Scope()
	if steps, some := d.sequences.Scope(); some {
		s = s.Union(steps)
	}
	return s
}

// OnAlert has f called with each alert, after the sink has it. f must not block
// for long, nor call the detector. It is for before the first event.
func (d *Detector) OnAlert(f func(Alert)) { d.heard = append(d.heard, f) }

// OnTables has f called with each tables that alerts are about to refer to, and
// those of the source whose events make them. It is for before the first event.
func (d *Detector) OnTables(f func(made, of *event.Tables)) { d.begun = append(d.begun, f) }

// Sink returns a sink that hands every batch on to another, then the alerts that
// were made of it.
func (d *Detector) Sink(to source.Sink) source.Sink {
	d.mu.Lock()
	d.to = to
	d.mu.Unlock()
	return source.SinkFunc(func(b *event.Batch) {
		d.handing.Lock()
		defer d.handing.Unlock()
		to.Batch(b)
		if b.Len() > 0 {
			d.detect(b, to)
		}
	})
}

// detect makes the alerts of a batch and hands them on; d.handing is held.
func (d *Detector) detect(b *event.Batch, to source.Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Events += uint64(b.Len())
	d.shelves.refresh(b.Tables)
	d.newest = max(d.newest, b.Time[b.Len()-1])
	d.lag = max(d.lag, min(time.Since(time.Unix(0, b.Time[0])), maxLag))
	d.programs(b, to)
	d.hits = d.hits[:0]
	d.engine.Detect(b, func(i int, r *rules.Rule) { d.hits = append(d.hits, hit{i, r}) })
	var alerts *event.Batch
	d.made = d.made[:0]
	if len(d.hits) > 0 {
		alerts = d.make(b)
	}
	if len(d.made) > 0 {
		d.stats.Alerts += uint64(len(d.made))
		to.Batch(alerts)
		for _, a := range d.made {
			d.tell(a)
		}
	}
	d.follow(b, alerts, to)
	d.shelves.rest(b.Tables)
	clear(d.made)
}

// tell has everybody hear of an alert.
func (d *Detector) tell(a Alert) {
	for _, hear := range d.heard {
		hear(a)
	}
}

// make makes a batch of alerts of the hits at hand.
func (d *Detector) make(b *event.Batch) *event.Batch {
	sh := d.shelf(b.Tables)
	alerts := sh.begin(len(d.hits))
	for _, h := range d.hits {
		if !d.limit.allow(h.rule.Name, b.Time[h.event]) {
			d.stats.Suppressed++
			continue
		}
		sh.add(alerts, b, h.event, h.rule)
		d.made = append(d.made, Alert{Rule: h.rule, Batch: alerts, I: alerts.Len() - 1, Of: b, OfI: h.event})
	}
	sh.end(alerts)
	return alerts
}

// shelf returns what makes the alerts of events that refer to some tables.
func (d *Detector) shelf(t *event.Tables) *shelf {
	sh, isNew := d.shelves.of(t)
	for _, f := range d.begun {
		if isNew {
			f(sh.tables, t)
		}
	}
	return sh
}

// swap puts other rules to work. Sequences begin anew.
func (d *Detector) swap(set *rules.Set, settings rules.FalcoSettings) error {
	next := d.opt.engine(set, settings)
	seqs, err := newSequences(set, d.opt)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keepCounts()
	d.set, d.engine, d.sequences = set, next, seqs
	return nil
}

// note adds a sentence for the user.
func (d *Detector) note(level source.NoteLevel, where, remedy, format string, args ...any) {
	n := source.Note{Level: level, Text: fmt.Sprintf(format, args...), Where: where, Remedy: remedy}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Notes = append(d.stats.Notes, n)
	if extra := len(d.stats.Notes) - maxNotes; extra > 0 {
		d.stats.Notes = append(d.stats.Notes[:0], d.stats.Notes[extra:]...)
	}
}

// maxNotes bounds what is kept of what was said: the latest.
const maxNotes = 16
