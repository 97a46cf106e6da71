package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
)

// place says where the screen is.
func (m *Model) place() *casefile.Place {
	p := &casefile.Place{}
	for _, s := range m.hub.sources {
		p.Sources = append(p.Sources, s.Info().Name)
	}
	for _, l := range m.stack[:min(len(m.stack), maxPlaces)] {
		if l.tree != nil || l.board != nil {
			continue
		}
		at := casefile.Level{Title: l.title, Filter: l.expr}
		if v := l.trail; v != nil { // of the row that it is about
			at.View, at.Time, at.Key = casefile.TrailView, v.from.Time(), casefile.KeyOf(v.from.Row())
			p.Levels = append(p.Levels, at)
			continue
		}
		if l.cursor.B != nil && !l.follow {
			at.Time, at.Key = l.cursor.Time(), casefile.KeyOf(l.cursor.Row())
		}
		p.Levels = append(p.Levels, at)
	}
	return p
}

// maxPlaces bounds how many levels are kept of where the screen is.
const maxPlaces = 64

// placeEvery is how often it is kept at most on which row the cursor is.
var placeEvery = time.Second

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
	levels, whole := "", fmt.Sprint(*p)
	for _, l := range p.Levels {
		levels += l.Title + "\x00" + l.Filter + "\x00"
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

// restore opens the levels of a case as they were left.
func (m *Model) restore(p *casefile.Place) error {
	for i, at := range p.Levels {
		l, err := newLevel(m.store, at.Title, at.Filter)
		if err != nil {
			return fmt.Errorf("the case's filter %q: %w", at.Filter, err)
		}
		l.want, l.wantKey, l.wantView = at.Time, at.Key, at.View
		if l.follow = m.hub.live() && at.Time == 0; i == 0 {
			l.title = m.sourceName()
			m.stack[0] = l
			continue
		}
		m.stack = append(m.stack, l)
	}
	return nil
}

// settle puts the cursor of a restored level where it was, once its row has
// come.
func (m *Model) settle(l *level) tea.Cmd {
	if l.want == 0 || l.view.Len() == 0 {
		return nil
	}
	k := l.view.FindTime(l.want)
	if k == l.view.Len() && m.hub.running() {
		return nil
	}
	const most = 256 // events of one time
	for i, ref := range l.view.Range(k, most) {
		if ref.Time() != l.want {
			break
		}
		if casefile.KeyOf(ref.Row()) == l.wantKey {
			k += i
			break
		}
	}
	l.want = 0
	l.jumpTo(k, max(m.feed.height, 1))
	if l.wantView != casefile.TrailView || l.cursor.B == nil || casefile.KeyOf(l.cursor.Row()) != l.wantKey {
		return nil
	}
	return m.showAsTrail(l, l.cursor, onEvents)
}
