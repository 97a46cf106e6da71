package tune

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

// Pick is a field of an alert, and whether the exception compares it.
type Pick struct {
	Field, Value string
	On           bool
}

// Proposal is an exception that would silence alerts like one alert.
type Proposal struct {
	Rule  string
	Picks []Pick // the fields that the alert has, the most useful first

	known []rules.Exception // the rule's own
}

// candidates are the fields that an exception may compare, the most useful
// first. Those with on are picked unasked: together they say what did it and
// where, without what differs from one time to the next.
var candidates = []struct {
	field string
	on    bool
}{
	{"container.image.repository", true},
	{"proc.name", true},
	{"proc.pname", true},
	{"ka.user.name", true},
	{"ka.target.namespace", true},
	{"fd.name", false}, // where the rule is about files: see about
	{"proc.exepath", false},
	{"proc.cmdline", false},
	{"proc.aname[2]", false},
	{"user.name", false},
	{"fd.sip", false},
	{"fd.sport", false},
	{"k8s.ns.name", false},
	{"ka.verb", false},
	{"ka.target.resource", false},
	{"ka.target.name", false},
	{"ka.sourceips", false},
}

// maxValue bounds how long a value may be to be worth an exception.
const maxValue = 512

// Propose makes a proposal of an alert. The rule, when it is known, says which
// exceptions there are already and whether files matter; it may be nil.
func Propose(r event.Row, rule *rules.Rule) (*Proposal, error) {
	name, ok := value(r, "alert.rule")
	if !ok {
		return nil, errors.New("only an alert can be excepted, and this event is none")
	}
	p := &Proposal{Rule: name}
	if rule != nil && rule.Name == name {
		p.known = rule.Exceptions
	} else {
		rule = nil
	}
	for _, c := range candidates {
		if v, ok := value(r, c.field); ok {
			p.Picks = append(p.Picks, Pick{Field: c.field, Value: v, On: c.on || c.field == "fd.name" && aboutFiles(r, rule)})
		}
	}
	if len(p.Picks) == 0 {
		return nil, fmt.Errorf("the alert %q holds no field that an exception could compare", name)
	}
	if !slices.ContainsFunc(p.Picks, func(k Pick) bool { return k.On }) {
		p.Picks[0].On = true
	}
	return p, nil
}

// value returns what an exception can compare a field with: one text that is
// not too long and can stand in a file.
func value(r event.Row, name string) (string, bool) {
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		return "", false
	}
	v, ok := f.Get(r, arg)
	if !ok || v.List != nil {
		return "", false
	}
	s := v.String()
	bad := s == "" || s == event.NotAvailable || len(s) > maxValue || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
	return s, !bad
}

// aboutFiles reports whether an alert is about a file: its name is one, and
// the rule, if it is known, looks at that.
func aboutFiles(r event.Row, rule *rules.Rule) bool {
	if name, ok := value(r, "fd.name"); !ok || !strings.HasPrefix(name, "/") {
		return false
	}
	if rule == nil {
		return true
	}
	about := false
	filter.Fields(rule.Expr, func(f *filter.Field) {
		about = about || strings.HasPrefix(f.Name, "fd.") || strings.HasPrefix(f.Name, "fs.path")
	})
	return about
}

// Only picks these fields and no others. One that the alert does not have is
// an error.
func (p *Proposal) Only(fields []string) error {
	for _, f := range fields {
		if !slices.ContainsFunc(p.Picks, func(k Pick) bool { return k.Field == f }) {
			var have []string
			for _, k := range p.Picks {
				have = append(have, k.Field)
			}
			return fmt.Errorf("the alert has no field %q that an exception could compare; it has %s", f, strings.Join(have, ", "))
		}
	}
	for i := range p.Picks {
		p.Picks[i].On = slices.Contains(fields, p.Picks[i].Field)
	}
	return nil
}

// picked returns the fields that are compared.
func (p *Proposal) picked() (on []Pick) {
	for _, k := range p.Picks {
		if k.On {
			on = append(on, k)
		}
	}
	return on
}

// Filter returns the condition that holds for the alerts that the exception
// silences; those of the rule when nothing is picked.
func (p *Proposal) Filter() string {
	terms := []string{equal("alert.rule", p.Rule)}
	for _, k := range p.picked() {
		terms = append(terms, equal(k.Field, k.Value))
	}
	return strings.Join(terms, " and ")
}

func equal(field, value string) string { return field + " = " + quote(value) }

// quote writes a value as a condition has it: in quotes when it could not
// stand without.
func quote(s string) string {
	if !strings.ContainsAny(s, " \t()\"'=,\\") && s != "" {
		return s
	}
	return filter.Quote(s)
}
