package profile

import (
	"bytes"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile/falcogen"
)

// BenchmarkMap reads 32 MiB of alerts, rows included, on one core.
func BenchmarkMap(b *testing.B) {
	var data bytes.Buffer
	if _, err := falcogen.New(1).Write(&data, 32<<20); err != nil {
		b.Fatal(err)
	}
	lines := bytes.SplitAfter(data.Bytes(), []byte("\n"))
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		m := NewMapper(ByName("falco"), event.NewTables())
		for _, line := range lines {
			if len(line) > 0 {
				if _, err := m.Map(line); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// BenchmarkLookup reads a field that is in some documents only, of one document
// after another.
func BenchmarkLookup(b *testing.B) {
	docs := make([][]byte, 1000)
	g := falcogen.New(1)
	for i := range docs {
		docs[i] = bytes.Clone(g.Next())
	}
	for name, arg := range map[string]event.Arg{"evt.arg": {Set: true, Key: "flags"}, "proc.exe_ino.mtime": {}} {
		f, _ := event.Fields.Lookup(name)
		reader := ByName("falco").Docs()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				reader.Lookup(docs[i%len(docs)], f, arg)
			}
		})
	}
}

// BenchmarkKinds reads documents of several kinds, each file again and again,
// choosing the profile for every document.
func BenchmarkKinds(b *testing.B) {
	for _, name := range []string{
		"falco-raw/lab", "falco-filebeat/json-target.derived", "falco-filebeat/message-unparsed.derived", "k8s-audit-elastic/pipeline.derived", "tetragon-raw/events",
	} {
		docs := documents(b, "siem/"+name+".ndjson")
		size := 0
		for _, d := range docs {
			size += len(d)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			c := Choose(event.NewTables)
			for b.Loop() {
				for _, d := range docs {
					if _, _, err := c.Map(d); err != nil && name != "k8s-audit-elastic/pipeline.derived" {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkJSON writes alerts as JSON, every field that has a value, one after
// another.
func BenchmarkJSON(b *testing.B) {
	tables := event.NewTables()
	m := NewMapper(ByName("falco"), tables)
	batch := event.NewBatch(tables, 1, 1000)
	g := falcogen.New(1)
	size := 0
	for range 1000 {
		doc := g.Next()
		e, err := m.Map(doc)
		if err != nil {
			b.Fatal(err)
		}
		batch.Append(e, doc)
		size += len(doc)
	}
	w := event.NewJSON(nil)
	var line []byte
	b.SetBytes(int64(size / 1000))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		line = w.Append(line[:0], batch.Row(i%1000))
	}
}
