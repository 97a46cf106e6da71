package tui

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
)

// desk keeps what is decided where others see it.
type desk struct {
	to queue.Desk // nil: it is forgotten when the screen ends
	by string

	mu      sync.Mutex
	trouble string // why what others decide is not seen
	doing   string // how far a state has been written into alerts; "": none is
}

// name says where it is.
func (d *desk) name() string {
	if d.to == nil {
		return "nowhere, and go with this screen"
	}
	return "in " + d.to.Name()
}

// fault says why what others decide is not seen; "" when it is.
func (d *desk) fault() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trouble
}

// tell says how far something is that takes a while.
func (d *desk) tell(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.doing = text
}

// progress is how far it is; "" when nothing is under way.
func (d *desk) progress() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.doing
}

// follow takes in what was decided, and then what others decide, until ctx is
// done.
func (d *desk) follow(ctx context.Context, h *hub) {
	if d.to == nil {
		return
	}
	told := func(records []queue.Record) {
		h.queue.Apply(records...)
		h.poke()
	}
	records, err := d.to.Load(ctx)
	told(records)
	if err == nil {
		err = d.to.Watch(ctx, told)
	}
	if err != nil && ctx.Err() == nil {
		d.mu.Lock()
		d.trouble = err.Error()
		d.mu.Unlock()
		h.poke()
	}
}

// savedMsg is a record that was kept, or why not.
type savedMsg struct {
	record queue.Record
	marked queue.Marked // the alerts that it was written into
	err    error
}

// save keeps a record in the background. row is the alert that it is about, of a
// group the zero Row.
func (d *desk) save(m *Model, r queue.Record, row event.Row) tea.Cmd {
	if d.to == nil {
		n, _ := strconv.Atoi(r.Version)
		r.Version = itoa(n + 1)
		return func() tea.Msg { return savedMsg{record: r} }
	}
	ctx, to := m.ctx, d.to
	spread := m.spread()
	before, _ := m.hub.queue.Record(r.ID)
	return func() tea.Msg {
		kept, err := to.Save(ctx, r)
		msg := savedMsg{record: kept, err: err}
		if marker, ok := to.(queue.Marker); ok && err == nil && before.State != r.State {
			if spread.Into = marker; row.B != nil {
				msg.marked, msg.err = marker.Mark(ctx, []string{queue.AlertID(row)}, kept)
			} else {
				msg.marked, msg.err = spread.Run(ctx, kept)
			}
		}
		return msg
	}
}

// spread writes what is decided about a group into its alerts, in every source
// that looks for them.
func (m *Model) spread() queue.Spread {
	finders, h, d := source.Finders(m.hub.sources), m.hub, &m.desk
	return queue.Spread{
		Find: func(ctx context.Context, f *filter.Filter, since, until time.Time, n int, each func(event.Row)) (more bool, err error) {
			for _, src := range finders {
				rest, err := src.Find(ctx, source.Request{Filter: f, Since: since, Until: until}, n, source.SinkFunc(func(b *event.Batch) {
					for i := range b.Len() {
						each(b.Row(i))
					}
				}))
				if err != nil {
					return false, err
				}
				more = more || rest
			}
			return more, nil
		},
		Told: func(done queue.Marked) {
			d.tell("written into " + plural(int64(done.Written), "alert") + " so far")
			h.poke()
		},
	}
}

// saved takes in what was kept, and says so.
func (m *Model) saved(msg savedMsg) {
	m.desk.tell("")
	var conflict *queue.Conflict
	if errors.As(msg.err, &conflict) {
		m.hub.queue.Apply(conflict.Theirs)
		m.fail(conflict.Error())
		return
	}
	if msg.err != nil && msg.record.Version == "" {
		m.fail("this was not kept: " + msg.err.Error())
		return
	}
	m.hub.queue.Apply(msg.record)
	text := string(msg.record.State)
	if msg.record.Verdict != "" {
		text += ", " + msg.record.Verdict
	}
	if n := msg.marked.Written; n > 0 {
		text += "; written into " + plural(int64(n), "alert")
	}
	if n := msg.marked.Conflicts; n > 0 {
		text += ", " + plural(int64(n), "alert") + " left as somebody else has just written them"
	}
	if msg.err != nil {
		m.fail(text + ", but not written into all alerts: " + msg.err.Error())
		return
	}
	m.say(text + "; kept " + m.desk.name())
}
