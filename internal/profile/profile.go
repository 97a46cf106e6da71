package profile

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/stoop-project/stoop/internal/event"
)

// Profile says how the documents of one kind map onto fields. It is not to be
// changed.
type Profile struct {
	Name   string
	About  string   // what the documents are, in the plural
	File   string   // where it was read from, "" when it is built in
	Within []Within // where such a document lies in others

	order   int
	origin  event.Origin
	fields  string // the object whose members are fields
	needs   []need
	names   []string // the fields of places, in the file's order
	named   []string // … but those of the profile that it is like
	own     map[string][]place
	places  map[string][]place  // where a field is looked for, the first that is present counts
	aliases map[string][]string // other names that a field has among the fields
	lost    string
	cut     []byte // how texts end that a shipper cut; nil when none does
	labels  map[string]string
	told    map[string]string // labels of outputs whose fields the documents may have lost
	write   []ecsMember

	watches int // how many places no slot has where one value is expected

	root   *scope
	slots  map[slot][]place  // the places that fill a slot
	consts []target          // what fills a slot that nothing else did
	used   map[string]bool   // the paths of places
	shown  map[string]string // field by path, of what lies there as it is

	inPaths   [][]byte     // of the needs and of the places where documents lie in others
	needPaths []int        // which need the first of them belong to
	hints     [][][][]byte // of each need, of each of its paths: the words that a document has that has it
}

// Within is one place where a document may lie in another. One of its members
// is set.
type Within struct {
	Object string `yaml:"object"` // the path of an object that is the document
	Text   string `yaml:"text"`   // the path of a text that is the document
}

// path returns where the document lies.
func (w *Within) path() string {
	if w.Object != "" {
		return w.Object
	}
	return w.Text
}

// need is a condition by which a document of the kind is known: at one of the
// paths there is a value, and when values are given, one of them.
type need struct {
	paths  []string
	values []string // a star at the end stands for anything
}

func (n *need) holds(v value) bool {
	if v.missing() || v.kind == array && !v.filled() {
		return false
	}
	if n.values == nil {
		return true
	}
	if v.kind == array {
		return slices.ContainsFunc(v.elements(), n.holds)
	}
	word := v.String()
	return slices.ContainsFunc(n.values, func(want string) bool { return fits(word, want) })
}

// inUse makes the profiles that [Use] was told of.
var inUse atomic.Pointer[func() *Set]

// Use makes the set that load returns the one that [All], [ByName], [Detect],
// [Sniff] and [Choose] mean, in place of the built-in profiles. It is called when
// a program starts; load is called when the first document is to be read.
func Use(load func() *Set) {
	load = sync.OnceValue(load)
	inUse.Store(&load)
}

// InUse returns the profiles in use.
func InUse() *Set {
	if load := inUse.Load(); load != nil {
		return (*load)()
	}
	return builtIn()
}

// All returns the profiles in use, in the order in which they are tried. They
// are not to be changed.
func All() []*Profile { return InUse().profiles }

// ByName returns the profile of a name among those in use, nil when there is
// none.
func ByName(name string) *Profile { return InUse().ByName(name) }

// Origin says which fields the profile's documents can fill.
func (p *Profile) Origin() event.Origin { return p.origin }

// Fields returns the names of the fields that the profile has places for,
// in the order of its file; those that its documents may hold by their own
// names come on top of them when open is true.
func (p *Profile) Fields() (names []string, open bool) { return p.names, p.fields != "" }

// likely reports whether a document may be of this kind, by a glance.
func (p *Profile) likely(doc []byte) bool {
	for _, paths := range p.hints {
		if !slices.ContainsFunc(paths, func(words [][]byte) bool { return hasAll(doc, words) }) {
			return false
		}
	}
	return true
}

func hasAll(doc []byte, words [][]byte) bool {
	for _, w := range words {
		if !bytes.Contains(doc, w) {
			return false
		}
	}
	return true
}

// placesOf returns the places of a field with its argument, the best first.
func (p *Profile) placesOf(f *event.Field, a event.Arg) []place {
	all := slices.Clone(p.places[fullName(f.Name, a)])
	for _, pl := range p.places[f.Name] {
		if a.Set && pl.form.takesArg() {
			all = append(all, pl.with(a))
		}
	}
	if len(all) == 0 || !f.Flags.Has(event.Extension) { // Falco has no such fields
		all = append(all, p.ownPlaces(f.Name, a)...)
	}
	slices.SortStableFunc(all, func(a, b place) int { return count(a.last) - count(b.last) })
	return all
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ownPlaces are the places of a field among those that documents hold by the
// fields' own names.
func (p *Profile) ownPlaces(name string, a event.Arg) (all []place) {
	if p.fields == "" {
		return nil
	}
	for _, own := range append([]string{name}, p.aliases[name]...) {
		for _, n := range ownNames(own, a) {
			all = append(all, place{path: p.fields + "." + n})
		}
	}
	return all
}

// fullName writes a field with its argument as Falco does.
func fullName(name string, a event.Arg) string {
	if !a.Set {
		return name
	}
	return name + "[" + argText(a) + "]"
}

// argText is what stands in brackets.
func argText(a event.Arg) string {
	if a.Key == "" {
		return strconv.Itoa(a.Index)
	}
	return a.Key
}

// argNumber is the number that stands in brackets.
func argNumber(a event.Arg) (int, bool) {
	n, err := strconv.Atoi(argText(a))
	return n, err == nil && a.Set
}

// ownNames are the names that a field with an argument may have among the
// fields of a document: Falco's, and what shippers make of it that cannot store
// dots.
func ownNames(name string, a event.Arg) []string {
	flat := strings.ReplaceAll(name, ".", "_")
	if !a.Set {
		return []string{name, flat}
	}
	arg := argText(a)
	names := []string{name + "[" + arg + "]", flat + "[" + arg + "]"}
	if _, ok := argNumber(a); !ok {
		names = append([]string{name + "." + arg, flat + "_" + strings.ReplaceAll(arg, ".", "_")}, names...)
	}
	return names
}
