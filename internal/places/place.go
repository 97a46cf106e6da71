package places

import (
	"context"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// Kind says what a place is.
type Kind string

// The kinds.
const (
	Held     Kind = "held"            // what was read already
	Index    Kind = "index"           // of a SIEM
	File     Kind = "file"            // a recording, or documents
	Kept     Kind = "kept trails"     // a folder of recordings, one an alert
	Recorder Kind = "flight recorder" // of this node
)

// Hit is an event and where it is.
type Hit struct {
	B *event.Batch
	I int
}

// Time returns the event's time in ns since 1970.
func (h Hit) Time() int64 { return h.B.Time[h.I] }

// Row returns what fields read of the event.
func (h Hit) Row() event.Row { return h.B.Row(h.I) }

// Looked is what a place has for a question.
type Looked struct {
	Hits []Hit
	More bool   // there are others, further from [Question.At]
	Note string // what the user should know, a sentence; may be empty
}

// Place is where events are looked for.
type Place interface {
	Name() string // as the user would write it
	Kind() Kind

	// Look returns at most so many of the events that a question is about, those
	// nearest to its time. It is called by several goroutines at a time.
	Look(ctx context.Context, q Question, most int) (Looked, error)
}

// Of returns the places that open sources are: what a store holds of them, those
// that look for events themselves, and those that keep a flight recorder.
func Of(st *store.Store, sources []source.Source) (all []Place) {
	if st != nil && st.Stats().Events > 0 {
		var read []source.Source
		for _, s := range sources {
			if _, finds := s.(source.Finder); !finds {
				read = append(read, s)
			}
		}
		all = append(all, Store("what was read", Held, st, read...))
	}
	for _, s := range sources {
		if f, ok := s.(source.Finder); ok {
			all = append(all, index{f})
		}
		if r, ok := s.(source.Recorder); ok {
			all = append(all, recorder{s.Info().Name, r})
		}
	}
	return all
}

// Store is what a store holds, as a place, and of which sources, which may be
// closed.
func Store(name string, kind Kind, st *store.Store, sources ...source.Source) Place {
	return &held{name, kind, st, sources}
}

type held struct {
	name    string
	kind    Kind
	st      *store.Store
	sources []source.Source
}

func (h *held) Name() string { return h.name }
func (h *held) Kind() Kind   { return h.kind }

func (h *held) Look(ctx context.Context, q Question, most int) (l Looked, err error) {
	v := h.st.View(q.Filter)
	for !v.Update(ctx, time.Second) {
		if err := ctx.Err(); err != nil {
			return l, err
		}
	}
	first, end := 0, v.Len()
	if q.To != 0 {
		first, end = v.FindTime(q.From), v.FindTime(q.To)
	}
	if end-first > most {
		l.More = true
		at := min(max(v.FindTime(q.At), first), end)
		first = min(max(at-most/2, first), end-most)
		end = first + most
	}
	for _, r := range v.Range(first, end-first) {
		l.Hits = append(l.Hits, Hit{r.B, r.I})
	}
	if n := h.st.Stats().Evicted; n > 0 {
		l.Note = "the oldest " + count(int(n), "event") + " did not fit into memory and were not looked at"
	}
	return l, ctx.Err()
}

// index is a source that looks for events itself.
type index struct{ source.Finder }

func (p index) Name() string { return p.Info().Name }
func (p index) Kind() Kind   { return Index }

func (p index) Look(ctx context.Context, q Question, most int) (l Looked, err error) {
	gather := func(b *event.Batch) {
		for i := range b.Len() {
			l.Hits = append(l.Hits, Hit{b, i})
		}
	}
	if q.To == 0 {
		l.More, err = p.Find(ctx, source.Request{Filter: q.Filter}, most, source.SinkFunc(gather))
		return l, err
	}
	// The half before the alert ends with it, the half after begins there.
	before := source.Request{Filter: q.Filter, Since: time.Unix(0, q.From), Until: time.Unix(0, q.At-1), Newest: true}
	after := source.Request{Filter: q.Filter, Since: time.Unix(0, q.At), Until: time.Unix(0, q.To)}
	earlier, err := p.Find(ctx, before, most/2, source.SinkFunc(gather))
	if err != nil {
		return l, err
	}
	later, err := p.Find(ctx, after, most/2, source.SinkFunc(gather))
	l.More = earlier || later
	return l, err
}

// recorder is a source that keeps what happened in rings.
type recorder struct {
	name string
	source.Recorder
}

func (p recorder) Name() string { return p.name }
func (p recorder) Kind() Kind   { return Recorder }

// Look reads the rings of the container that a question is about. What they
// hold is bounded by their size.
func (p recorder) Look(ctx context.Context, q Question, most int) (l Looked, err error) {
	if q.Container == "" || q.To == 0 {
		return l, nil
	}
	var got []Hit
	err = p.Recall(ctx, q.Container, time.Unix(0, q.From), time.Unix(0, q.To), source.SinkFunc(func(b *event.Batch) {
		got = append(got, chosen(b, q)...)
	}))
	l.Hits, l.More = nearest(got, q.At, most)
	return l, err
}

// chosen are the events of a batch that a question is about.
func chosen(b *event.Batch, q Question) (hits []Hit) {
	sel := make([]uint64, (b.Len()+63)/64)
	for i, t := range b.Time {
		if q.To == 0 || t >= q.From && t < q.To {
			sel[i/64] |= 1 << (i & 63)
		}
	}
	q.Filter.Select(b, sel)
	for i := range b.Len() {
		if sel[i/64]&(1<<(i&63)) != 0 {
			hits = append(hits, Hit{b, i})
		}
	}
	return hits
}

// nearest keeps the hits nearest to a time.
func nearest(hits []Hit, at int64, most int) ([]Hit, bool) {
	if len(hits) <= most {
		return hits, false
	}
	sortHits(hits)
	k := 0
	for k < len(hits) && hits[k].Time() < at {
		k++
	}
	first := min(max(k-most/2, 0), len(hits)-most)
	return hits[first : first+most], true
}

// Lazy is a place that is opened when it is asked for the first time, so that
// several are opened side by side; an error of it is its answer.
func Lazy(name string, kind Kind, open func(context.Context) (Place, error)) Place {
	return &lazy{name: name, kind: kind, open: open}
}

type lazy struct {
	name string
	kind Kind
	open func(context.Context) (Place, error)

	once sync.Once
	in   Place
	err  error
}

func (p *lazy) Name() string { return p.name }
func (p *lazy) Kind() Kind   { return p.kind }

func (p *lazy) Look(ctx context.Context, q Question, most int) (Looked, error) {
	p.once.Do(func() { p.in, p.err = p.open(ctx) })
	if p.err != nil {
		return Looked{}, p.err
	}
	return p.in.Look(ctx, q, most)
}
