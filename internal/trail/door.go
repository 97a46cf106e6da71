package trail

import (
	_ "embed"
	"fmt"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

//go:embed door/doors.yaml
var doorsFile []byte

// door is a kind of program whose work is to start others: cron, sshd.
type door struct {
	Door   string `yaml:"door"`
	When   string `yaml:"when"`
	Say    string `yaml:"say"`
	Tactic string `yaml:"tactic"`

	filter *filter.Filter
	say    *event.Format
}

// doors are those of the file. It is ours: an error in it is a defect, which a
// test finds.
var doors = sync.OnceValue(func() []*door {
	all, err := readDoors(doorsFile)
	if err != nil {
		panic(err)
	}
	return all
})

func readDoors(data []byte) (all []*door, err error) {
	if err := yaml.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.filter, err = filter.Compile(d.When, event.Fields); err != nil {
			return nil, fmt.Errorf("door/doors.yaml: %s: %w", d.Door, err)
		}
		if d.say, err = event.ParseFormat(d.Say, event.Fields); err != nil {
			return nil, fmt.Errorf("door/doors.yaml: %s: %w", d.Door, err)
		}
	}
	return all, nil
}

// door returns what kind of door a process is, nil for none. It is told by what
// the process calls itself.
func (n *Node) door() *door {
	b := event.NewBatch(n.Row().T, 1, 1)
	b.Append(event.Event{Proc: n.Row().Proc, FD: -1, Dur: -1}, nil)
	for _, d := range doors() {
		if d.filter.Match(b, 0) {
			return d
		}
	}
	return nil
}
