package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// queueThere is how far the sources have been asked for their kinds of alerts.
type queueThere struct {
	found queue.Surveyed
	err   error
	known bool // there is something found

	version uint64 // of the store, when it was asked
	at      time.Time
	cost    time.Duration
	running bool
	due     bool
}

// surveyEvery is how often at most the sources are asked while the queue is
// open, and surveyShare how small a share of the time that takes.
const (
	surveyEvery = 5 * time.Second
	surveyShare = 10
)

// surveyMsg is what the sources said.
type surveyMsg struct {
	found queue.Surveyed
	err   error
	cost  time.Duration
}

// surveyDueMsg says that a survey that waited may begin.
type surveyDueMsg struct{}

// surveyQueue has the sources that count by themselves asked which kinds of
// alerts they hold, while the queue is open and something may have changed.
func (m *Model) surveyQueue() tea.Cmd {
	t := &m.queue.there
	counters := source.Counters(m.hub.sources)
	version := m.store.Version()
	if m.over != overlay(m.queue) || len(counters) == 0 || t.running || t.due || t.known && t.version == version {
		return nil
	}
	if wait := max(surveyEvery, surveyShare*t.cost) - time.Since(t.at); t.known && wait > 0 {
		t.due = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return surveyDueMsg{} })
	}
	t.running, t.version = true, version
	ctx, h, survey := m.ctx, m.hub, m.survey()
	return func() tea.Msg {
		begun := time.Now()
		found, err := survey.Run(ctx, h.queue)
		return surveyMsg{found, err, time.Since(begun)}
	}
}

// survey asks the sources of the screen, within the time that was asked for from
// the start.
func (m *Model) survey() queue.Survey {
	var sources []source.Source
	for _, c := range source.Counters(m.hub.sources) {
		sources = append(sources, c)
	}
	h := m.hub
	return queue.Survey{
		Within: m.asksFor(),
		Count: func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
			return source.Count(ctx, qs, sources, nothingHeld{})
		},
		Window: func(ctx context.Context, f *filter.Filter) (dashboard.Mass, bool, error) {
			return source.Window(ctx, f, sources, nothingHeld{})
		},
		Exact: func(f *filter.Filter) bool { return decided(f, sources) },
		Fetch: func(ctx context.Context, f *filter.Filter, n int) (int, error) {
			return h.fetchNewest(ctx, f, n)
		},
	}
}

// decided reports whether sources evaluate all of a filter.
func decided(f *filter.Filter, sources []source.Source) bool {
	support := source.Support(f, sources)
	if support == nil {
		return true
	}
	for _, part := range f.Explain(support) {
		if part.SIEM != filter.Decides {
			return false
		}
	}
	return true
}

// nothingHeld counts nothing: what the sources hold is asked of them alone.
type nothingHeld struct{}

// Panels implements [source.Held].
func (nothingHeld) Panels(ctx context.Context, qs []dashboard.Query, _ func(*event.Tables) bool) []*dashboard.Result {
	return store.New(0).Panels(ctx, qs, nil)
}

// fetchNewest brings the newest n events of a filter in, and returns how many
// there were.
func (h *hub) fetchNewest(ctx context.Context, f *filter.Filter, n int) (int, error) {
	var rows []pivot.Row
	for _, src := range source.Finders(h.sources) {
		_, err := src.Find(ctx, source.Request{Filter: f, Newest: true}, n, source.SinkFunc(func(b *event.Batch) {
			for i := range b.Len() {
				rows = append(rows, pivot.Row{Found: pivot.Found{Hit: pivot.Hit{B: b, I: i}}})
			}
		}))
		if err != nil {
			return 0, err
		}
	}
	h.bring(ctx, rows)
	return len(rows), nil
}

// surveyed takes in what the sources said.
func (m *Model) surveyed(msg surveyMsg) tea.Cmd {
	t := &m.queue.there
	t.running, t.cost, t.at, t.err = false, msg.cost, time.Now(), msg.err
	t.known = true
	if msg.err == nil {
		t.found = msg.found
	}
	m.queue.version = 0
	return m.surveyQueue()
}

// text says what the counts of the queue are those of; "" where that goes
// without saying.
func (t *queueThere) text(sum queue.Summary) string {
	switch {
	case t.err != nil:
		return "≥ as far as fetched: " + t.err.Error()
	case t.running && !t.known:
		return "≥ as far as fetched; counting …"
	case !t.known:
		return ""
	}
	text := count(int64(sum.Fetched)) + " fetched"
	if sum.Least {
		text += ", ≥ as far as fetched"
	}
	if t.found.Untold > 0 {
		text += ", " + count(t.found.Untold) + " of further kinds not shown"
	}
	if t.found.Far > 0 {
		text += ", " + count(t.found.Far) + " far away in time not counted"
	}
	return text
}
