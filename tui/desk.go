package tui

import (
	"context"
	"errors"
	"strconv"
	"sync"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/store"
)

// desk keeps what is decided where others see it.
type desk struct {
	to queue.Desk // nil: it is forgotten when the screen ends
	by string

	mu      sync.Mutex
	trouble string // why what others decide is not seen
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
	marked int // alerts that it was written into
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
	ctx, to, alerts := m.ctx, d.to, m.alerts
	before, _ := m.hub.queue.Record(r.ID)
	return func() tea.Msg {
		kept, err := to.Save(ctx, r)
		msg := savedMsg{record: kept, err: err}
		if marker, ok := to.(queue.Marker); ok && err == nil && before.State != r.State {
			msg.marked, msg.err = marker.Mark(ctx, idsOf(ctx, alerts, r, row), kept)
		}
		return msg
	}
}

// idsOf returns the ids of the alerts that a record is about and that have a
// place for its state.
func idsOf(ctx context.Context, alerts *store.View, r queue.Record, row event.Row) (ids []string) {
	if row.B != nil {
		return []string{queue.AlertID(row)}
	}
	const page = 1024
	for k := 0; ctx.Err() == nil; k += page {
		refs := alerts.Range(k, page)
		for _, ref := range refs {
			if row := ref.Row(); row.T.Text(row.A().Origin) == "elastic" && queue.KindOf(row).ID() == r.ID {
				ids = append(ids, queue.AlertID(row))
			}
		}
		if len(refs) < page {
			break
		}
	}
	return ids
}

// saved takes in what was kept, and says so.
func (m *Model) saved(msg savedMsg) {
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
	if msg.marked > 0 {
		text += "; written into " + plural(int64(msg.marked), "alert")
	}
	if msg.err != nil {
		m.fail(text + ", but not written into all alerts: " + msg.err.Error())
		return
	}
	m.say(text + "; kept " + m.desk.name())
}
