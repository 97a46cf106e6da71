package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/compare"
)

// resumed is an overlay that a case opens again as it was left.
type resumed interface {
	overlay
	// left says where in it one is.
	left() casefile.Over
	// resume puts it there again, when it has just been opened.
	resume(at *casefile.Over)
}

// counting is an overlay that counts what it shows.
type counting interface{ count(m *Model) tea.Cmd }

// overs opens what covers the panels, by its name in a case.
var overs = map[string]func(*Model) tea.Cmd{
	"queue": (*Model).openQueue, "decide": (*Model).openDecide, "case": (*Model).openCase, "around": (*Model).openAround,
	"compare": (*Model).openCompare, "take along": (*Model).openAct, "exception": (*Model).openExcept,
	"help": (*Model).openHelp, "sources": (*Model).openSources, "columns": (*Model).openColumns,
}

// placeOver says what covers the panels; nil: nothing.
func (m *Model) placeOver() *casefile.Over {
	if m.again != nil {
		return m.again.Over // it is not open yet
	}
	if over, ok := m.over.(resumed); ok {
		at := over.left()
		return &at
	}
	return nil
}

// openOver opens it again.
func (m *Model) openOver(at *casefile.Over) tea.Cmd {
	open := overs[at.Name]
	if open == nil || m.over != nil {
		return nil
	}
	cmd := open(m)
	if over, ok := m.over.(resumed); ok {
		over.resume(at)
	}
	if over, ok := m.over.(counting); ok {
		cmd = over.count(m)
	}
	return cmd
}

// onAlertItself is what the cursor is on when it is on the single alert.
const onAlertItself = "alert"

func (v *queueView) left() casefile.Over {
	at := casefile.Over{Name: "queue", Lines: casefile.Lines{At: v.k, Top: v.top}, On: v.at, All: v.all}
	if v.one.B != nil {
		at.Name = "decide"
	}
	if v.onAlert {
		at.On = onAlertItself
	}
	return at
}

func (v *queueView) resume(at *casefile.Over) {
	v.all, v.version, v.held, v.top = at.All, 0, true, max(at.Top, 0)
	if v.onAlert = v.onAlert && at.On == onAlertItself; at.On != onAlertItself {
		v.at = at.On
	}
}

func (v *caseView) left() casefile.Over {
	return casefile.Over{Name: "case", Lines: casefile.Lines{At: v.at, Top: v.top}}
}

func (v *caseView) resume(at *casefile.Over) {
	v.at, v.top = max(at.At, 0), max(at.Top, 0)
}

func (a *around) left() casefile.Over {
	return casefile.Over{Name: "around", Lines: casefile.Lines{At: a.at, Top: a.top}}
}

func (a *around) resume(at *casefile.Over) {
	a.at, a.top = min(max(at.At, 0), len(a.lines)-1), max(at.Top, 0)
}

func (c *comparison) left() casefile.Over {
	return casefile.Over{Name: "compare", Lines: casefile.Lines{At: c.cursor, Top: c.top}, On: string(c.opt.Against)}
}

func (c *comparison) resume(at *casefile.Over) {
	c.again = &at.Lines
	against := compare.Against(at.On)
	if against != compare.Past || c.opt.Since != 0 {
		c.opt.Against = against
	}
}

func (a *act) left() casefile.Over {
	return casefile.Over{Name: "take along", Lines: casefile.Lines{At: a.at, Top: a.top}}
}

func (a *act) resume(at *casefile.Over) {
	a.at, a.top = min(max(at.At, 0), max(len(a.lines)-1, 0)), max(at.Top, 0)
}

func (x *except) left() casefile.Over {
	at := casefile.Over{Name: "exception", Lines: casefile.Lines{At: x.at, Top: x.top}}
	for _, p := range x.p.Picks {
		if p.On {
			at.Picked = append(at.Picked, p.Field)
		}
	}
	return at
}

func (x *except) resume(at *casefile.Over) {
	x.at, x.top = min(max(at.At, 0), max(len(x.p.Picks)-1, 0)), max(at.Top, 0)
	for i := range x.p.Picks {
		x.p.Picks[i].On = slices.Contains(at.Picked, x.p.Picks[i].Field)
	}
}

func (h *help) left() casefile.Over {
	return casefile.Over{Name: "help", Lines: casefile.Lines{Top: h.top}}
}

func (h *help) resume(at *casefile.Over) {
	h.top = max(at.Top, 0)
}

func (s *sourcesView) left() casefile.Over {
	return casefile.Over{Name: "sources", Lines: casefile.Lines{Top: s.top}}
}

func (s *sourcesView) resume(at *casefile.Over) {
	s.top = max(at.Top, 0)
}

func (c *chooser) left() casefile.Over {
	return casefile.Over{Name: "columns", Lines: casefile.Lines{At: c.at, Top: c.top}, On: c.edit.String()}
}

func (c *chooser) resume(at *casefile.Over) {
	c.edit, c.at, c.top = newLineEdit(at.On), max(at.At, 0), max(at.Top, 0)
}
