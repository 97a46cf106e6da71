package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/testdata"
)

// asked are all fields, some with an argument.
func asked(yield func(*event.Field, event.Arg) bool) {
	for _, f := range event.Fields.All() {
		if !yield(f, event.Arg{}) || !yield(f, event.Arg{Set: true, Index: 2, Key: "2"}) || !yield(f, event.Arg{Set: true, Key: "flags"}) {
			return
		}
	}
}

// allFields are those that are looked for in each document.
var allFields = event.JSONFields()

// sameOpened compares what a document tells when it was opened with what it
// tells when it is asked for each field by itself.
func sameOpened(t *testing.T, d *Docs, payload []byte, before event.OpenDoc) event.OpenDoc {
	t.Helper()
	o := d.Open(payload, before)
	var held [8]uint64
	o.Mark(allFields, held[:])
	for n, f := range allFields {
		if _, some := d.Lookup(payload, f, event.Arg{}); some && d.Holds(f) && held[n/64]>>(n%64)&1 == 0 {
			t.Errorf("%s of %.300s is not marked", f.Name, payload)
		}
	}
	for f, a := range asked {
		want, some := d.Lookup(payload, f, a)
		got, ok := o.Lookup(payload, f, a)
		if ok != some || !reflect.DeepEqual(got, want) {
			t.Errorf("%s%v of %.300s:\nopened %v, %v\nelse   %v, %v", f.Name, a, payload, got, ok, want, some)
		}
	}
	if got, want := members(o, payload), members(d, payload); json.Valid(payload) && !slices.Equal(got, want) {
		t.Errorf("members of %.300s:\nopened %v\nelse   %v", payload, got, want)
	}
	return o
}

// members are a document's members and their values.
func members(d event.DocReader, payload []byte) (all []string) {
	d.Each(payload, func(name string, value fmt.Stringer) bool {
		all = append(all, name+"="+value.String())
		return true
	})
	return all
}

// Real documents of every kind: one reader for all of a file, as it is used.
func TestOpened(t *testing.T) {
	err := filepath.WalkDir(testdata.Path(t, "siem"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		docs := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		docs = docs[:min(len(docs), 20)]
		for _, b := range Detect(docs) {
			d := b.Profile.Docs()
			var o event.OpenDoc
			for _, doc := range docs {
				o = sameOpened(t, d, doc, o)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A reader of another kind is not used again.
func TestOpenedOfAnotherKind(t *testing.T) {
	doc := []byte(`{"rule":"r","priority":"Notice","time":"2026-01-01T00:00:00Z","output_fields":{"proc.name":"a"},"verb":"get","auditID":"x"}`)
	o := sameOpened(t, ByName("falco").Docs(), doc, nil)
	o = sameOpened(t, ByName("wazuh").Docs(), doc, o)
	sameOpened(t, ByName("falco").Docs(), []byte(`{}`), o)
}

func FuzzOpened(f *testing.F) {
	f.Add([]byte(`{"log":"{\"rule\":\"\\u00e9\",\"output_fields\":{\"proc.name\":\"a\"}}"}`))
	f.Add([]byte(`{"rule":"r\\","output_fields":{"proc":{"name":"a","aname[9]":"x"},"evt.arg.flags":"\""}}`))
	d := ByName("falco").Docs()
	var before event.OpenDoc // which knows what will be asked
	f.Fuzz(func(t *testing.T, doc []byte) {
		if !bytes.ContainsRune(doc, '\n') && bytes.Count(doc, []byte{'{'})+bytes.Count(doc, []byte{'['}) < maxDepth {
			before = sameOpened(t, d, doc, before)
		}
	})
}
