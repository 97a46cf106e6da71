package recording

import (
	"fmt"
	"slices"
	"sync"

	"github.com/stoop-project/stoop/internal/source"
)

// maxNotes bounds how many single damages are told; the rest is counted.
const maxNotes = 20

// counts is what a source counted, safe for one that writes and many that read.
type counts struct {
	mu    sync.Mutex
	s     source.Stats
	noted int    // notes about single damages
	more  uint64 // damages beyond maxNotes
}

// passed counts events that were handed on, and such that were left out.
func (c *counts) passed(passed, dropped int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Taken += uint64(passed + dropped)
	c.s.Passed += uint64(passed)
	c.s.Dropped += uint64(dropped)
}

// bad counts something that could not be read and says where it was.
func (c *counts) bad(where, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Bad++
	if c.noted >= maxNotes {
		c.more++
		return
	}
	c.noted++
	c.s.Notes = append(c.s.Notes, source.Note{Level: source.NoteWarn, Text: text, Where: where})
}

// ended counts the end of a whole file's data before its end, which is told
// however much was told before.
func (c *counts) ended(where, text string) {
	c.note(source.Note{Level: source.NoteWarn, Text: text, Where: where})
	c.mu.Lock()
	c.s.Bad++
	c.mu.Unlock()
}

// lost counts events that are lost, and says why.
func (c *counts) lost(hop string, n uint64) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.s.Lost {
		if c.s.Lost[i].Hop == hop && c.s.Lost[i].Container == "" {
			c.s.Lost[i].Count += n
			return
		}
	}
	c.s.Lost = append(c.s.Lost, source.Loss{Hop: hop, Count: n})
}

// note says something to the user, once.
func (c *counts) note(n source.Note) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.s.Notes, n) {
		c.s.Notes = append(c.s.Notes, n)
	}
}

// stats returns a copy.
func (c *counts) stats() source.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Lost = slices.Clone(s.Lost)
	s.Notes = slices.Clone(s.Notes)
	if c.more > 0 {
		s.Notes = append(s.Notes, source.Note{
			Level: source.NoteWarn, Text: fmt.Sprintf("%d further lines or blocks could not be read either", c.more),
		})
	}
	return s
}
