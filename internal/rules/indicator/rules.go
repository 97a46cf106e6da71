package indicator

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

func init() {
	rules.Indicators = func(name string, text []byte) (rules.File, error) {
		l, err := Read(name, text)
		if err != nil {
			return rules.File{}, err
		}
		return l.File()
	}
}

// maxGroups is how many descriptions of a list have a rule of their own; the
// indicators of further ones share a rule.
const maxGroups = 200

// group are the indicators of a kind of which a list says the same.
type group struct {
	kind         Kind
	desc, source string
}

// asked says of each kind which events are looked at, and by which fields.
// A network's check takes its values as lists of networks.
var asked = map[Kind]string{
	Address: "evt.type in (connect, accept, accept4) and fd.rip in (%s)",
	Network: "evt.type in (connect, accept, accept4) and fd.rnet in (%s)",
	Domain:  "evt.type = connect and (fd.rip.name in (%s) or fd.rip.name endswith anyof (%s))",
	Hash:    "(evt.type in (exe_hash, execve, execveat, procexit) and proc.exe_%[1]s in (%[2]s) or fd.%[1]s in (%[2]s))",
	Path:    "(evt.type in (execve, execveat) and proc.exepath in (%[1]s) or evt.type in (open, openat, openat2, creat) and fd.name in (%[1]s))",
}

// rule is how a rule is written in a file.
type rule struct {
	Rule      string              `yaml:"rule"`
	Desc      string              `yaml:"desc"`
	Condition string              `yaml:"condition"`
	Output    string              `yaml:"output"`
	Priority  string              `yaml:"priority"`
	Tags      []string            `yaml:"tags,flow"`
	Guide     map[string][]string `yaml:"guide"`
}

// File returns a rule file that looks for the list's indicators: one rule for
// each kind and description.
func (l *List) File() (rules.File, error) {
	values, order := map[group][]string{}, []group{}
	for _, in := range l.Indicators {
		g := group{in.Kind, in.Desc, in.Source}
		if _, known := values[g]; !known && len(order) >= maxGroups {
			g = group{kind: in.Kind}
		}
		if _, known := values[g]; !known {
			order = append(order, g)
		}
		values[g] = append(values[g], in.Value)
	}
	var list []rule
	for _, g := range order {
		v := values[g]
		slices.Sort(v)
		list = append(list, l.rule(g, slices.Compact(v)))
	}
	text, err := yaml.Marshal(list)
	return rules.File{Name: l.Name, Text: text}, err
}

// LeftOut says what of the list nothing will look for, "" when that is nothing.
func (l *List) LeftOut() string {
	if l.Left == 0 {
		return ""
	}
	return fmt.Sprintf("%d entries were left out, the first on line %d: %s", l.Left, l.Skipped[0].Line, l.Skipped[0].Why)
}

func (l *List) rule(g group, values []string) rule {
	about, from := g.desc, filepath.Base(l.Name)
	if g.source != "" {
		from = g.source + ", " + from
	}
	if about == "" {
		about = "listed"
	}
	name := fmt.Sprintf("Indicator of kind %s: %s (%s)", g.kind, about, from)
	plain := func(s string) string { return strings.NewReplacer("%", "%%", "\n", " ").Replace(s) } // in an output % begins a field
	return rule{
		Rule: name, Condition: condition(g.kind, values),
		Desc: fmt.Sprintf("A list of indicators names this %s: %s. The list says so, and nobody else: it is as good as the list is.", g.kind, about),
		Output: plain(name) + " (connection=%fd.name name=%fd.rip.name file=%fs.path.name command=%proc.cmdline exepath=%proc.exepath sha256=%proc.exe_sha256 parent=%proc.pname" +
			" pid=%proc.pid container=%container.name image=%container.image.repository pod=%k8s.pod.name ns=%k8s.ns.name)",
		Priority: "CRITICAL", Tags: []string{"indicator", "stoop", "mitre_command_and_control"},
		Guide: map[string][]string{
			"investigate":     {"Which entry of " + from + " is it, how old is it, and who vouches for it?", "Who else touched it: the same condition on all nodes and on the SIEM, as far back as it goes (stoop print es://… --indicators FILE)"},
			"false_positives": {"Shared hosting, content networks and addresses that have a new owner since."},
			"respond":         {"Treat the process as hostile until its file and its lineage say otherwise; block the indicator at the egress."},
		},
	}
}

func condition(kind Kind, values []string) string {
	switch kind {
	case Domain:
		return fmt.Sprintf(asked[kind], join(values, ""), join(values, "."))
	case Hash:
		return hashCondition(values)
	}
	return fmt.Sprintf(asked[kind], join(values, ""))
}

// hashCondition looks for each hash where hashes of its length stand.
func hashCondition(values []string) string {
	var either []string
	for _, algorithm := range []struct {
		name   string
		digits int
	}{{"md5", 32}, {"sha1", 40}, {"sha256", 64}} {
		var of []string
		for _, v := range values {
			if len(v) == algorithm.digits {
				of = append(of, v)
			}
		}
		if len(of) > 0 {
			either = append(either, fmt.Sprintf(asked[Hash], algorithm.name, join(of, "")))
		}
	}
	return strings.Join(either, " or ")
}

// join quotes values for a list of a condition.
func join(values []string, prefix string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = filter.Quote(prefix + v)
	}
	return strings.Join(quoted, ", ")
}
