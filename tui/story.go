package tui

import (
	"context"
	"iter"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// story is the overlay that tells what led to a row and what came of it: the
// lineage on the left, the sentences on the right. It stays when it is closed,
// so that it opens again as it was.
type story struct {
	from  store.Ref
	title string
	view  *store.View // of the row's container

	// nil while it is being made
	trail *trail.Trail
	lines []storyLine
	tree  []lineageLine

	cancel  context.CancelFunc
	at, top int
	treeTop int
	area    grid.Area
}

// storyLine is a sentence, or at the end something that is not known.
type storyLine struct {
	told    *trail.Sentence
	unknown string
}

// lineageLine is a process of the trail.
type lineageLine struct {
	node  *trail.Node
	depth int
}

// storyMsg is a story that was made.
type storyMsg struct {
	of    *story
	trail *trail.Trail
	told  []*trail.Sentence
}

// openStory tells the story of the row under the cursor.
func (m *Model) openStory() tea.Cmd {
	row, ref, ok := m.rowHere()
	if !ok {
		m.say("there is no row here to tell of")
		return nil
	}
	if row.C().ID == event.NoStr {
		m.say("this row says of no container: what led to it cannot be looked for")
		return nil
	}
	if m.story == nil || m.story.from.ID != ref.ID || m.hub.live() {
		f, err := filter.Compile(ofContainer(row), event.Fields)
		if err != nil {
			m.fail(err.Error())
			return nil
		}
		m.story = &story{from: ref, title: plainText(m.read.summary(row)), view: m.store.View(f)}
	}
	m.over = m.story
	return m.story.make(m.ctx)
}

// make makes the story in the background, unless it is there.
func (s *story) make(ctx context.Context) tea.Cmd {
	ctx, s.cancel = context.WithCancel(ctx)
	if s.trail != nil {
		return nil
	}
	return func() tea.Msg {
		for !s.view.Update(ctx, time.Second) {
			if ctx.Err() != nil {
				return nil
			}
		}
		t := trail.Build(s.from.Row(), viewRows(ctx, s.view))
		told := t.Story()
		if ctx.Err() != nil {
			return nil
		}
		return storyMsg{s, t, told}
	}
}

// viewRows yields the events of a view in the order of time.
func viewRows(ctx context.Context, v *store.View) iter.Seq[event.Row] {
	const page = 4096
	return func(yield func(event.Row) bool) {
		for k := 0; ctx.Err() == nil; k += page {
			refs := v.Range(k, page)
			for _, r := range refs {
				if !yield(r.Row()) {
					return
				}
			}
			if len(refs) < page {
				return
			}
		}
	}
}

// storied takes a story in, the cursor on the alert.
func (m *Model) storied(msg storyMsg) {
	s := msg.of
	s.trail, s.lines, s.tree = msg.trail, nil, nil
	for _, x := range msg.told {
		s.lines = append(s.lines, storyLine{told: x})
		if x.Time <= s.from.Time() {
			s.at = len(s.lines) - 1
		}
	}
	for _, text := range s.trail.Unknown() {
		s.lines = append(s.lines, storyLine{unknown: text})
	}
	for i := len(s.trail.Above) - 1; i >= 0; i-- {
		s.tree = append(s.tree, lineageLine{s.trail.Above[i], len(s.tree)})
	}
	if s.trail.Root != nil {
		s.below(s.trail.Root, len(s.tree))
	}
}

// below adds a process and what it made.
func (s *story) below(n *trail.Node, depth int) {
	if len(s.tree) >= maxTree {
		return
	}
	s.tree = append(s.tree, lineageLine{n, depth})
	for _, c := range n.Children {
		s.below(c, depth+1)
	}
}

// key implements overlay.
func (s *story) key(m *Model, name string) (tea.Cmd, bool) {
	if at, ok := listKey(name, s.at, s.area.H, len(s.lines)); ok {
		s.at = at
		return nil, true
	}
	switch name {
	case "e":
		s.toAlert(1)
	case "E":
		s.toAlert(-1)
	case "enter":
		return s.enter(m)
	default:
		s.cancel()
		return nil, false
	}
	return nil, true
}

// toAlert goes to the next sentence on which a rule fired.
func (s *story) toAlert(step int) {
	for i := s.at + step; i >= 0 && i < len(s.lines); i += step {
		if x := s.lines[i].told; x != nil && len(x.Alerts) > 0 {
			s.at = i
			return
		}
	}
}

// enter opens the events of the container at the first one of the sentence.
func (s *story) enter(m *Model) (tea.Cmd, bool) {
	if s.at >= len(s.lines) || s.lines[s.at].told == nil || len(s.lines[s.at].told.Events) == 0 {
		m.say("no event stands behind this line")
		return nil, true
	}
	ref, ok := s.find(s.lines[s.at].told.Events[0])
	if !ok {
		m.say("this event is not held any more")
		return nil, true
	}
	l, cmd := m.push("story", s.view.Filter().String(), ref)
	if l == nil {
		return cmd, true
	}
	l.relative, l.anchor = true, s.from.Time()
	if s.from.Row().Alert != 0 {
		l.pin = s.from
	}
	s.cancel()
	return cmd, false
}

// find returns where the store holds an event.
func (s *story) find(r event.Row) (store.Ref, bool) {
	const most = 256 // events of one time
	at := r.B.Time[r.I]
	for _, ref := range s.view.Range(s.view.FindTime(at), most) {
		if ref.Time() != at {
			break
		}
		if is := ref.Row(); is.Type == r.Type && is.Proc == r.Proc && is.T == r.T && is.Alert == r.Alert {
			return ref, true
		}
	}
	return store.Ref{}, false
}
