package filter

import (
	"errors"
	"slices"
	"strings"
)

// Lists maps a list's name to its items.
type Lists map[string][]string

// Expand replaces the names of lists in an expression's text; see [Expander].
func (l Lists) Expand(src string) *Expansion { return NewExpander(l).Expand(src) }

// Expander replaces the names of lists in texts, as Falco does before it
// parses (falco userspace/engine/rule_loader_compiler.cpp, resolve_list): a
// name counts where blanks, parentheses, commas, equals signs or the ends of
// the text surround it; an item with a space is quoted; an empty list takes a
// neighbouring comma with it. Unlike Falco, a list that stands without
// parentheses behind an operator gets them, and the items are not looked at
// for names of lists.
type Expander struct {
	subs map[string]string
	odd  []string // names with delimiters in them, which no word of a text can be
}

const (
	listBlanks = " \t\n\r"
	listDelims = listBlanks + "(),="
)

// NewExpander prepares lists.
func NewExpander(l Lists) *Expander {
	x := &Expander{subs: make(map[string]string, len(l))}
	for name, items := range l {
		var b strings.Builder
		for i, item := range items {
			if i > 0 {
				b.WriteString(", ")
			}
			if strings.Contains(item, " ") && item[0] != '"' && item[0] != '\'' {
				item = `"` + item + `"`
			}
			b.WriteString(item)
		}
		x.subs[name] = b.String()
		if strings.ContainsAny(name, listDelims) {
			x.odd = append(x.odd, name)
		}
	}
	slices.Sort(x.odd)
	return x
}

// Expansion is a text in which the names of lists were replaced.
type Expansion struct {
	Text string
	Used []string // the lists that it names, sorted

	moves []move
}

// move says where a stretch of the text comes from: byte to+n from byte from+n,
// or as a whole from byte from when it took the place of a name.
type move struct {
	to, from int
	name     bool
}

// Origin returns where in the source the byte at i of the text comes from; for
// a list's items that is where its name stood.
func (e *Expansion) Origin(i int) int {
	at, found := slices.BinarySearchFunc(e.moves, i, func(m move, i int) int { return m.to - i })
	if !found {
		at--
	}
	for at+1 < len(e.moves) && e.moves[at+1].to == e.moves[at].to { // what was trimmed to nothing
		at++
	}
	switch {
	case at < 0:
		return i
	case e.moves[at].name:
		return e.moves[at].from
	}
	return e.moves[at].from + i - e.moves[at].to
}

// place returns where in the source a place of the text is.
func (e *Expansion) place(at Pos, src string) Pos {
	if len(e.Used) == 0 {
		return at
	}
	return startPos().over(src[:min(e.Origin(at.Index), len(src))])
}

// moved makes an error about the text one about the source.
func (e *Expansion) moved(err error, src string) error {
	var fe *Error
	if errors.As(err, &fe) {
		fe.Pos = e.place(fe.Pos, src)
	}
	return err
}

// Expand replaces the names in a text, in one pass.
func (x *Expander) Expand(src string) *Expansion {
	w := &expanding{src: src, out: make([]byte, 0, len(src)+len(src)/2)}
	for w.at < len(src) {
		if len(x.odd) > 0 && w.atWordStart() {
			if name := x.oddAt(src[w.at:]); name != "" {
				w.replace(name, x.subs[name])
				continue
			}
		}
		n := strings.IndexAny(src[w.at:], listDelims)
		switch {
		case n < 0:
			n = len(src) - w.at
		case n == 0:
			w.copy(1)
			continue
		}
		word := src[w.at : w.at+n]
		if sub, ok := x.subs[word]; ok {
			w.replace(word, sub)
		} else {
			w.copy(n)
		}
	}
	slices.Sort(w.used)
	return &Expansion{Text: string(w.out), Used: slices.Compact(w.used), moves: w.moves}
}

// oddAt returns the name with delimiters in it that a text begins with.
func (x *Expander) oddAt(src string) string {
	for _, name := range x.odd {
		if name != "" && strings.HasPrefix(src, name) && (len(src) == len(name) || strings.IndexByte(listDelims, src[len(name)]) >= 0) {
			return name
		}
	}
	return ""
}

// expanding is a text being expanded.
type expanding struct {
	src   string
	at    int // how far the source was read
	out   []byte
	moves []move
	used  []string
}

func (w *expanding) atWordStart() bool {
	return w.at == 0 || strings.IndexByte(listDelims, w.src[w.at-1]) >= 0
}

// copy takes the next n bytes as they are.
func (w *expanding) copy(n int) {
	if last := len(w.moves) - 1; last < 0 || w.moves[last].name || w.moves[last].from+len(w.out)-w.moves[last].to != w.at {
		w.moves = append(w.moves, move{to: len(w.out), from: w.at})
	}
	w.out = append(w.out, w.src[w.at:w.at+n]...)
	w.at += n
}

// replace writes the items of a list in place of its name and the blanks
// around it.
func (w *expanding) replace(name, items string) {
	w.used = append(w.used, name)
	from := w.at
	w.at += len(name)
	for w.at < len(w.src) && strings.IndexByte(listBlanks, w.src[w.at]) >= 0 {
		w.at++
	}
	w.trim(listBlanks)
	if bareAfterOperator(w.out) {
		items = "(" + items + ")"
	} else if items == "" {
		if n := len(w.out); n > 0 && w.out[n-1] == ',' {
			w.trim(",")
		} else if w.at < len(w.src) && w.src[w.at] == ',' {
			w.at++
		}
	}
	w.moves = append(w.moves, move{to: len(w.out), from: from, name: true})
	if len(w.out) > 0 {
		w.out = append(w.out, ' ')
	}
	w.out = append(w.out, items...)
	w.out = append(w.out, ' ')
}

// trim takes bytes from the end of what was written: any number of blanks, or
// one comma.
func (w *expanding) trim(set string) {
	n := len(w.out)
	for n > 0 && strings.IndexByte(set, w.out[n-1]) >= 0 {
		n--
		if set == "," {
			break
		}
	}
	w.out = w.out[:n]
	for i := len(w.moves) - 1; i >= 0 && w.moves[i].to > n; i-- {
		w.moves[i].to = n
	}
}

// bareAfterOperator reports whether text ends with an operator or modifier
// that a list without parentheses may follow.
func bareAfterOperator(text []byte) bool {
	i := len(text)
	for i > 0 && len(text)-i <= len("intersects") && strings.IndexByte(listDelims, text[i-1]) < 0 {
		i--
	}
	switch string(text[i:]) {
	case "in", "intersects", "pmatch", "oneof", "anyof", "allof":
		return true
	}
	return false
}
