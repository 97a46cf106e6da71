package dsl

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// address translates that an address is another, or lies in a network.
// Addresses that are stored as texts are looked for as programs write them.
func (c *compiler) address(p profile.Stored, v view, kind event.Kind, op filter.Op, text string) bound {
	present := atMost(c.presentAt(p).upper)
	if op != filter.OpEq {
		return present
	}
	if kind == event.Net {
		net, err := netip.ParsePrefix(text)
		if err != nil || v.kind != viewIP && v.kind != viewKeyword || v.flat {
			return present
		}
		if net = net.Masked(); v.kind == viewKeyword {
			return network(v, net)
		}
		found := exactly(leaf("term", Query{v.path: net.String()}))
		if mapped := netip.MustParsePrefix("::ffff:0:0/96"); net.Addr().Is6() && net.Overlaps(mapped) {
			return found.loosened() // to the index IPv4 addresses lie in it, to us they do not
		}
		return found
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return present
	}
	addr = addr.Unmap()
	switch {
	case v.kind == viewIP:
		return exactly(leaf("term", Query{v.path: addr.String()}))
	case v.kind != viewKeyword:
		return present
	case addr.Is4():
		return v.among([]string{addr.String(), "::ffff:" + addr.String()})
	}
	// An IPv6 address has many spellings.
	lower := leaf("term", Query{v.path: addr.String()})
	if v.flat {
		return bound{present.upper, lower}
	}
	return bound{or(wildcardQuery(v.path, "*:*", false), v.blind()), lower}
}

// network translates that an address written as a text lies in a network.
func network(v view, net netip.Prefix) bound {
	if !net.Addr().Is4() {
		return atMost(or(wildcardQuery(v.path, "*:*", false), v.blind()))
	}
	whole := net.Bits() / 8
	parts := strings.Split(net.Addr().String(), ".")
	expr := "(::ffff:)?" + strings.Join(parts[:whole], `\.`)
	for i := whole; i < 4; i++ {
		if i > 0 {
			expr += `\.`
		}
		expr += "[0-9]+"
	}
	found := v.having(regexpQuery(v.path, expr))
	if net.Bits()%8 != 0 {
		return found.loosened()
	}
	return found
}

// time translates a comparison of a point in time, in ns since 1970.
func (c *compiler) time(p profile.Stored, v view, op filter.Op, text string) bound {
	values, ok := filter.Constants(&filter.Check{Op: op, Right: &filter.Value{Text: text}}, event.Time)
	if !ok {
		return atMost(c.presentAt(p).upper)
	}
	switch {
	case p.Form == profile.FormUnix && v.kind == viewInteger && p.Scale > 0:
		return instants(op, values[0].Int64(), p.Scale, func(op filter.Op, n int64) *node {
			return v.integer(profile.Bits64, op, n).upper
		})
	case p.Form == profile.FormTime && v.kind == viewInteger:
		return epochs(op, values[0].Int64(), v)
	case p.Form != profile.FormUnix && v.kind == viewDate:
		unit, format := int64(time.Millisecond), millis
		if v.nanos {
			unit, format = 1, nanos
		}
		return instants(op, values[0].Int64(), unit, func(op filter.Op, n int64) *node { return date(v.path, op, format(n)) })
	}
	return atMost(c.presentAt(p).upper)
}

// sizes are the numbers of each unit since 1970 that profiles read as times: the
// size of one says which unit it has. What lies beyond is no time.
var sizes = []struct {
	unit int64 // ns
	numbers
}{
	{1e9, numbers{0, math.MaxInt64/int64(1e9) - 1}},
	{1e6, numbers{1e11, math.MaxInt64/int64(1e6) - 1}},
	{1e3, numbers{1e14, math.MaxInt64/int64(1e3) - 1}},
	{1, numbers{1e17, math.MaxInt64 - 1}},
}

// epochs translates a comparison with ns for an index that has numbers of some
// unit since 1970.
func epochs(op filter.Op, ns int64, v view) bound {
	var found []bound
	for _, size := range sizes {
		found = append(found, instants(op, ns, size.unit, func(op filter.Op, n int64) *node {
			return v.within(stretch(op, n).meet(size.numbers))
		}))
	}
	return anyOf(found...)
}

// instants translates a comparison with ns for an index that keeps whole
// units and drops what is less.
func instants(op filter.Op, ns, unit int64, ask func(filter.Op, int64) *node) bound {
	n, rest := ns/unit, ns%unit
	if rest < 0 {
		n, rest = n-1, rest+unit
	}
	whole := rest == 0
	switch op {
	case filter.OpGE:
		if whole {
			return exactly(ask(filter.OpGE, n))
		}
		return bound{ask(filter.OpGE, n), ask(filter.OpGT, n)}
	case filter.OpGT:
		if unit == 1 {
			return exactly(ask(filter.OpGT, n))
		}
		return bound{ask(filter.OpGE, n), ask(filter.OpGT, n)}
	case filter.OpLT:
		if whole {
			return exactly(ask(filter.OpLT, n))
		}
		return bound{ask(filter.OpLE, n), ask(filter.OpLT, n)}
	case filter.OpLE:
		if unit == 1 {
			return exactly(ask(filter.OpLE, n))
		}
		return bound{ask(filter.OpLE, n), ask(filter.OpLT, n)}
	}
	found := ask(filter.OpEq, n)
	if unit == 1 {
		return exactly(found)
	}
	return atMost(found)
}

// date compares with a time; dates have no equality but that of a range.
func date(path string, op filter.Op, at string) *node {
	if op == filter.OpEq {
		return leaf("range", Query{path: Query{"gte": at, "lte": at}})
	}
	return compare(path, op, at)
}

func millis(n int64) string { return time.UnixMilli(n).UTC().Format("2006-01-02T15:04:05.000Z") }

func nanos(n int64) string { return time.Unix(0, n).UTC().Format("2006-01-02T15:04:05.000000000Z") }

// Within returns a query that finds every document whose event lies in a span
// of time, and perhaps others close by; those whose time no index knows are
// among them. A zero time is no bound.
func Within(b *profile.Binding, m mapping.Fields, since, until time.Time) Query {
	c := newCompiler(b, m)
	field, _ := event.Fields.Lookup("evt.rawtime")
	places, ok := c.places(field, event.Arg{})
	if !ok || c.text != "" || since.IsZero() && until.IsZero() {
		return all.query()
	}
	// That only the first place counts is left out: there may be many, and what
	// is found may be too much.
	found, absent := none, all
	for _, p := range places {
		here := all
		ask := func(op filter.Op, at time.Time) {
			if !at.IsZero() {
				text := fmt.Sprint(at.UnixNano())
				t := &test{check: &filter.Check{Op: op}, op: op, field: field, texts: []string{text}}
				here = and(here, t.at(c, p).upper)
			}
		}
		ask(filter.OpGE, since)
		ask(filter.OpLE, until)
		found, absent = or(found, here), and(absent, not(c.presentAt(p).lower))
	}
	return or(found, absent).query()
}
