package trail

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// whose are the fields that say whose an address is: what it belongs to, and the
// name that a DNS answer gave it.
type whose struct {
	end         func(*event.Object) event.Endpoint
	owner, name field
}

var (
	ofRemote = whose{func(o *event.Object) event.Endpoint { return o.Remote }, mustField("fd.rip.owner"), mustField("fd.rip.name")}
	ofServer = whose{(*event.Object).Server, mustField("fd.sip.owner"), mustField("fd.sip.name")}
)

// Named says whose the address at the remote end of a row's connection is: "pod
// shop/db-0", "service mysql", "node", or with ≈ before it what is concluded: the
// name that a DNS answer gave the address, or several to which it may belong.
// It is "" where nothing is known, for loopback, and for rows about no connection. The names
// come from outside, and pass for nothing else in a sentence.
func Named(r event.Row) string { return ofRemote.of(r) }

func (w whose) of(r event.Row) string {
	if r.B == nil || r.Obj == 0 || !r.O().Kind.Inet() {
		return ""
	}
	if w.end(r.O()).Addr().IsLoopback() { // each network namespace's own
		return ""
	}
	if owners := members(r, w.owner); len(owners) > 0 {
		return asOne(owners, ownerWords)
	}
	if names := members(r, w.name); len(names) > 0 {
		return "≈ " + strings.TrimPrefix(asOne(names, word), "≈ ")
	}
	return ""
}

// asOne is what may be said of something for which there are several words: one
// is a fact, of several it is a conclusion that it is one of them.
func asOne(all []string, say func(string) string) string {
	const most = 3
	said := make([]string, 0, most+1)
	for _, s := range all[:min(len(all), most)] {
		said = append(said, say(s))
	}
	if n := len(all) - most; n > 0 {
		said = append(said, count(n, "other", "others"))
	}
	if len(said) == 1 {
		return said[0]
	}
	return "≈ " + strings.Join(said, " or ")
}

// ownerWords is an owner, pod shop/db-0, whose name is one word.
func ownerWords(owner string) string {
	kind, name, two := strings.Cut(owner, " ")
	if !two {
		return word(owner)
	}
	return kind + " " + word(name)
}

// withName is an address with whose it is, as far as that is known.
func withName(addr, name string) string {
	if name == "" {
		return addr
	}
	return addr + " (" + name + ")"
}
