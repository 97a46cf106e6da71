package tui

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/respond"
	"github.com/stoop-project/stoop/internal/rules/tune"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// act is the overlay of what can be taken along from here as text: this level as
// a command, a filter or a request, an exception for the alert's rule, and what
// may be done about the row. Nothing of it is ever run.
type act struct {
	title   string
	lines   []actLine
	at, top int
	list    grid.Area
}

// actLine is one text to copy.
type actLine struct {
	name, title string
	text        string
	lacks       string // why there is none
}

// curler is a source that says how its server is asked.
type curler interface {
	Curl(req source.Request, n int) (command string, hints []string)
}

// openAct opens the list for this level and the row under the cursor.
func (m *Model) openAct() tea.Cmd {
	a := &act{title: m.level().title, lines: m.takeAlong()}
	if row, ref, ok := m.rowHere(); ok && ref.B != nil {
		a.title = plainText(m.read.summary(row))
		a.lines = append(a.lines, m.ofRow(row)...)
	}
	m.over = a
	return nil
}

// takeAlong is this level as text.
func (m *Model) takeAlong() (lines []actLine) {
	lines = append(lines, actLine{name: "command", title: "this level as a stoop command", text: m.command()})
	expr := m.level().expr
	f := actLine{name: "filter", title: "this level's filter, a Falco condition", text: expr}
	if expr == "" {
		f.lacks = "this level has no filter"
	}
	lines = append(lines, f)
	compiled, err := compile(expr)
	if err != nil {
		return lines
	}
	asked := 0
	for _, src := range m.hub.sources {
		if c, ok := source.Inner(src).(curler); ok {
			lines = append(lines, requestOf(c, src.Info().Name, compiled))
			asked++
		}
	}
	if asked == 0 {
		lines = append(lines, actLine{name: "request", title: "this level as a request in Query DSL", lacks: "no source here is a SIEM"})
	}
	return lines
}

// requestOf is the request of a level as a curl command, without any secret.
func requestOf(c curler, name string, f *filter.Filter) actLine {
	command, hints := c.Curl(source.Request{Filter: f, Newest: true}, 0)
	var b strings.Builder
	for _, h := range hints {
		b.WriteString("# " + h + "\n")
	}
	return actLine{name: "request", title: "this level as a request to " + name + ", in Query DSL", text: b.String() + command}
}

// ofRow is what may be taken along of a row.
func (m *Model) ofRow(row event.Row) (lines []actLine) {
	exception := actLine{name: "exception", title: "an exception for the rule of this alert; x picks its fields"}
	if p, err := tune.Propose(row, m.opt.Tuning.rule(ruleOf(row))); err != nil {
		exception.lacks = err.Error()
	} else if exception.text = p.Item(); exception.text == "" {
		exception.lacks = "no field of it can be compared"
	}
	lines = append(lines, exception)
	at := time.Unix(0, row.B.Time[row.I]).UTC().Format(time.RFC3339Nano)
	if row.Alert != 0 {
		words := append(m.reads("print"), "--story", nameOf(m, row))
		lines = append(lines, actLine{name: "story", title: "the story of this alert as a stoop command", text: commandLine(words) + " # " + at})
	}
	for _, p := range m.responses().Propose(row) {
		l := actLine{name: p.Response.Name, title: p.Response.Title, lacks: strings.Join(p.Lacks, "; ")}
		if p.Text != "" {
			l.text = p.Script()
		}
		lines = append(lines, l)
	}
	return lines
}

// responses are what may be done about rows, the user's own included; what is
// wrong with these is said.
func (m *Model) responses() *respond.Table {
	if m.opt.Responses == nil {
		return respond.BuiltIn
	}
	t, err := m.opt.Responses.Table()
	if err != nil {
		m.fail(safe(err.Error()))
	}
	return t
}

// key implements overlay.
func (a *act) key(m *Model, name string) (tea.Cmd, bool) {
	if at, ok := listKey(name, a.at, a.list.H, len(a.lines)); ok {
		a.at = at
		return nil, true
	}
	if name != "enter" && name != "y" {
		return nil, false
	}
	l := a.lines[a.at]
	if l.text == "" {
		m.say(l.lacks)
		return nil, true
	}
	m.say("copied: " + l.title + "; nothing was run")
	return m.clipboard(m.read.mask(l.text)), true
}

// draw implements overlay.
func (a *act) draw(m *Model, area grid.Area) {
	area.Fill(styText)
	head, body := area.CutTop(2)
	x := head.Text(2, 0, styFocus, "take along")
	head.Fit(x+2, 0, max(head.W-x-4, 0), styDim, safe(m.read.mask(a.title)))
	drawKeys(head.Sub(2, 1, head.W-4, 1), 0, actCover.hints())
	list, text := body.CutTop(min(len(a.lines), max(body.H/2, 1)))
	a.list = list
	a.top = max(min(a.top, a.at), a.at-list.H+1)
	for y := 0; y < list.H && a.top+y < len(a.lines); y++ {
		l := &a.lines[a.top+y]
		line := list.Sub(0, y, list.W, 1)
		st, title := styText, l.title
		if l.text == "" {
			st, title = styFaint, l.title+" – "+l.lacks
		}
		line.Fit(2, 0, 16, styAccent, l.name)
		line.Fit(19, 0, line.W-21, st, safe(m.read.mask(title)))
		if a.top+y == a.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(list, a.top, len(a.lines))
	if text.H < 2 {
		return
	}
	text.HLine(0, styLine)
	shown := strings.Split(strings.TrimRight(m.read.mask(a.lines[a.at].text), "\n"), "\n")
	y := 1
	for _, l := range shown {
		for _, part := range slices.Collect(pieces(safe(l), max(text.W-4, 8))) {
			if y >= text.H {
				return
			}
			st := styText
			if strings.HasPrefix(l, "#") {
				st = styFaint
			}
			text.Fit(2, y, text.W-4, st, part)
			y++
		}
	}
}

// pieces cuts a line where it is as wide as there is room: what is copied has no
// blanks that are not there.
func pieces(line string, w int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for from, at, width := 0, 0, 0; ; {
			if at == len(line) {
				yield(line[from:])
				return
			}
			_, n := utf8.DecodeRuneInString(line[at:])
			wide := grid.Width(line[at : at+n])
			if width+wide > w {
				if !yield(line[from:at]) {
					return
				}
				from, width = at, 0
			}
			at, width = at+n, width+wide
		}
	}
}
