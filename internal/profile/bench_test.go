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
