package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// The refresh is the one piece of work in the background: it brings the
// current level's view up to date and counts what the panels show. At most one
// runs at a time.

// slice is how long a refresh evaluates before it shows what it has.
const slice = 12 * time.Millisecond

// panelsEvery is how often at most the panels beside the table are counted
// anew. Where counting takes long they are counted less often, so that it takes
// no more than one part in panelsShare of the time.
var panelsEvery = 200 * time.Millisecond

const panelsShare = 20

// changedMsg says that the store, or a source's state, has changed.
type changedMsg struct{}

// refreshedMsg is what a refresh found.
type refreshedMsg struct {
	level   *level
	view    *store.View // the one evaluated
	done    bool        // nothing is left to evaluate
	version uint64      // of the store, when the refresh began
	counted counted
	panels  *panels       // nil: not counted this time
	cost    time.Duration // of counting, when panels were
}

// panels is what the panels beside the table show.
type panels struct {
	containers []store.ContainerCount
	rates      map[string][]int
	reach      map[string]source.Reach
	stats      store.Stats
	sources    source.Stats
	made       uint64 // alerts
}

// refresh starts a refresh unless one is running; then it starts again when
// that ends.
func (m *Model) refresh() tea.Cmd {
	if m.refreshing {
		m.stale = true
		return nil
	}
	m.refreshing, m.stale = true, false
	m.askSources()
	l := m.level()
	view := l.view
	if l.next != nil {
		view = l.next
	}
	width := m.histWidth()
	alerts := m.alerts
	want := time.Since(m.panelsAt) >= max(panelsEvery, panelsShare*m.panelsCost) || m.panelsAt.IsZero()
	if want {
		m.panelsAt = time.Now()
	}
	ctx, st, conts, h := m.ctx, m.store, m.tally, m.hub
	previous, whole := l.counted, l.there.of(l.expr)
	return func() tea.Msg {
		msg := refreshedMsg{level: l, view: view, version: st.Version()}
		msg.done = view.Update(ctx, slice)
		alerts.Update(ctx, slice)
		begun := time.Now()
		msg.counted = countView(view, alerts, width, previous, whole, want)
		if want {
			msg.panels = countPanels(ctx, st, conts, h)
			msg.cost = time.Since(begun)
		}
		return msg
	}
}

// countView counts a view: how much of it there is, and where in time, beside
// what the sources hold over time (nil: no more than that). The histogram is
// kept from the last time when it is not wanted.
func countView(view, alerts *store.View, width int, c counted, whole *there, hist bool) counted {
	c.shown = view.Len()
	c.done, c.total = view.Progress()
	if !hist && len(c.hist) == width {
		return c
	}
	c.all = nil
	mass, ok := massOf(view)
	if whole != nil {
		mass, ok = whole.massWith(view), true
	}
	if !ok {
		c.hist, c.marks, c.mass = nil, nil, dashboard.Mass{}
		c.from, c.to = 0, 0
		return c
	}
	c.mass = mass
	c.from, c.to = dashboard.Frame(mass.First, mass.Last, width)
	c.hist = view.Histogram(c.from, c.to, width)
	if whole != nil {
		c.all = whole.in(c.from, c.to, width)
	}
	c.marks = make([]event.Priority, width)
	markAlerts(&c, view, alerts)
	return c
}

// massOf finds the span in which nearly all events of a view lie; ok is false
// when there are none.
func massOf(view *store.View) (m dashboard.Mass, ok bool) {
	n := view.Len()
	if n == 0 {
		return m, false
	}
	last := int64(0)
	return dashboard.MassOf(int64(n), time.Second, func(k int64) int64 {
		if ref, ok := view.At(int(k)); ok { // else some were evicted meanwhile
			last = ref.Time()
		}
		return last
	}), true
}

// maxMarks bounds how many alerts are looked up for the histogram; past it the
// latest are.
const maxMarks = 4096

