package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
)

// FalcoConfig is Falco's own configuration on this machine.
var FalcoConfig = "/etc/falco/falco.yaml"

// falcoConfig is what of Falco's configuration says which rules there are, which
// of them are at work, and what their outputs end with (falco 0.44, userspace/falco/configuration.cpp).
type falcoConfig struct {
	RulesFiles   paths        `yaml:"rules_files"`
	RulesFile    paths        `yaml:"rules_file"` // its name before 0.38
	AppendOutput []appendItem `yaml:"append_output"`
	ConfigFiles  []configFile `yaml:"config_files"`
	Rules        []Selection  `yaml:"rules"`
	Priority     *string      `yaml:"priority"`
	Matching     string       `yaml:"rule_matching"`
}

// choice says which of the rules are at work; nil: all that their files enable.
func (c *falcoConfig) choice() (*Choice, error) {
	x := &Choice{From: FalcoConfig, Select: c.Rules}
	if c.Priority != nil {
		if x.Least = event.PriorityOf(*c.Priority); x.Least == event.PriorityUnknown {
			return nil, fmt.Errorf("priority: %q is none: emergency, alert, critical, error, warning, notice, informational, debug", *c.Priority)
		}
	}
	if len(x.Select) == 0 && x.Least == event.PriorityUnknown {
		return nil, nil
	}
	return x, nil
}

// paths is a path, or a list of them.
type paths []string

// UnmarshalYAML reads either.
func (p *paths) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*p = paths{n.Value}
		return nil
	}
	return n.Decode((*[]string)(p))
}

// appendItem is an item of append_output.
type appendItem struct {
	Match struct {
		Source string   `yaml:"source"`
		Tags   []string `yaml:"tags"`
		Rule   string   `yaml:"rule"`
	} `yaml:"match"`
	Output    string      `yaml:"extra_output"`
	Fields    []yaml.Node `yaml:"extra_fields"`
	Suggested bool        `yaml:"suggested_output"`
}

// configFile is a file or folder that adds to the configuration: a path, or one
// with a strategy.
type configFile struct{ Path, Strategy string }

// UnmarshalYAML reads either.
func (c *configFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		c.Path = n.Value
		return nil
	}
	return n.Decode(&struct {
		Path     *string `yaml:"path"`
		Strategy *string `yaml:"strategy"`
	}{&c.Path, &c.Strategy})
}

// suggested are the fields that Falco's container plugin suggests for outputs
// (libs, plugins/container: fields with the flag addOutput).
var suggested = []string{"container.id", "container.name", "container.image.repository", "container.image.tag", "k8s.pod.name", "k8s.ns.name"}

// FalcoSettings is what Falco's configuration says of all rules.
type FalcoSettings struct {
	Outputs  []AppendOutput // what outputs end with
	AllMatch bool           // rule_matching: all rules that hold for an event fire, not the first alone
}

// ReadFalcoSettings returns them where Falco's rules are among those that the
// values of -r name.
func ReadFalcoSettings(args []string) (s FalcoSettings, err error) {
	if !slices.Contains(args, FalcoWord) {
		return s, nil
	}
	c, err := readFalcoConfig()
	if err != nil || c == nil {
		return s, err
	}
	switch c.Matching {
	case "", "first":
	case "all":
		s.AllMatch = true
	default:
		return s, fmt.Errorf("%s: rule_matching: %q is neither first nor all", FalcoConfig, c.Matching)
	}
	s.Outputs, err = c.outputs()
	return s, err
}

// outputs are the items of append_output.
func (c *falcoConfig) outputs() (all []AppendOutput, err error) {
	for i := range c.AppendOutput {
		item := &c.AppendOutput[i]
		a := AppendOutput{Source: item.Match.Source, Tags: item.Match.Tags, Rule: item.Match.Rule, Output: item.Output}
		for j := range item.Fields {
			f, err := extraField(&item.Fields[j])
			if err != nil {
				return nil, fmt.Errorf("%s: append_output: %w", FalcoConfig, err)
			}
			a.Fields = append(a.Fields, f)
		}
		if item.Suggested {
			for _, name := range suggested {
				a.Fields = append(a.Fields, Field{Key: name})
				a.Output = strings.TrimSpace(a.Output + " " + shortName(name) + "=%" + name)
			}
			a.Source = "syscall"
		}
		all = append(all, a)
	}
	return all, nil
}

