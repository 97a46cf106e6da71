package source

import (
	"fmt"
	"slices"
	"sync"
)

// maxBad bounds how many single damages are told; the rest is counted.
const maxBad = 20

// Tally is what a source counts, safe for one that writes and many that read.
// Its zero value is ready.
type Tally struct {
	mu    sync.Mutex
	s     Stats
	noted int    // notes about single damages
	more  uint64 // damages beyond maxBad
}

// Handed counts events that were handed on, and such that nobody asked for.
func (t *Tally) Handed(passed, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Taken += uint64(passed + dropped)
	t.s.Passed += uint64(passed)
	t.s.Dropped += uint64(dropped)
}

// Bad counts something that could not be read, and says where it was, once.
func (t *Tally) Bad(where, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Bad++
	n := Note{Level: NoteWarn, Text: text, Where: where}
	switch {
	case slices.Contains(t.s.Notes, n):
	case t.noted >= maxBad:
		t.more++
	default:
		t.noted++
		t.s.Notes = append(t.s.Notes, n)
	}
}

// Ended counts the end of a whole file's data before its end, which is told
// however much was told before.
func (t *Tally) Ended(where, text string) {
	t.Note(Note{Level: NoteWarn, Text: text, Where: where})
	t.mu.Lock()
	t.s.Bad++
	t.mu.Unlock()
}

// Lost counts events that are lost at a hop.
func (t *Tally) Lost(hop string, n uint64) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.s.Lost {
		if t.s.Lost[i].Hop == hop && t.s.Lost[i].Container == "" {
			t.s.Lost[i].Count += n
			return
		}
	}
	t.s.Lost = append(t.s.Lost, Loss{Hop: hop, Count: n})
}

// Gaps takes when events were lost, all that is known of it.
func (t *Tally) Gaps(all []Gap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Gaps = all
}

// Note says something to the user, once.
func (t *Tally) Note(n Note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.s.Notes, n) {
		t.s.Notes = append(t.s.Notes, n)
	}
}

// Stats returns a copy.
func (t *Tally) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.s
	s.Lost = slices.Clone(s.Lost)
	s.Notes = slices.Clone(s.Notes)
	s.Gaps = slices.Clone(s.Gaps)
	if t.more > 0 {
		s.Notes = append(s.Notes, Note{Level: NoteWarn, Text: fmt.Sprintf("%d more like these could not be read either", t.more)})
	}
	return s
}
