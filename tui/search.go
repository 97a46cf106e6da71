package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// search looks for text in the rows of a level, as the table writes them. It
// leaves the filter alone.
type search struct {
	edit   lineEdit
	cancel context.CancelFunc // of the search that is running; nil for none
}

func (m *Model) startSearch() tea.Cmd {
	if m.level().tree != nil {
		m.say("search works on events; esc leads back to them")
		return nil
	}
	m.find.edit = newLineEdit("")
	m.input = &m.find
	return nil
}

func (s *search) key(m *Model, name, text string) tea.Cmd {
	switch {
	case name == "esc":
		m.input = nil
		m.stopSearch()
		return nil
	case name == "enter":
		m.input = nil
		if m.feed.search == "" {
			return nil
		}
		return m.lookFor(0, 1)
	case s.edit.key(name):
	case text != "":
		s.edit.insert(text)
	}
	m.feed.search = strings.ToLower(s.edit.String())
	return nil
}

func (s *search) draw(m *Model, a grid.Area) (x, y int) {
	line := a.Sub(0, 0, a.W, 1)
	line.Fill(styText.Over(grid.Raised))
	at := line.Text(1, 0, styFocus.Over(grid.Raised), "search ")
	line.Right(a.W-1, 0, styDim.Over(grid.Raised), "⏎ next match  n N on and back")
	cur := s.edit.draw(line.Sub(at, 0, a.W-at-32, 1), styText.Over(grid.Raised), styText, 0, 0)
	return a.X + at + cur, a.Y
}

// stopSearch lets the searched text go.
func (m *Model) stopSearch() {
	m.feed.search = ""
	if m.find.cancel != nil {
		m.find.cancel()
		m.find.cancel = nil
	}
}

func (m *Model) searchNext() tea.Cmd     { return m.lookFor(1, 1) }
func (m *Model) searchPrevious() tea.Cmd { return m.lookFor(-1, -1) }

// searchable is a list of events that can be searched.
type searchable interface {
	Len() int
	Range(k, n int) []store.Ref
}

// foundMsg is where a search has come to: a row, the end, or so far.
type foundMsg struct {
	ctx   context.Context
	level *level
	list  searchable
	ref   store.Ref // B nil: none yet
	next  int       // where to go on
	dir   int
	end   bool
	again bool // the search has gone round the end
}

// lookFor looks for the text from the cursor on, skip rows further.
func (m *Model) lookFor(skip, dir int) tea.Cmd {
	if m.feed.search == "" {
		m.say("nothing is searched for; / starts a search")
		return nil
	}
	l := m.level()
	var list searchable = l.view
	var at int
	if v := l.trail; v != nil && v.events.lines != nil {
		list, at = v, v.place()
	} else {
		at = l.place(l.view.Len())
	}
	if l.tree != nil || list.Len() == 0 {
		return nil
	}
	if m.find.cancel != nil {
		m.find.cancel()
	}
	ctx, cancel := context.WithCancel(m.ctx)
	m.find.cancel = cancel
	return m.scan(foundMsg{ctx: ctx, level: l, list: list, next: at + skip, dir: dir})
}

// scanSlice is how long a search runs before it says how far it is.
const scanSlice = 100 * time.Millisecond

// scan goes on with a search in the background.
func (m *Model) scan(msg foundMsg) tea.Cmd {
	text, columns, clk := m.feed.search, m.feed.columns, m.times()
	read := newReader(m.opt.ShowSecrets)
	return func() tea.Msg {
		for until := time.Now().Add(scanSlice); time.Now().Before(until) && msg.ctx.Err() == nil; {
			refs := pageFrom(msg.list, msg.next, msg.dir)
			if len(refs) == 0 {
				msg.end = true
				return msg
			}
			for _, ref := range refs {
				if rowHas(ref, columns, read, clk, text) {
					msg.ref = ref
					return msg
				}
			}
			msg.next += msg.dir * len(refs)
		}
		return msg
	}
}

// pageFrom returns some rows of a list from the k-th on, in a direction.
func pageFrom(list searchable, k, dir int) []store.Ref {
	const page = 512
	if dir > 0 {
		return list.Range(k, page)
	}
	if k < 0 {
		return nil
	}
	from := max(k-page+1, 0)
	refs := list.Range(from, k-from+1)
	slices.Reverse(refs)
	return refs
}

// rowHas reports whether a row, as the table writes it, holds a text.
func rowHas(ref store.Ref, columns []column, r reader, c clock, text string) bool {
	row := ref.Row()
	for i := range columns {
		cell := plainText(columns[i].draw(r, c, ref, row))
		if strings.Contains(strings.ToLower(safe(cell)), text) {
			return true
		}
	}
	return false
}

// found moves to a row that was found, or goes on searching.
func (m *Model) found(msg foundMsg) tea.Cmd {
	l := msg.level
	if msg.ctx.Err() != nil || m.level() != l {
		return nil
	}
	switch {
	case msg.ref.B != nil && l.trail != nil:
		l.trail.found(m, msg.ref.Row())
		m.find.cancel = nil
	case msg.ref.B != nil:
		if k, ok := l.view.Find(msg.ref.ID); ok {
			l.jumpTo(k, m.feed.height)
			m.focus = onFeed
		}
		m.find.cancel = nil
	case msg.end && msg.again:
		m.say("nothing here holds “" + m.feed.search + "”")
		m.find.cancel = nil
	case msg.end:
		msg.end, msg.again = false, true
		if msg.next = 0; msg.dir < 0 {
			msg.next = msg.list.Len() - 1
		}
		m.say("search goes on from the other end")
		return m.scan(msg)
	default:
		m.say("searching … " + count(int64(max(msg.next, 0))) + " of " + count(int64(msg.list.Len())) + " rows; esc stops")
		return m.scan(msg)
	}
	return nil
}
