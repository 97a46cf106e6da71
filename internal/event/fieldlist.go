package event

// fieldList are fields that are written of each event, numbered by their order.
type fieldList struct {
	fields    []*Field
	keys      []string       // each as it begins a member: "name":
	numbers   map[string]int // by the fields' names
	stretches []stretch
	homes     [HomeEvent][]int // the numbers of those that are read of a dimension
	places    []int            // where among these each is
	ofEvent   fieldSet         // those that are read of the event itself
	lacks     [HomeEvent + 1][]lackSet
}

// stretch is a run of fields that are read of the same row.
type stretch struct {
	home   Home
	number int // of the first of them
	at     int // … among those of the home
	count  int
}

// newFieldList makes a list of fields under names of their own.
func newFieldList(fields []*Field, name func(*Field) string) *fieldList {
	l := &fieldList{fields: fields, numbers: make(map[string]int), places: make([]int, len(fields))}
	for n, f := range fields {
		l.numbers[f.Name] = n
		l.keys = append(l.keys, `"`+name(f)+`":`)
		if last := len(l.stretches) - 1; last < 0 || l.stretches[last].home != f.Home {
			s := stretch{home: f.Home, number: n}
			if f.Home != HomeEvent {
				s.at = len(l.homes[f.Home])
			}
			l.stretches = append(l.stretches, s)
		}
		l.stretches[len(l.stretches)-1].count++
		switch {
		case f.Home != HomeEvent:
			l.places[n] = len(l.homes[f.Home])
			l.homes[f.Home] = append(l.homes[f.Home], n)
		case f.Read != nil || f.Print != nil:
			l.ofEvent.add(n)
		}
	}
	l.lacks = lackSets(l.numbers)
	return l
}

// fieldSet is a set of numbers of fields in a [fieldList]; there are not as many
// fields.
type fieldSet [8]uint64

func (s *fieldSet) add(n int)      { s[n/64] |= 1 << (n & 63) }
func (s *fieldSet) has(n int) bool { return s[n/64]>>(n&63)&1 != 0 }

func (s *fieldSet) drop(less *fieldSet) {
	for w := range s {
		s[w] &^= less[w]
	}
}

func (s *fieldSet) addAll(more *fieldSet) {
	for w := range s {
		s[w] |= more[w]
	}
}
