package profile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Examination says what profiles make of some documents, one by one.
type Examination struct {
	Documents int
	Kinds     []*KindFound      // by how many documents are of the kind
	Unread    map[string]Unread // the documents that no profile reads, by the reason
	Refused   map[string]Unread // by profile and reason: why one does not read those that others read, or none

	set    *Set
	choose *Chooser
}

// KindFound is what one profile makes of the documents that it reads at one
// place.
type KindFound struct {
	Binding
	Documents int
	NoTime    int            // documents without a time that can be read
	Fields    map[string]int // how many documents have a value for a field
	Rest      map[string]int // members of documents that are no field, by path
}

// Unread counts documents, and says where the first of them is.
type Unread struct {
	Count, Line int
}

// maxRest bounds how many different members are told apart.
const maxRest = 5000

// Examine returns an examination that has seen no documents.
func (s *Set) Examine() *Examination {
	return &Examination{set: s, choose: s.Choose(event.NewTables), Unread: map[string]Unread{}, Refused: map[string]Unread{}}
}

// Add looks at one document, which lies in some line; nil stands for one that is
// too long to be read.
func (x *Examination) Add(line int, doc []byte) {
	x.Documents++
	if doc == nil {
		count1(x.Unread, "it is longer than a document may be", line)
		return
	}
	m, e, err := x.choose.Map(doc)
	var at *Error
	if err != nil && errors.As(err, &at) && at.Offset >= 0 {
		count1(x.Unread, "it is no JSON: "+at.Reason, line)
		return
	}
	for _, p := range x.set.profiles {
		if m != nil && p == m.p {
			break
		}
		if why := p.whyNot(doc); why != "" {
			count1(x.Refused, p.Name+": "+why, line)
		}
	}
	if err != nil {
		count1(x.Unread, "no profile knows it", line)
		return
	}
	x.kind(m.binding()).add(m, e, doc)
}

func count1(in map[string]Unread, what string, line int) {
	u := in[what]
	if u.Count++; u.Line == 0 {
		u.Line = line
	}
	in[what] = u
}

// kind returns what is known of documents that are bound so.
func (x *Examination) kind(b Binding) *KindFound {
	for _, k := range x.Kinds {
		if k.Profile == b.Profile && k.Prefix == b.Prefix && k.Text == b.Text {
			k.Derived = k.Derived || b.Derived
			return k
		}
	}
	k := &KindFound{Binding: b, Fields: map[string]int{}, Rest: map[string]int{}}
	x.Kinds = append(x.Kinds, k)
	return k
}

// Done sorts what was found.
func (x *Examination) Done() {
	slices.SortStableFunc(x.Kinds, func(a, b *KindFound) int { return cmp.Compare(b.Documents, a.Documents) })
}

func (k *KindFound) add(m *Mapper, e event.Event, doc []byte) {
	k.Documents++
	if m.timed == 0 {
		k.NoTime++
	}
	b := event.NewBatch(m.t, 1, 1)
	b.Append(e, doc)
	row := b.Row(0)
	for _, f := range event.Fields.All() {
		const never = event.TableOnly | event.Deprecated | event.FilterOnly
		if f.Arg&event.ArgRequired != 0 || f.Flags&never != 0 || repeated[f.Name] && f.Arg == event.NoArg || rowFirst[f.Name] != nil {
			continue // it only repeats others
		}
		if _, ok := f.Get(row, event.Arg{}); ok {
			k.Fields[f.Name]++
		}
	}
	m.t.Docs.Each(doc, func(name string, _ fmt.Stringer) bool {
		if f, a := fieldNamed(name); f != nil {
			if a.Set {
				k.Fields[name]++
			}
		} else if k.Profile.used[name] {
			return true
		} else if k.Rest[name] > 0 || len(k.Rest) < maxRest {
			k.Rest[name]++
		}
		return true
	})
}

// Missing are the fields that the profile has places for and no document has.
func (k *KindFound) Missing() (all []string) {
	for _, name := range k.Profile.names {
		f, a := fieldNamed(name)
		if k.Fields[name] == 0 && !repeated[name] && f.Arg&event.ArgRequired == 0 && !a.Set {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// Sorted returns the names of a count, the most frequent first.
func Sorted[V any](counts map[string]V, n func(V) int) []string {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(n(counts[b]), n(counts[a])), cmp.Compare(a, b))
	})
	return names
}

// whyNot says which needs a document does not fulfil, "" when it fulfils all, or
// none so that it is of another kind altogether.
func (p *Profile) whyNot(doc []byte) string {
	f := finders.Get().(*finder)
	defer finders.Put(f)
	f.paths = append(f.paths[:0], p.inPaths...)
	f.lookIn(p, doc)
	met := make([]bool, len(p.needs))
	for i, n := range p.needPaths {
		met[n] = met[n] || p.needs[n].holds(f.found[i])
	}
	var lacks []string
	for i, ok := range met {
		if !ok {
			lacks = append(lacks, p.needs[i].String())
		}
	}
	if len(lacks) == 0 || len(lacks) == len(met) {
		return ""
	}
	return "there is no " + strings.Join(lacks, " and no ")
}

// String writes a need as errors and lists show it.
func (n *need) String() string {
	text := strings.Join(n.paths, " or ")
	if n.values != nil {
		text += " that is " + strings.Join(n.values, " or ")
	}
	return text
}

// Place says where documents that are bound so lie.
func (b *Binding) Place() string {
	switch {
	case b.Text != "":
		return "as JSON text in " + b.Text
	case b.Prefix != "":
		return "under " + strings.TrimSuffix(b.Prefix, ".")
	}
	return "as the whole document"
}

// Describe writes what the profile reads and where it looks for each field, a
// line each.
func (p *Profile) Describe() (lines [][2]string) {
	add := func(what, text string) { lines = append(lines, [2]string{what, text}) }
	add("reads", p.About)
	file := p.File
	if file == "" {
		file = "built in"
	}
	add("from", file)
	for i := range p.needs {
		add("needs", p.needs[i].String())
	}
	places := []string{"as the whole document"}
	for _, w := range p.Within {
		b := Binding{Text: w.Text, Prefix: w.Object}
		places = append(places, b.Place())
	}
	add("lies", strings.Join(places, "; "))
	if p.fields != "" {
		add("fields", "any field by its own name in "+p.fields)
	}
	for _, name := range p.names {
		var words []string
		for i := range p.places[name] {
			words = append(words, p.places[name][i].String())
		}
		add(name, strings.Join(words, "; "))
	}
	for _, field := range slices.Sorted(maps.Keys(p.aliases)) {
		add(field, fmt.Sprintf("also under the name %s", strings.Join(p.aliases[field], ", ")))
	}
	return lines
}
