package trail

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// alertWith is an alert with a document.
func alertWith(doc string) event.Row {
	t := event.NewTables()
	b := event.NewBatch(t, 1, 1)
	b.Append(event.Event{Bits: event.HasDoc, Alert: event.AlertID(t.Alerts.Add(event.Alert{Priority: event.PriorityError})), FD: -1}, []byte(doc))
	return b.Row(0)
}

// A document that only looks like one is none.
func TestNoChain(t *testing.T) {
	for _, doc := range []string{``, `{`, `[]`, `{"stoop":{"sequence":null}}`, `{"stoop":{"sequence":{"steps":[]}}}`, `{"stoop":{"sequence":{"steps":3}}}`, `{"stoop":{"sequence":{"steps":[{"time":"soon"}]}}}`} {
		if c := ChainOf(alertWith(doc)); c != nil {
			t.Errorf("%s: %+v", doc, c)
		}
	}
}

// Where a shipper has put the document into another one, it is found.
func TestShippedChain(t *testing.T) {
	row := alertWith(`{"@timestamp":"2026-11-23T10:00:00Z","json":{"rule":"S","stoop":{"sequence":{"type":"event_count","count":12,"steps":[{"step":"a","time":"2026-11-23T10:00:00Z"}]}}}}`)
	if c := ChainOf(row); c == nil || c.Count != 12 || c.Steps[0].Name != "a" {
		t.Errorf("%+v", c)
	}
}

// The fields of a chain tell its steps by the time since the first, and what is
// missing.
func TestFieldsOfAChain(t *testing.T) {
	row := alertWith(`{"rule":"S","stoop":{"sequence":{"type":"temporal_ordered","since":"2026-11-23T10:00:00Z","steps":[
		{"step":"shell","says":"Shell in a container","time":"2026-11-23T10:00:00Z","alert.rule":"Shell in a container","alert.tags":["mitre_execution"],"container.name":"web","proc.cmdline":"sh -c id"},
		{"step":"wiped","says":"evt.type = unlinkat","time":"2026-11-23T10:01:05.0004Z","evt.type":"unlinkat","fd.name":"/var/log/auth.log","proc.name":"sh"}],
		"missing":[{"step":"scan","says":"Network tool launched in a container"}]}}}`)
	for name, want := range map[string]string{
		"alert.steps":   "(+0s · shell · execution · Shell in a container · web · sh -c id,+1m5s · wiped · unlinkat /var/log/auth.log · sh)",
		"alert.missing": "(scan · Network tool launched in a container)",
	} {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := f.Show(row, arg); !ok || v.String() != want {
			t.Errorf("%s is %v, want %s", name, v, want)
		}
		if _, ok := f.Show(alertWith(`{"rule":"S"}`), arg); ok {
			t.Errorf("%s: an alert of a rule has one", name)
		}
	}
}

// FuzzChain holds that no document brings a chain down that cannot be told.
func FuzzChain(f *testing.F) {
	f.Add(`{"stoop":{"sequence":{"since":"2026-11-23T10:00:00Z","steps":[{"step":"a","time":"2026-11-23T10:00:00Z","alert.tags":["mitre_x"]}],"missing":[{"step":"b"}]}}}`)
	f.Add(`{"json":{"stoop":{"sequence":{"steps":[{},{}]}}}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		c := ChainOf(alertWith(doc))
		if c == nil {
			return
		}
		happened, missing := c.Lines()
		if len(happened) != len(c.Steps) || len(missing) != len(c.Missing) || !strings.HasPrefix(happened[0], "+") {
			t.Errorf("%q, %q", happened, missing)
		}
	})
}
