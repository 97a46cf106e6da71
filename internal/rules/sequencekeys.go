package rules

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
)

// priority reads the key priority.
func (it *item) priority() (event.Priority, error) {
	n, err := it.value("priority")
	if err != nil {
		return 0, err
	}
	p := event.PriorityOf(n.Value)
	if p == event.PriorityUnknown {
		return 0, it.fail(n, ErrYAMLValidate, "Invalid priority").hint("one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG")
	}
	return p, nil
}

// stepName is what %step.NAME.FIELD can be told from.
var stepName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// steps reads the key steps, and returns each with the item that it is.
func (it *item) steps() (steps []Step, at []*item, err error) {
	n := it.get("steps")
	if n == nil || n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, nil, it.fail(or(n, it.node), ErrYAMLValidate, "Sequence must have 'steps' property with a list of steps").
			hint("steps: [{name: shell, rule: …}, {name: wiped, condition: …}]")
	}
	if len(n.Content) > MaxSteps {
		return nil, nil, it.fail(n, ErrYAMLValidate, "Sequence has %d steps; up to %d can be followed", len(n.Content), MaxSteps)
	}
	for _, c := range n.Content {
		s, sub, err := it.step(deref(c))
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(steps, func(o Step) bool { return o.Name == s.Name }) {
			return nil, nil, it.fail(c, ErrYAMLValidate, "Two steps have the name '%s'", s.Name)
		}
		steps, at = append(steps, s), append(at, sub)
	}
	return steps, at, nil
}

func (it *item) step(n *yaml.Node) (s Step, sub *item, err error) {
	sub = it.within(n, "step")
	if n.Kind != yaml.MappingNode {
		return s, sub, sub.fail(n, ErrYAMLValidate, "A step is not a mapping").hint("{name: shell, rule: …}")
	}
	if err := it.spend(n, len(n.Content)); err != nil {
		return s, sub, err
	}
	sub.checkKeys([]string{"name", "rule", "condition", "optional", "not"})
	s.At = sub.at()
	if s.Name, err = sub.text("name"); err != nil {
		return s, sub, err
	}
	if !stepName.MatchString(s.Name) {
		return s, sub, sub.fail(sub.get("name"), ErrYAMLValidate, "Step has an invalid name").hint("letters, digits and underscores, as %step.NAME.FIELD needs it")
	}
	sub = it.within(n, "step '"+s.Name+"'")
	for _, part := range []struct {
		key string
		to  *string
	}{{"rule", &s.Rule}, {"condition", &s.Condition}} {
		if !sub.has(part.key) {
			continue
		}
		if *part.to, err = sub.text(part.key); err != nil {
			return s, sub, err
		}
	}
	if err := cmp.Or(sub.optBool("optional", &s.Optional), sub.optBool("not", &s.Not)); err != nil {
		return s, sub, err
	}
	switch {
	case (s.Rule == "") == (s.Condition == ""):
		return s, sub, sub.fail(n, ErrYAMLValidate, "Step must have one of 'rule' and 'condition'")
	case s.Optional && s.Not:
		return s, sub, sub.fail(n, ErrYAMLValidate, "Step has both 'optional' and 'not'").hint("what may happen or not needs no step")
	}
	return s, sub, nil
}

// count reads the key count: bounds that must all hold.
func (it *item) count() (Count, error) {
	c := Count{Max: NoMax}
	n := it.get("count")
	if n == nil || n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return c, it.fail(or(n, it.node), ErrYAMLValidate, "Value of 'count' is not a mapping").hint("count: {gte: 10}; gt, gte, lt, lte and eq are known")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], deref(n.Content[i+1])
		k, err := strconv.Atoi(v.Value)
		if err != nil || k < 0 || k > MaxCount {
			return c, it.fail(v, ErrYAMLValidate, "A count is a number from 0 to %d", MaxCount)
		}
		lo, hi := k, NoMax
		switch key.Value {
		case "gte":
		case "gt":
			lo = k + 1
		case "lte":
			lo, hi = 0, k
		case "lt":
			lo, hi = 0, k-1
		case "eq":
			hi = k
		default:
			return c, it.fail(key, ErrYAMLValidate, "Unknown comparison '%s'", key.Value).hint("gt, gte, lt, lte or eq")
		}
		c.Min, c.Max = max(c.Min, lo), min(c.Max, hi)
	}
	// A group begins with an event, so that there is always one.
	if c.Min > c.Max || c.Max < 1 {
		return c, it.fail(n, ErrYAMLValidate, "No count is like that")
	}
	return c, nil
}

// aliases reads the key aliases: alias -> step -> field.
func (it *item) aliases() (map[string]map[string]string, error) {
	const hint = "aliases: {peer: {shell: fd.sip, wiped: fd.cip}}"
	n := it.get("aliases")
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, it.fail(or(n, it.node), ErrYAMLValidate, "Value of 'aliases' is not a mapping").hint(hint)
	}
	all := map[string]map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		of := deref(n.Content[i+1])
		if of.Kind != yaml.MappingNode {
			return nil, it.fail(of, ErrYAMLValidate, "An alias is not a mapping").hint(hint)
		}
		if err := it.spend(of, len(of.Content)); err != nil {
			return nil, err
		}
		alias := map[string]string{}
		for j := 0; j+1 < len(of.Content); j += 2 {
			alias[of.Content[j].Value] = deref(of.Content[j+1]).Value
		}
		all[n.Content[i].Value] = alias
	}
	return all, nil
}

// span reads a time span: a number with a unit, 90s, 15m, 2h, 1d.
func (it *item) span(key string) (time.Duration, error) {
	n, err := it.value(key)
	if err != nil {
		return 0, err
	}
	text, unit := n.Value, time.Duration(1)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		text, unit = days+"h", 24
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > MaxTimespan/unit {
		return 0, it.fail(n, ErrYAMLValidate, "Value of '%s' is not a time span", key).hint("a number with a unit, up to 31d: 90s, 15m, 2h, 1d")
	}
	return d * unit, nil
}

// or returns the node, or another one where there is none.
func or(n, other *yaml.Node) *yaml.Node {
	if n == nil {
		return other
	}
	return n
}
