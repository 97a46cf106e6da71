package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// override is what an item of a name that is known already does to it: which
// of its keys are appended, and which replace.
type override struct {
	append, replace []string
	flag            bool // the older append: true
}

func (o *override) any() bool { return len(o.append)+len(o.replace) > 0 }

const (
	msgAppendOld   = "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
	msgAppendTwice = "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)

// override reads the keys override and append. The keys that may be appended
// and replaced are the kind's.
func (it *item) override(appendable, replaceable []string) (*override, error) {
	o := &override{}
	if err := it.optBool("append", &o.flag); err != nil {
		return nil, err
	}
	if o.flag {
		it.warn(it.node, WarnDeprecatedItem, msgAppendOld)
	}
	n := it.get("override")
	if n == nil || isNull(n) {
		return o, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, it.fail(n, ErrYAMLValidate, "Value of 'override' is not a mapping").hint("for example: override: {condition: append}")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, op := n.Content[i], deref(n.Content[i+1])
		switch op.Value {
		case "append":
			if !slices.Contains(appendable, key.Value) {
				return nil, it.fail(key, ErrYAMLValidate, "Key '%s' cannot be appended to, use 'replace' instead", key.Value)
			}
			o.append = append(o.append, key.Value)
		case "replace":
			if !slices.Contains(replaceable, key.Value) {
				return nil, it.fail(key, ErrYAMLValidate, "Key '%s' cannot be replaced", key.Value)
			}
			o.replace = append(o.replace, key.Value)
		default:
			var allowed []string
			if slices.Contains(appendable, key.Value) {
				allowed = append(allowed, "append")
			}
			if slices.Contains(replaceable, key.Value) {
				allowed = append(allowed, "replace")
			}
			return nil, it.fail(op, ErrYAMLValidate, "Invalid override operation for key '%s': '%s'. Allowed values are: %s",
				key.Value, op.Value, strings.Join(allowed, " "))
		}
	}
	if o.flag && o.any() {
		return nil, it.fail(it.node, ErrYAMLValidate, msgAppendTwice)
	}
	return o, nil
}

// checkOverridden sees to it that every key that is overridden is there, and
// that every key that is there is overridden.
func (it *item) checkOverridden(o *override, overridable []string) error {
	for _, list := range []struct {
		op   string
		keys []string
	}{{"append", o.append}, {"replace", o.replace}} {
		for _, key := range list.keys {
			if !it.has(key) {
				return it.fail(it.node, ErrYAMLValidate, "An %s override for '%s' was specified but '%s' is not defined", list.op, key, key)
			}
		}
	}
	for i := 0; i+1 < len(it.node.Content); i += 2 {
		key := it.node.Content[i]
		if slices.Contains(overridable, key.Value) && !slices.Contains(o.append, key.Value) && !slices.Contains(o.replace, key.Value) {
			return it.fail(key, ErrYAMLValidate, "Unexpected key '%s': no corresponding entry under 'override' is defined.", key.Value)
		}
	}
	return nil
}
