package source

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// able is a source whose server can do one thing with every check.
type able struct {
	Source
	support filter.Support
}

func (a able) Support(*filter.Filter) func(*filter.Check) filter.Support {
	return func(*filter.Check) filter.Support { return a.support }
}

func TestSupport(t *testing.T) {
	f, err := filter.Compile("proc.name = a", event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	file := struct{ Source }{}
	if Support(f, []Source{file}) != nil {
		t.Error("a file evaluates filters")
	}
	support := Support(f, []Source{able{nil, filter.Decides}, file, able{nil, filter.Narrows}})
	if got := f.Explain(support)[0].SIEM; got != filter.Narrows {
		t.Errorf("together they %s", got)
	}
}
