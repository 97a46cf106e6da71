package places

import (
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/trail"
)

// Cover tells a trail what sources say of themselves: since when they have
// events, and what was lost and when.
func Cover(t *trail.Trail, sources []source.Source) {
	for _, s := range sources {
		in, st := s.Info(), s.Stats()
		c := &t.Coverage
		c.Records = append(c.Records, trail.Record{Name: in.Name, Since: in.Bounds[0], Until: in.Bounds[1]})
		for _, l := range st.Lost {
			lost(t, l.Container, l.Count)
		}
		for _, g := range st.Gaps {
			if !in.Live {
				lost(t, g.Container, g.Count) // when it was recorded, and not counted since
			}
			coverGap(t, g)
		}
		r, ok := s.(source.Recorder)
		if !ok {
			continue
		}
		for _, reach := range r.Reach() {
			if reach.Container == t.Subject.Container {
				c.Records = append(c.Records, trail.Record{Name: "the flight recorder", Since: reach.Deeds, Until: reach.Ended})
			}
		}
	}
}

// lost counts events that were lost of a container, or of one that is not known.
func lost(t *trail.Trail, container string, n uint64) {
	switch container {
	case "":
		t.Coverage.Else += n
	case t.Subject.Container:
		t.Coverage.Lost += n
	}
}

func coverGap(t *trail.Trail, g source.Gap) {
	if g.Container != "" && g.Container != t.Subject.Container {
		return
	}
	x := trail.Gap{To: g.To.UnixNano(), Count: g.Count, Else: g.Container == "", Guess: g.Guess}
	if !g.From.IsZero() {
		x.From = g.From.UnixNano()
	}
	t.Coverage.Gaps = append(t.Coverage.Gaps, x)
}

// covering is a place that says what its sources say of themselves.
type covering interface{ cover(t *trail.Trail) }

func (h *held) cover(t *trail.Trail) { Cover(t, h.sources) }
func (p index) cover(t *trail.Trail) { Cover(t, []source.Source{p.Finder}) }
func (p *folder) cover(t *trail.Trail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.gaps {
		lost(t, g.Container, g.Count)
		coverGap(t, g)
	}
}

func (p *lazy) cover(t *trail.Trail) {
	if in, ok := p.in.(covering); ok {
		in.cover(t)
	}
}
