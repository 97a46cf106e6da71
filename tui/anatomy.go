package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// anatomy is what the details of an alert begin with: what it is about, what
// its rule looks at, what the rule's author says of it, and what else of its
// kind is held.
type anatomy struct {
	store   *store.Store
	catalog *rules.Catalog
	sights  *sightings // by sources that hold more than was fetched
}

// How long counting may take, and how many earlier alerts are listed.
const (
	countPatience = 15 * time.Millisecond
	maxEarlier    = 8
)

// lines returns the lines for an alert: what it is about, among it the fields
// that matter, then what else is known under headings.
func (a anatomy) lines(ref store.Ref, r reader, c clock, matter []detailLine) (lines []detailLine) {
	row := ref.Row()
	rule := row.T.Text(row.A().Rule)
	about, known := a.catalog.Find(rule)
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, detailLine{name: name, value: r.mask(value), told: true})
		}
	}
	if why := trail.Why(row); why != "" {
		lines = append(lines, detailLine{name: "what happened", value: r.mask(why), key: true, told: true})
	}
	add("what came of it", a.outcome(ref))
	lines = append(lines, take(&matter, "alert.rule", "alert.priority")...)
	tags := alertTags(row)
	for _, t := range about.Tags { // not all who store alerts keep them
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	add("tactic", strings.Join(event.Tactics(tags), ", "))
	for _, id := range rules.Techniques(tags) {
		add("technique", strings.TrimSpace(id+"  "+rules.TechniqueName(id)))
	}
	if add("about", oneLine(about.Desc)); !known {
		add("about", "no rule of this name is known here; -r FILE names more")
	}
	add("steps", strings.Join(about.Steps, ", "))
	for _, l := range looksAt(about, row, r) {
		take(&matter, l.name)
		lines = append(lines, l)
	}
	take(&matter, "alert.output", "container.image.repository") // they say again what is there
	lines = append(lines, matter...)
	add("image", r.first(row, "container.image", "container.image.repository"))
	add("lineage", ancestry(row))
	return slices.Concat(lines, a.seen(ref, rule), a.earlier(ref, r, c), guide(about.Guide))
}

// take takes the lines of some fields out of others.
func take(from *[]detailLine, names ...string) (taken []detailLine) {
	*from = slices.DeleteFunc(*from, func(l detailLine) bool {
		is := slices.Contains(names, l.name)
		if is {
			taken = append(taken, l)
		}
		return is
	})
	return taken
}

// guide lists what the rule's author says to do.
func guide(g rules.Guide) (lines []detailLine) {
	for _, part := range []struct {
		name  string
		items []string
	}{{"investigate", g.Investigate}, {"may be harmless", g.FalsePositives}, {"respond", g.Respond}} {
		name := part.name
		for _, item := range part.items {
			lines = append(lines, detailLine{name: name, value: "• " + oneLine(item), told: true})
			name = ""
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]detailLine{{head: "what to do"}}, lines...)
}

// oneLine is a text without its line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// looksAt are the fields that the rule's condition names and that tell one
// alert from another.
func looksAt(about rules.Entry, row event.Row, r reader) (lines []detailLine) {
	seen := make(map[string]bool)
	for _, name := range about.Fields {
		if seen[name] || plainFields[name] {
			continue
		}
		seen[name] = true
		if v, ok := r.text(row, name); ok && v != "" && v != event.NotAvailable {
			raw, _ := r.raw(row, name)
			lines = append(lines, detailLine{name: name, value: v, raw: raw, key: true})
		}
	}
	return lines
}

// plainFields are in most conditions, and say nothing of an alert.
var plainFields = map[string]bool{
	"evt.failed": true, "evt.arg.flags": true, "evt.is_open_create": true, "evt.is_wait": true, "proc.name": true, "proc.args": true, "proc.exepath": true, "evt.dir": true, "evt.type": true, "evt.category": true, "evt.rawres": true, "evt.num": true, "container.id": true, "container.name": true,
	"container.privileged": true, "fd.typechar": true, "fd.num": true, "proc.aname": true, "evt.is_open_read": true, "evt.is_open_write": true,
	"fd.directory": true, "fd.filename": true, "fd.type": true, "proc.vpid": true, "proc.duration": true, "jevt.rawtime": true, "proc.is_exe_writable": true,
}

