package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/tune"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// Tuning is what exceptions to noisy rules are made with.
type Tuning struct {
	Set   func() *rules.Set            // the rules in use; nil: none are
	Files func() ([]rules.File, error) // where they come from; nil: nowhere
	Path  string                       // the rule file that exceptions are written to; "": none is

	// Reload reads the rules in use again, Path behind them; nil: none are.
	Reload func() error
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
	keys    keyWords
}

// exceptCount is how many of the alerts that are held an exception silences.
type exceptCount struct {
	silenced, ofRule, all int

	there *exceptThere // nil: no source holds more
}

// exceptThere is how many of all it silences, those included that sources hold
// and were not asked for.
type exceptThere struct {
	silenced, ofRule int64
	least            bool // there may be more
	err              error
}

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
	there := m.exceptsThere(equals("alert.rule", rule), cond)
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
		if there != nil {
			n.there = there(ctx)
		}
		return exceptMsg{x, cond, n}
	}
}

// exceptsThere returns what counts the alerts of a rule, and those that a condition
// holds for too, wherever they are; nil where all of them are held.
func (m *Model) exceptsThere(ofRule, silenced string) func(context.Context) *exceptThere {
	sources, held := m.hub.sources, m.store
	if len(source.Counters(sources)) == 0 {
		return nil
	}
	var qs []dashboard.Query
	for _, cond := range []string{ofRule, silenced} {
		f, err := compile(filter.All(m.asksFor(), cond))
		if err != nil {
			return func(context.Context) *exceptThere { return &exceptThere{err: err} }
		}
		qs = append(qs, dashboard.Query{Panel: byContainer, Filter: f})
	}
	return func(ctx context.Context) *exceptThere {
		counted, err := source.Count(ctx, qs, sources, held)
		if err != nil {
			return &exceptThere{err: err}
		}
		return &exceptThere{
			ofRule: counted[0].Total, silenced: counted[1].Total, least: len(counted[0].Notes)+len(counted[1].Notes) > 0,
		}
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
	if name != "pgdown" && name != "pgup" {
		if at, ok := listKey(name, x.at, x.list.H, len(x.p.Picks)); ok {
			x.at = at
			return nil, true
		}
	}
	switch name {
	case "space", "enter":
		return x.pick(m, x.at), true
	case "y":
		return x.copy(m), true
	case "w":
		cmd, written := x.write(m)
		return cmd, !written
	}
	x.stop()
	return nil, false
}

// pick takes a field into the exception, or out of it.
func (x *except) pick(m *Model, at int) tea.Cmd {
	x.at = at
	x.p.Picks[at].On = !x.p.Picks[at].On
	return x.count(m)
}

// click implements clicker: a click on a field picks it, one on a key is the key.
func (x *except) click(m *Model, px, py int) tea.Cmd {
	if key := x.keys.at(px, py); key != "" {
		return m.overKey(key)
	}
	if y := py - x.list.Y; x.list.Has(px, py) && x.top+y < len(x.p.Picks) {
		return x.pick(m, x.top+y)
	}
	return nil
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

// write writes the exception, and reports whether it did; the rules in use are
// read again then.
func (x *except) write(m *Model) (tea.Cmd, bool) {
	t := &m.opt.Tuning
	if t.Path == "" {
		m.say("there is no file for exceptions; y copies this one")
		return nil, false
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
		m.fail(err.Error())
		return nil, false
	}
	x.stop()
	if t.Reload == nil {
		m.say("written to " + t.Path + ", which is read behind all rules when stoop makes alerts")
		return nil, true
	}
	m.say("written to " + t.Path + " …")
	reload := t.Reload
	return func() tea.Msg { return exceptWrittenMsg{reload()} }, true
}

// exceptWrittenMsg says that the rules were read again with an exception.
type exceptWrittenMsg struct{ err error }

// exceptWritten says whether an exception applies.
func (m *Model) exceptWritten(msg exceptWrittenMsg) {
	if msg.err != nil {
		m.fail("written to " + m.opt.Tuning.Path + ", but the rules could not be read anew: " + msg.err.Error())
		return
	}
	m.say("written to " + m.opt.Tuning.Path + ": it applies now, to what comes from here on, and whenever stoop makes alerts")
}
