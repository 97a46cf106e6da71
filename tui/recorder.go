package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/store"
)

// hereContainer is the container that the recorder keys act on: the one under
// the cursor of the containers, else the row's.
func (m *Model) hereContainer() (id, title string, ok bool) {
	if m.focus == onContainers {
		c, ok := m.conts.selected()
		return c.ID, m.read.mask(containerTitle(c.Row())), ok && c.ID != ""
	}
	row, _, ok := m.rowHere()
	if !ok {
		return "", "", false
	}
	id = row.T.Text(row.C().ID)
	return id, m.read.mask(containerTitle(row)), id != ""
}

// toggleRecorder starts or stops the bulk recording of a container.
func (m *Model) toggleRecorder() tea.Cmd {
	rs := m.hub.recorders()
	if len(rs) == 0 {
		m.say("no source here keeps a flight recorder; live does")
		return nil
	}
	id, title, ok := m.hereContainer()
	if !ok {
		m.say("choose a container first")
		return nil
	}
	on := !m.conts.reach[id].BulkOn
	for _, r := range rs {
		if err := r.Fly(id, on); err != nil {
			m.fail(title + ": " + err.Error())
			return nil
		}
	}
	if on {
		m.say("recording every system call of " + title)
	} else {
		m.say("no longer recording every system call of " + title)
	}
	m.panelsAt = time.Time{}
	return m.refresh()
}

// drainedMsg says how many events a drain brought in.
type drainedMsg struct {
	title string
	n     int64
	err   error
}

// drain brings in what the rings of a container still hold.
func (m *Model) drain() tea.Cmd {
	rs := m.hub.recorders()
	if len(rs) == 0 {
		m.say("no source here keeps a flight recorder; live does")
		return nil
	}
	id, title, ok := m.hereContainer()
	if !ok {
		m.say("choose a container first")
		return nil
	}
	m.say("draining the rings of " + title + " …")
	ctx, h, st := m.ctx, m.hub, m.store
	return func() tea.Msg {
		before := held(st)
		for _, r := range rs {
			if err := r.Drain(ctx, id, time.Time{}, h.sinkOf(r)); err != nil {
				return drainedMsg{title: title, err: err}
			}
		}
		return drainedMsg{title: title, n: held(st) - before}
	}
}

// held is how many events a store has taken in and not thrown out.
func held(st *store.Store) int64 {
	s := st.Stats()
	return s.Events + s.Evicted
}

func (m *Model) drained(msg drainedMsg) {
	switch {
	case msg.err != nil:
		m.fail(msg.title + ": " + msg.err.Error())
	case msg.n == 0:
		m.say(msg.title + ": the rings hold nothing that is not here already")
	default:
		m.say(msg.title + ": " + plural(msg.n, "event") + " brought in from the rings")
	}
}
