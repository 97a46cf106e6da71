package filter

import (
	"fmt"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// sampleValues has a value of each kind.
var sampleValues = map[event.Kind]string{
	event.None: "1", event.String: "sh", event.Int: "3", event.Uint: "3", event.Bool: "true", event.Double: "0.5", event.Time: "5",
	event.Duration: "5", event.IP: "10.0.0.1", event.Net: "10.0.0.0/8", event.Port: "40", event.Bytes: "ab",
}

// TestEveryField filters by every field of the registry, with every operator
// it takes: what the dimensions and columns decide must be what the field
// reads of each event.
func TestEveryField(t *testing.T) {
	w := newWorld(5, false)
	w.grow(60)
	b := w.batch(200)
	held := 0
	for _, f := range event.Fields.All() {
		if f.Flags.Has(event.PrintOnly) {
			continue
		}
		name := f.Name
		if f.Arg&event.ArgRequired != 0 {
			name += "[1]"
		}
		for _, op := range OperatorsFor(f) {
			value := sampleValues[f.Kind]
			switch class := opByName(op).class(); {
			case class == listOp:
				value = "(" + value + ")"
			case class == unaryOp:
				value = ""
			case class == numberOp && f.Kind == event.String:
				value = "3"
			}
			src := fmt.Sprintf("%s %s %s", name, op, value)
			c, err := Compile(src, event.Fields)
			if err != nil {
				t.Errorf("%s: %v", src, err)
				continue
			}
			sel := []uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
			c.Select(b, sel)
			for i := range b.Len() {
				got := sel[i>>6]>>(i&63)&1 == 1
				if want := c.Match(b, i); got != want {
					t.Fatalf("%s: event %d selected %v, read %v", src, i, got, want)
				}
				if got {
					held++
				}
			}
		}
	}
	if held == 0 {
		t.Error("nothing was ever selected")
	}
}

func opByName(name string) Op {
	for _, o := range operators {
		if o.text == name {
			return o.op
		}
	}
	panic("no operator " + name)
}
