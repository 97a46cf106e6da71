package tui

import (
	"context"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// caseView is the overlay that lists what is in the case.
type caseView struct {
	at, top int
	area    grid.Area
}

// openCase opens the case.
func (m *Model) openCase() tea.Cmd {
	if !m.beginCase() {
		return nil
	}
	m.over = &caseView{at: max(len(m.cases.entries)-1, 0)}
	return nil
}

func writeFile(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }

// entry is what is under the cursor.
func (v *caseView) entry(m *Model) (casefile.Entry, bool) {
	if v.at >= len(m.cases.entries) {
		return casefile.Entry{}, false
	}
	return m.cases.entries[v.at], true
}

// key implements overlay.
func (v *caseView) key(m *Model, name string) (tea.Cmd, bool) {
	if at, ok := listKey(name, v.at, v.area.H, len(m.cases.entries)); ok {
		v.at = at
		return nil, true
	}
	switch name {
	case "enter":
		return v.enter(m)
	case "n":
		if e, ok := v.entry(m); ok {
			m.input = &caseInput{title: "note on " + e.Title + " ", of: e.ID}
		} else {
			m.input = &caseInput{title: "note "}
		}
	case "N":
		m.input = &caseInput{title: "note on the case "}
	case "T":
		m.input = &caseInput{title: "title of the case ", edit: newLineEdit(m.cases.Case.Title()), begun: true}
	case "f":
		return v.pin(m), true
	case "t":
		return m.addTrail(), true
	case "p":
		return m.takePicture(), true
	case "x":
		return v.drop(m), true
	case "e":
		return v.export(m), true
	default:
		return nil, false
	}
	return nil, true
}

// pin keeps the filter of the level.
func (v *caseView) pin(m *Model) tea.Cmd {
	l := m.level()
	if l.expr == "" {
		m.say("this level has no filter to keep")
		return nil
	}
	e := casefile.Entry{Kind: casefile.Filter, Title: safe(l.title), Filter: l.expr}
	return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
		_, err := c.Add(ctx, e)
		return "the filter is in the case", err
	})
}

// drop takes what is under the cursor out.
func (v *caseView) drop(m *Model) tea.Cmd {
	e, ok := v.entry(m)
	if !ok {
		return nil
	}
	v.at = max(v.at-1, 0)
	return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
		return "taken out", c.Drop(ctx, e.ID)
	})
}

// export writes the case for others.
func (v *caseView) export(m *Model) tea.Cmd {
	export := m.cases.Export
	if export == nil {
		m.say("stoop case export writes the case for others")
		return nil
	}
	m.say("exporting …")
	return m.changeCase(func(_ context.Context, c *casefile.Case) (string, error) {
		dir, err := export(c)
		return "exported to " + dir, err
	})
}

// enter opens what is under the cursor: the event of a mark, the events of a
// filter or a trail.
func (v *caseView) enter(m *Model) (tea.Cmd, bool) {
	e, ok := v.entry(m)
	if !ok {
		return nil, true
	}
	switch e.Kind {
	case casefile.Filter, casefile.Trail:
		ref, _ := m.findKey(e.Filter, e.Time, e.Key)
		l, cmd := m.push(e.Title, e.Filter, ref)
		return cmd, l == nil
	case casefile.Mark:
		ref, found := m.findKey("", e.Time, e.Key)
		if !found {
			m.say("this event is not held; the case has it as it was")
			return nil, true
		}
		_, cmd := m.push("mark "+m.clock.at(e.Time).Format("15:04:05"), ofContainer(ref.Row()), ref)
		return cmd, false
	case casefile.Picture:
		m.say(m.cases.Case.Folder() + "/" + e.Files[0].Name)
	default:
		m.say("n adds a note, esc leads back")
	}
	return nil, true
}

