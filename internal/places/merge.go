package places

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/trail"
)

func sortHits(hits []Hit) {
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Time(), b.Time()) })
}

// rowsOf are the rows of hits.
func rowsOf(hits []Hit) iter.Seq[event.Row] {
	return func(yield func(event.Row) bool) {
		for _, h := range hits {
			if !yield(h.Row()) {
				return
			}
		}
	}
}

// clockSlack is by how much a clock may be off before its times are corrected.
const clockSlack = 1e9

// clocks finds out how far the places' clocks are apart and corrects the times
// of those that are off, against the place that has most of what happened at
// the alert's time; against the alert, where none has. What was found far from
// the alert's time, and no clock tells why, is left out.
func (f *finding) clocks() {
	at := f.reference()
	for p := range f.in {
		if p == at {
			continue
		}
		others := func(yield func(event.Row) bool) {
			if at < 0 {
				yield(f.alert)
				return
			}
			for r := range rowsOf(f.of(at)) {
				if !yield(r) {
					return
				}
			}
		}
		skew := trail.SkewOf(rowsOf(f.of(p)), others)
		var move mover
		if skew.Known() && max(skew.Offset, -skew.Offset) > clockSlack {
			move = mover{by: -skew.Offset, tables: map[*event.Tables]*event.Copier{}, batches: map[*event.Batch]*event.Batch{}}
		}
		for i := range f.got {
			l := &f.got[i]
			if l.place != p {
				continue
			}
			a := &f.answers[l.answer]
			a.Skew = skew
			switch {
			case move.by != 0:
				a.Moved = true
				l.hits = move.hits(l.hits)
			case l.wide && !f.spans(l.hits):
				a.Note = "they are far from the alert's time, and nothing tells that a clock is off: they are left out"
				l.hits = nil
			}
		}
	}
}

// spans reports whether events reach from before the alert to after it: those
// of a quiet container do, however few they are nearby.
func (f *finding) spans(hits []Hit) bool {
	before, after := false, false
	for _, h := range hits {
		before, after = before || h.Time() <= f.known.Time, after || h.Time() >= f.known.Time
	}
	return before && after
}

// reference is the place with the most events around the alert, -1 for none.
func (f *finding) reference() int {
	counts := make([]int, len(f.in))
	for _, l := range f.got {
		if !l.wide {
			counts[l.place] += len(l.hits)
		}
	}
	best := -1
	for p, n := range counts {
		if n > 0 && (best < 0 || n > counts[best]) {
			best = p
		}
	}
	return best
}

// of is what one place has, in the order of time.
func (f *finding) of(place int) (all []Hit) {
	for _, l := range f.got {
		if l.place == place {
			all = append(all, l.hits...)
		}
	}
	sortHits(all)
	return once(all)
}

// mover makes copies of events whose times, and whose processes' times, are
// corrected. Documents stay as they are.
type mover struct {
	by      int64
	tables  map[*event.Tables]*event.Copier
	batches map[*event.Batch]*event.Batch
}

func (m *mover) hits(hits []Hit) []Hit {
	moved := make([]Hit, len(hits))
	for i, h := range hits {
		moved[i] = Hit{m.batch(h.B), h.I}
	}
	return moved
}

func (m *mover) batch(b *event.Batch) *event.Batch {
	if done := m.batches[b]; done != nil {
		return done
	}
	c := m.tables[b.Tables]
	if c == nil {
		c = event.NewCopier(b.Tables)
		c.Edit = func(_ *event.Tables, p *event.Proc) {
			for _, t := range []*int64{&p.Start, &p.ExecTime, &p.PidnsStart} {
				if *t != 0 {
					*t += m.by
				}
			}
		}
		m.tables[b.Tables] = c
	}
	copied := *c.Batch(b)
	copied.Time = make([]int64, len(b.Time))
	for i, t := range b.Time {
		copied.Time[i] = t + m.by
	}
	m.batches[b] = &copied
	return &copied
}

// once leaves out events that are there before, of hits in the order of time.
func once(hits []Hit) []Hit {
	kept := hits[:0:0]
	first := 0 // of kept with this time
	for _, h := range hits {
		if len(kept) > 0 && kept[len(kept)-1].Time() != h.Time() {
			first = len(kept)
		}
		if !slices.ContainsFunc(kept[min(first, len(kept)):], func(k Hit) bool { return same(k, h) }) {
			kept = append(kept, h)
		}
	}
	return kept
}

// same reports whether two hits of one time are one event: what one process did
// is, in whatever form it was kept; what no process did must be the same
// document. An alert is none of the events that it is about.
func same(a, b Hit) bool {
	if a.B == b.B && a.I == b.I {
		return true
	}
	if a.B.Type[a.I] != b.B.Type[b.I] || a.B.Time[a.I] != b.B.Time[b.I] {
		return false
	}
	ra, rb := a.Row(), b.Row()
	rule := ra.T.Text(ra.A().Rule)
	if rule != rb.T.Text(rb.A().Rule) {
		return false
	}
	if rule != "" {
		return text(ra, fieldContainer) == text(rb, fieldContainer) && text(ra, fieldLine) == text(rb, fieldLine)
	}
	pa, pb := ra.P(), rb.P()
	if pa.Knows(event.KnowPID) && pb.Knows(event.KnowPID) {
		ta, tb := a.B.TID[a.I], b.B.TID[b.I]
		return pa.PID == pb.PID && (ta == tb || ta == 0 || tb == 0)
	}
	return pa.Knows(event.KnowPID) == pb.Knows(event.KnowPID) && bytes.Equal(a.B.Payload(a.I), b.B.Payload(b.I))
}

// merged is what all places have, in the order of time, each event once, and
// the alert among them. Where the trail is of an event that is no alert, a place's
// own of it goes before: it says more than what was passed on.
func (f *finding) merged() []Hit {
	own := Hit{f.alert.B, f.alert.I}
	has := f.alert.Alert != 0
	var all []Hit
	for _, l := range f.got {
		for _, h := range l.hits {
			if h == own {
				has = true
				continue
			}
			all = append(all, h)
		}
	}
	if has {
		all = append(all, own)
	}
	sortHits(all)
	return once(all)
}