// markAlerts marks the buckets in which the view shows alerts.
func markAlerts(c *counted, view, alerts *store.View) {
	n := alerts.Len()
	for _, ref := range alerts.Range(max(n-maxMarks, 0), maxMarks) {
		if t := ref.Time(); t < c.from || t >= c.to {
			continue
		}
		if view.Has(ref.ID) {
			addMark(c.marks, bucketAt(*c, ref.Time()), ref.Row().A().Priority)
		}
	}
}

// ratesShare is how small a share of the time may go into counting the
// sparklines of files anew.
const ratesShare = 20

func countPanels(ctx context.Context, st *store.Store, conts *store.Containers, h *hub) *panels {
	p := &panels{containers: conts.Update(ctx), reach: h.reach(), stats: st.Stats(), sources: h.stats(), made: h.made()}
	if p.containers != nil {
		p.containers = h.quiet(p.containers, p.stats.Newest)
	}
	if h.live() {
		p.rates = h.rates.read()
		return p
	}
	// A file's sparklines span all of it; while it is read they are counted
	// now and then, and once more at its end.
	if begun := time.Now(); begun.Sub(h.ratesAt) > ratesShare*h.ratesCost || !h.running() {
		from, to := dashboard.Frame(p.stats.Oldest, p.stats.Newest+1, rateSteps)
		p.rates = st.Rates(from, to, rateSteps)
		h.ratesAt, h.ratesCost = time.Now(), time.Since(begun)
	}
	return p
}

// refreshed takes a refresh's result in, and starts the next when there is
// more to do.
func (m *Model) refreshed(msg refreshedMsg) tea.Cmd {
	m.refreshing = false
	l := msg.level
	switch msg.view {
	case l.next:
		if msg.done && msg.panels == nil {
			m.panelsAt = time.Time{} // the histogram is that of the filter before
		}
		// The old rows stay on screen until the new filter has found a
		// screenful, or everything there is.
		if msg.done || msg.counted.shown > 2*m.h {
			l.swap()
			l.counted = msg.counted
		} else {
			l.counted.done, l.counted.total = msg.counted.done, msg.counted.total
		}
	case l.view:
		l.counted = msg.counted
	}
	if p := msg.panels; p != nil {
		m.panelsCost = msg.cost
		if p.containers != nil {
			m.conts.set(p.containers)
		}
		if p.rates != nil {
			m.conts.rates = p.rates
		}
		m.conts.reach = p.reach
		m.stats, m.sourceStats, m.made = p.stats, p.sources, p.made
	}
	if !msg.done || m.stale || m.level() != l || m.level().next != nil || m.store.Version() != msg.version {
		if msg.done && msg.version != m.store.Version() && !m.stale {
			m.hub.poke() // new events: at the pace of the frames
			return nil
		}
		return m.refresh()
	}
	m.fillScreen()
	if msg.panels == nil {
		return tea.Batch(m.panelsLater(), m.countThere())
	}
	return m.countThere()
}

// panelsMsg asks for the panels to be counted once more after the last change.
type panelsMsg struct {
	version uint64 // of the store, when that was asked for
}

// panelsAtMost is how long the panels may be behind once nothing comes any more,
// however long counting took: it is no load then, and may have taken long because
// others had the processor.
const panelsAtMost = time.Second

// panelsLater counts the panels when their time has come, so that they end up
// right after the events have stopped.
func (m *Model) panelsLater() tea.Cmd {
	if m.panelsDue {
		return nil
	}
	m.panelsDue = true
	msg := panelsMsg{m.store.Version()}
	return tea.Tick(max(panelsEvery, min(panelsAtMost, panelsShare*m.panelsCost)), func(time.Time) tea.Msg { return msg })
}

// panelsNow counts the panels where nothing came since that was asked for, and
// at their pace where events go on.
func (m *Model) panelsNow(msg panelsMsg) tea.Cmd {
	m.panelsDue = false
	if msg.version == m.store.Version() {
		m.panelsAt = time.Time{}
	}
	return m.refresh()
}
