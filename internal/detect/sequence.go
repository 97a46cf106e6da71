package detect

import (
	"context"
	"strconv"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/sequence"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/trail"
)

// lateness is how much later than its turn an event may come where events
// arrive as they happen: what another source has to say meanwhile.
const lateness = 500 * time.Millisecond

// clockEvery is how often sequences are told the time where events do not.
const clockEvery = time.Second

// maxLag bounds what is believed of how late events come: those of a recording
// are older, and wait for nothing.
const maxLag = 30 * time.Second

// follow feeds the sequences with a batch and its alerts, and hands the alerts
// of those that fire on.
func (d *Detector) follow(b, alerts *event.Batch, to source.Sink) {
	if d.sequences.Empty() {
		return
	}
	d.at = d.at[:0]
	for _, a := range d.made {
		d.at = append(d.at, a.OfI)
	}
	d.sequences.Feed(b, alerts, d.at, func(f *sequence.Fired) { d.raise(f, to) })
}

// raise makes the alert of a sequence that fired, and hands it on.
func (d *Detector) raise(f *sequence.Fired, to source.Sink) {
	last := f.Last()
	if !d.limit.allow(f.Sequence.Name, f.Time) {
		d.stats.Suppressed++
		return
	}
	sh := d.shelf(last.Batch.Tables)
	alerts := sh.begin(1)
	sh.addSequence(alerts, f)
	sh.end(alerts)
	d.stats.Alerts++
	d.fired[f.Sequence.Name]++
	to.Batch(alerts)
	d.tell(Alert{Sequence: f, Batch: alerts, Of: last.Batch})
}

// End takes what sequences still wait for, once no more events come.
func (d *Detector) End() {
	d.handing.Lock()
	defer d.handing.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.to != nil {
		d.sequences.End(func(f *sequence.Fired) { d.raise(f, d.to) })
	}
}

// Live readies sequences for events that arrive as they happen: in turn but for
// half a second, and perhaps none for long. It tells them the time until ctx is
// done, and is for before the first event.
func (d *Detector) Live(ctx context.Context) {
	d.mu.Lock()
	d.opt.Lateness = lateness
	if seqs, err := newSequences(d.set, d.opt); err == nil { // as New has made it before
		d.sequences = seqs
	}
	d.mu.Unlock()
	go d.clock(ctx)
}

func (d *Detector) clock(ctx context.Context) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			d.handing.Lock()
			d.mu.Lock()
			if d.to != nil {
				// A busy node's events are underway for longer.
				d.sequences.Advance(now.Add(-d.lag), func(f *sequence.Fired) { d.raise(f, d.to) })
				d.lag -= d.lag / 4
			}
			d.mu.Unlock()
			d.handing.Unlock()
		}
	}
}

// Partial returns the sequences that have begun and not fired, n at most.
func (d *Detector) Partial(n int) []sequence.Progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sequences.Partial(n)
}

// addSequence adds the alert of a sequence: an event like the last that it took.
func (sh *shelf) addSequence(alerts *event.Batch, f *sequence.Fired) {
	s, last := f.Sequence, f.Last()
	e := sh.copier.Batch(last.Batch).At(0)
	e.Time, e.Alert = f.Time, sh.alertRow(s.Name, sequenceSource(last.Row()), s.Tags, s.Priority)
	e.Bits |= event.HasDoc
	alerts.Append(e, sh.write.sequence(f))
}

// sequenceSource is the source of the events that a sequence took.
func sequenceSource(last event.Row) string {
	if last.Type == event.TypePlugin {
		return event.SourceK8sAudit
	}
	return event.SourceSyscall
}

