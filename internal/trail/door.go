package trail

import (
	_ "embed"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

//go:embed door/doors.yaml
var doorsFile []byte

// door is a kind of program whose work is to start others: cron, sshd.
type door struct {
	Door   string `yaml:"door"`
	Tactic string `yaml:"tactic"`
	saying `yaml:",inline"`
}

var doors = sync.OnceValue(func() []*door {
	return readSayings("door/doors.yaml", doorsFile, func(d *door) *saying { return &d.saying })
})

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
