package notify

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/source"
)

// Stats counts what became of alerts at one target. At any time
// Taken + Found = Delivered + Refused + Lost + what waits.
type Stats struct {
	Target    string
	Below     uint64 // alerts that were not grave enough
	Taken     uint64 // alerts
	Found     uint64 // alerts that an earlier process had left
	Delivered uint64 // alerts
	Sent      uint64 // texts: alerts, or messages about many
	Again     uint64 // tries that failed
	Refused   uint64 // alerts that the target does not like
	Lost      uint64 // alerts that there was no room for
	Grouped   uint64 // alerts whose message is not made yet
	Waiting   uint64 // alerts that stay in the spool at the end
	Notes     []source.Note
}

// counts are a worker's.
type counts struct {
	name string
	tell func(source.Note)

	mu    sync.Mutex
	st    Stats
	said  map[string]bool
	since time.Time // of trouble; zero: all is well
	shown time.Time // when it was last said
}

func (c *counts) add(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.st)
}

// maxNotes bounds the notes that are kept.
const maxNotes = 100

func (c *counts) note(n source.Note) {
	n.Where = c.name
	c.mu.Lock()
	if len(c.st.Notes) < maxNotes {
		c.st.Notes = append(c.st.Notes, n)
	}
	c.mu.Unlock()
	if c.tell != nil {
		c.tell(n)
	}
}

// once says something at its first time.
func (c *counts) once(what string, n source.Note) {
	c.mu.Lock()
	if c.said == nil {
		c.said = make(map[string]bool)
	}
	said := c.said[what]
	c.said[what] = true
	c.mu.Unlock()
	if !said {
		c.note(n)
	}
}

// delivered counts what was taken, and ends a trouble.
func (c *counts) delivered(alerts int) {
	c.mu.Lock()
	c.st.Delivered += uint64(alerts)
	c.st.Sent++
	since, shown := c.since, c.shown
	c.since, c.shown = time.Time{}, time.Time{}
	c.mu.Unlock()
	if !shown.IsZero() {
		c.note(source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("it takes alerts again, after %s", time.Since(since).Round(time.Second))})
	}
}

// troubleEach is how often a lasting trouble is said.
const troubleEach = 10 * time.Minute

// trouble says that something does not get through, now and then.
func (c *counts) trouble(err error) {
	c.mu.Lock()
	now := time.Now()
	if c.since.IsZero() {
		c.since = now
	}
	quiet := !c.shown.IsZero() && now.Sub(c.shown) < troubleEach
	if !quiet {
		c.shown = now
	}
	c.mu.Unlock()
	if !quiet {
		c.note(source.Note{Level: source.NoteWarn, Text: fmt.Sprintf("alerts do not get through: %v", err)})
	}
}

// Stats returns the counts so far, in the order of the targets.
func (n *Notifier) Stats() (all []Stats) {
	for _, w := range n.workers {
		w.counts.mu.Lock()
		st := w.counts.st
		st.Target, st.Notes = w.Name, slices.Clone(st.Notes)
		w.counts.mu.Unlock()
		all = append(all, st)
	}
	return all
}
