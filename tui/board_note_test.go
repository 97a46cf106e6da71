package tui

import (
	"slices"
	"testing"

	"github.com/stoop-project/stoop/internal/dashboard"
)

// What is said of several panels is said once, with the figures' range; the
// panels bear its number.
func TestBoardNotes(t *testing.T) {
	n := notesOf([]*dashboard.Result{
		{Notes: []string{"40 documents were fetched and counted here: why."}},
		nil,
		{Notes: []string{"a shard failed", "7000 documents were fetched and counted here: why."}},
	})
	want := []string{"40 to 7,000 documents were fetched and counted here: why.", "a shard failed"}
	if !slices.Equal(n.texts, want) {
		t.Errorf("%q", n.texts)
	}
	if n.marks(0) != "¹" || n.marks(1) != "" || n.marks(2) != "²¹" || n.marks(9) != "" {
		t.Errorf("%q %q %q", n.marks(0), n.marks(1), n.marks(2))
	}
	n.texts = append(n.texts, "a third", "a fourth")
	if lines := n.lines(dashboard.Mass{}, 100); len(lines) != maxNoteLines || plainText(lines[2]) != "… 2 lines more, on a larger screen" {
		t.Errorf("%q", lines)
	}
}
