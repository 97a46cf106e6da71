package event_test

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// TestCompare: each value is below the next.
func TestCompare(t *testing.T) {
	rising := []event.Value{
		{},
		event.IntValue(math.MinInt64), event.IntValue(-1), event.UintValue(0), event.DoubleValue(0.5), event.PortValue(80),
		event.TimeValue(1 << 60), event.UintValue(1<<60 + 1), event.UintValue(math.MaxUint64),
		event.AddrValue(netip.MustParseAddr("10.0.0.9")), event.AddrValue(netip.MustParseAddr("10.0.0.10")), event.AddrValue(netip.MustParseAddr("::1")),
		event.StringValue(""), event.StringValue("a"), event.BytesValue([]byte{0xff}),
		{List: []event.Value{}},
		{List: []event.Value{event.IntValue(1)}},
		{List: []event.Value{event.IntValue(1), event.IntValue(0)}},
	}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%#v against %#v is %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestValueJSON(t *testing.T) {
	for _, c := range []struct {
		v    event.Value
		want string
	}{
		{event.StringValue("a\"b\\c\n\x1b[31m/<&>é"), `"a\"b\\c\u000a\u001b[31m/<&>é"`},
		{event.BytesValue([]byte{'a', 0xff, 'b'}), "\"a\ufffdb\""},
		{event.IntValue(-5), "-5"},
		{event.UintValue(math.MaxUint64), "18446744073709551615"},
		{event.BoolValue(true), "true"},
		{event.DoubleValue(1.5), "1.5"},
		{event.DoubleValue(math.NaN()), "null"},
		{event.TimeValue(1_700_000_000_000_000_001), "1700000000000000001"},
		{event.AddrValue(netip.MustParseAddr("::1")), `"::1"`},
		{event.Value{Kind: event.String, List: []event.Value{event.StringValue("a"), event.StringValue("b")}}, `["a","b"]`},
		{event.Value{Kind: event.String, List: []event.Value{}}, `[]`},
	} {
		got := string(c.v.AppendJSON(nil, nil))
		if got != c.want {
			t.Errorf("%#v is %s, want %s", c.v, got, c.want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s is no JSON", got)
		}
	}
}

func TestEventJSON(t *testing.T) {
	s := newScene()
	r := s.open(t, 0x80000, 3)
	line := event.NewJSON(nil).Append(nil, r)
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	for field, want := range map[string]any{
		"evt.type": "openat", "evt.rawres": 3.0, "evt.rawtime": 1.7e18, "proc.pid": 1201.0, "proc.is_exe_upper_layer": true,
		"container.id": "4bcd77f18132", "k8s.pod.name": "web-0", "fd.name": "/etc/shadow", "evt.arg.flags": "O_RDONLY|O_CLOEXEC|FD_UPPER_LAYER",
		"evt.arg.dirfd": "AT_FDCWD", "user.loginuid": -1.0, "evt.time.iso8601": "2023-11-14T22:13:20.000000000+0000",
	} {
		if got[field] != want {
			t.Errorf("%s is %v (%T), want %v", field, got[field], got[field], want)
		}
	}
	for _, absent := range []string{"evt.latency", "fd.ip", "alert.rule", "user.loginname"} {
		if v, ok := got[absent]; ok {
			t.Errorf("%s is there: %v", absent, v)
		}
	}
	if again := event.NewJSON(nil).Append(nil, r); !bytes.Equal(again, line) {
		t.Error("the same event is written in two ways")
	}
	masked := event.NewJSON(func(dst []byte, s string) []byte { return append(dst, `"x"`...) }).Append(nil, r)
	if err := json.Unmarshal(masked, &got); err != nil || got["fd.name"] != "x" || got["evt.arg.name"] != "x" {
		t.Errorf("not every text was masked: %v %s", err, masked)
	}
}

// What a writer has kept of a row is what it would write anew, also when a
// container gets its name late and when events of two sources alternate.
func TestJSONKeepsOnlyWhatHolds(t *testing.T) {
	one, other := newScene(), newScene()
	web := *other.t.Cont(other.cont)
	web.Name = other.t.Strings.Add("cart")
	other.t.Conts.Set(uint32(other.cont), web)
	j := event.NewJSON(nil)
	check := func(r event.Row, name string) {
		t.Helper()
		got, want := j.Append(nil, r), event.NewJSON(nil).Append(nil, r)
		if !bytes.Equal(got, want) || !bytes.Contains(got, []byte(`"container.name":"`+name+`"`)) {
			t.Errorf("written of container %s\n%s\nwant\n%s", name, got, want)
		}
	}
	for range 2 {
		check(one.open(t, 0, 3), "web")
		check(other.open(t, 0, 3), "cart")
		check(one.connect(t), "web")
	}
	late := *one.t.Cont(one.cont)
	late.Name = one.t.Strings.Add("web-2")
	one.t.Conts.Set(uint32(one.cont), late)
	check(one.open(t, 0, 3), "web-2")
}
