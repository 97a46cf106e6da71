package profile

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// documents returns the lines of a file.
func documents(t testing.TB, name string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(data), []byte("\n"))
}

// where writes bindings as profile@place, with a tilde when outputs are read.
func where(all []Binding) string {
	var words []string
	for _, b := range all {
		w := b.Profile.Name + "@" + b.Prefix + b.Text
		if b.Derived {
			w += "~"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func TestDetectFalco(t *testing.T) {
	for name, want := range map[string]string{
		"siem/falco-raw/lab.ndjson":                           "falco@",
		"siem/falco-raw/alerts.ndjson":                        "falco@",
		"siem/falco-filebeat/json-target.derived.ndjson":      "falco@json.",
		"siem/falco-filebeat/keys_under_root.derived.ndjson":  "falco@",
		"siem/falco-filebeat/message-unparsed.derived.ndjson": "falco@message",
		"siem/falco-fluentbit/merge_log.derived.ndjson":       "falco@",
		"siem/falco-logzio/type-falco.derived.ndjson":         "logzio@",
		"siem/falcosidekick/flattened.derived.ndjson":         "falcosidekick@",
		"siem/falco-elastic/sample_event.ndjson":              "falco-elastic@",
	} {
		if got := where(Detect(documents(t, name))); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := where(Detect([][]byte{
		[]byte(`{"json":{"rule":"r","priority":"p"}}`), []byte(`{"rule":"r","priority":"p","output_fields":{}}`),
		[]byte(`{"json":{"rule":"r","priority":"p","output_fields":{}}}`), []byte(`{}`), []byte(`{`),
	})); got != "falco@json. falco@" {
		t.Errorf("mixed: %s", got)
	}
}

func TestStored(t *testing.T) {
	falco := ByName("falco")
	for _, tt := range []struct {
		b           Binding
		field, want string
	}{
		{Binding{Profile: falco}, "proc.name", "same output_fields.proc.name, same output_fields.proc_name, derived output_fields.proc.cmdline, derived output_fields.proc_cmdline"},
		{Binding{Profile: falco, Prefix: "json."}, "alert.rule", "same json.rule"},
		{Binding{Profile: falco, Text: "message"}, "alert.rule", ""},
		{Binding{Profile: falco}, "alert.origin", "table [falco:[]]"},
		{Binding{Profile: falco}, "proc.aname[2]", "same output_fields.proc.aname[2], same output_fields.proc_aname[2], derived output_fields.proc.acmdline[2], derived output_fields.proc_acmdline[2]"},
		{Binding{Profile: falco}, "proc.aname[0]", "same output_fields.proc.name, same output_fields.proc_name, derived output_fields.proc.cmdline, derived output_fields.proc_cmdline"},
		{Binding{Profile: falco}, "evt.num", ""},
		{Binding{Profile: falco, Derived: true}, "user.name", "same output_fields.user.name, same output_fields.user_name, derived output"},
		{Binding{Profile: falco}, "evt.arg.flags", "same output_fields.evt.arg.flags, same output_fields.evt_arg_flags, same output_fields.evt.arg[flags], same output_fields.evt_arg[flags]"},
	} {
		f, a := fieldNamed(tt.field)
		places, ok := tt.b.Stored(f, a)
		var words []string
		for _, s := range places {
			word := strings.TrimSpace(s.Form.String() + " " + s.Path)
			if s.Form == FormTable {
				word += " " + strings.TrimPrefix(fmt.Sprint(s.Values), "map")
			}
			words = append(words, word)
		}
		if got := strings.Join(words, ", "); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s under %q\n got %s\nwant %s", tt.field, tt.b.Prefix, got, tt.want)
		}
	}
}
