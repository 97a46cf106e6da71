package filter

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Scope bounds what a condition can hold for, in terms that a kernel program
// can test: the condition holds for no event outside of it, and may fail for
// events inside. Dropping what the scope leaves out therefore never changes
// what the condition selects.
//
// It speaks of evt.type, and of those of container.id, proc.name and user.uid
// that the registry says the kernel tests ([event.KernelTest]), as the event's
// row in the tables has them. A source that tests something else in their
// place (the thread's comm in the kernel, say) must know that it is the same.
// An event whose value is not known is inside of any set. A check of a field
// that no kernel event has, as those of Kubernetes audit records, holds for
// none; alert.* are excepted, since rules make alerts of kernel events.
type Scope struct {
	Types      TypeSet
	Containers Set[string] // container ids of 12 hex digits, and "host"
	Names      Set[string]
	UIDs       Set[uint32]
}

// AnyScope leaves nothing out.
func AnyScope() Scope {
	return Scope{Types: allTypes, Containers: allBut[string](), Names: allBut[string](), UIDs: allBut[uint32]()}
}

// Any reports whether the scope leaves nothing out.
func (s Scope) Any() bool {
	return s.Types == allTypes && s.Containers.Any() && s.Names.Any() && s.UIDs.Any()
}

// Union returns a scope that leaves out only what both leave out.
func (s Scope) Union(o Scope) Scope {
	for i, w := range o.Types {
		s.Types[i] |= w
	}
	s.Containers = s.Containers.union(o.Containers)
	s.Names = s.Names.union(o.Names)
	s.UIDs = s.UIDs.union(o.UIDs)
	return s
}

func (s Scope) intersect(o Scope) Scope {
	for i, w := range o.Types {
		s.Types[i] &= w
	}
	s.Containers = s.Containers.intersect(o.Containers)
	s.Names = s.Names.intersect(o.Names)
	s.UIDs = s.UIDs.intersect(o.UIDs)
	return s
}

// String writes the scope for people: "evt.type in (execve), container.id
// not in (host)"; "everything" when nothing is left out.
func (s Scope) String() string {
	var parts []string
	if s.Types != allTypes {
		names := make([]string, 0, 8)
		for _, t := range s.Types.List() {
			if name := t.String(); name != "" {
				names = append(names, name)
			}
		}
		if n := s.Types.Len(); n > event.NumTypes/2 {
			parts = append(parts, fmt.Sprintf("evt.type: all but %d", event.NumTypes-n))
		} else {
			parts = append(parts, "evt.type in ("+strings.Join(names, ", ")+")")
		}
	}
	parts = appendSet(parts, "container.id", s.Containers)
	parts = appendSet(parts, "proc.name", s.Names)
	parts = appendSet(parts, "user.uid", s.UIDs)
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, ", ")
}

// Condition writes the scope as a condition that holds for every event of a
// kernel inside it, "" when that is all; what only holds for some values of a container, a
// name or a user is left out, since an event may lack them.
func (s Scope) Condition() string {
	var parts []string
	if s.Types != allTypes {
		var names []string
		for _, t := range s.Types.List() {
			if name := t.String(); name != "" {
				names = append(names, name)
			}
		}
		parts = append(parts, "evt.type in ("+strings.Join(names, ", ")+")")
	}
	parts = appendNot(parts, "container.id", s.Containers)
	parts = appendNot(parts, "proc.name", s.Names)
	parts = appendNot(parts, "user.uid", s.UIDs)
	return strings.Join(parts, " and ")
}

func appendNot[T cmp.Ordered](parts []string, name string, s Set[T]) []string {
	if s.Any() || !s.AllBut {
		return parts
	}
	return append(parts, "not "+appendSet(nil, name, s.complement())[0])
}

func appendSet[T cmp.Ordered](parts []string, name string, s Set[T]) []string {
	if s.Any() {
		return parts
	}
	words := make([]string, len(s.Members))
	for i, m := range s.Members {
		words[i] = escape(fmt.Sprint(m), false)
	}
	not := ""
	if s.AllBut {
		not = "not "
	}
	return append(parts, name+" "+not+"in ("+strings.Join(words, ", ")+")")
}

// TypeSet is a set of event types, a bit each.
type TypeSet [(event.NumTypes + 63) / 64]uint64

var allTypes = func() (s TypeSet) {
	for t := range event.NumTypes {
		s.add(event.Type(t))
	}
	return s
}()

func (s *TypeSet) add(t event.Type) { s[t>>6] |= 1 << (t & 63) }

