package tui

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/trail"
)

// Casework is what cases are kept with.
type Casework struct {
	// Case is the case that is open; nil: one is begun with the first mark.
	Case *casefile.Case
	// Begin begins one; nil: there is no place for cases.
	Begin func() (*casefile.Case, error)
	// Keep writes events into a recording and returns how many; nil: cases have
	// no recordings.
	Keep func(rows iter.Seq[event.Row], path string) (int, error)
	// Export writes a case for others, and returns where.
	Export func(c *casefile.Case) (dir string, err error)
}

// cases is the case that is worked on: what the screen knows of it.
type cases struct {
	Casework
	entries []casefile.Entry
	marks   map[string]string  // ids of entries, by the events' keys
	times   map[int64]struct{} // of marked events
	reads   int                // how often they were read
	left    string             // where the screen was when that was kept last
	levels  string             // and what of it were levels and filters
	due     bool               // it is about to be kept
}

// read takes the case's entries anew.
func (c *cases) read() {
	if c.Case == nil {
		return
	}
	c.entries = c.Case.Entries()
	c.reads++
	c.marks, c.times = make(map[string]string), make(map[int64]struct{})
	for _, e := range c.entries {
		if e.Kind == casefile.Mark {
			c.marks[e.Key] = e.ID
			c.times[e.Time] = struct{}{}
		}
	}
}

// marked reports whether an event is marked, and by which entry.
func (c cases) marked(row event.Row) (id string, ok bool) {
	if _, ok := c.times[row.B.Time[row.I]]; !ok {
		return "", false
	}
	id, ok = c.marks[casefile.KeyOf(row)]
	return id, ok
}

// begin makes sure that there is a case.
func (m *Model) beginCase() bool {
	c := &m.cases
	if c.Case != nil {
		return true
	}
	if c.Begin == nil {
		m.fail("there is no place for cases")
		return false
	}
	opened, err := c.Begin()
	if err != nil {
		m.fail("no case can be begun: " + err.Error())
		return false
	}
	c.Case = opened
	c.read()
	return true
}

// caseMsg is a change of the case that was made, or why not.
type caseMsg struct {
	said string
	err  error
}

// changeCase changes the case in the background.
func (m *Model) changeCase(change func(ctx context.Context, c *casefile.Case) (said string, err error)) tea.Cmd {
	if !m.beginCase() {
		return nil
	}
	ctx, c := m.ctx, m.cases.Case
	return func() tea.Msg {
		said, err := change(ctx, c)
		return caseMsg{said, err}
	}
}

// caseChanged takes a change in.
func (m *Model) caseChanged(msg caseMsg) tea.Cmd {
	m.cases.read()
	switch {
	case msg.err != nil:
		m.fail(msg.err.Error())
	case msg.said != "":
		m.say(msg.said)
	}
	if v := m.trailHere(); v != nil {
		return m.showTrail(v)
	}
	return nil
}

// toggleMark marks the row under the cursor, or takes its mark away.
func (m *Model) toggleMark() tea.Cmd {
	row, ref, ok := m.rowHere()
	if !ok || ref.B == nil {
		m.say("there is no event here to mark")
		return nil
	}
	if id, ok := m.cases.marked(row); ok {
		return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
			return "the mark is gone", c.Drop(ctx, id)
		})
	}
	e := casefile.MarkOf(row, plainText(m.read.summary(row)))
	keep := m.cases.Keep
	return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
		if keep != nil {
			f, err := c.Keep("mark.stoop", func(path string) error {
				_, err := keep(slices.Values([]event.Row{row}), path)
				return err
			})
			if err != nil {
				return "", err
			}
			f.Events = 1
			e.Files = []casefile.File{f}
		}
		_, err := c.Add(ctx, e)
		return "marked in the case " + c.Title() + "; M opens it", err
	})
}

// addTrail keeps the trail of the row under the cursor: its story and its
// events.
func (m *Model) addTrail() tea.Cmd {
	row, ref, ok := m.rowHere()
	var built *trail.Trail // with what other places had of it
	if v := m.trailHere(); v != nil {
		row, ref, ok = v.from.Row(), v.from, true
		if v.whole {
			built = v.trail
		}
	}
	if !ok || ref.B == nil || row.C().ID <= event.EmptyStr {
		m.say("the row under the cursor says of no container: it has no trail")
		return nil
	}
	expr := ofContainer(row)
	f, err := filter.Compile(expr, event.Fields)
	if err != nil {
		m.fail(err.Error())
		return nil
	}
	view, keep := m.store.View(f), m.cases.Keep
	title := "trail of " + plainText(m.read.summary(row))
	return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
		if built == nil {
			for !view.Update(ctx, time.Second) {
				if err := ctx.Err(); err != nil {
					return "", err
				}
			}
			built = trail.Build(row, viewRows(ctx, view))
		}
		return keepTrail(ctx, c, built, keep, casefile.Entry{Title: title, Filter: expr, Key: casefile.KeyOf(ref.Row()), Time: ref.Time()})
	})
}

// keepTrail puts a trail into a case: its story and its events.
func keepTrail(ctx context.Context, c *casefile.Case, t *trail.Trail, keep func(iter.Seq[event.Row], string) (int, error), e casefile.Entry) (string, error) {
	var story strings.Builder
	if err := t.WriteText(&story); err != nil {
		return "", err
	}
	e.Kind, e.Text = casefile.Trail, story.String()
	n := 0
	if keep != nil {
		f, err := c.Keep("trail.stoop", func(path string) (err error) {
			n, err = keep(stepsOf(t), path)
			return err
		})
		if err != nil {
			return "", err
		}
		f.Events = n
		e.Files = []casefile.File{f}
	}
	_, err := c.Add(ctx, e)
	return fmt.Sprintf("the trail is in the case, with %s", plural(int64(n), "event")), err
}

// stepsOf yields the events of a trail.
func stepsOf(t *trail.Trail) iter.Seq[event.Row] {
	return func(yield func(event.Row) bool) {
		for i := range t.Steps {
			if !yield(t.Steps[i].Row) {
				return
			}
		}
	}
}

// takePicture keeps a picture of the screen without what covers it.
func (m *Model) takePicture() tea.Cmd {
	over := m.over
	m.over = nil
	m.grid.Reset(m.w, m.h)
	m.draw()
	svg, title := m.grid.SVG(m.palette), "screen of "+safe(m.level().title)
	m.over = over
	return m.changeCase(func(ctx context.Context, c *casefile.Case) (string, error) {
		f, err := c.Keep("screen.svg", func(path string) error { return writeFile(path, svg) })
		if err != nil {
			return "", err
		}
		_, err = c.Add(ctx, casefile.Entry{Kind: casefile.Picture, Title: title, Files: []casefile.File{f}})
		return "the screen is in the case: " + filepath.Join(c.Folder(), f.Name), err
	})
}
