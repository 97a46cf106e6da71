package profile

import "strings"

// guess is a name as it was met, and what lies under it.
type guess struct {
	name string
	m    *member // nil when it is nothing
	odd  bool    // of the document itself: another profile may know it, see [guesser.watch]
	show string  // what it is called where all members are shown; "" until somebody asks
	next *guess  // the one that came after it last time: the next one's likeliest
}

// guesses finds the members of one scope. Documents of one kind have the same
// members in the same order, so that nearly every name is found by a comparison
// with the one that followed last time.
type guesses struct {
	met   map[string]*guess
	start guess
}

// The bounds of what a guesser remembers of names; others are looked up anew.
const (
	maxNames   = 1 << 14
	maxNameLen = 256
)

// guesser finds the members of scopes for one reader of documents.
type guesser struct {
	root *scope
	// watch has the names of members that documents of other profiles have, which
	// are to be asked first.
	watch map[string]bool

	all   []*guesses // by scope
	names int        // how many guesses there are
}

// find returns the guess of a name that follows another.
func (g *guesser) find(sc *scope, known *guesses, last *guess, name []byte) *guess {
	if next := last.next; next != nil && next.name == string(name) {
		return next
	}
	found := known.met[string(name)]
	if found == nil {
		found = &guess{name: string(name), odd: sc == g.root && g.watch[firstPart(string(name))]}
		found.m = sc.members[found.name]
		if g.names >= maxNames || len(name) > maxNameLen {
			return found
		}
		g.names++
		known.met[found.name] = found
	}
	last.next = found
	return found
}

// firstPart is what a path begins with.
func firstPart(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return first
}

// of returns what was met in a scope.
func (g *guesser) of(sc *scope) *guesses {
	for sc.id >= len(g.all) {
		g.all = append(g.all, nil)
	}
	met := g.all[sc.id]
	if met == nil {
		met = &guesses{met: make(map[string]*guess)}
		g.all[sc.id] = met
	}
	return met
}
