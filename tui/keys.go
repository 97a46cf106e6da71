package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// place says where a key works.
type where uint8

// The places; a key for a panel comes before the same key for everywhere.
const (
	everywhere where = 1 << iota
	inTable
	inTree
	inDetail
	inHistogram
	inContainers
	inBoard
	inTrail
)

// binding is one entry of the key map.
type binding struct {
	keys  []string // as Bubble Tea names them; the first is the one shown
	where where
	group string // heading in the help
	short string // a word for the line at the bottom; "" keeps it off
	help  string // what it does
	do    func(*Model) tea.Cmd
}

// The headings of the help, in its order.
var keyGroups = []string{"moving", "drilling", "filtering", "time", "looking closer", "recorder", "screen"}

// keyMap is the one table of keys: what they do, the help screen, the line at
// the bottom and docs/keys.md all come from it.
func keyMap() []binding {
	const lists = inTable | inTree | inDetail | inContainers | inBoard | inTrail
	return []binding{
		{[]string{"up", "k"}, lists, "moving", "", "one line up", moveBy(-1)},
		{[]string{"down", "j"}, lists, "moving", "", "one line down", moveBy(1)},
		{[]string{"pgup", "ctrl+b"}, lists, "moving", "", "one page up", movePages(-1)},
		{[]string{"pgdown", "ctrl+f"}, lists, "moving", "", "one page down", movePages(1)},
		{[]string{"home", "g"}, lists, "moving", "", "to the first line", moveBy(-1 << 40)},
		{[]string{"end", "G"}, lists, "moving", "", "to the last line; in the table of a live source also follow it", (*Model).toEnd},
		{[]string{"left", "h"}, inTable | inTrail, "moving", "", "to the cell on the left", moveCell(-1)},
		{[]string{"right", "l"}, inTable | inTrail, "moving", "", "to the cell on the right", moveCell(1)},
		{[]string{"left", "h"}, inHistogram, "moving", "", "one bar back in time", moveBar(-1)},
		{[]string{"right", "l"}, inHistogram, "moving", "", "one bar on in time", moveBar(1)},
		{[]string{"left", "h"}, inBoard, "moving", "", "to the panel on the left; in a trend one bar back in time", moveAside(-1)},
		{[]string{"right", "l"}, inBoard, "moving", "", "to the panel on the right; in a trend one bar on in time", moveAside(1)},
		{[]string{"tab"}, inBoard, "moving", "panel", "to the next panel", boardTurn(1)},
		{[]string{"shift+tab"}, inBoard, "moving", "", "to the panel before", boardTurn(-1)},
		{[]string{"tab"}, inTrail, "moving", "pane", "to the next pane: lineage, story, events, object", turnTrail(1)},
		{[]string{"shift+tab"}, inTrail, "moving", "", "to the pane before", turnTrail(-1)},
		{[]string{"tab"}, everywhere, "moving", "panel", "to the next panel", (*Model).nextPanel},
		{[]string{"shift+tab"}, everywhere, "moving", "", "to the panel before", (*Model).previousPanel},
		{[]string{"e"}, everywhere, "moving", "", "to the next alert", (*Model).nextAlert},
		{[]string{"E"}, everywhere, "moving", "", "to the alert before", (*Model).previousAlert},

		{[]string{"enter"}, inTable, "drilling", "drill", "into the row: an alert opens its trail, any other event its process", (*Model).drillRow},
		{[]string{"enter"}, inTrail, "drilling", "open", "unfold a run of like events, or fold it; from a sentence, a process or an event of the object to its event; from a single event into the whole container", inTrailDo((*trailView).enter)},
		{[]string{"o"}, inTrail, "drilling", "follow", "follow the file, connection or pipe of the row: only what was done with it; again to show everything", inTrailDo((*trailView).followObject)},
		{[]string{"O"}, inTrail, "drilling", "", "follow the process of the row; again to show everything", inTrailDo((*trailView).followProcess)},
		{[]string{"v"}, inTrail, "drilling", "data", "the data that went through the object, as far as it was kept, as a stream; again for its events", inTrailDo((*trailView).viewData)},
		{[]string{"p"}, inTrail, "drilling", "parent", "to the process that made this one", inTrailDo((*trailView).parent)},
		{[]string{"s"}, inTrail, "drilling", "story", "to the story, or from it to the events", inTrailDo((*trailView).toStory)},
		{[]string{"enter"}, inTree, "drilling", "drill", "into the events of the process", (*Model).drillProcess},
		{[]string{"enter"}, inContainers, "drilling", "drill", "into the events of the container", (*Model).drillContainer},
		{[]string{"enter"}, inHistogram, "drilling", "drill", "into the span that is marked, or the bar under the cursor", (*Model).drillSpan},
		{[]string{"enter"}, inDetail, "drilling", "drill", "into the events with the same value of the field", (*Model).drillField},
		{[]string{"o"}, inBoard, "drilling", "events", "into the events behind what is picked, or behind the panel", (*Model).boardEvents},
		{[]string{"O"}, everywhere, "drilling", "", "into the events whose time is far away from all others', which the histogram and the trends leave out", (*Model).drillOutside},
		{[]string{"esc", "backspace"}, everywhere, "drilling", "back", "back to the level before, as it was left; first a marked span or a search is let go", (*Model).back},
		{[]string{"w"}, inTable | inDetail, "drilling", "", "widen this level: from the process to the family that its container's entry point started, then to the container", (*Model).widen},
		{[]string{"w"}, inTree, "drilling", "widen", "show what came of the ancestor one step further up", (*Model).widen},
		{[]string{"c"}, inTable | inTree | inTrail, "drilling", "", "into the whole container of the row", (*Model).drillRowContainer},
		{[]string{"a"}, inTable | inDetail | inTrail, "drilling", "", "around the row: everything of its source, the cursor on the row", (*Model).drillAround},
		{[]string{"p"}, inTable | inDetail, "drilling", "lineage", "lineage of the row's process up to its container's entry point, and what came of it", (*Model).openTree},
		{[]string{"s"}, inTable | inDetail, "drilling", "story", "the trail of the row: what led to it and what came of it, told in sentences, with the lineage", (*Model).openStory},
		{[]string{"i"}, inTable | inDetail | inTrail, "drilling", "", "what else is known around the row: who entered its pod, its log, its connection, its file, … in every source", (*Model).openAround},

		{[]string{"f", ":"}, everywhere, "filtering", "filter", "edit the filter of this level; it is checked, completed and applied while it is typed", (*Model).editFilter},
		{[]string{"+", "="}, inTable | inDetail | inTrail, "filtering", "in", "filter the value under the cursor in", (*Model).filterIn},
		{[]string{"-"}, inTable | inDetail | inTrail, "filtering", "out", "filter the value under the cursor out", (*Model).filterOut},
		{[]string{"enter", "+", "="}, inBoard, "filtering", "filter in", "filter the picked value in; of a trend the span that is marked, or the bar", (*Model).boardIn},
		{[]string{"-"}, inBoard, "filtering", "out", "filter the picked value out", (*Model).boardOut},
		{[]string{"u"}, everywhere, "filtering", "", "undo the last change of the filter", (*Model).undoFilter},
		{[]string{"/"}, everywhere, "filtering", "search", "search in the rows without filtering them", (*Model).startSearch},
		{[]string{"n"}, everywhere, "filtering", "", "to the next match", (*Model).searchNext},
		{[]string{"N"}, everywhere, "filtering", "", "to the match before", (*Model).searchPrevious},

		{[]string{"space"}, inTable | inTree | inDetail | inContainers | inTrail, "time", "pause", "stop the table or the trail; what comes is kept and counted; again to let it go on", (*Model).pause},
		{[]string{"space", "v"}, inHistogram, "time", "mark", "mark where a span begins", (*Model).markSpan},
		{[]string{"space", "v"}, inBoard, "time", "mark", "mark where a span of a trend begins", (*Model).boardMark},
		{[]string{"F"}, everywhere, "time", "follow", "follow the newest event, or stop following", (*Model).toggleFollow},
		{[]string{"t"}, everywhere, "time", "jump", "jump to a time: 14:03, 14:03:05.5, 2026-11-23 14:03, −5m, +30s", (*Model).startJump},
		{[]string{"r"}, everywhere, "time", "", "write times as distances from the row under the cursor; again to go back", (*Model).toggleRelative},
		{[]string{"z"}, everywhere, "time", "", "local time or UTC", (*Model).toggleUTC},

		{[]string{"m"}, inTable | inDetail | inTrail, "looking closer", "mark", "mark the row in the case, or take its mark away", (*Model).toggleMark},
		{[]string{"M"}, everywhere, "looking closer", "", "the case: marks, notes, filters, trails and pictures; export", (*Model).openCase},
		{[]string{"W"}, everywhere, "looking closer", "", "take along as text: this level as a command, a filter or a request, an exception, and what may be done about the row; nothing is run", (*Model).openAct},
		{[]string{"Q"}, everywhere, "looking closer", "queue", "the queue: alerts by kind, what matters first, with what was decided about them", (*Model).openQueue},
		{[]string{"A"}, inTable | inDetail | inTrail, "looking closer", "", "decide about this alert: acknowledge, close with a verdict, note", (*Model).openDecide},
		{[]string{"b"}, everywhere, "looking closer", "dashboard", "a dashboard of what this level shows; again for the next one", (*Model).openBoard},
		{[]string{"B"}, inBoard, "looking closer", "", "write the dashboard into your own folder, to be edited there", (*Model).saveBoard},
		{[]string{"d"}, inContainers, "looking closer", "compare", "what only this container does: against the others of its image, or its own past", (*Model).openCompare},
		{[]string{"V"}, inTable | inTree | inDetail | inTrail, "looking closer", "", "what only the row's container does: against the others of its image, or its own past", (*Model).openCompare},
		{[]string{"P"}, inTable | inDetail | inTrail, "looking closer", "", "prevalence of the value under the cursor: in how many containers it is, of how many", (*Model).askCommon},
		{[]string{"W"}, inTrail, "looking closer", "", "where the trail was looked for, how sure it is and why, and what was not found; again for the object", inTrailDo((*trailView).viewPlaces)},
		{[]string{"d"}, inTrail, "looking closer", "details", "the details of the event under the cursor in place of the object; again for the object", inTrailDo((*trailView).viewDetails)},
		{[]string{"d"}, everywhere, "looking closer", "details", "show or hide the details of the row", (*Model).toggleDetail},
		{[]string{"C"}, everywhere, "looking closer", "", "choose the columns of the table", (*Model).openColumns},
		{[]string{"s"}, inContainers, "looking closer", "", "sort the containers by alerts, name or events", (*Model).sortContainers},
		{[]string{"S"}, everywhere, "looking closer", "", "the sources: what was read, left out and lost, and what they have to say", (*Model).openSources},
		{[]string{"x"}, inTable | inDetail | inTrail, "looking closer", "", "an exception for the rule of this alert: pick its fields, see how many alerts it silences, copy or write it", (*Model).openExcept},
		{[]string{"y"}, inTable | inDetail | inTrail, "looking closer", "", "copy the value under the cursor", (*Model).copyValue},
		{[]string{"Y"}, everywhere, "looking closer", "", "copy this level, or the list over it, as a stoop command", (*Model).copyCommand},

		{[]string{"R"}, everywhere, "recorder", "", "record every system call of the container, or stop", (*Model).toggleRecorder},
		{[]string{"D"}, everywhere, "recorder", "", "drain the container's rings: bring in what they still hold", (*Model).drain},

		{[]string{"T"}, everywhere, "screen", "", "the other theme", (*Model).nextTheme},
		{[]string{"?"}, everywhere, "screen", "help", "this help", (*Model).openHelp},
		{[]string{"ctrl+l"}, everywhere, "screen", "", "draw the screen anew", (*Model).redraw},
		{[]string{"q", "ctrl+c"}, everywhere, "screen", "quit", "quit", func(*Model) tea.Cmd { return tea.Quit }},
	}
}