// sequence returns the document of a sequence that fired: as a rule's alert,
// with the fields of the last event, and its steps in the order of time.
func (w *writer) sequence(f *sequence.Fired) []byte {
	s, end := f.Sequence, f.Last()
	last := end.Row()
	rowOf := func(step string) (event.Row, bool) {
		if step == "" {
			return last, true
		}
		for i := len(f.Steps) - 1; i >= 0; i-- {
			if f.Steps[i].Step.Name == step {
				return f.Steps[i].Event.Row(), true
			}
		}
		return event.Row{}, false
	}
	id := f.ID
	d := w.head(header{
		id: uuid(id[:]), time: f.Time, name: s.Name, priority: s.Priority, source: sequenceSource(last), tags: s.Tags, host: last.T.Text(last.T.Host),
	})
	output := s.Desc
	if s.Format != nil {
		output = s.Format.String(rowOf)
	}
	d = w.said(d, f.Time, s.Priority, output)
	d = append(d, `,"output_fields":`...)
	d = w.fields.Append(d, last)
	d = d[:len(d)-1]
	if s.Format != nil {
		s.Format.Each(rowOf, func(name string, v event.Value, ok bool) {
			if !plainFields[name] || !ok {
				d = member(d, name, v, ok)
			}
		})
	}
	d = text(append(d, `},"stoop":{"group":`...), uuid(id[:]))
	if why := trail.Why(last); why != "" {
		d = text(append(d, `,"reason":`...), why)
	}
	d = appendAncestors(d, f)
	d = append(d, `,"sequence":`...)
	d = appendProgress(d, &f.Progress)
	w.doc = append(d, "}}"...)
	return w.doc
}

// appendAncestors writes the ids of the alerts that a sequence was made of.
func appendAncestors(d []byte, f *sequence.Fired) []byte {
	ids := 0
	of, _ := event.Fields.Lookup("alert.id")
	for _, t := range f.Steps {
		if v, ok := of.Get(t.Event.Row(), event.Arg{}); ok {
			sep := `,`
			if ids == 0 {
				sep = `,"ancestors":[`
			}
			d = text(append(d, sep...), v.String())
			ids++
		}
	}
	if ids > 0 {
		d = append(d, ']')
	}
	return d
}

// appendProgress writes how far a sequence has come.
func appendProgress(d []byte, p *sequence.Progress) []byte {
	s := p.Sequence
	d = text(append(d, `{"type":`...), s.Type.String())
	d = timeText(append(d, `,"since":`...), p.Since)
	if s.Type.Counts() {
		d = strconv.AppendInt(append(d, `,"count":`...), int64(p.Count), 10)
	}
	d = append(d, `,"group":{`...)
	for _, v := range p.Group {
		d = member(d, v.Name, event.StringValue(v.Text), true)
	}
	d = append(d, `},"steps":[`...)
	for i, t := range p.Steps {
		if i > 0 {
			d = append(d, ',')
		}
		d = appendStep(d, t)
	}
	d = append(d, `],"missing":[`...)
	for i, step := range p.Missing {
		if i > 0 {
			d = append(d, ',')
		}
		d = text(append(d, `{"step":`...), step.Name)
		d = append(text(append(d, `,"says":`...), step.Says()), '}')
	}
	return append(d, "]}"...)
}

// stepFields are what is said of the event that a step took.
var stepFields = []string{
	"evt.num", "evt.type", "evt.args", "evt.res", "proc.name", "proc.pid", "proc.cmdline", "proc.pname", "user.name", "fd.name", "container.id", "container.name",
	"k8s.ns.name", "k8s.pod.name", "alert.rule", "alert.id", "alert.tags", "alert.output", "ka.verb", "ka.user.name", "ka.target.name",
}

func appendStep(d []byte, t sequence.Taken) []byte {
	d = text(append(d, `{"step":`...), t.Step.Name)
	d = text(append(d, `,"says":`...), t.Step.Says())
	d = timeText(append(d, `,"time":`...), t.Event.Time)
	row := t.Event.Row()
	started := row.Type.String() == "execve" || row.Type.String() == "execveat"
	for _, name := range stepFields {
		if started && name == "evt.args" {
			continue // the command line says it, and the rest is long
		}
		if f, _ := event.Fields.Lookup(name); f != nil {
			if v, ok := f.Show(row, event.Arg{}); ok {
				d = member(d, name, v, true)
			}
		}
	}
	return append(d, '}')
}

// newSequences returns what follows the sequences of a set.
func newSequences(set *rules.Set, opt Options) (*sequence.Correlator, error) {
	reg := opt.Rules.Registry
	if reg == nil {
		reg = event.Fields
	}
	return sequence.New(set.Sequences, reg, sequence.Options{Lateness: opt.Lateness})
}
