package query

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/source"
)

// maxNotes bounds how many single documents are told of that could not be read.
const maxNotes = 20

// counts is what a source counted, safe for one that writes and many that read.
type counts struct {
	mu     sync.Mutex
	s      source.Stats
	told   map[string]struct{}    // documents that told of a loss
	badly  int                    // notes about single documents
	status map[string]source.Note // what is so now, by what it is about
	since  time.Time              // when trouble began; zero: there is none
}

// passed counts events that were handed on.
func (c *counts) passed(n int) {
	c.mu.Lock()
	c.s.Taken += uint64(n)
	c.s.Passed += uint64(n)
	c.mu.Unlock()
}

// dropped counts events that nobody asked for.
func (c *counts) dropped(n int) {
	c.mu.Lock()
	c.s.Taken += uint64(n)
	c.s.Dropped += uint64(n)
	c.mu.Unlock()
}

// bad counts a document that is no event, and says where it is.
func (c *counts) bad(where, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Bad++
	c.s.Taken++
	c.s.Dropped++
	if c.badly++; c.badly <= maxNotes {
		c.s.Notes = append(c.s.Notes, source.Note{Level: source.NoteWarn, Text: "a document was left out: " + why, Where: where})
	}
}

// maxTold bounds how many documents are remembered that tell of a loss.
const maxTold = 100_000

// lost counts events that are lost, and says where. A document that tells of
// them counts once, however often it is fetched.
func (c *counts) lost(hop string, n uint64, document string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, told := c.told[document]; told {
		return
	}
	if c.told == nil || len(c.told) >= maxTold {
		c.told = make(map[string]struct{})
	}
	c.told[document] = struct{}{}
	for i := range c.s.Lost {
		if c.s.Lost[i].Hop == hop {
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

// now says how things are; what was said about the same before is gone. An empty
// note says nothing.
func (c *counts) now(about string, n source.Note) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == nil {
		c.status = make(map[string]source.Note)
	}
	if c.status[about] = n; n.Text == "" {
		delete(c.status, about)
	}
}

// trouble says that the server is asked again, or with nil that it answers.
func (c *counts) trouble(err error, wait time.Duration) {
	c.mu.Lock()
	if c.since.IsZero() {
		c.since = time.Now()
	}
	since := c.since
	if err == nil {
		c.since = time.Time{}
	}
	c.mu.Unlock()
	if err == nil {
		c.now("server", source.Note{
			Level: source.NoteInfo, Text: fmt.Sprintf("the server answers again, after %s", time.Since(since).Round(100*time.Millisecond)),
		})
		return
	}
	c.now("server", source.Note{
		Level: source.NoteWarn, Text: err.Error(), Remedy: fmt.Sprintf("trying again in %s; nothing that was read is lost", wait.Round(100*time.Millisecond)),
	})
}

// stats returns a copy.
func (c *counts) stats() source.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Lost = slices.Clone(s.Lost)
	s.Notes = slices.Clone(s.Notes)
	if more := c.badly - maxNotes; more > 0 {
		s.Notes = append(s.Notes, source.Note{Level: source.NoteWarn, Text: fmt.Sprintf("%d further documents were left out", more)})
	}
	for _, about := range []string{"kinds", "order", "timeless", "arrivals", "others", "twice", "progress", "server"} {
		if n, ok := c.status[about]; ok {
			s.Notes = append(s.Notes, n)
		}
	}
	return s
}
