package query

import (
	"fmt"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/source"
)

// counts is what a source counted, safe for one that writes and many that read.
type counts struct {
	source.Tally

	mu     sync.Mutex
	told   map[string]struct{}    // documents that told of a loss
	status map[string]source.Note // what is so now, by what it is about
	since  time.Time              // when trouble began; zero: there is none
	news   func()                 // is told of trouble, and of its end; may be nil
}

var _ source.Teller = (*SIEM)(nil)

// Tell implements [source.Teller].
func (s *SIEM) Tell(news func()) {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	s.counts.news = news
}

// noEvent counts a document that is no event, and says where it is.
func (c *counts) noEvent(where, why string) {
	c.Bad(where, "a document was left out: "+why)
	c.Handed(0, 1)
}

// maxTold bounds how many documents are remembered that tell of a loss.
const maxTold = 100_000

// lostOnce counts events that are lost, and says where. A document that tells of
// them counts once, however often it is fetched.
func (c *counts) lostOnce(hop string, n uint64, document string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, told := c.told[document]; told {
		return
	}
	if c.told == nil || len(c.told) >= maxTold {
		c.told = make(map[string]struct{})
	}
	c.told[document] = struct{}{}
	c.Lost(hop, n)
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
		if err == nil {
			c.mu.Unlock()
			return
		}
		c.since = time.Now()
	}
	since, news := c.since, c.news
	if err == nil {
		c.since = time.Time{}
	}
	c.mu.Unlock()
	note := source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("the server answers again, after %s", time.Since(since).Round(100*time.Millisecond))}
	if err != nil {
		note = source.Note{
			Level: source.NoteWarn, Text: err.Error(), Waits: true,
			Remedy: fmt.Sprintf("trying again in %s; nothing that was read is lost", wait.Round(100*time.Millisecond)),
		}
	}
	if c.now("server", note); news != nil {
		news()
	}
}

// Stats returns a copy, with how things are now.
func (c *counts) Stats() source.Stats {
	s := c.Tally.Stats()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, about := range []string{"kinds", "order", "timeless", "arrivals", "others", "twice", "progress", "server"} {
		if n, ok := c.status[about]; ok {
			s.Notes = append(s.Notes, n)
		}
	}
	return s
}
