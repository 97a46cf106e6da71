package trail

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// manner says with which others a step is folded.
type manner uint8

const (
	idling   manner = iota // waits, closes, asks: of no account beside others
	moving                 // reads or writes
	dialling               // tries a connection, or makes the socket for it
	acting                 // all else
)

var (
	sockets = typesOf("socket", "setsockopt", "getsockopt", "getsockname", "getpeername")
	einprog = errnoOf("EINPROGRESS")
)

func errnoOf(name string) int64 {
	for res := int64(-1); event.Failed(res); res-- {
		if event.ErrnoName(res) == name {
			return res
		}
	}
	panic("trail: there is no error " + name)
}

// mannerOf tells the manner of a step.
func mannerOf(r *event.Row) manner {
	if dials(r) {
		return dialling
	}
	return manners[r.Type]
}

// manners are those of the types of calls.
var manners = func() (of [event.NumTypes]manner) {
	for i := range of {
		switch {
		case sockets[i]:
			of[i] = dialling
		case !quiet[i]:
			of[i] = acting
		case reads[i] || writes[i]:
			of[i] = moving
		}
	}
	return of
}()

// dials reports whether a call tries a connection of the internet.
func dials(r *event.Row) bool { return connects[r.Type] && r.Obj != 0 && r.O().Kind.Inet() }

// goesOn is the manner of the runs that may go on once a step stands behind them;
// ok is false when none may. A scan's connections stand together whatever it
// does to wait for them; what is read or written between two keeps them apart.
func (s manner) goesOn(step manner) (after manner, ok bool) {
	switch {
	case step == acting || s == acting:
		return step, false
	case step == idling || step == s:
		return s, true
	case s == idling:
		return step, true
	}
	return step, false
}

// Dialed is what a run of connections was to, all of which went alike.
type Dialed struct {
	Hosts []netip.Addr // in order
	Ports []uint16     // in order
	Error string       // that each ended with; "" for none. EINPROGRESS: nobody waited for it
}

// String says it in a few words: 10.0.0.5, 1,000 ports 1–1,024.
func (d *Dialed) String() string {
	return joined(d.Hosts, "host", "hosts", netip.Addr.String) + ", " + joined(d.Ports, "port", "ports", func(p uint16) string { return fmt.Sprint(p) })
}

// joined lists a few values, or says how many there are and from where to where.
func joined[T any](all []T, one, many string, text func(T) string) string {
	const most = 4
	word := many + " "
	switch {
	case len(all) == 0:
		return "no " + many
	case len(all) > most:
		return grouped(len(all)) + " " + word + text(all[0]) + "–" + text(all[len(all)-1])
	case len(all) == 1:
		word = one + " "
	}
	if one == "host" {
		word = "" // an address speaks for itself
	}
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = text(v)
	}
	return word + strings.Join(texts, ", ")
}

// Dialed says where the connections of line k went; nil for a line that is not a
// run of connections.
func (f *Folding) Dialed(k int) *Dialed {
	l := f.Line(k)
	if l.Count < 2 || !dials(&f.steps[l.Step].Row) {
		return nil
	}
	if d := f.dialed[l.Step]; d != nil {
		return d
	}
	d := &Dialed{Error: event.ErrnoName(f.steps[l.Step].Row.B.Res[f.steps[l.Step].Row.I])}
	for p := int32(f.Place(l.Step)); p >= 0; p = f.next[p] {
		to := f.steps[f.step(int(p))].Row.O().Server()
		d.Hosts, d.Ports = append(d.Hosts, to.Addr()), append(d.Ports, to.Port)
	}
	slices.SortFunc(d.Hosts, netip.Addr.Compare)
	slices.SortFunc(d.Ports, cmp.Compare)
	d.Hosts, d.Ports = slices.Compact(d.Hosts), slices.Compact(d.Ports)
	if f.dialed == nil {
		f.dialed = map[int]*Dialed{}
	}
	f.dialed[l.Step] = d
	return d
}
