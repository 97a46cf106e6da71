package tui

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// detail shows one event: a line that says what happened, the fields that
// matter, then every field that has a value, by group.
type detail struct {
	shown bool
	top   int // first line on screen
	at    int // line under the cursor, while the pane has the focus

	id    store.RowID
	epoch uint64
	width int
	lines []detailLine
	area  grid.Area

	anatomy anatomy // of alerts
}

// detailLine is a heading, or a field with its value.
type detailLine struct {
	head  string
	name  string // the field, as a filter names it
	value string
	raw   string      // unmasked, for filters
	key   bool        // one of the fields that matter
	more  bool        // a further line of the value above
	step  *trail.Link // what a step of a sequence took
	told  bool        // no field, but what is said of an alert
	at    int64       // the time of the event that it is about, which enter goes to; 0: of none
}

// highlights are the fields that matter, in the order in which they are shown.
var highlights = []string{
	"alert.rule", "alert.priority", "alert.output", "proc.cmdline", "proc.exepath", "proc.cwd", "proc.pname", "user.name",
	"fd.name", "evt.res", "container.name", "k8s.pod.name", "k8s.ns.name", "container.image.repository",
}

// groupOrder is the order in which the groups of fields are shown; the rest
// follow by name.
var groupOrder = []string{"alert", "ka", "fd", "fs.path", "proc", "user", "group", "container", "k8s", "thread", "json", "evt"}

// load reads the fields of an event, unless they are those shown already.
func (d *detail) load(ref store.Ref, r reader, c clock, width int) {
	if ref.B == nil {
		d.lines, d.id = nil, store.RowID{}
		return
	}
	epoch := ref.B.Tables.Conts.Epoch()
	if ref.ID == d.id && ref.ID != (store.RowID{}) && epoch == d.epoch && width == d.width && d.lines != nil {
		return
	}
	other := ref.ID != d.id
	d.id, d.epoch, d.width = ref.ID, epoch, width
	d.lines = nil
	for _, l := range d.allLines(ref, r, c) {
		d.lines = append(d.lines, breakLine(l, width)...)
	}
	if other {
		d.top, d.at = 0, max(slices.IndexFunc(d.lines, func(l detailLine) bool { return l.raw != "" || l.step != nil }), 0)
	}
}

// resume puts the cursor on the line of an event's details that it was on when
// they were left.
func (d *detail) resume(ref store.Ref, at casefile.Lines) {
	if ref.B != nil {
		d.id, d.lines = ref.ID, nil // what it shows is another's no more
		d.at, d.top = max(at.At, 0), max(at.Top, 0)
	}
}

// maxParts bounds how many lines one value takes.
const maxParts = 12

// breakLine breaks a long value into lines of w columns.
func breakLine(l detailLine, w int) []detailLine {
	text := safe(l.value)
	if l.head != "" || w < 8 || grid.Width(text) <= w {
		return []detailLine{l}
	}
	var lines []detailLine
	for text != "" && len(lines) < maxParts {
		part := l
		part.value, part.more = displaywidth.TruncateString(text, w, ""), len(lines) > 0
		if blank := strings.LastIndexByte(part.value, ' '); l.told && blank > 0 && len(part.value) < len(text) {
			part.value = part.value[:blank+1]
		}
		if len(lines) == maxParts-1 || part.value == "" {
			part.value = text
		}
		text = text[len(part.value):]
		lines = append(lines, part)
	}
	return lines
}

// allLines are the lines of an event, behind those of its anatomy if it is an
// alert, and behind its steps if it is a sequence's.
func (d *detail) allLines(ref store.Ref, r reader, c clock) []detailLine {
	lines := detailLines(ref, r, c)
	if ref.Row().Alert == 0 {
		return lines
	}
	chain := chainLines(ref.Row(), r)
	if len(chain) > 0 {
		chain = append(chain, detailLine{head: "the alert"})
	}
	n := slices.IndexFunc(lines, func(l detailLine) bool { return l.head != "" })
	if n < 0 {
		n = len(lines)
	}
	return slices.Concat(chain, d.anatomy.lines(ref, r, c, slices.Clone(lines[:n])), lines[n:])
}

func detailLines(ref store.Ref, r reader, c clock) []detailLine {
	row := ref.Row()
	var lines []detailLine
	for _, name := range highlights {
		if v, ok := r.text(row, name); ok && v != "" && v != "<NA>" {
			raw, _ := r.raw(row, name)
			lines = append(lines, detailLine{name: name, value: v, raw: raw, key: true})
		}
	}
	if args := argumentLines(row, r); len(args) > 0 {
		lines = append(append(lines, detailLine{head: row.Type.String() + ", its arguments"}), args...)
	}
	groups := make(map[string][]detailLine)
	for _, f := range event.Fields.All() {
		groups[f.Class] = append(groups[f.Class], fieldLines(f, row, r, c)...)
	}
	for _, class := range orderedGroups(groups) {
		lines = append(lines, detailLine{head: class})
		lines = append(lines, groups[class]...)
	}
	return append(lines, documentLines(row, r)...)
}

// argumentLines reads the event's arguments, one by one.
func argumentLines(row event.Row, r reader) (lines []detailLine) {
	for _, p := range row.Type.Info().Params {
		name := "evt.arg[" + p.Name + "]"
		if v, ok := r.text(row, name); ok && v != "" {
			raw, _ := r.raw(row, name)
			lines = append(lines, detailLine{name: name, value: v, raw: raw})
		}
	}
	return lines
}

