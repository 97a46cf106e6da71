package own

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

//go:generate go test -run TestRulesPage -update .

var update = flag.Bool("update", false, "write docs/own-rules.md")

// TestRulesPage holds the page against the data that it is made of.
func TestRulesPage(t *testing.T) {
	const page = "../../../docs/own-rules.md"
	var b bytes.Buffer
	if err := WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("docs/own-rules.md is not what the rules say: make generate")
	}
}
