package event_test

import (
	"fmt"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// BenchmarkBatchAppend appends events with three arguments, as a source does.
// The project asks for 2 M events a second and core: 500 ns.
func BenchmarkBatchAppend(b *testing.B) {
	t := event.NewTables()
	name := t.Strings.Add("/etc/passwd")
	typ, _ := event.TypeOf("openat")
	e := event.Event{Type: typ, Bits: event.HasRes, TID: 7, Proc: 1, FD: 3, Obj: 1, Res: 3, Dur: -1}
	var w event.ArgWriter
	batch := event.NewBatch(t, 1, 1<<14)
	b.ReportAllocs()
	for b.Loop() {
		w.Reset()
		w.Int(-100)
		w.Str(name)
		w.Uint(0x80000)
		e.Time++
		batch.Append(e, w.Payload())
		if batch.Len() == 1<<14 {
			batch = event.NewBatch(t, 1, 1<<14)
		}
	}
}

func BenchmarkStringsAddBytes(b *testing.B) {
	for _, distinct := range []int{1, 1000, 200_000} {
		b.Run(fmt.Sprintf("known-%d", distinct), func(b *testing.B) {
			t := event.NewTables()
			all := make([][]byte, distinct)
			for i := range all {
				all[i] = fmt.Appendf(nil, "/usr/lib/x86_64-linux-gnu/libexample-%d.so", i)
				t.Strings.AddBytes(all[i])
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				t.Strings.AddBytes(all[i%distinct])
				i++
			}
		})
	}
	b.Run("new", func(b *testing.B) {
		t := event.NewTables()
		buf := []byte("/var/lib/data/0000000000")
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			for n, at := i, len(buf)-1; n > 0; n, at = n/10, at-1 {
				buf[at] = byte('0' + n%10)
			}
			t.Strings.AddBytes(buf)
		}
	})
}

func BenchmarkStringsGet(b *testing.B) {
	t := event.NewTables()
	s := t.Strings.Add("/etc/passwd")
	for b.Loop() {
		_ = t.Strings.Get(s)
	}
}

func BenchmarkObjectIntern(b *testing.B) {
	t := event.NewTables()
	objs := make([]event.Object, 4096)
	for i := range objs {
		objs[i] = event.Object{Kind: event.ObjFile, Name: event.Str(i + 2), Ino: uint64(i)}
		t.Objs.Intern(objs[i])
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		t.Objs.Intern(objs[i%len(objs)])
		i++
	}
}

func BenchmarkDimAt(b *testing.B) {
	t := event.NewTables()
	id := t.Procs.Add(event.Proc{PID: 1})
	for b.Loop() {
		_ = t.Procs.At(id)
	}
}

func BenchmarkJSON(b *testing.B) {
	s := newScene()
	r := s.open(b, 0x80000, 3)
	var buf []byte
	j := event.NewJSON(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = j.Append(buf[:0], r)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkFormat(b *testing.B) {
	f, err := event.ParseFormat("%evt.time %proc.name %fd.name %evt.arg.flags", event.Fields)
	if err != nil {
		b.Fatal(err)
	}
	s := newScene()
	r := s.open(b, 0x80000, 3)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = f.Append(buf[:0], r)
	}
}

// BenchmarkField reads fields that rules ask of every open.
func BenchmarkField(b *testing.B) {
	s := newScene()
	r := s.open(b, 0x80000, 3)
	for _, name := range []string{"evt.is_open_read", "evt.arg.flags", "evt.rawarg.flags", "fd.name", "fd.name_changed", "proc.cmdline", "proc.aname", "evt.res"} {
		f, a, err := event.Fields.Parse(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Get(r, a)
			}
		})
	}
}
