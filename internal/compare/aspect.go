package compare

import (
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Aspect is one thing that containers are compared by: a field's values, of
// events that a filter holds for.
type Aspect struct {
	Name     string `yaml:"name"`
	Title    string `yaml:"title"`
	Field    string `yaml:"field"`
	Filter   string `yaml:"filter"`
	Patterns bool   `yaml:"patterns"` // values that differ only in a number are one
}

//go:embed aspects.yaml
var aspectsYAML []byte

// Aspects are those that there are, in the order in which they are shown.
func Aspects() []*Aspect {
	var all []*Aspect
	if err := yaml.Unmarshal(aspectsYAML, &all); err != nil {
		panic(fmt.Sprintf("aspects.yaml: %v", err)) // embedded, and read by a test
	}
	return all
}
