package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
)

// FuzzMap reads anything as an alert. What the mapper takes, encoding/json
// takes too, and every field of it can be read.
func FuzzMap(f *testing.F) {
	f.Add([]byte(dup2))
	f.Add([]byte(`{"json":{"rule":"r","priority":"Notice","time":"2026-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"log":"{\"rule\":\"\\u00e9\\ud83e\\udd85\",\"priority\":\"Notice\",\"time\":1}"}`))
	f.Add([]byte(`{"rule":"r","priority":"p","time":1,"output_fields":{"proc.cmdline":"a  b","proc":{"name":"a","aname[9]":"x"},"fd.name":"[::1]:1->1.2.3.4:5"}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		tab := event.NewTables()
		e, err := NewMapper(ByName("falco"), tab).Map(doc)
		if err != nil {
			return
		}
		if !json.Valid(doc) {
			t.Fatalf("%q is no JSON", doc)
		}
		if bytes.IndexByte(doc, '\n') >= 0 {
			return // a document is one line
		}
		b := event.NewBatch(tab, 1, 1)
		b.Append(e, doc)
		for _, field := range event.Fields.All() {
			for _, arg := range []event.Arg{{}, {Set: true, Index: 2}, {Set: true, Key: "a"}} {
				if v, ok := field.Get(b.Row(0), arg); ok {
					_ = v.String()
				}
			}
		}
		tab.Docs.Each(doc, func(string, fmt.Stringer) bool { return true })
	})
}

// asStored are fields that the tables hold as documents have them.
var asStored = []string{"proc.exepath", "user.name", "container.name", "k8s.pod.name", "k8s.ns.name", "container.image", "alert.rule", "alert.source"}

// FuzzKinds reads anything as every kind of document. Nothing panics, whatever
// lies where; what the tables hold is what the document is asked for; and every
// member is shown.
func FuzzKinds(f *testing.F) {
	for _, s := range []string{
		`{"auditID":"a","verb":"create","requestObject":{"spec":{"containers":[{"image":"a:5/b:1","ports":[{"hostPort":1}]},null,1,"x"],"volumes":[{"name":"n","hostPath":{"path":"/"}}]}}}`,
		`{"process_exec":{"process":{"pid":1,"binary":"/bin/sh","pod":{"name":"p","container":{"id":"docker://0123456789abcdef"}}}},"time":1795464121.5}`,
		`{"@timestamp":"2026-01-01","process":{"entity_id":"x","args":["a","b c"],"parent":{"name":null},"parent.name":"q"},"process.name":["n","m"]}`,
		`{"kibana.alert.rule.name":"r","kibana.alert":{"uuid":"u","severity":"low","rule":{"threat":[{"technique":[{"id":"T1"}]}]}}}`,
		`{"zeek":{"notice":{"note":"N"}},"event":{"dataset":"zeek.notice"},"source.ip":"1.2.3.4","source":{"port":"x"},"destination":{"ip":["::1"],"port":-1}}`,
		`{"rule":{"level":5,"description":"d"},"agent":{},"data":{"docker":{"id":1}},"timestamp":"2018-10-05T17:15:33.892+0200"}`,
		`{"kubernetes":{"pod_name":"p","labels":{"a.b/c":"d"}},"log":"{\"a\":1}","stream":"stdout"}`,
		`{"event":{"module":"stoop"},"stoop":{"fields":{"evt_type":"open","fd_name":"/a","proc_aname[2]":"x"}}}`,
		`{"json":{"rule":"r","priority":7,"output_fields":{"proc":{"name":{"a":1}},"proc.name":null}},"message":"{\"rule\":"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if bytes.IndexByte(doc, '\n') >= 0 {
			return
		}
		for _, p := range All() {
			tab := event.NewTables()
			m := NewMapper(p, tab)
			m.Alone = true
			e, err := m.Map(doc)
			deep := err != nil && strings.Contains(err.Error(), "nested too deeply")
			if known := p.Knows(doc); known != (err == nil) && json.Valid(doc) && !deep {
				t.Fatalf("%s knows it: %v, reads it: %v: %q", p.Name, known, err, doc)
			}
			if err != nil {
				continue
			}
			b := event.NewBatch(tab, 1, 1)
			b.Append(e, doc)
			row := b.Row(0)
			if out := event.NewJSON(nil).Append(nil, row); !json.Valid(out) {
				t.Fatalf("%s: %q is printed as %q", p.Name, doc, out)
			}
			for _, name := range asStored {
				field, _ := event.Fields.Lookup(name)
				got, ok := field.Read(row, event.Arg{})
				want, has := tab.Docs.Lookup(doc, field, event.Arg{})
				if ok && got.Str != "host" && got.Str != "" && has && got.String() != want.String() && !m.fromText {
					t.Fatalf("%s: %s is %q in the tables and %q in %q", p.Name, name, got, want, doc)
				}
			}
		}
	})
}

// FuzzScan checks the scanner against encoding/json: both take the same texts.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9\n",true,null,{}]}`, `[`, `"\x"`, `01`, `-`, "\"\x01\"", ` {} `, `[1,]`, `{"a":1,}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		s := scanner{b: doc}
		_, ok := s.value(0)
		if ok {
			s.peek()
			ok = s.at == len(doc)
		}
		if s.reason == "the document is nested too deeply" {
			return
		}
		if want := json.Valid(doc); ok != want {
			t.Fatalf("%q: %v (%s), encoding/json says %v", doc, ok, s.reason, want)
		}
	})
}

// FuzzUnescape checks texts against encoding/json.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`plain`, `\"\\\/\b\f\n\r\t`, `\u00e9\ud83e\udd85`, `\ud83e`, `\udd85x`, `\ud83e\u0041`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		doc := []byte(`"` + raw + `"`)
		var want string
		if json.Unmarshal(doc, &want) != nil {
			return
		}
		s := scanner{b: doc}
		v, ok := s.value(0)
		if !ok {
			t.Fatalf("%q: %s", doc, s.reason)
		}
		// encoding/json replaces bytes that are not UTF-8, which are kept here.
		if got := v.String(); utf8.ValidString(got) && got != want {
			t.Fatalf("%q: %q, want %q", doc, got, want)
		}
	})
}
