package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Exception is what a rule does not speak of: for each of its Values, the rule
// does not hold where every field compares with its value.
type Exception struct {
	Name   string
	Fields []string // transformers included: tolower(proc.name)
	Comps  []string // an operator for each field, with its modifier: startswith oneof
	Single bool     // one field, written as a text: the values are one list, not a list of lists
	Values []Value
	At     Place
}

// Value is a text, or a list of values.
type Value struct {
	Text string
	List bool
	Of   []Value
}

// Any returns the value as a string or a slice, for JSON.
func (v Value) Any() any {
	if !v.List {
		return v.Text
	}
	all := make([]any, len(v.Of))
	for i, o := range v.Of {
		all[i] = o.Any()
	}
	return all
}

// exceptionDef is an exception of an item.
type exceptionDef struct {
	Exception
	it        *item
	hasFields bool
	hasComps  bool
	compsList bool
}

// exceptions reads the key exceptions of a rule. In one that changes a rule,
// the fields may be missing.
func (it *item) exceptions(appending bool) ([]*exceptionDef, error) {
	n := it.get("exceptions")
	if n == nil || isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, it.fail(n, ErrYAMLValidate, "Rule exceptions must be a sequence")
	}
	var all []*exceptionDef
	for _, v := range n.Content {
		v = deref(v)
		if v.Kind != yaml.MappingNode {
			return nil, it.fail(v, ErrYAMLValidate, "Rule exception must be a mapping")
		}
		sub := it.within(v, "")
		name, err := sub.text("name")
		if err != nil {
			return nil, err
		}
		sub = it.within(v, "exception '"+name+"'")
		sub.checkKeys([]string{"name", "fields", "comps", "values"})
		ex, err := sub.exception(name, appending)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o *exceptionDef) bool { return o.Name == name }) {
			sub.warn(v, WarnExceptionTwice, "Multiple definitions of exception '%s' in the same rule", name)
		}
		all = append(all, ex)
	}
	return all, nil
}

func (it *item) exception(name string, appending bool) (*exceptionDef, error) {
	ex := &exceptionDef{it: it, Exception: Exception{Name: name, At: it.at()}}
	fields, err := it.entry("fields", !appending)
	if err != nil {
		return nil, err
	}
	if fields != nil {
		ex.hasFields, ex.Single, ex.Fields = true, !fields.List, fields.texts()
	}
	comps, err := it.entry("comps", false)
	if err != nil {
		return nil, err
	}
	if comps != nil {
		ex.hasComps, ex.compsList, ex.Comps = true, comps.List, comps.texts()
	}
	values := it.get("values")
	switch {
	case values == nil && appending:
		it.warn(it.node, WarnAppendNoValues, "Overriding/appending exception with no values")
	case values == nil:
	case values.Kind != yaml.SequenceNode:
		return nil, it.fail(values, ErrYAMLValidate, "Rule exception values must be a sequence")
	default:
		for _, n := range values.Content {
			v, err := it.decodeValue(deref(n), 0)
			if err != nil {
				return nil, err
			}
			ex.Values = append(ex.Values, v)
		}
	}
	return ex, nil
}

// entry reads a key that is a text or a list of texts; nil when it is missing.
func (it *item) entry(key string, required bool) (*Value, error) {
	n := it.get(key)
	if n == nil {
		if required {
			return nil, it.fail(it.node, ErrYAMLValidate, "Item has no mapping for key '%s'", key)
		}
		return nil, nil
	}
	v, err := it.decodeValue(n, 1)
	return &v, err
}

// decodeValue reads a text or a list; depth bounds how deep lists may be in
// each other, since aliases can make them endless.
func (it *item) decodeValue(n *yaml.Node, depth int) (v Value, err error) {
	if err := it.spend(n, 1); err != nil {
		return v, err
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "":
		return v, it.fail(n, ErrYAMLValidate, "Value must be non-empty")
	case n.Kind == yaml.ScalarNode:
		v.Text = n.Value
	case n.Kind == yaml.SequenceNode && depth < 3:
		v.List = true
		for _, c := range n.Content {
			of, err := it.decodeValue(deref(c), depth+1)
			if err != nil {
				return v, err
			}
			v.Of = append(v.Of, of)
		}
	default:
		return v, it.fail(n, ErrYAMLValidate, "Value is neither a text nor a list of texts")
	}
	return v, nil
}

