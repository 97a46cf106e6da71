package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/testdata"
)

// Every field of every real alert reads as the alert has it, whether it went
// into the tables or stayed in the document; what is null is missing.
func TestFieldsReadAsWritten(t *testing.T) {
	for _, name := range []string{"alerts", "attack", "lab", "golden-cat_write.scap"} {
		data, err := os.ReadFile(testdata.Path(t, "siem/falco-raw/"+name+".ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
			var alert struct {
				Fields map[string]any `json:"output_fields"`
			}
			dec := json.NewDecoder(bytes.NewReader(line))
			dec.UseNumber()
			if err := dec.Decode(&alert); err != nil {
				t.Fatal(err)
			}
			b := mapOne(t, string(line))
			for name, want := range alert.Fields {
				f, arg := fieldNamed(name)
				if f == nil || f.Class == "evt" && strings.HasPrefix(name, "evt.time") || name == "evt.num" {
					continue // Falco's own counters; times, which print otherwise than they are in JSON; the number is ours
				}
				v, ok := f.Get(b.Row(0), arg)
				if got := fmt.Sprint(want); ok != (want != nil) || ok && !equal(v, got) {
					t.Errorf("%s:%d: %s reads as %q (%v), want %v", name, n+1, name, v.String(), ok, want)
				}
			}
		}
	}
}

// equal compares a value with what JSON has; lists are written in several ways.
func equal(v event.Value, want string) bool {
	plain := strings.NewReplacer("(", "", ")", "", "[", "", "]", "", ",", "", " ", "")
	return v.String() == want || plain.Replace(v.String()) == plain.Replace(want)
}