// ancestry is a process and its ancestors, the oldest first.
func ancestry(row event.Row) string {
	var names []string
	for id := row.Proc; id != 0 && len(names) < event.MaxAncestors; id = row.T.Proc(id).Parent {
		p := row.T.Proc(id)
		name := row.T.Text(p.Name)
		if name == "" {
			break
		}
		if p.Known&event.KnowPID != 0 {
			name += fmt.Sprintf(" (%d)", p.PID)
		}
		names = append(names, name)
	}
	if len(names) < 2 {
		return ""
	}
	slices.Reverse(names)
	return strings.Join(names, " → ")
}

func alertTags(row event.Row) []string {
	return strings.FieldsFunc(row.T.Text(row.A().Tags), func(r rune) bool { return r == 0 })
}

// find returns a view of what is held, as far as it is counted in a moment;
// whole says that it is.
func (a anatomy) find(expr string) (v *store.View, whole bool) {
	f, err := filter.Compile(expr, event.Fields)
	if err != nil {
		return nil, false
	}
	v = a.store.View(f)
	return v, v.Update(context.Background(), countPatience)
}

// seen says how often the rule fired among what is held, where and when.
func (a anatomy) seen(ref store.Ref, rule string) (lines []detailLine) {
	if a.store == nil || rule == "" {
		return nil
	}
	v, whole := a.find(equals("alert.rule", rule))
	if v == nil || v.Len() == 0 {
		return nil
	}
	groups := v.GroupBy(context.Background(), event.HomeProc, func(r event.Row) (string, bool) { return r.T.Text(r.C().ID), true })
	others := len(groups)
	mine := ref.Row().T.Text(ref.Row().C().ID)
	here := 0
	for _, g := range groups {
		if g.Value == mine {
			here, others = g.Count, others-1
		}
	}
	text := plural(int64(v.Len()), "alert") + " of this rule"
	if !whole {
		text = "at least " + text
	}
	if others == 0 {
		text += ", all in this container"
	} else {
		text += fmt.Sprintf(": %d here, %d in %s", here, v.Len()-here, plural(int64(others), "other container"))
	}
	if from, to, ok := v.Span(); ok && to-from > int64(24*time.Hour) {
		text += fmt.Sprintf("; over %d days", (to-from)/int64(24*time.Hour)+1)
	}
	lines = []detailLine{{head: "seen here"}, {name: "alert.rule", value: text, raw: rule, told: true}}
	if a.sights != nil {
		if text := a.sights.of[sightKey{rule, mine}]; text != "" {
			lines = append(lines, detailLine{name: "alert.rule", value: text, raw: rule, told: true})
		}
	}
	return lines
}

// earlier lists the alerts of the container before this one, the latest first.
func (a anatomy) earlier(ref store.Ref, r reader, c clock) (lines []detailLine) {
	row := ref.Row()
	id := row.T.Text(row.C().ID)
	if a.store == nil || id == "" {
		return nil
	}
	v, _ := a.find("alert.rule exists and " + equals("container.id", id))
	if v == nil {
		return nil
	}
	n := v.FindTime(ref.Time())
	for _, e := range slices.Backward(v.Range(max(n-maxEarlier, 0), min(n, maxEarlier))) {
		of := e.Row()
		lines = append(lines, detailLine{
			name: c.full(e.Time()), value: of.A().Priority.String() + "  " + r.string(of, of.A().Rule), at: e.Time(), told: true,
		})
	}
	if len(lines) == 0 {
		return nil
	}
	head := plural(int64(n), "earlier alert") + " of this container"
	if n > len(lines) {
		head += fmt.Sprintf(", the last %d", len(lines))
	}
	return append([]detailLine{{head: head}}, lines...)
}
