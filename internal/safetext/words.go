package safetext

// words finds many words in a text at once, whatever their case: an
// Aho-Corasick automaton (CACM 18(6), 1975) made into a table, so that a text
// without any of them costs one load a byte.
type words struct {
	class   [256]uint8 // byte -> column; letters of either case share one
	next    []uint16   // state<<shift | class -> state
	found   [][]uint16 // state -> which words end here, the longest first
	shift   uint8
	longest int      // bytes of the longest word
	rows    []uint32 // next, for the search: each state as the index of its row, here set where a word ends
}

// here marks a row whose state is the end of a word.
const here = 1 << 31

// newWords returns the automaton of list, which must be ASCII.
func newWords(list []string) *words {
	w := &words{}
	classes := 1
	for _, word := range list {
		for i := range len(word) {
			c := lower(word[i])
			if w.class[c] == 0 {
				w.class[c] = uint8(classes)
				w.class[upper(c)] = uint8(classes)
				classes++
			}
		}
	}
	for 1<<w.shift < classes {
		w.shift++
	}

	w.addState()
	for n, word := range list {
		state := uint16(0)
		for i := range len(word) {
			at := w.index(state, word[i])
			if w.next[at] == 0 {
				w.next[at] = w.addState()
			}
			state = w.next[at]
		}
		w.found[state] = append(w.found[state], uint16(n))
		w.longest = max(w.longest, len(word))
	}
	w.link(classes)
	w.rows = make([]uint32, len(w.next))
	for i, state := range w.next {
		w.rows[i] = uint32(state) << w.shift
		if w.found[state] != nil {
			w.rows[i] |= here
		}
	}
	return w
}

func (w *words) addState() uint16 {
	w.next = append(w.next, make([]uint16, 1<<w.shift)...)
	w.found = append(w.found, nil)
	return uint16(len(w.found) - 1)
}

func (w *words) index(state uint16, c byte) int {
	return int(state)<<w.shift | int(w.class[c])
}

// link gives every state an edge for every class, breadth first, so that the
// state which a missing edge falls back to is complete already.
func (w *words) link(classes int) {
	fallback := make([]uint16, len(w.found))
	queue := []uint16{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for class := range classes {
			at := int(state)<<w.shift | class
			back := uint16(0)
			if state != 0 {
				back = w.next[int(fallback[state])<<w.shift|class]
			}
			child := w.next[at]
			if child == 0 {
				w.next[at] = back
				continue
			}
			fallback[child] = back
			w.found[child] = append(w.found[child], w.found[back]...)
			queue = append(queue, child)
		}
	}
}

// each calls take for the end of each word of a text, in their order, with the
// state there.
func (w *words) each(s string, take func(end int, state uint16)) {
	if len(s) >= laneText && len(s) >= 2*w.longest {
		var room [laneCount * laneHits]hit
		if hits, ok := w.laned(s, room[:0]); ok {
			for _, h := range hits {
				take(h.end, h.state)
			}
			return
		}
	}
	for end, state := w.first(s, 0, 0); end != 0; end, state = w.first(s, end, state) {
		take(end, state)
	}
}

// first returns the end of the first word in s at or after index i, and the
// state there; the end is 0 where there is none.
func (w *words) first(s string, i int, state uint16) (int, uint16) {
	row := uint32(state) << w.shift
	for ; i < len(s); i++ {
		row = w.rows[row&^here|uint32(w.class[s[i]])]
		if row&here != 0 {
			return i + 1, uint16(row &^ here >> w.shift)
		}
	}
	return 0, uint16(row &^ here >> w.shift)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