// texts returns the value's text, or those of its values.
func (v *Value) texts() (all []string) {
	if !v.List {
		return []string{v.Text}
	}
	for _, o := range v.Of {
		all = append(all, o.Text)
	}
	return all
}

// check completes an exception's operators and says what does not fit
// together; the fields are checked when the source is known.
func (ex *exceptionDef) check(reg *event.Registry) error {
	bad := func(format string, args ...any) error { return ex.it.fail(ex.it.node, ErrValidate, format, args...) }
	if ex.Single {
		if !ex.hasComps {
			ex.Comps = []string{"in"}
		}
		if ex.compsList {
			return bad("Fields and comps must both be strings")
		}
		if !slices.Contains([]string{"in", "pmatch", "intersects"}, ex.Comps[0]) {
			return bad("When fields is a single value, comps must be one of (in, pmatch, intersects)")
		}
	} else {
		if !ex.hasComps {
			ex.Comps = slices.Repeat([]string{"="}, len(ex.Fields))
		}
		if len(ex.Fields) != len(ex.Comps) || ex.hasComps && !ex.compsList {
			return bad("Fields and comps lists must have equal length")
		}
		for _, op := range ex.Comps {
			if !isOperator(op) {
				return bad("'%s' is not a supported comparison operator", op)
			}
		}
	}
	for _, f := range ex.Fields {
		if _, err := (filter.Options{}).Check(f+" exists", reg); err != nil {
			return bad("'%s' is not a supported filter field", f)
		}
	}
	return nil
}

// isOperator reports whether an exception may compare so: an operator, or one
// with a modifier.
func isOperator(op string) bool {
	base, mod, two := strings.Cut(op, " ")
	if !slices.Contains(filter.Operators(), base) {
		return false
	}
	return !two || isModifier(mod) && !slices.Contains(listOps, base)
}

func isModifier(word string) bool { return slices.Contains([]string{"oneof", "anyof", "allof"}, word) }

// listOps are the operators that a list follows.
var listOps = []string{"in", "intersects", "pmatch"}

// takesList reports whether a list follows the operator.
func takesList(op string) bool {
	_, mod, _ := strings.Cut(op, " ")
	return slices.Contains(listOps, op) || isModifier(mod)
}

// condition writes the exception as text of a condition, "" when it has no
// values, as Falco does (rule_loader_compiler.cpp, build_rule_exception_infos).
func (ex *exceptionDef) condition() (string, error) {
	if len(ex.Values) == 0 {
		return "", nil
	}
	var b strings.Builder
	b.WriteByte('(')
	for i, v := range ex.Values {
		if ex.Single {
			if v.List {
				return "", ex.it.fail(ex.it.node, ErrValidate, "Expected values array to contain a list of strings")
			}
			if i == 0 {
				b.WriteString(ex.Fields[0] + " " + ex.Comps[0] + " (")
			} else {
				b.WriteString(", ")
			}
			b.WriteString(quoted(v.Text))
			continue
		}
		if len(v.Of) != len(ex.Fields) {
			return "", ex.it.fail(ex.it.node, ErrValidate, "Fields and values lists must have equal length")
		}
		if i > 0 {
			b.WriteString(" or ")
		}
		b.WriteByte('(')
		for k, of := range v.Of {
			if k > 0 {
				b.WriteString(" and ")
			}
			b.WriteString(ex.Fields[k] + " " + ex.Comps[k] + " " + of.operand(ex.Comps[k]))
		}
		b.WriteByte(')')
	}
	if ex.Single {
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String(), nil
}

// operand writes a value behind an operator.
func (v Value) operand(op string) string {
	switch {
	case v.List:
		texts := v.texts()
		for i := range texts {
			texts[i] = quoted(texts[i])
		}
		return "(" + strings.Join(texts, ", ") + ")"
	case takesList(op) && !strings.HasPrefix(v.Text, "("):
		return "(" + v.Text + ")"
	case takesList(op):
		return v.Text
	}
	return quoted(v.Text)
}

// quoted puts a text with blanks in quotes, unless it has some already.
func quoted(s string) string {
	if strings.Contains(s, " ") && s[0] != '"' && s[0] != '\'' {
		return `"` + s + `"`
	}
	return s
}
