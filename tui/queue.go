package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// queueView is the overlay in which a shift begins: a line for each kind of
// alerts, what matters first. It stays when it is closed, so that it opens
// again as it was.
type queueView struct {
	groups  []queue.Group // as shown
	sum     queue.Summary
	version uint64 // of the queue when they were taken
	all     bool   // closed groups too
	taken   time.Time

	at   string // the group under the cursor, by its id
	k    int    // its line
	held bool   // the cursor was put there: it stays when others come to stand higher
	top  int
	area grid.Area

	// one is an alert that is decided about by itself; B nil: none.
	one     store.Ref
	onAlert bool // the cursor is on it

	closing bool // what is closed is asked for its verdict

	outcomes queueOutcomes // what came of the newest alerts

	there queueThere // what the sources hold that count by themselves
}

// queueMany is from how many groups on the order is made anew no more often
// than once in queueEvery.
const (
	queueMany  = 2000
	queueEvery = time.Second
)

// openQueue opens the queue.
func (m *Model) openQueue() tea.Cmd {
	v := m.queue
	v.one, v.onAlert, v.closing = store.Ref{}, false, false
	m.over = v
	v.update(m.hub.queue, m.now())
	return tea.Batch(m.surveyQueue(), m.lookForOutcomes())
}

// openDecide opens the queue on the alert under the cursor.
func (m *Model) openDecide() tea.Cmd {
	row, ref, ok := m.rowHere()
	if !ok || row.Alert == 0 {
		m.say("this is no alert: there is nothing to decide about; Q is the queue of all alerts")
		return nil
	}
	v := m.queue
	v.at, v.one, v.onAlert, v.closing = queue.KindOf(row).ID(), ref, true, false
	v.version, v.held = 0, true
	m.over = v
	v.update(m.hub.queue, m.now())
	return tea.Batch(m.surveyQueue(), m.lookForOutcomes())
}

// update takes the groups anew when something has changed.
func (v *queueView) update(q *queue.Queue, now time.Time) {
	version := q.Version()
	if v.groups != nil && version == v.version || len(v.groups) > queueMany && now.Sub(v.taken) < queueEvery && v.version != 0 {
		return
	}
	all, sum := q.Groups()
	if !v.all {
		of := ""
		if v.one.B != nil {
			of = v.groupOfOne()
		}
		all = slices.DeleteFunc(all, func(g queue.Group) bool { return g.State == queue.Closed && g.ID != of })
	}
	v.groups, v.sum, v.version, v.taken = all, sum, version, now
	v.find()
}

// find finds the line of the group under the cursor; where it is not shown any
// more, the cursor stays on its line.
func (v *queueView) find() {
	if !v.held {
		v.moveTo(0)
		return
	}
	if k := slices.IndexFunc(v.groups, func(g queue.Group) bool { return g.ID == v.at }); k >= 0 {
		v.k = k
		return
	}
	v.moveTo(v.k)
}

func (v *queueView) moveTo(k int) {
	v.k = max(min(k, len(v.groups)-1), 0)
	v.onAlert = false
	if v.k < len(v.groups) {
		v.at = v.groups[v.k].ID
	}
}

// group is the group under the cursor.
func (v *queueView) group() (*queue.Group, bool) {
	if v.k >= len(v.groups) {
		return nil, false
	}
	return &v.groups[v.k], true
}

// key implements overlay.
func (v *queueView) key(m *Model, name string) (tea.Cmd, bool) {
	if v.closing {
		return v.verdictKey(m, name), true
	}
	if v.one.B != nil && !v.onAlert && (name == "down" || name == "j") && v.groupOfOne() == v.at {
		v.onAlert = true
		return nil, true
	}
	if v.onAlert && (name == "up" || name == "k") {
		v.onAlert = false
		return nil, true
	}
	if k, ok := listKey(name, v.k, v.area.H, len(v.groups)); ok {
		v.moveTo(k)
		v.held = true
		return m.lookForOutcomes(), true
	}
	switch name {
	case "enter":
		return v.enter(m)
	case "o":
		return v.events(m)
	case "a":
		return v.decide(m, func(r *queue.Record) { r.State = queue.Acknowledged }), true
	case "c":
		if _, ok := v.group(); ok {
			v.closing = true
		}
	case "r":
		return v.decide(m, func(r *queue.Record) { r.State, r.Verdict = queue.Open, "" }), true
	case "w":
		return v.decide(m, func(r *queue.Record) {
			if r.Owner == m.desk.by {
				r.Owner = ""
			} else {
				r.Owner = m.desk.by
			}
		}), true
	case "n":
		v.note(m)
	case "h":
		v.all, v.version = !v.all, 0
	case "y":
		return v.copyID(m), true
	default:
		return nil, false
	}
	return nil, true
}

