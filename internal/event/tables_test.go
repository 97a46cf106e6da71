package event_test

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func TestNames(t *testing.T) {
	var n event.Names
	v4 := netip.MustParseAddr("192.0.2.1")
	for _, name := range []string{"A.example.", "b.example", "a.example", ""} {
		n.Learn(v4, name)
	}
	n.Learn(netip.AddrFrom16(v4.As16()), "c.example") // the same address as IPv6 writes it
	if got, want := n.Of(v4), []string{"a.example", "b.example", "c.example"}; !slices.Equal(got, want) {
		t.Errorf("names are %v, want %v", got, want)
	}
	for i := range 20 {
		n.Learn(v4, fmt.Sprintf("n%d.example", i))
	}
	if got := n.Of(v4); len(got) != 8 || got[7] != "n19.example" {
		t.Errorf("names are %v, want the latest 8", got)
	}
	if got := n.Of(netip.MustParseAddr("192.0.2.2")); got != nil {
		t.Errorf("an unknown address has names %v", got)
	}
	if got := (*event.Names)(nil).Of(v4); got != nil {
		t.Errorf("no names at all give %v", got)
	}
}

// TestNamesBound: a name server that lies cannot fill the memory.
func TestNamesBound(t *testing.T) {
	var n event.Names
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	const bound = 1 << 16
	for i := range bound + 10 {
		n.Learn(addr(i), "x.example")
	}
	if n.Of(addr(9)) != nil || n.Of(addr(10)) == nil || n.Of(addr(bound+9)) == nil {
		t.Error("not the oldest addresses were forgotten")
	}
}

// TestReadersBesideWriter runs under the race detector.
func TestReadersBesideWriter(t *testing.T) {
	tab := event.NewTables()
	addr := netip.MustParseAddr("192.0.2.1")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 5000 {
				n := uint32(i) % uint32(tab.Procs.Len())
				_ = tab.Text(tab.Proc(event.ProcID(n)).Name)
				_ = tab.Names.Of(addr)
				_ = tab.Cont(1).Name
			}
		})
	}
	c := tab.Conts.Add(event.Container{})
	for i := range 5000 {
		name := tab.Strings.Add(fmt.Sprint("p", i))
		tab.Procs.Add(event.Proc{Name: name, PID: int32(i)})
		tab.Conts.Set(c, event.Container{Name: name})
		tab.Names.Learn(addr, fmt.Sprintf("h%d.example", i))
	}
	wg.Wait()
	if got := tab.Text(tab.Proc(5000).Name); got != "p4999" {
		t.Errorf("the last process is %q", got)
	}
	if tab.Conts.Epoch() != 5000 {
		t.Errorf("the epoch is %d, want 5000", tab.Conts.Epoch())
	}
}

func TestIntern(t *testing.T) {
	tab := event.NewTables()
	a := tab.Objs.Intern(event.Object{Kind: event.ObjFile, Ino: 1})
	b := tab.Objs.Intern(event.Object{Kind: event.ObjFile, Ino: 2})
	if again := tab.Objs.Intern(event.Object{Kind: event.ObjFile, Ino: 1}); again != a || a == b || a == 0 {
		t.Errorf("rows are %d and %d, the first again %d", a, b, again)
	}
	if tab.Objs.Intern(event.Object{}) != 0 {
		t.Error("the zero row is not row 0")
	}
	if got := tab.Obj(1 << 30); got.Kind != event.ObjUnknown {
		t.Errorf("a number never given out reads as %v", got.Kind)
	}
	s := tab.Strings.Add("text")
	if tab.Strings.AddBytes([]byte("text")) != s || tab.Text(s) != "text" || tab.Text(1<<30) != "" {
		t.Error("strings are not interned")
	}
	if tab.Strings.Add("") != event.EmptyStr {
		t.Error("the empty text is not EmptyStr")
	}
}

func TestBatchSlice(t *testing.T) {
	tab := event.NewTables()
	b := event.NewBatch(tab, 10, 4)
	for i := range 4 {
		e := event.Event{Time: int64(100 + i), TID: uint32(i), Dur: -1}
		if i == 2 {
			e.Alert, e.Dur = 5, 77
		}
		b.Append(e, []byte{byte(i)})
	}
	s := b.Slice(1, 4)
	if s.Len() != 3 || s.Seq != 11 || s.Before != 100 || s.Payload(1)[0] != 2 || s.AlertAt(1) != 5 || s.DurAt(1) != 77 || s.DurAt(0) != -1 || s.AlertAt(2) != 0 {
		t.Errorf("slice: %d events from %d after %d, payload %v, alerts %d %d, durations %d %d",
			s.Len(), s.Seq, s.Before, s.Payload(1), s.AlertAt(1), s.AlertAt(2), s.DurAt(1), s.DurAt(0))
	}
	if got := b.At(2); got.Alert != 5 || got.Dur != 77 || got.TID != 2 {
		t.Errorf("event 2 is %+v", got)
	}
	if tab.First() != 100 {
		t.Errorf("the first event was at %d, want 100", tab.First())
	}
}

// Strings of a recording are indexed when somebody looks for one, and the first
// of equal ones counts then.
func TestForeignStrings(t *testing.T) {
	s := event.NewTables().Strings
	own := s.Add("own")
	first := s.AddForeign("theirs")
	second := s.AddForeign("theirs")
	again := s.AddForeign("own")
	if second != first+1 || again != second+1 || s.Get(second) != "theirs" {
		t.Errorf("numbers %d %d %d are not in a row", first, second, again)
	}
	if id, ok := s.Find("theirs"); !ok || id != first {
		t.Errorf("Find = %d, %v; want %d", id, ok, first)
	}
	if got := s.Add("own"); got != own {
		t.Errorf("Add of what was there = %d, want %d", got, own)
	}
	if got := s.AddBytes([]byte("new")); got != again+1 || s.AddForeign("x") != got+1 || s.Add("x") != got+1 {
		t.Errorf("a new string is %d, want %d", got, again+1)
	}
}
