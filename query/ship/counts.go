package ship

import (
	"fmt"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/source"
)

// Stats counts events on their way. At any time Taken + Found = New + There +
// Refused + Waiting + Unsent + those Lost here, but for events that are being
// gathered.
type Stats struct {
	Taken   uint64 // handed to the shipper
	Found   uint64 // left in the spool by an earlier process
	New     uint64 // delivered
	There   uint64 // delivered before
	Refused uint64 // refused for their content, and kept in RefusedFile
	Lost    uint64 // did not fit into the spool, or could not be read from it
	Waiting uint64 // in the spool
	Unsent  uint64 // not taken since shipping was stopped; the source still has them

	Requests uint64 // that carried documents
	Again    uint64 // of these, tries after the first
	Bytes    uint64 // of documents

	Spool       string // folder
	RefusedFile string
	Reasons     []Reason // why documents were refused
	Notes       []source.Note
}

// Reason is why documents were refused.
type Reason struct {
	Type  string // the server's name for it
	First string // what it said of the first of them
	Count uint64
}

// maxReasons bounds how many kinds of reasons are told apart.
const maxReasons = 20

type counts struct {
	tell    func(source.Note)
	telling sync.Mutex // held while it is told

	mu    sync.Mutex
	st    Stats
	said  map[string]bool
	away  time.Time // since when nothing is delivered; zero: it is
	words string    // what was said of it
}

func (c *counts) add(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.st)
}

func (c *counts) get() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.st
	st.Reasons = append([]Reason(nil), c.st.Reasons...)
	st.Notes = append([]source.Note(nil), c.st.Notes...)
	return st
}

// note keeps a sentence for the user, and tells it: several senders have
// something to say, and are told one at a time.
func (c *counts) note(n source.Note) {
	const most = 100
	c.mu.Lock()
	if len(c.st.Notes) < most {
		c.st.Notes = append(c.st.Notes, n)
	}
	c.mu.Unlock()
	if c.tell != nil {
		c.telling.Lock()
		defer c.telling.Unlock()
		c.tell(n)
	}
}

// once notes a sentence of a kind only the first time.
func (c *counts) once(kind string, n source.Note) {
	c.mu.Lock()
	if c.said == nil {
		c.said = make(map[string]bool)
	}
	said := c.said[kind]
	c.said[kind] = true
	c.mu.Unlock()
	if !said {
		c.note(n)
	}
}

// trouble says that nothing is delivered, unless that was said.
func (c *counts) trouble(err error) {
	c.mu.Lock()
	text := err.Error()
	news := c.words != text
	if c.away.IsZero() {
		c.away = time.Now()
	}
	c.words = text
	c.mu.Unlock()
	if news {
		c.note(source.Note{Level: source.NoteWarn, Text: text + "; events wait in the spool until it takes them"})
	}
}

// well says that the server takes documents again, after trouble.
func (c *counts) well() {
	c.mu.Lock()
	away := c.away
	c.away, c.words = time.Time{}, ""
	c.mu.Unlock()
	if !away.IsZero() {
		c.note(source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("the server takes events again, after %s", time.Since(away).Round(100*time.Millisecond))})
	}
}

// awaySince returns how long nothing has been delivered, counted from a time on.
func (c *counts) awaySince(from time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.away.IsZero():
		return 0
	case c.away.After(from):
		return time.Since(c.away)
	}
	return time.Since(from)
}

// refusal counts a document that was refused.
func (c *counts) refusal(kind, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.st.Refused++
	for i := range c.st.Reasons {
		if c.st.Reasons[i].Type == kind {
			c.st.Reasons[i].Count++
			return
		}
	}
	if len(c.st.Reasons) < maxReasons {
		c.st.Reasons = append(c.st.Reasons, Reason{kind, reason, 1})
	}
}
