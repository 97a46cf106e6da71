package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/tune"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// Tuning is what exceptions to noisy rules are made with.
type Tuning struct {
	Set   func() *rules.Set            // the rules in use; nil: none are
	Files func() ([]rules.File, error) // where they come from; nil: nowhere
	Path  string                       // the rule file that exceptions are written to; "": none is
}

// rule returns a rule in use, nil when there is none of the name.
func (t *Tuning) rule(name string) *rules.Rule {
	if t.Set == nil {
		return nil
	}
	return t.Set().Rule(name)
}

// except is the overlay that proposes an exception for the rule of an alert:
// the fields that it may compare, how many of the alerts that are held it
// would silence, and how it is written.
type except struct {
	from store.Ref
	p    *tune.Proposal

	counting context.CancelFunc
	counted  *exceptCount // nil while it is counted

	at, top int
	list    grid.Area
}

// exceptCount is how many alerts an exception silences.
type exceptCount struct{ silenced, ofRule, all int }

// exceptMsg is a count, of what was picked then.
type exceptMsg struct {
	of    *except
	cond  string
	count exceptCount
}

// openExcept opens the proposal for the alert under the cursor.
func (m *Model) openExcept() tea.Cmd {
	row, ok := m.level().row()
	if !ok {
		m.say("there is no row here to start from")
		return nil
	}
	p, err := tune.Propose(row, m.opt.Tuning.rule(ruleOf(row)))
	if err != nil {
		m.say(err.Error())
		return nil
	}
	x := &except{from: m.level().cursor, p: p}
	m.over = x
	return x.count(m)
}

// ruleOf returns the name of the rule of an alert, "" when it is none.
func ruleOf(row event.Row) string {
	if f, _ := event.Fields.Lookup("alert.rule"); f != nil {
		if v, ok := f.Get(row, event.Arg{}); ok {
			return v.String()
		}
	}
	return ""
}

// count counts in the background what is silenced.
func (x *except) count(m *Model) tea.Cmd {
	x.stop()
	cond := x.p.Filter()
	f, err := filter.Compile(cond, event.Fields)
	if err != nil {
		m.say(err.Error())
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	x.counting, x.counted = cancel, nil
	alerts, rule := m.alerts, x.p.Rule
	return func() tea.Msg {
		var n exceptCount
		for k := 0; ctx.Err() == nil; k += exceptAtOnce {
			refs := alerts.Range(k, exceptAtOnce)
			for _, ref := range refs {
				n.all++
				if ruleOf(ref.Row()) == rule {
					n.ofRule++
				}
				if f.Match(ref.B, ref.I) {
					n.silenced++
				}
			}
			if len(refs) < exceptAtOnce {
				break
			}
		}
		return exceptMsg{x, cond, n}
	}
}

// exceptAtOnce is how many alerts are taken from the store at a time.
const exceptAtOnce = 1024

// excepted takes a count in, if it is still that of what is picked.
func (m *Model) excepted(msg exceptMsg) {
	if msg.of.p.Filter() == msg.cond {
		msg.of.counted = &msg.count
	}
}

func (x *except) stop() {
	if x.counting != nil {
		x.counting()
	}
}

// key implements overlay.
func (x *except) key(m *Model, name string) (tea.Cmd, bool) {
	switch name {
	case "down", "j":
		x.at++
	case "up", "k":
		x.at--
	case "home", "g":
		x.at = 0
	case "end", "G":
		x.at = len(x.p.Picks) - 1
	case "space", "enter":
		x.p.Picks[x.at].On = !x.p.Picks[x.at].On
		return x.count(m), true
	case "y":
		return x.copy(m), true
	case "w":
		return nil, !x.write(m)
	default:
		x.stop()
		return nil, false
	}
	x.at = min(max(x.at, 0), len(x.p.Picks)-1)
	return nil, true
}

// copy puts the exception on the clipboard.
func (x *except) copy(m *Model) tea.Cmd {
	item := x.p.Item()
	if item == "" {
		m.say("no field is picked")
		return nil
	}
	m.say("copied the exception to " + x.p.Rule)
	return m.clipboard(item)
}

// write writes the exception, and reports whether it did.
func (x *except) write(m *Model) bool {
	t := &m.opt.Tuning
	if t.Path == "" {
		m.say("there is no file for exceptions; y copies this one")
		return false
	}
	var files []rules.File
	var err error
	if t.Files != nil {
		files, err = t.Files()
	}
	if err == nil {
		err = x.p.Write(t.Path, files)
	}
	if err != nil {
		m.say(err.Error())
		return false
	}
	x.stop()
	m.say("written to " + t.Path + ", to be read behind the rules: -r " + t.Path)
	return true
}