// shortName is how outputs call a field: container_id, k8s_ns_name.
func shortName(field string) string { return strings.ReplaceAll(field, ".", "_") }

// extraField reads an item of extra_fields: a field's name, or a name and a text.
func extraField(n *yaml.Node) (Field, error) {
	if n.Kind == yaml.ScalarNode {
		return Field{Key: strings.TrimPrefix(n.Value, "%")}, nil
	}
	var one map[string]string
	if err := n.Decode(&one); err != nil || len(one) != 1 {
		return Field{}, fmt.Errorf("line %d: extra_fields has names of fields, and pairs of a name and a text", n.Line)
	}
	for key, text := range one {
		return Field{Key: key, Format: text}, nil
	}
	return Field{}, nil
}

// readFalcoConfig reads the configuration and what it includes; nil when there
// is none.
func readFalcoConfig() (*falcoConfig, error) {
	c, err := readConfigFile(FalcoConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.RulesFiles = append(c.RulesFiles, c.RulesFile...)
	for _, include := range c.ConfigFiles {
		for _, path := range include.files() {
			more, err := readConfigFile(path)
			if err != nil {
				return nil, err
			}
			c.merge(more, include.Strategy)
		}
	}
	return c, nil
}

// files are the file that is meant, or those of the folder, as far as there are.
func (c configFile) files() []string {
	info, err := os.Stat(c.Path)
	switch {
	case err != nil:
		return nil
	case !info.IsDir():
		return []string{c.Path}
	}
	var all []string
	entries, _ := os.ReadDir(c.Path) // sorted by name
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			all = append(all, filepath.Join(c.Path, e.Name()))
		}
	}
	return all
}

// merge takes in what an included file says: lists are joined, what is one value
// is replaced, unless the strategy is another.
func (c *falcoConfig) merge(more *falcoConfig, strategy string) {
	files := slices.Concat(more.RulesFiles, more.RulesFile)
	switch strategy {
	case "override":
		if len(files) > 0 {
			c.RulesFiles = files
		}
		if len(more.AppendOutput) > 0 {
			c.AppendOutput = more.AppendOutput
		}
		if len(more.Rules) > 0 {
			c.Rules = more.Rules
		}
	case "add-only":
		if len(c.RulesFiles) == 0 {
			c.RulesFiles = files
		}
		if len(c.AppendOutput) == 0 {
			c.AppendOutput = more.AppendOutput
		}
		if len(c.Rules) == 0 {
			c.Rules = more.Rules
		}
		if c.Priority == nil {
			c.Priority = more.Priority
		}
		if c.Matching == "" {
			c.Matching = more.Matching
		}
		return
	default:
		c.RulesFiles = append(c.RulesFiles, files...)
		c.AppendOutput = append(c.AppendOutput, more.AppendOutput...)
		c.Rules = append(c.Rules, more.Rules...)
	}
	if more.Priority != nil {
		c.Priority = more.Priority
	}
	if more.Matching != "" {
		c.Matching = more.Matching
	}
}

// variable is how Falco's configuration names one of the environment's.
var variable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

func readConfigFile(path string) (*falcoConfig, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d MiB; configurations of up to %d MiB are read", path, info.Size()>>20, maxFile>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseFalcoConfig(path, text)
}

func parseFalcoConfig(path string, text []byte) (*falcoConfig, error) {
	c := &falcoConfig{}
	if err := yaml.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	expand := func(s *string) {
		*s = variable.ReplaceAllStringFunc(*s, func(v string) string { return os.Getenv(v[2 : len(v)-1]) })
	}
	for i := range c.RulesFiles {
		expand(&c.RulesFiles[i])
	}
	for i := range c.Rules {
		expand(&c.Rules[i].Rule)
		expand(&c.Rules[i].Tag)
	}
	if c.Priority != nil {
		expand(c.Priority)
	}
	for i := range c.AppendOutput {
		expand(&c.AppendOutput[i].Output)
		for j := range c.AppendOutput[i].Fields {
			for _, n := range c.AppendOutput[i].Fields[j].Content {
				expand(&n.Value)
			}
		}
	}
	return c, nil
}
