package tune

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/rules"
)

// Item returns the exception as an item of a rule file, "" when nothing is
// picked. Where the rule has an exception of the same fields already, only the
// values are added to it.
func (p *Proposal) Item() string {
	on := p.picked()
	if len(on) == 0 {
		return ""
	}
	var fields, comps, values []string
	for _, k := range on {
		fields, comps, values = append(fields, k.Field), append(comps, "="), append(values, quote(k.Value))
	}
	ex := mapping("name", scalar(p.exceptionName(fields)))
	if p.same(fields) == nil {
		ex.Content = append(ex.Content, mapping("fields", flow(fields), "comps", flow(comps)).Content...)
	}
	ex.Content = append(ex.Content, mapping("values", block(flow(values))).Content...)
	item := mapping("rule", scalar(p.Rule), "exceptions", block(ex), "override", mapping("exceptions", scalar("append")))
	var b strings.Builder
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(block(item)); err != nil {
		panic("tune: " + err.Error()) // nodes of texts can be written
	}
	return b.String()
}

// same returns the rule's exception that compares these fields for being
// equal.
func (p *Proposal) same(fields []string) *rules.Exception {
	for i := range p.known {
		x := &p.known[i]
		if !x.Single && slices.Equal(x.Fields, fields) && !slices.ContainsFunc(x.Comps, func(c string) bool { return c != "=" && c != "==" && c != "in" }) {
			return x
		}
	}
	return nil
}

// exceptionName returns the name of the exception: that of the same one, or
// one of its fields that no other has.
func (p *Proposal) exceptionName(fields []string) string {
	if x := p.same(fields); x != nil {
		return x.Name
	}
	base := strings.NewReplacer(".", "_", "[", "_", "]", "").Replace(strings.Join(fields, "_and_"))
	name := base
	for n := 2; slices.ContainsFunc(p.known, func(x rules.Exception) bool { return x.Name == name }); n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	return name
}

// Write adds the exception to the end of a rule file, which is made when there
// is none. The files are those that the rule comes from. What the file holds
// then must load: else nothing is written.
func (p *Proposal) Write(path string, files []rules.File) error {
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	files = slices.DeleteFunc(slices.Clone(files), func(f rules.File) bool { return f.Name == path })
	if set, _ := rules.Load(files, rules.Options{Lenient: true}); set.Rule(p.Rule) == nil {
		files = append(files, p.standIn())
	}
	load := func(text []byte) (*rules.Set, error) {
		set, report := rules.Load(append(slices.Clone(files), rules.File{Name: path, Text: text}), rules.Options{Lenient: true})
		for _, e := range report.Errors {
			if e.At.File == path {
				return set, fmt.Errorf("%s is left as it is, for it would not load: %w", path, e)
			}
		}
		return set, nil
	}
	set, err := load(before)
	if err != nil {
		return err
	}
	if r := set.Rule(p.Rule); r != nil {
		p.known = r.Exceptions // the file may hold some of its own
	}
	item := p.Item()
	if item == "" {
		return errors.New("no field is picked")
	}
	if len(before) > 0 && before[len(before)-1] != '\n' {
		item = "\n" + item
	}
	if len(before) > 0 {
		item = "\n" + item
	}
	if _, err := load(append(slices.Clone(before), item...)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(item)
	return errors.Join(err, f.Close())
}

// standIn is a file with a rule of the name, for one whose file is not at hand.
func (p *Proposal) standIn() rules.File {
	item := mapping("rule", scalar(p.Rule), "desc", scalar("-"), "condition", scalar("evt.num > 0"), "output", scalar("-"), "priority", scalar("DEBUG"))
	text, err := yaml.Marshal(block(item))
	if err != nil {
		panic("tune: " + err.Error())
	}
	return rules.File{Name: "(the rule)", Text: text}
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func flow(texts []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, t := range texts {
		n.Content = append(n.Content, scalar(t))
	}
	return n
}

func block(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items}
}

// mapping makes a mapping of keys and nodes in turn.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(pairs); i += 2 {
		n.Content = append(n.Content, scalar(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}
