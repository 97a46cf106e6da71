package tui

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
)

// place says where the screen is.
func (m *Model) place() *casefile.Place {
	shown := m.detail.shown
	p := &casefile.Place{
		Since: m.opt.Request.Since, Until: m.opt.Request.Until,
		Panel: panelNames[m.focus], Search: m.feed.search,
		Containers: casefile.Cards{On: m.conts.cursor, Top: m.conts.top, Order: int(m.conts.order)},
		Bars:       casefile.Bars{At: m.hist.at, From: m.hist.mark + 1},
		Over:       m.placeOver(),
	}
	if m.detailSet {
		p.Details.Shown = &shown
	}
	if m.detail.id == m.level().cursor.ID { // else they are still those of another row
		p.Details.Lines = casefile.Lines{At: m.detail.at, Top: m.detail.top}
	}
	for _, s := range m.hub.sources {
		p.Sources = append(p.Sources, s.Info().Name)
	}
	for _, c := range m.feed.columns {
		p.Columns = append(p.Columns, c.field)
	}
	for _, l := range m.stack[:min(len(m.stack), maxPlaces)] {
		p.Levels = append(p.Levels, l.left())
	}
	return p
}

// maxPlaces bounds how many levels are kept of where the screen is, and maxUndo
// how many filters that one replaced.
const (
	maxPlaces = 64
	maxUndo   = 16
)

// panelNames are what panels are called in a case.
var panelNames = [numPanels]string{onFeed: "", onDetail: "details", onHistogram: "histogram", onContainers: "containers"}

// left says where in a level one is.
func (l *level) left() casefile.Level {
	if l.again != nil { // it has not come to where it was left
		return *l.again
	}
	at := casefile.Level{Title: l.title, Filter: l.expr, Undo: l.undo[max(len(l.undo)-maxUndo, 0):], Line: l.line, Col: l.col, Pin: pointOf(l.pin)}
	if l.relative {
		at.Anchor = l.anchor
	}
	on := l.cursor
	switch {
	case l.trail != nil: // of the row that it is about
		at.View, at.Trail, on = casefile.TrailView, l.trail.left(), l.trail.from
	case l.tree != nil:
		k := l.tree.cursor
		at.View, at.Tree = casefile.TreeView, &casefile.InTree{Up: l.tree.up, On: casefile.Process{PID: k.pid, Start: k.start}, Top: l.tree.top}
	case l.board != nil:
		b := l.board
		at.View, at.Board = casefile.BoardView, &casefile.InBoard{Name: b.d.Name, Panel: b.at, Picks: slices.Clone(b.picks), Top: b.top, From: b.mark + 1}
	}
	if on.B != nil && (!l.follow || l.trail != nil) {
		p := pointOf(on)
		at.Time, at.Key = p.Time, p.Key
	}
	return at
}

// pointOf names an event; the zero Point where there is none.
func pointOf(ref store.Ref) casefile.Point {
	if ref.B == nil {
		return casefile.Point{}
	}
	return casefile.Point{Time: ref.Time(), Key: casefile.KeyOf(ref.Row())}
}

// placeEvery is how often it is kept at most on which row the cursor is.
var placeEvery = time.Second

// andPlace does what a key or the mouse asks for and keeps where the screen is
// then.
func (m *Model) andPlace(cmd tea.Cmd) tea.Cmd {
	if place := m.keepPlace(false); place != nil {
		return tea.Batch(cmd, place)
	}
	return cmd
}

// placeMsg asks for keeping where the screen is.
type placeMsg struct{}

// keepPlace keeps where the screen is: another level or filter at once, another
// row after a while, or now when that is over.
func (m *Model) keepPlace(now bool) tea.Cmd {
	c := &m.cases
	if c.Case == nil {
		return nil
	}
	p := m.place()
	text, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	levels, whole := "", string(text)
	for _, l := range p.Levels {
		levels += l.Title + "\x00" + l.Filter + "\x00" + l.View + "\x00"
	}
	if p.Over != nil {
		levels += p.Over.Name
	}
	if whole == c.left {
		return nil
	}
	if !now && levels == c.levels {
		if c.due {
			return nil
		}
		c.due = true
		return tea.Tick(placeEvery, func(time.Time) tea.Msg { return placeMsg{} })
	}
	c.left, c.levels = whole, levels
	ctx, kept := m.ctx, c.Case
	return func() tea.Msg {
		if _, err := kept.Add(ctx, casefile.Entry{Kind: casefile.View, Place: p}); err != nil {
			return caseMsg{err: err}
		}
		return nil
	}
}

// restore opens the levels of a case as they were left. What of it needs rows is
// done when they have come: see [Model.settle].
func (m *Model) restore(p *casefile.Place) error {
	for i := range p.Levels {
		at := &p.Levels[i]
		l, err := newLevel(m.store, at.Title, at.Filter)
		if err != nil {
			return fmt.Errorf("the case's filter %q: %w", at.Filter, err)
		}
		l.undo, l.line, l.col = at.Undo, at.Line, max(at.Col, 0)
		l.relative, l.anchor = at.Anchor != 0, at.Anchor
		if at.Time != 0 {
			l.again = at
		}
		if at.Board != nil {
			l.board = m.boardAgain(at.Board)
		}
		if l.follow = m.hub.live() && at.Time == 0; i == 0 {
			l.title = m.sourceName()
			m.stack[0] = l
			continue
		}
		m.stack = append(m.stack, l)
	}
	m.restorePanels(p)
	return nil
}

