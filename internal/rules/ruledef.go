package rules

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
)

// ruleDef is a rule as files define it.
type ruleDef struct {
	Rule
	it         *item
	cond       pieces
	output     pieces
	exceptions []*exceptionDef
	warnTypes  bool
	skip       bool // skip-if-unknown-filter
	foreign    bool // of a source that is not known here
}

// The keys of a rule that an override may append and replace.
var (
	ruleAppend  = []string{"condition", "output", "desc", "tags", "exceptions"}
	ruleReplace = []string{
		"condition", "output", "desc", "priority", "tags", "exceptions", "enabled", "warn_evttypes", "skip-if-unknown-filter",
		"capture", "capture_duration", "guide",
	}
	ruleOverridable = slices.Concat(ruleAppend, ruleReplace)
)

func readRule(l *loader, it *item) error {
	name, err := it.text("rule")
	if err != nil {
		return err
	}
	o, err := it.override(ruleAppend, ruleReplace)
	if err != nil {
		return err
	}
	prev, known := l.rules.get(name)
	if !known {
		prev = nil
	}
	switch {
	case o.any():
		if err := it.checkOverridden(o, ruleOverridable); err != nil {
			return err
		}
		return l.overrideRule(it, o, prev)
	case o.flag:
		return l.appendRule(it, prev)
	case !it.has("condition") && !it.has("output") && !it.has("desc") && !it.has("priority"):
		return l.enableRule(it, prev)
	}
	return l.defineRule(it, name, prev)
}

func (l *loader) defineRule(it *item, name string, prev *ruleDef) error {
	r := &ruleDef{it: it, warnTypes: true, Rule: Rule{Name: name, Source: event.SourceSyscall, Enabled: true, At: it.at()}}
	for _, key := range []string{"condition", "output", "desc", "priority"} {
		if err := r.set(it, key); err != nil {
			return err
		}
	}
	for _, key := range []string{"enabled", "warn_evttypes", "skip-if-unknown-filter", "tags", "exceptions", "capture", "capture_duration", "guide"} {
		if it.has(key) {
			if err := r.set(it, key); err != nil {
				return err
			}
		}
	}
	if n := it.get("source"); n != nil && !isNull(n) {
		var err error
		if r.Source, err = it.text("source"); err != nil {
			return err
		}
	}
	if prev != nil && prev.Source != r.Source {
		return it.fail(it.node, ErrValidate, "Rule has been re-defined with a different source")
	}
	if r.foreign = r.Source != event.SourceSyscall && r.Source != event.SourceK8sAudit; r.foreign {
		it.warn(it.node, WarnUnknownSource, "Unknown source %s, skipping", r.Source)
	}
	l.tick()
	l.rules.put(name, r)
	return nil
}

// set gives the rule the value of a key, in place of what it has.
func (r *ruleDef) set(it *item, key string) (err error) {
	switch key {
	case "condition":
		p, err := it.piece(key)
		r.cond = pieces{p}
		return err
	case "output":
		p, err := it.piece(key)
		p.text = strings.TrimSpace(p.text)
		r.output = pieces{p}
		return err
	case "desc":
		r.Desc, err = it.text(key)
	case "priority":
		r.Priority, err = it.priority()
	case "enabled":
		return it.optBool(key, &r.Enabled)
	case "warn_evttypes":
		return it.optBool(key, &r.warnTypes)
	case "skip-if-unknown-filter":
		return it.optBool(key, &r.skip)
	case "capture":
		return it.optBool(key, &r.Capture)
	case "capture_duration":
		n, err := it.value(key)
		if err != nil {
			return err
		}
		if r.CaptureDuration, err = strconv.Atoi(n.Value); err != nil || r.CaptureDuration < 0 {
			return it.fail(n, ErrYAMLValidate, "Can't decode YAML scalar value").hint("'capture_duration' is a number of milliseconds")
		}
	case "tags":
		tags, err := it.texts(key)
		if err != nil {
			return err
		}
		r.Tags = nil
		r.addTags(tags)
	case "exceptions":
		all, err := it.exceptions(false)
		if err != nil {
			return err
		}
		for _, ex := range all {
			if err := ex.check(it.l.opt.Registry); err != nil {
				return err
			}
		}
		r.exceptions = all
	case "guide":
		r.Guide, err = it.guide()
	}
	return err
}

