package profile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// One alert, as seven ways of storing it have it, reads the same: what goes
// into the tables and what stays in the document.
func TestShapes(t *testing.T) {
	const fields = `"evt.arg.flags":"O_RDONLY","proc.name":"cat","proc.aname[2]":"bash","fd.name":"/etc/shadow","container.id":"0123456789ab","thread.vtid":7`
	const head = `"rule":"Read","priority":"Warning","time":"2026-01-01T00:00:00Z","hostname":"node-1","tags":["a","b"],"output":"x",`
	root := `{` + head + `"output_fields":{` + fields + `}}`
	quoted, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.NewReplacer("evt.arg.flags", "evt_arg_flags", "proc.", "proc_", "fd.name", "fd_name", "container.id", "container_id", "thread.v", "thread_v").Replace(fields)
	nested := `"evt":{"arg":{"flags":"O_RDONLY"}},"proc":{"name":"cat","aname[2]":"bash"},"fd":{"name":"/etc/shadow"},"container":{"id":"0123456789ab"},"thread":{"vtid":7}`
	for name, doc := range map[string]string{
		"root":                root,
		"beside a shipper's":  `{"@timestamp":"2026-01-02T00:00:00Z","agent":{"name":"n","type":"t"},` + root[1:],
		"under json":          `{"@timestamp":"2026-01-02T00:00:00Z","message":"m","json":` + root + `}`,
		"text in message":     `{"@timestamp":"2026-01-02T00:00:00Z","message":` + string(quoted) + `}`,
		"text in log":         `{"stream":"stdout","log":` + string(quoted) + `,"kubernetes":{"pod_name":"falco-1"}}`,
		"underscores":         `{` + head + `"output_fields":{` + flat + `}}`,
		"objects under falco": `{"falco":{` + head + `"output_fields":{` + nested + `}},"host":{"name":"h"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := mapOne(t, doc)
			for field, want := range map[string]string{
				"proc.name": "cat", "fd.name": "/etc/shadow", "container.id": "0123456789ab", "evt.arg.flags": "O_RDONLY", "proc.aname[2]": "bash",
				"thread.vtid": "7", "evt.hostname": "node-1", "alert.rule": "Read", "alert.output": "x",
			} {
				f, arg := fieldNamed(field)
				if v, _ := f.Get(b.Row(0), arg); v.String() != want {
					t.Errorf("%s reads as %q, want %q", field, v.String(), want)
				}
			}
			seen := map[string]string{}
			b.Tables.Docs.Each([]byte(doc), func(name string, value fmt.Stringer) bool {
				seen[name] = value.String()
				return true
			})
			if seen["evt.arg.flags"] != "O_RDONLY" || seen["evt.hostname"] != "node-1" || seen["proc.aname[2]"] != "bash" {
				t.Errorf("members %v", seen)
			}
		})
	}
}
