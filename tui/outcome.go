package tui

import (
	"context"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// maxOutcome is of how many events of a process it is told at once what came of
// it; of more its trail tells.
const maxOutcome = 5_000

// outcome says what the alert alone does not: how its process ended, whether it
// connected at all. It is "" where nothing of the process is held.
func (a anatomy) outcome(ref store.Ref) string {
	row := ref.Row()
	if a.store == nil || row.C().ID <= event.EmptyStr {
		return ""
	}
	process := ofProcess(row)
	if line := row.T.Text(row.P().Line); !row.P().Knows(event.KnowPID) && line != "" {
		process = equals("proc.cmdline", line)
	}
	v, whole := a.find(filter.All(ofContainer(row), process))
	switch {
	case v == nil || v.Len() == 0:
		return ""
	case !whole || v.Len() > maxOutcome:
		return "its process did more than can be told here: the trail says how it ended"
	}
	var texts []string
	for _, fact := range trail.Build(row, viewRows(context.Background(), v)).Outcome() {
		text := fact.Text
		if fact.Guess {
			text = "≈ " + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}
