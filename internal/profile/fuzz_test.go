package profile

import (
	"bytes"
	"encoding/json"
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
		tab.Docs.Each(doc, func(string, string) bool { return true })
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