// restorePanels puts what stands beside the rows where it was.
func (m *Model) restorePanels(p *casefile.Place) {
	m.focus = panel(max(slices.Index(panelNames[:], p.Panel), 0))
	m.feed.search = p.Search
	m.conts.cursor, m.conts.top = p.Containers.On, max(p.Containers.Top, 0)
	m.conts.order = containerOrder(min(max(p.Containers.Order, 0), int(numOrders)-1))
	m.hist.at, m.hist.mark = max(p.Bars.At, 0), max(p.Bars.From, 0)-1
	if p.Details.Shown != nil {
		m.detailSet, m.detail.shown = true, *p.Details.Shown
	}
	if len(p.Columns) > 0 {
		m.feed.columns = nil
		for _, field := range p.Columns {
			m.feed.columns = append(m.feed.columns, columnFor(field))
		}
	}
	m.again = p
}

// boardAgain opens a dashboard as it was left; nil where it is not there any
// more.
func (m *Model) boardAgain(at *casefile.InBoard) *board {
	d, err := m.opt.Dashboards.Load(at.Name)
	if err != nil {
		m.fail(err.Error())
		return nil
	}
	b := newBoard(d)
	if at.Panel >= 0 && at.Panel < len(d.Panels) {
		b.at = at.Panel
	}
	for i, pick := range at.Picks[:min(len(at.Picks), len(b.picks))] {
		b.picks[i] = max(pick, 0)
	}
	b.top, b.mark = max(at.Top, 0), max(at.From, 0)-1
	return b
}

// settle puts the cursor of a level that is opened again where it was, once its
// row has come.
func (m *Model) settle(l *level) tea.Cmd {
	if l.again == nil {
		return m.settled(l)
	}
	if l.view.Len() == 0 {
		return nil
	}
	k, found := find(l.view, l.again.Time, l.again.Key)
	if !found && m.bringRow(l) {
		return nil
	}
	at := l.again
	l.again = nil
	l.jumpTo(k, max(m.feed.height, 1))
	if l.line = at.Line; l.line < 0 {
		l.line = 0
	}
	if pin, ok := find(l.view, at.Pin.Time, at.Pin.Key); ok {
		l.pin, _ = l.view.At(pin)
	}
	switch {
	case !found || l.cursor.B == nil:
	case at.View == casefile.TrailView:
		pane := onEvents
		if at.Trail != nil {
			pane = trailPane(max(slices.Index(paneNames[:], at.Trail.Pane), 0))
		}
		return m.showAsTrailAgain(l, pane, at.Trail)
	case at.Tree != nil:
		l.tree = treeAgain(l.cursor.Row(), at.Tree)
	}
	return m.settled(l)
}

// find finds an event by its time and key in a view: its place, or that of the
// first one behind it.
func find(v *store.View, at int64, key string) (k int, ok bool) {
	const most = 4096 // events of one time
	k = v.FindTime(at)
	if key == "" {
		return k, false
	}
	for i, ref := range v.Range(k, most) {
		if ref.Time() != at {
			break
		}
		if casefile.KeyOf(ref.Row()) == key {
			return k + i, true
		}
	}
	return k, false
}

// bringRow reports whether the row that a level was left on may still come: it
// is being read, or is among the older ones of a source, which are asked for.
func (m *Model) bringRow(l *level) bool {
	if m.hub.reading() || m.hub.fetching() || m.hub.asking() {
		return true
	}
	first, ok := l.view.At(0)
	return ok && first.Time() > l.again.Time && m.stats.Evicted == 0 && m.hub.older(olderEvents)
}

// treeAgain opens the process tree of a row as it was left.
func treeAgain(row event.Row, at *casefile.InTree) *tree {
	if row.Proc == 0 {
		return nil
	}
	t := newTree(row.T, row.Proc)
	for range min(max(at.Up, 0), event.MaxAncestors) {
		t.widen()
	}
	t.update()
	if k := (procKey{pid: at.On.PID, start: at.On.Start}); k != (procKey{}) {
		t.cursor = k
	}
	t.top = max(at.Top, 0)
	return t
}

// settled does what was left to be done when the uppermost level is where it
// was: the details stand at their line, and what covered the panels does again.
func (m *Model) settled(l *level) tea.Cmd {
	p := m.again
	if p == nil || l != m.level() || m.hub.reading() || l.trail != nil && l.trail.again != nil && !l.trail.arrived {
		return nil
	}
	m.again = nil
	m.detail.resume(l.cursor, p.Details.Lines)
	if p.Over == nil {
		return nil
	}
	return m.openOver(p.Over)
}