// append adds the value of a key to what the rule has.
func (r *ruleDef) append(it *item, key string) error {
	switch key {
	case "condition", "output":
		p, err := it.piece(key)
		if err != nil {
			return err
		}
		if key == "condition" {
			r.cond = append(r.cond, p)
		} else {
			r.output = append(r.output, p)
		}
	case "desc":
		text, err := it.text(key)
		if err != nil {
			return err
		}
		r.Desc += " " + text
	case "tags":
		tags, err := it.texts(key)
		if err != nil {
			return err
		}
		r.addTags(tags)
	case "exceptions":
		return r.appendExceptions(it)
	}
	return nil
}

func (r *ruleDef) addTags(tags []string) {
	for _, t := range tags {
		if !slices.Contains(r.Tags, t) {
			r.Tags = append(r.Tags, t)
		}
	}
}

func (r *ruleDef) appendExceptions(it *item) error {
	all, err := it.exceptions(true)
	if err != nil {
		return err
	}
	for _, ex := range all {
		bad := func(msg string) error { return ex.it.fail(ex.it.node, ErrValidate, "%s", msg) }
		at := slices.IndexFunc(r.exceptions, func(o *exceptionDef) bool { return o.Name == ex.Name })
		switch {
		case at < 0 && !ex.hasFields:
			return bad("Rule exception must have fields property with a list of fields")
		case at < 0 && len(ex.Values) == 0:
			return bad("Rule exception must have values property with a list of values")
		case at < 0:
			if err := ex.check(it.l.opt.Registry); err != nil {
				return err
			}
			r.exceptions = append(r.exceptions, ex)
		case ex.hasFields:
			return bad("Can not append exception fields to existing exception, only values")
		case ex.hasComps:
			return bad("Can not append exception comps to existing exception, only values")
		default:
			prev := r.exceptions[at]
			prev.Values = slices.Concat(prev.Values, ex.Values)
		}
	}
	return nil
}

func (l *loader) overrideRule(it *item, o *override, r *ruleDef) error {
	switch {
	case r == nil && len(o.append) > 0:
		return it.noRule("Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists")
	case r == nil:
		return it.noRule("An 'override.<key>: replace' to a rule was requested but no rule by that name already exists")
	}
	for _, key := range o.append {
		if err := r.append(it, key); err != nil {
			return err
		}
	}
	for _, key := range o.replace {
		if err := r.set(it, key); err != nil {
			return err
		}
	}
	l.tick()
	return nil
}

func (l *loader) appendRule(it *item, r *ruleDef) error {
	if r == nil {
		return it.noRule("Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists")
	}
	if n := it.get("source"); n != nil && !isNull(n) && n.Value != "" && n.Value != r.Source {
		return it.fail(it.node, ErrValidate, "Rule has been re-defined with a different source")
	}
	if !it.has("condition") && !it.has("exceptions") {
		return it.fail(it.node, ErrValidate, "Appended rule must have exceptions or condition property")
	}
	for _, key := range []string{"condition", "exceptions"} {
		if it.has(key) {
			if err := r.append(it, key); err != nil {
				return err
			}
		}
	}
	l.tick()
	return nil
}

func (l *loader) enableRule(it *item, r *ruleDef) error {
	if _, err := it.value("enabled"); err != nil {
		return err
	}
	it.warn(it.node, WarnDeprecatedItem, "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').")
	if r == nil {
		return it.noRule("Rule has 'enabled' key but no rule by that name already exists")
	}
	l.tick()
	return it.optBool("enabled", &r.Enabled)
}

// guide reads our own key guide.
func (it *item) guide() (g Guide, err error) {
	n := it.get("guide")
	if n == nil || isNull(n) {
		return g, nil
	}
	if n.Kind != yaml.MappingNode {
		return g, it.fail(n, ErrYAMLValidate, "Value of 'guide' is not a mapping").hint("guide: {investigate: […], false_positives: […], respond: […]}")
	}
	sub := it.within(n, "guide")
	sub.checkKeys([]string{"investigate", "false_positives", "respond"})
	for _, part := range []struct {
		key string
		to  *[]string
	}{{"investigate", &g.Investigate}, {"false_positives", &g.FalsePositives}, {"respond", &g.Respond}} {
		if !sub.has(part.key) {
			continue
		}
		if *part.to, err = sub.texts(part.key); err != nil {
			return g, err
		}
	}
	return g, nil
}

// noRule says that a change is about no rule that is known; nil where that may
// be.
func (it *item) noRule(text string) error {
	if it.file.beside {
		return nil
	}
	return it.fail(it.node, ErrValidate, "%s", text)
}
