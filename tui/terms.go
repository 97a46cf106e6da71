package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Conditions that keys add to a filter. What the user wrote is kept as it was
// written.

// equals writes the condition that a field, named as in a filter, has a value.
func equals(name, value string) string {
	return filter.Source(check(name, filter.OpEq, value))
}

// differs writes the condition that a field does not have a value; where the
// field is missing it holds.
func differs(name, value string) string {
	return filter.Source(&filter.Not{X: check(name, filter.OpEq, value)})
}

func check(name string, op filter.Op, value string) *filter.Check {
	f := &filter.Field{Name: name}
	if base, arg, ok := strings.Cut(strings.TrimSuffix(name, "]"), "["); ok {
		f.Name, f.Arg, f.HasArg = base, arg, true
	}
	return &filter.Check{Left: f, Op: op, Right: &filter.Value{Text: value}}
}

// between writes the condition that an event lies in a span of time.
func between(from, to int64) string {
	lo := check("evt.rawtime", filter.OpGE, itoa64(from))
	hi := check("evt.rawtime", filter.OpLT, itoa64(to))
	return filter.All(filter.Source(lo), filter.Source(hi))
}

// outside writes the condition that an event lies where a mass leaves some out.
func outside(m dashboard.Mass) string {
	before := filter.Source(check("evt.rawtime", filter.OpLT, itoa64(m.First)))
	after := filter.Source(check("evt.rawtime", filter.OpGT, itoa64(m.Last)))
	switch {
	case m.After == 0:
		return before
	case m.Before == 0:
		return after
	}
	return "(" + before + " or " + after + ")"
}

// ofContainer writes the condition that selects an event's container.
func ofContainer(row event.Row) string {
	if id := row.T.Text(row.C().ID); id != "" {
		return equals("container.id", id)
	}
	return "not container.id exists"
}

// ofProcess writes the condition that selects an event's process: by its pid,
// or where no source knew that (alerts as Falco writes them) by its name.
func ofProcess(row event.Row) string {
	p := row.P()
	switch {
	case p.Knows(event.KnowPID):
		return equals("proc.pid", itoa(int(p.PID)))
	case p.Name > event.EmptyStr:
		return equals("proc.name", row.T.Text(p.Name))
	}
	return ""
}

// ofFamily writes the condition that selects the processes of a row's family.
// "" when the lineage is not known that far.
func ofFamily(row event.Row) string {
	p := row.T.Proc(familyRoot(row))
	if !p.Knows(event.KnowPID) {
		return ""
	}
	pid := itoa(int(p.PID))
	return "(" + equals("proc.pid", pid) + " or " + equals("proc.apid", pid) + ")"
}

// familyRoot is the child of the container's entry point from which the row's
// process comes: with all that it has started, a shell with what was done in it.
func familyRoot(row event.Row) event.ProcID {
	cont := row.P().Cont
	id, root := row.Proc, row.Proc
	for range event.MaxAncestors {
		parent := row.T.Proc(id).Parent
		if parent == 0 || row.T.Proc(parent).Cont != cont {
			break
		}
		root, id = id, parent
	}
	return root
}
