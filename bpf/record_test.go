package bpf

import (
	"bytes"
	"errors"
	"testing"
)

// build makes a record with the given arguments and parts.
func build(kind Kind, args []uint64, parts ...Part) []byte {
	b := make([]byte, HeaderSize)
	b[6], b[7], b[60], b[61] = byte(kind), Version, byte(len(args)), byte(len(parts))
	for _, a := range args {
		b = le.AppendUint64(b, a)
	}
	for _, p := range parts {
		b = append(b, byte(p.Tag), p.Role, p.Flags, p.Aux)
		b = le.AppendUint32(b, uint32(len(p.Data)))
		b = append(b, p.Data...)
		for len(b)%8 != 0 {
			b = append(b, 0xee) // padding means nothing
		}
	}
	le.PutUint32(b, uint32(len(b)))
	return b
}

func names(leafFirst ...string) []byte {
	var b []byte
	for _, n := range leafFirst {
		b = append(append(b, byte(len(n))), n...)
	}
	return b
}

func TestParse(t *testing.T) {
	good := build(KindSyscall, []uint64{7, 8},
		Part{Tag: TagString, Role: 1, Flags: PartArgument, Data: []byte("/etc/passwd")},
		Part{Tag: TagPath, Role: RoleCwd, Aux: 1, Data: names("tmp")})
	rec, err := Parse(append(good, "next record"...))
	if err != nil {
		t.Fatal(err)
	}
	if rec.Arg(1) != 8 || rec.Arg(2) != 0 || rec.Arg(-1) != 0 {
		t.Errorf("args %d %d %d", rec.Arg(1), rec.Arg(2), rec.Arg(-1))
	}
	c := rec.Parts()
	if !c.Next() || c.Tag != TagString || c.Role != 1 || string(c.Data) != "/etc/passwd" {
		t.Errorf("first part %+v", c.Part)
	}
	if !c.Next() || c.Role != RoleCwd || c.Next() || c.Err() != nil {
		t.Errorf("second part %+v, %v", c.Part, c.Err())
	}
	if p, ok := rec.Find(TagPath, RoleCwd); !ok || string(p.Data) != "\x03tmp" {
		t.Errorf("Find: %v %q", ok, p.Data)
	}

	for _, tt := range []struct {
		name string
		lie  func(b []byte) []byte
		want error
	}{
		{"empty", func(b []byte) []byte { return nil }, ErrShort},
		{"cut", func(b []byte) []byte { return b[:len(b)-1] }, ErrShort},
		{"shorter than a header", func(b []byte) []byte { le.PutUint32(b, 56); return b }, ErrLength},
		{"longer than any", func(b []byte) []byte { le.PutUint32(b, 1<<30); return b }, ErrLength},
		{"odd length", func(b []byte) []byte { le.PutUint32(b, 81); return b }, ErrLength},
		{"seven arguments", func(b []byte) []byte { b[60] = 7; return b }, ErrLength},
		{"another version", func(b []byte) []byte { b[7]++; return b }, ErrVersion},
	} {
		if _, err := Parse(tt.lie(bytes.Clone(good))); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestCursorStopsAtLies(t *testing.T) {
	for name, lie := range map[string]func(b []byte){
		"part longer than the record": func(b []byte) { le.PutUint32(b[HeaderSize+4:], 0xffffffff) },
		"more parts than there are":   func(b []byte) { b[61] = 200 },
	} {
		b := build(KindSyscall, nil, Part{Tag: TagString, Data: []byte("x")})
		lie(b)
		rec, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		c := rec.Parts()
		for c.Next() {
		}
		if !errors.Is(c.Err(), ErrPart) {
			t.Errorf("%s: %v", name, c.Err())
		}
	}
}

func TestAppendPath(t *testing.T) {
	for _, tt := range []struct {
		part Part
		want string
		ok   bool
	}{
		{Part{Aux: 3, Data: names("passwd", "etc", "r")}, "/r/etc/passwd", true},
		{Part{Aux: 0}, "/", true},
		{Part{Aux: 1, Flags: PartCut, Data: names("x")}, "…/x", true},
		{Part{Aux: 2, Data: names("x")}, "", false},
		{Part{Aux: 1, Data: []byte{9, 'x'}}, "", false},
	} {
		got, ok := AppendPath(nil, tt.part)
		if string(got) != tt.want || ok != tt.ok {
			t.Errorf("%q: %q %v, want %q %v", tt.part.Data, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzRecord holds that no bytes make the readers panic or reach outside the record.
func FuzzRecord(f *testing.F) {
	f.Add(build(KindSyscall, []uint64{1, 2, 3, 4, 5, 6},
		Part{Tag: TagFile, Data: make([]byte, 40)}, Part{Tag: TagPath, Aux: 2, Data: names("b", "a")},
		Part{Tag: TagSock, Role: 1, Data: make([]byte, 64)}))
	f.Add(build(KindExec, nil, Part{Tag: TagTask, Data: make([]byte, 56)}, Part{Tag: TagArgv, Data: []byte("sh\x00-c\x00")}))
	f.Add(build(KindURingComplete, nil, Part{Tag: TagURing, Data: make([]byte, 56)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := Parse(b)
		if err != nil {
			return
		}
		h := rec.Header()
		if int(h.Len) != len(rec) {
			t.Fatalf("length %d of %d bytes", h.Len, len(rec))
		}
		parts, bytesSeen := 0, 0
		c := rec.Parts()
		for c.Next() {
			parts++
			bytesSeen += len(c.Data)
			parsePart(c.Part)
		}
		if c.Err() == nil && parts != int(h.NParts) || parts > int(h.NParts) || bytesSeen > len(rec) {
			t.Fatalf("%d parts of %d, %d bytes of %d", parts, h.NParts, bytesSeen, len(rec))
		}
	})
}

func parsePart(p Part) {
	ParseFile(p.Data)
	AppendPath(nil, p)
	ParseSock(p.Data)
	ParseCreds(p.Data)
	ParseCaps(p.Data)
	ParseTask(p.Data)
	ParseNS(p.Data)
	ParseChild(p.Data)
	ParseExe(p.Data)
	ParseEnter(p.Data)
	ParseURing(p.Data)
	ParseExit(p.Data)
}
