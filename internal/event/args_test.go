package event_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func TestArgWriter(t *testing.T) {
	var w event.ArgWriter
	w.Int(math.MinInt64)
	w.Skip()
	w.Uint(math.MaxUint64)
	w.Str(7)
	w.Str(event.NoStr)
	w.Obj(9)
	w.Obj(0)
	w.Bytes([]byte("data"), false)
	w.Bytes(nil, true)
	want := []event.RawArg{
		{Kind: event.Int, Num: 1 << 63},
		{},
		{Kind: event.Uint, Num: math.MaxUint64},
		{Kind: event.String, Str: 7},
		{},
		{Kind: event.String, Obj: 9},
		{},
		{Kind: event.Bytes, Bytes: []byte("data")},
		{Kind: event.Bytes, Cut: true},
	}
	rest := w.Payload()
	for i, want := range want {
		a, next, ok := event.NextArg(rest)
		if !ok || a.Kind != want.Kind || a.Num != want.Num || a.Str != want.Str || a.Obj != want.Obj || !bytes.Equal(a.Bytes, want.Bytes) || a.Cut != want.Cut {
			t.Fatalf("argument %d is %+v, want %+v", i, a, want)
		}
		if at, ok := event.ArgAt(w.Payload(), i); ok != (want.Kind != event.None) || at.Num != want.Num {
			t.Errorf("ArgAt(%d) = %+v, %v", i, at, ok)
		}
		rest = next
	}
	if len(rest) != 0 {
		t.Errorf("%d bytes are left", len(rest))
	}
	if _, ok := event.ArgAt(w.Payload(), len(want)); ok {
		t.Error("there is an argument behind the last")
	}
}

func TestCutArgument(t *testing.T) {
	s := newScene()
	s.args.Bytes(make([]byte, 200), true)
	r := s.add(t, "read", 4096, 5, s.conn)
	for a := range event.Args(r.B, r.I) {
		if a.Name != "data" {
			continue
		}
		if !a.Cut || len(a.Raw) != 83 {
			t.Errorf("data is cut %v, and shown in %d characters; want true and 83", a.Cut, len(a.Raw))
		}
		return
	}
	t.Error("there is no data")
}

// FuzzArgs reads hostile payloads in every way that the package has: nothing
// may panic, run on for ever, or give bad JSON.
func FuzzArgs(f *testing.F) {
	s := newScene()
	s.open(f, 0x80000, 3)
	f.Add(uint16(257), s.b.Payload(0), int64(3), int32(3), uint32(1))
	f.Add(uint16(42), []byte{4, 0xff, 0xff, 0xff, 0xff, 0x0f}, int64(-1), int32(-1), uint32(1<<31))
	f.Add(uint16(0), []byte{5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, int64(math.MinInt64), int32(-100), uint32(0))
	f.Add(uint16(59), []byte{3, 0x80}, int64(0), int32(0), uint32(7))
	f.Add(uint16(65535), []byte{7}, int64(0), int32(0), uint32(7))
	f.Fuzz(func(t *testing.T, typ uint16, payload []byte, res int64, fd int32, id uint32) {
		b := event.NewBatch(s.t, 1, 1)
		b.Append(event.Event{
			Type: event.Type(typ), Bits: event.HasRes, TID: id, Proc: event.ProcID(id), FD: fd, Obj: event.ObjID(id), Res: res, Alert: event.AlertID(id), Dur: res,
		}, payload)
		r := b.Row(0)
		if line := event.NewJSON(nil).Append(nil, r); !json.Valid(line) {
			t.Errorf("bad JSON: %s", line)
		}
		for _, f := range event.Fields.All() {
			for _, a := range fuzzArgs {
				f.Show(r, a)
			}
		}
	})
}

var fuzzArgs = []event.Arg{
	{}, {Set: true, Key: "0"}, {Set: true, Key: "64", Index: 64}, {Set: true, Key: "99999999999999999999", Index: -1}, {Set: true, Key: "[", Index: -1}, {Set: true, Key: "dst", Index: -1},
}

// FuzzParseFormat: bad output texts give errors, good ones print.
func FuzzParseFormat(f *testing.F) {
	for _, s := range []string{"%proc.name", "%%", "%evt.arg[", "%proc.aname[99999999999999999999]", "a %fd.name.", "%container.mount[[a-]]"} {
		f.Add(s)
	}
	s := newScene()
	r := s.open(f, 0, 3)
	f.Fuzz(func(t *testing.T, text string) {
		if f, err := event.ParseFormat(text, event.Fields); err == nil {
			f.Append(nil, r)
		}
	})
}
