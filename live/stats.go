//go:build linux

package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live/probe"
)

// Hops at which records are lost.
const (
	hopBuffer = "ringbuf"
	hopDeeds  = "deeds ring"
	hopKernel = "kernel"
)

// Stats returns what was taken, handed on and lost so far.
func (l *Live) Stats() source.Stats {
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	s := l.stats
	s.Lost, s.Notes, s.Gaps = slices.Clone(s.Lost), slices.Clone(s.Notes), l.gaps.List()
	for _, lost := range l.queue.Lost() {
		s.Lost = append(s.Lost, lost)
		s.Passed -= min(s.Passed, lost.Count)
	}
	return s
}

// count publishes the decoder's counts. Records that wait in the window are
// counted when they leave it.
func (l *Live) count() {
	d := l.dec.Stats()
	_, broken := l.probe.Reader().Taken()
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	l.stats.Passed, l.stats.Dropped, l.stats.Bad = d.Made, d.Unwanted, d.Bad+broken
	l.stats.Taken = d.Made + d.Unwanted
	if len(l.notes) != len(l.stats.Notes) {
		l.stats.Notes = slices.Clone(l.notes)
	}
}

// losses publishes what the kernel could not hand over, by container.
func (l *Live) losses() {
	all, err := l.probe.Losses()
	if err != nil {
		l.note(source.NoteWarn, "losses are not known: "+err.Error(), "")
		return
	}
	type place struct{ hop, container string }
	sums := make(map[place]uint64)
	add := func(container string, n probe.Loss) {
		sums[place{hopBuffer, container}] += n.Full
		sums[place{hopDeeds, container}] += n.NoRing
		sums[place{hopKernel, container}] += n.Broken
	}
	for key, n := range all.Cgroups {
		add(l.conts.IDOf(key), n)
	}
	add("", all.Rest)
	sums[place{hopKernel, ""}] += all.Missed
	lost := make([]source.Loss, 0, len(sums))
	for p, n := range sums {
		if n > 0 {
			lost = append(lost, source.Loss{Hop: p.hop, Container: p.container, Count: n})
		}
	}
	slices.SortFunc(lost, func(a, b source.Loss) int {
		return cmp.Or(cmp.Compare(a.Hop, b.Hop), cmp.Compare(a.Container, b.Container))
	})
	if c := l.procs.Counts(); c.Gone > 0 {
		l.note(source.NoteInfo, "some processes ended before they could be read from /proc: their events have a pid and a user, and no more", "")
	}
	l.statsMu.Lock()
	l.stats.Lost = lost
	l.gaps.Look(time.Now(), append(slices.Clone(lost), l.queue.Lost()...))
	l.statsMu.Unlock()
}