// Has reports whether t is in the set.
func (s *TypeSet) Has(t event.Type) bool { return int(t) < event.NumTypes && s[t>>6]>>(t&63)&1 == 1 }

// Len returns how many types are in the set.
func (s *TypeSet) Len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// List returns the types in order.
func (s *TypeSet) List() []event.Type {
	out := make([]event.Type, 0, s.Len())
	for t := range event.NumTypes {
		if s.Has(event.Type(t)) {
			out = append(out, event.Type(t))
		}
	}
	return out
}

// Set is a set of values: the members, or all values but the members.
type Set[T cmp.Ordered] struct {
	AllBut  bool
	Members []T // sorted
}

func setOf[T cmp.Ordered](vs ...T) Set[T] {
	slices.Sort(vs)
	return Set[T]{Members: slices.Compact(vs)}
}

func allBut[T cmp.Ordered](vs ...T) Set[T] {
	s := setOf(vs...)
	s.AllBut = true
	return s
}

// Any reports whether the set has every value.
func (s Set[T]) Any() bool { return s.AllBut && len(s.Members) == 0 }

// Has reports whether v is in the set.
func (s Set[T]) Has(v T) bool {
	_, found := slices.BinarySearch(s.Members, v)
	return found != s.AllBut
}

func (s Set[T]) complement() Set[T] { return Set[T]{AllBut: !s.AllBut, Members: s.Members} }

func (s Set[T]) union(o Set[T]) Set[T] { return s.complement().intersect(o.complement()).complement() }

func (s Set[T]) intersect(o Set[T]) Set[T] {
	switch {
	case s.AllBut && o.AllBut:
		return allBut(append(slices.Clone(s.Members), o.Members...)...)
	case s.AllBut:
		return o.intersect(s)
	}
	return setOf(slices.DeleteFunc(slices.Clone(s.Members), func(v T) bool { return !o.Has(v) })...)
}

// Scope returns what bounds the condition.
func (f *Filter) Scope() Scope { return f.root.scope(false) }

// scope bounds p, or its negation.
func (p *pred) scope(negated bool) Scope {
	s := AnyScope()
	if p.homes == 1<<event.HomeType {
		s.Types = p.types(negated)
		return s
	}
	switch p.op {
	case predNot:
		return p.kids[0].scope(!negated)
	case predLeaf:
		p.leaf.scope(&s, negated)
		return s
	}
	out := p.kids[0].scope(negated)
	for _, k := range p.kids[1:] {
		if (p.op == predAnd) != negated {
			out = out.intersect(k.scope(negated))
		} else {
			out = out.Union(k.scope(negated))
		}
	}
	return out
}

// scope narrows s to what the leaf can hold for.
func (l *leaf) scope(s *Scope, negated bool) {
	if l.never(negated) || !negated && (notFromKernel(l.left) || l.right != nil && notFromKernel(l.right)) {
		s.Types = TypeSet{}
		return
	}
	f := l.left.direct
	if f == nil || !f.Flags.Has(event.KernelTest) || l.right != nil || l.left.arg.Set || l.left.list {
		return
	}
	// The set of values that fulfil the check, when it can be listed.
	not := negated
	switch {
	case l.check.Op == OpIn || l.check.Op == OpIntersects:
	case l.check.Op == OpEq && l.check.Mod == ModNone:
	case l.check.Op == OpEq && l.check.Mod == ModAnyOf:
	case l.check.Op == OpNE && l.check.Mod == ModNone:
		not = !negated
	default:
		return
	}
	switch f.Name {
	case "container.id":
		s.Containers = l.texts(not)
	case "proc.name":
		s.Names = l.texts(not)
	case "user.uid":
		uids := make([]uint32, 0, len(l.consts))
		for _, c := range l.consts {
			if c.num == uint64(uint32(c.num)) {
				uids = append(uids, uint32(c.num))
			}
		}
		s.UIDs = setOf(uids...)
		if not {
			s.UIDs = s.UIDs.complement()
		}
	}
}

// notFromKernel reports whether o is always missing in a kernel's events.
func notFromKernel(o *operand) bool {
	for _, f := range o.fields {
		if f.From != 0 && f.From&event.FromLive == 0 && f.Class != "alert" {
			return true
		}
	}
	return false
}

func (l *leaf) texts(not bool) Set[string] {
	texts := make([]string, len(l.consts))
	for i, c := range l.consts {
		texts[i] = c.text
	}
	s := setOf(texts...)
	if not {
		return s.complement()
	}
	return s
}
