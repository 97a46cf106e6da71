package rules

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/filter"
)

// item is a mapping of a file that is being read: an item of the file, or a
// mapping within one.
type item struct {
	l     *loader
	file  *file
	node  *yaml.Node
	kind  *kind
	label string // what messages call it: rule 'Name'
}

// within returns a mapping that is part of the item.
func (it *item) within(n *yaml.Node, label string) *item {
	sub := *it
	sub.node = n
	if label != "" {
		sub.label = it.label + ", " + label
	}
	return &sub
}

// named notes the item's name for messages.
func (it *item) named(name string) { it.label = it.kind.word + " '" + name + "'" }

// at returns the place of the item.
func (it *item) at() Place { return it.place(it.node) }

func (it *item) place(n *yaml.Node) Place {
	if n == nil {
		return Place{File: it.file.name}
	}
	return Place{File: it.file.name, Line: n.Line, Col: n.Column}
}

// get returns the value of a key, nil when it is not there. Of a key that
// stands twice the first counts, as in Falco.
func (it *item) get(key string) *yaml.Node {
	for i := 0; i+1 < len(it.node.Content); i += 2 {
		if it.node.Content[i].Value == key {
			return deref(it.node.Content[i+1])
		}
	}
	return nil
}

func (it *item) has(key string) bool { return it.get(key) != nil }

// checkKeys warns of keys that are not known or stand twice.
func (it *item) checkKeys(known []string) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(it.node.Content); i += 2 {
		key := it.node.Content[i]
		switch {
		case !slices.Contains(known, key.Value):
			it.l.report.add(it.fail(key, WarnUnknownKey, "Unknown key '%s'. The key will be ignored.", key.Value).hint(didYouMean(key.Value, known)))
		case seen[key.Value]:
			it.warn(key, WarnDuplicateKey, "The key '%s' stands here twice. The first one counts.", key.Value)
		}
		seen[key.Value] = true
	}
}

// value returns the scalar of a key that must be there.
func (it *item) value(key string) (*yaml.Node, error) {
	n := it.get(key)
	switch {
	case n == nil:
		return nil, it.fail(it.node, ErrYAMLValidate, "Item has no mapping for key '%s'", key)
	case isNull(n):
		return nil, it.fail(n, ErrYAMLValidate, "Mapping for key '%s' is empty", key)
	case n.Kind != yaml.ScalarNode:
		return nil, it.fail(n, ErrYAMLValidate, "Value of '%s' is not a scalar value", key)
	case n.Value == "":
		return nil, it.fail(n, ErrYAMLValidate, "Value of '%s' must be non-empty", key)
	}
	return n, nil
}

// text returns the text of a key that must be there.
func (it *item) text(key string) (string, error) {
	n, err := it.value(key)
	if err != nil {
		return "", err
	}
	return n.Value, nil
}

// optBool sets *v to the truth of a key when it is there.
func (it *item) optBool(key string, v *bool) error {
	if !it.has(key) {
		return nil
	}
	n, err := it.value(key)
	if err != nil {
		return err
	}
	switch strings.ToLower(n.Value) { // YAML 1.1's words, as Falco's parser knows them
	case "true", "yes", "y", "on":
		*v = true
	case "false", "no", "n", "off":
		*v = false
	default:
		return it.fail(n, ErrYAMLValidate, "Can't decode YAML scalar value").hint("'" + key + "' is true or false")
	}
	return nil
}

// texts returns the list of texts of a key that must be there.
func (it *item) texts(key string) ([]string, error) {
	n := it.get(key)
	if n == nil {
		return nil, it.fail(it.node, ErrYAMLValidate, "Item has no mapping for key '%s'", key)
	}
	if n.Kind != yaml.SequenceNode {
		return nil, it.fail(n, ErrYAMLValidate, "Value of '%s' is not a sequence", key)
	}
	if err := it.spend(n, len(n.Content)); err != nil {
		return nil, err
	}
	all := make([]string, 0, len(n.Content))
	for _, v := range n.Content {
		if v = deref(v); v.Kind != yaml.ScalarNode {
			return nil, it.fail(v, ErrYAMLValidate, "sequence value is not scalar")
		}
		all = append(all, v.Value)
	}
	return all, nil
}

// spend counts values that were read against [maxValues].
func (it *item) spend(n *yaml.Node, count int) error {
	if it.l.values += count; it.l.values > maxValues {
		return it.fail(n, ErrYAMLValidate, "the files hold more than %d values, aliases included", maxValues)
	}
	return nil
}

// didYouMean proposes a known name for one that is not; "" when none is near.
func didYouMean(name string, known []string) string {
	if near := filter.Nearest(name, known); near != "" {
		return "did you mean '" + near + "'?"
	}
	return ""
}

// fail returns a problem at a node.
func (it *item) fail(n *yaml.Node, code Code, format string, args ...any) *Problem {
	at := it.place(n)
	return &Problem{Code: code, At: at, Item: it.label, Msg: fmt.Sprintf(format, args...), Context: it.file.context(at)}
}

// warn reports what is odd at a node.
func (it *item) warn(n *yaml.Node, code Code, format string, args ...any) {
	it.l.report.add(it.fail(n, code, format, args...))
}

// hint adds what to do.
func (p *Problem) hint(text string) *Problem { p.Hint = text; return p }

// context returns the line of a place and below it a caret, cut to what is
// around the place; "" when there is no such line.
func (f *file) context(at Place) string {
	if at.Line == 0 {
		return ""
	}
	line, ok := f.line(at.Line)
	if !ok {
		return ""
	}
	index, _ := f.offset(at.Line, at.Col)
	e := filter.Error{Pos: filter.Pos{Index: index - f.starts[at.Line-1]}}
	return e.Caret(line)
}