// findKey finds an event by its time and key among those held that a filter
// holds for.
func (m *Model) findKey(expr string, at int64, key string) (store.Ref, bool) {
	var f *filter.Filter
	if expr != "" {
		var err error
		if f, err = compile(expr); err != nil {
			return store.Ref{}, false
		}
	}
	view := m.store.View(f)
	view.Update(m.ctx, time.Second)
	if k, ok := find(view, at, key); ok {
		return view.At(k)
	}
	return store.Ref{}, false
}

// caseInput is the line on which a note or a title is typed.
type caseInput struct {
	title, of string
	begun     bool
	edit      lineEdit
}

func (n *caseInput) key(m *Model, name, text string) tea.Cmd {
	switch {
	case name == "esc":
		m.input = nil
	case name == "enter":
		m.input = nil
		e := casefile.Entry{Kind: casefile.Note, Of: n.of, Text: trimSpace(n.edit.String())}
		if n.begun {
			e = casefile.Entry{Kind: casefile.Begun, Title: e.Text}
		}
		if e.Text+e.Title == "" {
			return nil
		}
		return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
			_, err := c.Add(ctx, e)
			return "kept", err
		})
	case n.edit.key(name):
	case text != "":
		n.edit.insert(text)
	}
	return nil
}

func (n *caseInput) draw(m *Model, a grid.Area) (x, y int) {
	line := a.Sub(0, 0, a.W, 1)
	line.Fill(styText.Over(grid.Raised))
	title := safe(m.read.mask(n.title))
	w := min(grid.Width(title), a.W/2)
	line.Fit(1, 0, w, styFocus.Over(grid.Raised), title)
	cur := n.edit.draw(line.Sub(w+2, 0, max(a.W-w-4, 8), 1), styText.Over(grid.Raised), styText, 0, 0)
	return a.X + w + 2 + cur, a.Y
}

// caseWords name the kinds of entries in the list.
var caseWords = map[casefile.Kind]string{
	casefile.Begun: "case", casefile.Mark: "mark", casefile.Note: "note", casefile.Filter: "filter", casefile.Trail: "trail", casefile.Picture: "picture",
}

// draw implements overlay.
func (v *caseView) draw(m *Model, a grid.Area) {
	a.Fill(styText)
	head, body := a.CutTop(2)
	x := head.Text(2, 0, styFocus, "case")
	c := m.cases.Case
	head.Fit(x+2, 0, max(head.W-x-4, 0), styDim, safe(m.read.mask(c.Title()))+"  "+safe(c.Folder()))
	drawKeys(head.Sub(2, 1, head.W-4, 1), 0, caseCover.hints())
	v.area = body
	entries := m.cases.entries
	if len(entries) == 0 {
		body.Fit(2, 1, body.W-4, styDim, "nothing is in it yet: m on a row marks it, f keeps the filter of the level, t the trail of the row, p a picture")
		return
	}
	v.at = min(v.at, len(entries)-1)
	v.top = min(max(v.top, v.at-body.H+1), v.at)
	for y := 0; y < body.H && v.top+y < len(entries); y++ {
		line := body.Sub(0, y, body.W, 1)
		v.drawEntry(m, line, &entries[v.top+y])
		if v.top+y == v.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, v.top, len(entries))
}

func (v *caseView) drawEntry(m *Model, line grid.Area, e *casefile.Entry) {
	x := 2
	if e.Of != "" {
		x = 4
	}
	line.Fit(x, 0, 8, styAccent, caseWords[e.Kind])
	when := ""
	if e.Time != 0 {
		when = m.clock.at(e.Time).Format("15:04:05.000")
	}
	line.Fit(12, 0, stampWidth, styDim, when)
	text, st := e.Title, styText
	switch e.Kind {
	case casefile.Note:
		text, st = e.Text, styWarn
	case casefile.Filter:
		text = e.Title + "  " + e.Filter
	}
	right := line.Right(line.W-2, 0, styFaint, safe(e.By)) - 2
	line.Fit(26, 0, max(right-26, 0), st, safe(m.read.mask(text)))
}