// here says which place has the focus.
func (m *Model) here() where {
	switch m.focus {
	case onContainers:
		return inContainers
	case onHistogram:
		return inHistogram
	case onDetail:
		return inDetail
	}
	switch {
	case m.level().board != nil:
		return inBoard
	case m.level().tree != nil:
		return inTree
	case m.level().trail != nil:
		return inTrail
	}
	return inTable
}

// binding finds what a key does here: a panel's own meaning first.
func (m *Model) binding(key string) *binding {
	here := m.here()
	var anywhere *binding
	for i := range m.keys {
		b := &m.keys[i]
		for _, k := range b.keys {
			if k != key {
				continue
			}
			if b.where&here != 0 {
				return b
			}
			if b.where&everywhere != 0 {
				anywhere = b
			}
		}
	}
	return anywhere
}

// keyNames are the signs that keys are shown with.
var keyNames = strings.NewReplacer(
	"shift+tab", "⇧tab", "pgup", "pgup", "pgdown", "pgdn", "up", "↑", "down", "↓", "left", "←", "right", "→",
	"enter", "⏎", "backspace", "⌫", "ctrl+", "^",
)

// showKeys writes a binding's keys as the user finds them on the keyboard.
func showKeys(keys []string) string {
	shown := make([]string, len(keys))
	for i, k := range keys {
		shown[i] = keyNames.Replace(k)
	}
	return strings.Join(shown, " ")
}

// whereNames names the places of a binding for the reference page.
func (w where) String() string {
	names := []struct {
		w    where
		name string
	}{{inTable, "table"}, {inTree, "process tree"}, {inDetail, "details"}, {inHistogram, "histogram"}, {inContainers, "containers"}, {inBoard, "dashboard"}, {inTrail, "trail"}}
	if w&everywhere != 0 {
		return "everywhere"
	}
	var in []string
	for _, n := range names {
		if w&n.w != 0 {
			in = append(in, n.name)
		}
	}
	return strings.Join(in, ", ")
}
