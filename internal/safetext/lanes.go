package safetext

// hit is the end of a word in a text, and the state there.
type hit struct {
	end   int
	state uint16
}

// Bounds of a search in lanes: shorter texts are sooner read from end to end, and
// so are those with more words in a lane.
const (
	laneCount = 4
	laneText  = 128 // bytes of a text at least
	laneHits  = 8
)

// laned finds all words of a text as [words.first] does, in four parts of it at a
// time: each step of a search waits for the one before, but not for those of
// other parts. ok is false where there are too many words.
//
// A part begins as many bytes early as the longest word has: what came before
// cannot matter then. Words that end in these bytes are the part's before.
func (w *words) laned(s string, room []hit) (hits []hit, ok bool) {
	step := (len(s) - w.longest + laneCount - 1) / laneCount
	size := step + w.longest
	var row [laneCount]uint32
	var found [laneCount][laneHits]hit
	var count [laneCount]int
	note := func(lane, i int) bool {
		state := row[lane] &^ here
		row[lane] = state
		if lane > 0 && i < w.longest {
			return true
		}
		if count[lane] == laneHits {
			return false
		}
		found[lane][count[lane]] = hit{lane*step + i + 1, uint16(state >> w.shift)}
		count[lane]++
		return true
	}
	a, b, c, d := s[:size], s[step:step+size], s[2*step:2*step+size], s[3*step:]
	for i := range len(d) {
		row[0] = w.rows[row[0]|uint32(w.class[a[i]])]
		row[1] = w.rows[row[1]|uint32(w.class[b[i]])]
		row[2] = w.rows[row[2]|uint32(w.class[c[i]])]
		row[3] = w.rows[row[3]|uint32(w.class[d[i]])]
		if (row[0]|row[1]|row[2]|row[3])&here == 0 {
			continue
		}
		for lane := range laneCount {
			if row[lane]&here != 0 && !note(lane, i) {
				return nil, false
			}
		}
	}
	for i := len(d); i < size; i++ { // the last part may be a little shorter
		for lane, part := range [...]string{a, b, c} {
			row[lane] = w.rows[row[lane]|uint32(w.class[part[i]])]
			if row[lane]&here != 0 && !note(lane, i) {
				return nil, false
			}
		}
	}
	for lane := range laneCount {
		room = append(room, found[lane][:count[lane]]...)
	}
	return room, true
}
