package ship

import (
	"bytes"
	"testing"
)

// The text of a batch may be anything.
func FuzzSplitItems(f *testing.F) {
	f.Add([]byte(actionHead + "a" + actionTail + "{}\n"))
	f.Add([]byte(actionHead + actionTail))
	f.Fuzz(func(t *testing.T, text []byte) {
		if items := splitItems(text); items != nil && !bytes.Equal(join(items), text) {
			t.Errorf("%d documents are not the text", len(items))
		}
	})
}

// An answer may be anything.
func FuzzReadBulk(f *testing.F) {
	f.Add([]byte(`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"a","reason":"b","caused_by":{"reason":"c"}}}},{"create":{"status":201}}]}`), 2)
	f.Add([]byte(`{"errors":false,"items":[]}`), 0)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		results, err := readBulk(body, n)
		if err == nil && len(results) != n {
			t.Fatalf("%d results of %d documents", len(results), n)
		}
		for _, r := range results {
			if _, reason := r.why(); r.outcome() == bad && reason == "" && r.Error == nil {
				t.Error("a document is refused for no reason")
			}
		}
	})
}