// groupOfOne is the group of the single alert.
func (v *queueView) groupOfOne() string { return queue.KindOf(v.one.Row()).ID() }

// verdictKey closes with the verdict whose number was pressed, or without one.
func (v *queueView) verdictKey(m *Model, name string) tea.Cmd {
	v.closing = false
	verdict := ""
	switch {
	case len(name) == 1 && name[0] >= '1' && int(name[0]-'1') < len(queue.Verdicts):
		verdict = queue.Verdicts[name[0]-'1'].Name
	case name != "enter":
		m.say("left as it was")
		return nil
	}
	return v.decide(m, func(r *queue.Record) { r.State, r.Verdict = queue.Closed, verdict })
}

// enter opens the newest alert of the group as the table would, or the single
// alert under the cursor.
func (v *queueView) enter(m *Model) (tea.Cmd, bool) {
	ref := v.one
	if !v.onAlert {
		g, ok := v.group()
		if !ok {
			return nil, true
		}
		if ref, ok = m.newestOf(g); !ok {
			m.say("its alerts are not held any more: the oldest made room in memory (--memory)")
			return nil, true
		}
	}
	return m.drillAlert(ref), false
}

// events opens all alerts of the group.
func (v *queueView) events(m *Model) (tea.Cmd, bool) {
	g, ok := v.group()
	if !ok {
		return nil, true
	}
	ref, _ := m.newestOf(g)
	_, cmd := m.push("alerts: "+m.read.mask(g.Rule), g.Filter(), ref)
	return cmd, false
}

// newestOf finds the newest alert of a group among those that are held.
func (m *Model) newestOf(g *queue.Group) (store.Ref, bool) {
	m.alerts.Update(m.ctx, slice)
	return newestIn(m.alerts, g)
}

// newestIn finds it in a view of alerts.
func newestIn(alerts *store.View, g *queue.Group) (store.Ref, bool) {
	const most = 4096 // alerts of one time
	for _, ref := range alerts.Range(alerts.FindTime(g.Last), most) {
		if ref.Time() != g.Last {
			break
		}
		if queue.KindOf(ref.Row()) == g.Kind {
			return ref, true
		}
	}
	return store.Ref{}, false
}

// copyID puts the command that decides about the group on the clipboard.
func (v *queueView) copyID(m *Model) tea.Cmd {
	g, ok := v.group()
	if !ok {
		return nil
	}
	id := g.ID
	if v.onAlert {
		id = queue.AlertID(v.one.Row())
	}
	cmd := "stoop queue set " + shellQuote(id)
	for _, s := range m.hub.sources {
		cmd += " " + shellQuote(s.Info().Name)
	}
	cmd += " --state " + string(queue.Acknowledged)
	m.say("copied: " + cmd)
	return m.clipboard(cmd)
}

// noteInput is the line on which a note is typed.
type noteInput struct {
	of   *queueView
	edit lineEdit
}

// note asks for the note of what is under the cursor.
func (v *queueView) note(m *Model) {
	r, ok := v.record(m, func(*queue.Record) {})
	if ok {
		m.input = &noteInput{v, newLineEdit(r.Note)}
	}
}

func (n *noteInput) key(m *Model, name, text string) tea.Cmd {
	switch {
	case name == "esc":
		m.input = nil
	case name == "enter":
		m.input = nil
		note := trimSpace(n.edit.String())
		return n.of.decide(m, func(r *queue.Record) { r.Note = note })
	case n.edit.key(name):
	case text != "":
		n.edit.insert(text)
	}
	return nil
}

func (n *noteInput) draw(_ *Model, a grid.Area) (x, y int) {
	line := a.Sub(0, 0, a.W, 1)
	line.Fill(styText.Over(grid.Raised))
	at := line.Text(1, 0, styFocus.Over(grid.Raised), "note ")
	cur := n.edit.draw(line.Sub(at, 0, max(a.W-at-2, 8), 1), styText.Over(grid.Raised), styText, 0, 0)
	return a.X + at + cur, a.Y
}

// record is the record of what is under the cursor, changed.
func (v *queueView) record(m *Model, edit func(*queue.Record)) (queue.Record, bool) {
	if v.onAlert {
		return m.hub.queue.Change(v.one.Row(), m.desk.by, m.now(), edit), true
	}
	g, ok := v.group()
	if !ok {
		return queue.Record{}, false
	}
	return g.Change(m.desk.by, m.now(), edit), true
}

// decide changes what was decided, and has it kept.
func (v *queueView) decide(m *Model, edit func(*queue.Record)) tea.Cmd {
	r, ok := v.record(m, edit)
	if !ok {
		m.say("there is no group here")
		return nil
	}
	if err := r.Check(); err != nil {
		m.fail(err.Error())
		return nil
	}
	var row event.Row
	if v.onAlert {
		row = v.one.Row()
	}
	return m.desk.save(m, r, row)
}
