package rules

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
)

// Choice says which of the rules of files are at work: rules and priority of
// Falco's configuration (falco 0.44, userspace/falco/configuration.h,
// app/actions/load_rules_files.cpp). The nil Choice leaves all as they are.
type Choice struct {
	From   string         // the configuration's path
	Least  event.Priority // rules of less are not at work; PriorityUnknown: all are
	Select []Selection    // each goes over what the ones before it have left
}

// Selection switches the rules on or off that have a name or a tag.
type Selection struct {
	Enable bool
	Rule   string // * stands for any text; "": none by name
	Tag    string // "": none by tag
}

// UnmarshalYAML reads an item: {enable: {rule: NAME}}, {disable: {tag: TAG}}.
func (s *Selection) UnmarshalYAML(n *yaml.Node) error {
	var item struct{ Enable, Disable *struct{ Rule, Tag string } }
	if err := n.Decode(&item); err != nil {
		return err
	}
	of := item.Disable
	if item.Enable != nil {
		of, s.Enable = item.Enable, true
	}
	if of == nil || of.Rule == "" && of.Tag == "" {
		return fmt.Errorf("line %d: an item of rules enables or disables by rule or tag: - disable: {tag: network}", n.Line)
	}
	s.Rule, s.Tag = of.Rule, of.Tag
	return nil
}

// String writes the item as the configuration has it.
func (s Selection) String() string {
	what, by, text := "disable", "rule", s.Rule
	if s.Enable {
		what = "enable"
	}
	if text == "" {
		by, text = "tag", s.Tag
	}
	return fmt.Sprintf("%s %s %s", what, by, text)
}

// speaksOf reports whether a rule has the name or the tag.
func (s Selection) speaksOf(r *Rule) bool {
	return s.Rule != "" && isLike(s.Rule, r.Name) || s.Tag != "" && slices.Contains(r.Tags, s.Tag)
}

// apply switches a rule on or off.
func (c *Choice) apply(r *Rule) {
	if c == nil {
		return
	}
	for _, s := range c.Select {
		if !s.speaksOf(r) || s.Enable == r.Enabled {
			continue
		}
		if r.Enabled, r.Off = s.Enable, ""; !s.Enable {
			r.Off = fmt.Sprintf("%s: rules: %s", c.From, s)
		}
	}
	if c.Least != event.PriorityUnknown && r.Priority > c.Least && r.Enabled {
		r.Enabled, r.Off = false, fmt.Sprintf("%s: priority: %s", c.From, strings.ToLower(c.Least.String()))
	}
}

// isLike reports whether a text is as a pattern, in which * stands for any text.
func isLike(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:last] {
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		text = text[at+len(p):]
	}
	return strings.HasSuffix(text, parts[last])
}
