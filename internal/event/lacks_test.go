package event

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// Rows of chance: where a lack is said to be, none of its fields has a value;
// and each of its fields has one elsewhere.
func TestLacks(t *testing.T) {
	rows := chanceRows(20_000)
	for _, l := range lacks {
		for name := range strings.FieldsSeq(l.fields) {
			f := Fields.byName[name]
			if f == nil || f.Home != l.home {
				t.Fatalf("%s is no field of the home %s", name, l.home)
			}
			if _, written := jsonList().numbers[name]; !written {
				t.Errorf("%s is not written", name)
			}
			elsewhere := false
			for _, r := range rows {
				v, ok := f.row(r)
				if ok && l.when(r) {
					t.Errorf("%s is said to be missing, and is %q", name, v.String())
				}
				elsewhere = elsewhere || ok
			}
			if !elsewhere {
				t.Errorf("%s has no value in any row", name)
			}
		}
	}
}

// chanceRows are events whose processes, objects and facts are made by chance,
// every second of them with a document.
func chanceRows(n int) []Row {
	r := rand.New(rand.NewPCG(1, 2))
	t := NewTables()
	texts := []Str{NoStr, t.Strings.Add("sh"), t.Strings.Add("-c\x00x\x00"), t.Strings.Add("/a/b"), t.Strings.Add("/a/"), t.Strings.Add("")}
	addr := netip.MustParseAddr("10.0.0.9")
	t.Names.Learn(addr, "a.example.")
	t.Conts.Add(Container{Name: texts[1], IP: t.Strings.Add(addr.String())})
	b := NewBatch(t, 1, n)
	var args ArgWriter
	for range n {
		var o Object
		chance(r, &o, texts, 20)
		o.Kind = ObjKind(r.IntN(int(ObjPacket) + 1))
		o.Local, o.Remote = EndpointOf(addr, 80), EndpointOf(addr, 81)
		o.Local.Known, o.Remote.Known = r.IntN(2) == 0, r.IntN(2) == 0
		obj := ObjID(t.Objs.Add(o))
		var p Proc
		chance(r, &p, texts, 20)
		for _, id := range []*ObjID{&p.Stdin, &p.Stdout, &p.Stderr} {
			*id = obj * ObjID(r.IntN(2))
		}
		known := uint32(t.Procs.Len())
		for _, id := range []*ProcID{&p.Parent, &p.SidLeader, &p.PgrLeader} {
			*id = ProcID(r.Uint32N(known) * r.Uint32N(2))
		}
		p.Cont = 0
		e := Event{Proc: ProcID(t.Procs.Add(p)), Obj: obj, Type: Type(1 + r.IntN(int(lastType)-1)), Time: int64(r.Uint32()), Bits: Bits(r.UintN(1 << 8))}
		e.Res, e.FD = int64(r.IntN(5)), int32(r.IntN(5))
		if r.IntN(2) == 0 {
			e.TID, e.Obj = uint32(p.PID), 0
		}
		args.Reset()
		for _, s := range e.Type.Info().Shown {
			if s.At >= 0 && s.Kind == ParamPath {
				args.Str(texts[3])
			} else if s.At >= 0 {
				args.Uint(0)
			}
		}
		b.Append(e, args.Payload())
	}
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = b.Row(i)
	}
	return rows
}

// chance fills the numbers, flags and texts of a row.
func chance(r *rand.Rand, row any, texts []Str, most int) {
	v := reflect.ValueOf(row).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Type() == reflect.TypeFor[Str]():
			f.SetUint(uint64(texts[r.IntN(len(texts))]))
		case f.CanUint():
			f.SetUint(r.Uint64() & r.Uint64() >> (64 - f.Type().Bits()))
		case f.CanInt():
			f.SetInt(int64(r.IntN(most)))
		}
	}
}
