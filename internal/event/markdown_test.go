package event_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

//go:generate go test -run TestReferencePages -update .

var update = flag.Bool("update", false, "write the reference pages in docs")

// TestReferencePages holds docs/fields.md and docs/events.md against the
// registry.
func TestReferencePages(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"fields.md": event.WriteFieldsMarkdown, "events.md": event.WriteTypesMarkdown,
	} {
		var want bytes.Buffer
		if err := write(&want); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("docs/%s is not what the registry says: run go generate ./internal/event", name)
		}
	}
}
