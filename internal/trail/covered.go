package trail

import (
	"fmt"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Coverage is what is known of how a trail's events were recorded.
type Coverage struct {
	Records []Record // by whom; the caller's to fill
	Lost    uint64   // events of this container that are known to be lost
	Else    uint64   // events lost of which the container is not known
	Gaps    []Gap    // when, as far as that is known

	seen  typeSet
	data  bool // some reads or writes came with their data
	calls int  // system calls that were seen
}

// Record is one recording, or one source's flight recorder.
type Record struct {
	Name   string    // as the user would write it
	Since  time.Time // zero: not known
	Until  time.Time // zero: to the end of what was read
	Filter string    // what was let through; "" for everything
}

// see notes what an event tells of how it was recorded.
func (c *Coverage) see(r event.Row) {
	c.seen[r.Type] = true
	if r.Alert == 0 {
		c.calls++
	}
	if !c.data && (reads[r.Type] || writes[r.Type]) {
		c.data = text(r, fieldData) != ""
	}
}

var (
	reads  = typesOf("read", "readv", "pread", "recvfrom", "recvmsg")
	writes = typesOf("write", "writev", "pwrite", "sendto", "sendmsg")
)

// parts are what a story is made of, and the events that tell of it.
var parts = []struct {
	what  string
	types typeSet
}{
	{"programs that were started", typesOf("execve", "execveat")},
	{"ends of processes", typesOf("procexit")},
	{"opened files", typesOf("open", "openat", "openat2")},
	{"deleted and renamed files", typesOf("unlink", "unlinkat", "rename", "renameat", "renameat2")},
	{"connections", typesOf("connect", "accept", "accept4")},
	{"reads from files and terminals", typesOf("read", "readv", "pread")},
	{"writes to files and terminals", typesOf("write", "writev", "pwrite")},
}

// Lines says since when there are events, what was lost, and what was not
// recorded, a sentence each.
func (t *Trail) coverage() (lines []string) {
	c := &t.Coverage
	for _, r := range c.Records {
		line := word(r.Name)
		switch {
		case !r.Since.IsZero() && !r.Until.IsZero():
			line += " has events from " + clock(r.Since) + " to " + clock(r.Until) + " UTC"
		case !r.Since.IsZero():
			line += " has events since " + clock(r.Since) + " UTC"
		default:
			continue
		}
		if r.Filter != "" {
			line += ", only those for which this holds: " + r.Filter
		}
		lines = append(lines, line+".")
	}
	switch {
	case c.Lost > 0:
		lines = append(lines, fmt.Sprintf("%s of this container were lost, and %s of which it is not known whose they were.", count(int(c.Lost), "event", "events"), count(int(c.Else), "event", "events")))
	case c.Else > 0:
		lines = append(lines, fmt.Sprintf("%s were lost, of which it is not known whose they were.", count(int(c.Else), "event", "events")))
	}
	if n := len(c.Gaps); n > 0 {
		first, last := c.Gaps[0], c.Gaps[0]
		for _, g := range c.Gaps {
			if g.From < first.From {
				first = g
			}
			if g.To > last.To {
				last = g
			}
		}
		when := "at the latest at " + clock(time.Unix(0, last.To)) + " UTC"
		if first.From > 0 {
			when = "between " + clock(time.Unix(0, first.From)) + " and " + clock(time.Unix(0, last.To)) + " UTC"
		}
		lines = append(lines, "They were lost "+when+": the story and the events say when each time.")
	}
	var without []string
	for _, p := range parts {
		if !c.any(p.types) {
			without = append(without, p.what)
		}
	}
	if c.calls > 0 && len(without) > 0 {
		lines = append(lines, "There are no events here of "+join(", ", without...)+": they were not recorded, or did not happen.")
	}
	if c.any(reads) && !c.data {
		lines = append(lines, "What was read and sent was not kept, only that it was.")
	}
	return lines
}

func (c *Coverage) any(of typeSet) bool {
	for t, is := range of {
		if is && c.seen[t] {
			return true
		}
	}
	return false
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a number with a comma between thousands.
func grouped(n int) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