// fieldLines reads one field; a field that takes a number (proc.aname) is read
// with 1, 2, … until it has no value.
func fieldLines(f *event.Field, row event.Row, r reader, c clock) []detailLine {
	if f.Flags&(event.TableOnly|event.Deprecated) != 0 {
		return nil
	}
	if f.Arg&event.ArgRequired == 0 {
		v, ok := f.Get(row, event.Arg{})
		if !ok || v.String() == "" {
			return nil
		}
		text := r.mask(v.String())
		if f.Kind == event.Time {
			text = c.full(v.Int64())
		}
		lines := []detailLine{{name: f.Name, value: text, raw: v.String()}}
		if f.Arg&event.ArgIndex == 0 || f.Home != event.HomeProc {
			return lines
		}
		return append(lines, indexedLines(f, row, r, 2)...)
	}
	if f.Arg&event.ArgIndex != 0 && f.Home == event.HomeProc { // a walk up the ancestors
		return indexedLines(f, row, r, 1)
	}
	return nil
}

func indexedLines(f *event.Field, row event.Row, r reader, from int) (lines []detailLine) {
	for i := from; i <= event.MaxAncestors; i++ {
		v, ok := f.Get(row, event.Arg{Set: true, Index: i, Key: itoa(i)})
		if !ok {
			break
		}
		lines = append(lines, detailLine{name: f.Name + "[" + itoa(i) + "]", value: r.mask(v.String()), raw: v.String()})
	}
	return lines
}

// orderedGroups returns the groups that have lines, in their order.
func orderedGroups(groups map[string][]detailLine) []string {
	var names []string
	for name, lines := range groups {
		if len(lines) > 0 {
			names = append(names, name)
		}
	}
	place := func(name string) int {
		for i, g := range groupOrder {
			if g == name {
				return i
			}
		}
		return len(groupOrder)
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := place(names[i]), place(names[j]); a != b {
			return a < b
		}
		return names[i] < names[j]
	})
	return names
}

// documentLines lists what an event's document holds, under its own names.
func documentLines(row event.Row, r reader) (lines []detailLine) {
	if row.B.Bits[row.I]&event.HasDoc == 0 || row.T.Docs == nil {
		return nil
	}
	row.T.Docs.Each(row.B.Payload(row.I), func(name string, value fmt.Stringer) bool {
		lines = append(lines, detailLine{name: name, value: r.mask(value.String())})
		return len(lines) < 4096
	})
	if len(lines) == 0 {
		return nil
	}
	return append([]detailLine{{head: "document, as it came"}}, lines...)
}

// draw draws the pane: the summary, then the lines from top on.
func (d *detail) draw(a grid.Area, ref store.Ref, r reader, c clock, focus bool) {
	head, body := a.CutTop(2)
	title := styFaint
	if focus {
		title = styFocus
	}
	if ref.B == nil {
		head.Text(1, 0, title, "details")
		body.Text(1, 0, styFaint, "no event is selected")
		return
	}
	nameWidth := min(28, body.W*2/5)
	d.load(ref, r, c, body.W-nameWidth-3)
	row := ref.Row()
	x := head.Text(1, 0, title, "details")
	head.Fit(x+2, 0, head.W-x-3, styFaint, c.full(ref.Time()))
	ps := r.summary(row)
	if who := r.first(row, "proc.name"); who != "" && row.Alert == 0 {
		ps = append([]piece{{who + " ", styAccent}}, ps...)
	}
	if row.Alert != 0 {
		ps = append([]piece{{"▲ " + row.A().Priority.String() + "  ", priorityStyle(row.A().Priority)}}, ps...)
	}
	drawPieces(head.Sub(1, 1, head.W-2, 1), ps)

	d.area = body
	d.at = min(max(d.at, 0), max(len(d.lines)-1, 0))
	if focus { // else what it begins with is to be seen
		d.top = min(max(d.top, d.at-body.H+1), d.at)
	}
	d.top = max(min(d.top, len(d.lines)-body.H), 0)
	for y := 0; y < body.H && d.top+y < len(d.lines); y++ {
		line := body.Sub(0, y, body.W, 1)
		d.drawLine(line, d.lines[d.top+y], nameWidth)
		if focus && d.top+y == d.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, d.top, len(d.lines))
}

func (d *detail) drawLine(a grid.Area, l detailLine, nameWidth int) {
	if l.head != "" {
		a.HLine(0, styFaint)
		a.Text(1, 0, styFaint, " "+l.head+" ")
		return
	}
	value := styText
	if l.step != nil {
		value = stepStyle(l.step)
	}
	if l.key {
		value = styBold
		if strings.HasPrefix(l.name, "alert.") && l.name != "alert.output" {
			value = styWarn.Bold()
		}
	}
	if !l.more {
		a.Fit(1, 0, nameWidth, styDim, l.name)
	}
	a.Fit(nameWidth+2, 0, a.W-nameWidth-3, value, l.value)
}

// move moves the cursor by n lines, over headings.
func (d *detail) move(n int) {
	to := min(max(d.at+n, 0), max(len(d.lines)-1, 0))
	if n > 0 && to < len(d.lines)-1 && d.lines[to].head != "" {
		to++
	} else if n < 0 && to > 0 && d.lines[to].head != "" {
		to--
	}
	d.at = to
}
