package trail

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// saying is a row of a table: for what it holds, and what is said of that.
type saying struct {
	When string `yaml:"when"`
	Say  string `yaml:"say"`

	filter *filter.Filter
	say    *phrase
}

// readSayings reads a table; of says where a row's saying is. The tables are
// ours: an error in one is a defect, which a test finds.
func readSayings[T any](file string, data []byte, of func(*T) *saying) (all []*T) {
	if err := yaml.Unmarshal(data, &all); err != nil {
		panic(fmt.Sprintf("%s: %v", file, err))
	}
	for _, row := range all {
		s := of(row)
		var err error
		if s.filter, err = filter.Compile(s.When, event.Fields); err != nil {
			panic(fmt.Sprintf("%s: %s: %v", file, s.When, err))
		}
		if s.say, err = newPhrase(s.Say); err != nil {
			panic(fmt.Sprintf("%s: %s: %v", file, s.Say, err))
		}
	}
	return all
}
