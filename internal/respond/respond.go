package respond

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Response is one thing that may be done, as the table has it.
type Response struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
	About string `yaml:"about"`
	When  string `yaml:"when"` // a filter: the events that it is about; "": all
	Costs string `yaml:"costs"`
	Text  string `yaml:"text"`
	Undo  string `yaml:"undo"`

	when *filter.Filter // nil: all
}

// Proposal is a response to an event.
type Proposal struct {
	Response *Response
	Text     string   // the commands, filled in; "" when something is missing
	Undo     string   // how it is taken back; "" for not at all
	Lacks    []string // what is missing, a clause each
}

// hole is a place for a field's value.
var hole = regexp.MustCompile(`\{([a-z0-9_.]+):([a-z]+)\}`)

// form is what a value must be to be put into a command.
type form struct {
	is    *regexp.Regexp
	says  string
	quote bool // for a shell
}

// forms are the forms by their names. A quoted value may hold anything but
// controls, which a terminal would act upon when it is pasted.
var forms = map[string]form{
	"dns":    {regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`), "a name as Kubernetes takes it", false},
	"hex":    {regexp.MustCompile(`^[0-9a-f]{12,64}$`), "an id", false},
	"number": {regexp.MustCompile(`^[1-9][0-9]{0,9}$`), "a number", false},
	"path":   {regexp.MustCompile(`^/[\pL\pN\pP\pS ]*$`), "a path of plain characters", true},
	"word":   {regexp.MustCompile(`^[\pL\pN_.:/@+][\pL\pN\pP\pS ]{0,252}$`), "a name of plain characters", true},
}

// formNames lists the forms.
func formNames() string { return strings.Join(slices.Sorted(maps.Keys(forms)), ", ") }

// Propose fills in what may be done about an event, in the order of the table:
// what can be done, then what cannot.
func (t *Table) Propose(r event.Row) (out []Proposal) {
	for _, response := range t.all {
		if response.when != nil && !response.when.Match(r.B, r.I) {
			continue
		}
		p := Proposal{Response: response}
		p.Text, p.Lacks = fill(response.Text, r)
		p.Undo, _ = fill(response.Undo, r)
		if len(p.Lacks) > 0 {
			p.Text, p.Undo = "", ""
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b Proposal) int { return min(len(a.Lacks), 1) - min(len(b.Lacks), 1) })
	return out
}

// fill fills a text in, and says what it lacks.
func fill(text string, r event.Row) (filled string, lacks []string) {
	say := func(s string) string {
		if !slices.Contains(lacks, s) {
			lacks = append(lacks, s)
		}
		return ""
	}
	filled = hole.ReplaceAllStringFunc(text, func(h string) string {
		m := hole.FindStringSubmatch(h)
		f, arg, err := event.Fields.Parse(m[1])
		if err != nil {
			return say(err.Error())
		}
		v, ok := f.Get(r, arg)
		if !ok || v.String() == "" {
			return say("the event says of no " + m[1])
		}
		form := forms[m[2]]
		if !form.is.MatchString(v.String()) {
			return say("its " + m[1] + " is not " + form.says)
		}
		if form.quote {
			return "'" + strings.ReplaceAll(v.String(), "'", `'\''`) + "'"
		}
		return v.String()
	})
	return filled, lacks
}

// Script is the proposal with what must be known before, as comments, and how it
// is taken back.
func (p *Proposal) Script() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s. %s\n", p.Response.Title, p.Response.About)
	if p.Response.Costs != "" {
		fmt.Fprintf(&b, "# Before: %s\n", p.Response.Costs)
	}
	b.WriteString(p.Text)
	if p.Undo != "" {
		b.WriteString("# To take it back:\n")
		for line := range strings.Lines(p.Undo) {
			b.WriteString("#   " + line)
		}
	}
	return b.String()
}
