package summary

import (
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
)

// told reads a document by the profile that knows it, and tells it.
func told(t *testing.T, doc string) []Part {
	t.Helper()
	choose := profile.Choose(event.NewTables)
	m, e, err := choose.Map([]byte(doc))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	b := event.NewBatch(m.Tables(), 1, 1)
	b.Append(e, []byte(doc))
	row := b.Row(0)
	return Of(row, func(name string) (string, bool) {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			t.Fatal(name, err)
		}
		v, ok := f.Get(row, arg)
		return v.String(), ok
	})
}

func TestOf(t *testing.T) {
	const zeek = `"@timestamp":"2026-11-20T12:00:00Z","observer":{"hostname":"sensor"},"source":{"ip":"10.0.0.7","port":40122},`
	for name, c := range map[string]struct{ doc, want string }{
		"a pod entered": {
			`{"kind":"Event","auditID":"1","stage":"ResponseStarted","verb":"create","requestURI":"/api/v1/namespaces/shop/pods/web-0/exec?command=sh","user":{"username":"mallory"},` +
				`"objectRef":{"resource":"pods","namespace":"shop","name":"web-0","subresource":"exec"},"responseStatus":{"code":101},"stageTimestamp":"2026-11-20T12:00:00Z"}`,
			"create pods/exec shop/web-0 by mallory → 101",
		},
		"a list refused": {
			`{"kind":"Event","auditID":"2","stage":"ResponseComplete","verb":"list","requestURI":"/api/v1/secrets","user":{"username":"system:anonymous"},` +
				`"objectRef":{"resource":"secrets"},"responseStatus":{"code":403,"reason":"Forbidden"},"stageTimestamp":"2026-11-20T12:00:00Z"}`,
			"list secrets by system:anonymous → 403 Forbidden",
		},
		"no resource": {
			`{"kind":"Event","auditID":"3","stage":"ResponseComplete","verb":"get","requestURI":"/healthz","user":{"username":"kubelet"},"responseStatus":{"code":200},"stageTimestamp":"2026-11-20T12:00:00Z"}`,
			"get /healthz by kubelet → 200",
		},
		"a connection": {
			`{` + zeek + `"destination":{"ip":"192.0.2.8","port":443,"bytes":900},"network":{"transport":"tcp"},"event":{"dataset":"zeek.connection"},"zeek":{"connection":{"state":"SF"}}}`,
			"tcp 10.0.0.7:40122 → 192.0.2.8:443 SF, 900 received",
		},
		"a name asked for": {
			`{` + zeek + `"event":{"dataset":"zeek.dns"},"dns":{"question":{"name":"pool.example","type":"A"},"resolved_ip":["192.0.2.9"],"response_code":"NOERROR"},"zeek":{"dns":{"query":"pool.example"}}}`,
			"dns A pool.example → (192.0.2.9) → NOERROR",
		},
		"a page fetched": {
			`{` + zeek + `"event":{"dataset":"zeek.http"},"url":{"domain":"dl.example","original":"/x.sh"},"http":{"request":{"method":"GET"},"response":{"status_code":200}},"zeek":{"http":{}}}`,
			"http GET dl.example /x.sh → 200",
		},
		"a log's line": {
			`{"@timestamp":"2026-11-20T12:00:00Z","kubernetes":{"pod":{"name":"web-0"}},"message":"GET /\n200","log":{"level":"info"}}`,
			"info GET / 200",
		},
	} {
		if got := Text(told(t, c.doc)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The parts tell values from words.
func TestParts(t *testing.T) {
	ps := told(t, `{"@timestamp":"2026-11-20T12:00:00Z","kubernetes":{"pod":{"name":"web-0"}},"message":"started","log":{"level":"info"}}`)
	want := []Part{{"info", "log.level"}, {" ", ""}, {"started", "log.message"}}
	if !slices.Equal(ps, want) {
		t.Errorf("%q", ps)
	}
	if got := strings.Join(Fields(ps), " "); got != "log.level log.message" {
		t.Error(got)
	}
}

// A table that is wrong is told with its line.
func TestBadTable(t *testing.T) {
	for _, text := range []string{"x", "proc.nam = a\tx", "proc.name = a\t{nothing}", "proc.name = a\t[{proc.name}", "proc.name = a\t{proc.name"} {
		if _, err := parse("# head\n" + text); err == nil || !strings.HasPrefix(err.Error(), "2: ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
