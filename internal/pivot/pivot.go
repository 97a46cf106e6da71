package pivot

import (
	"fmt"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/filter"
)

// Pivot is one way from an event to others.
type Pivot struct {
	Name  string // a word, by which it is asked for
	Title string // what it answers, in a few words
	About string // one sentence more; may be empty

	when    *filter.Filter // which events it is about; nil: all
	find    []*template    // the first whose values the event has, then looser ones
	windows []Window       // each within the next
}

// Windows are the spans around an event in which it is looked, each within the
// next.
func (p *Pivot) Windows() []Window { return p.windows }

// Within returns the pivot with one window in place of its own.
func (p *Pivot) Within(w Window) *Pivot {
	other := *p
	other.windows = []Window{w}
	return &other
}

// Window is a span of time around an event.
type Window struct {
	Before time.Duration
	After  time.Duration
}

// maxWindow bounds how far a window reaches to either side.
const maxWindow = 366 * 24 * time.Hour

// Span returns the times of a window around an event, in ns since 1970; the
// last is not in it.
func (w Window) Span(at int64) (from, to int64) {
	const least, most = -1 << 63, 1<<63 - 1
	if from = at - int64(w.Before); from > at {
		from = least
	}
	if to = at + int64(w.After); to < at || to == most {
		return from, most
	}
	return from, to + 1
}

// String writes a window as a table has it: "-30s +5s".
func (w Window) String() string { return "-" + short(w.Before) + " +" + short(w.After) }

// short writes a duration without the parts that are zero.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

// parseWindow reads a window: "-30s +5s".
func parseWindow(text string) (w Window, err error) {
	before, after, ok := strings.Cut(strings.TrimSpace(text), " ")
	after = strings.TrimSpace(after)
	if !ok || !strings.HasPrefix(before, "-") || !strings.HasPrefix(after, "+") {
		return w, fmt.Errorf("%q is no span around an event; write how far back and how far on: -30s +5s", text)
	}
	if w.Before, err = parseSide(before[1:]); err == nil {
		w.After, err = parseSide(after[1:])
	}
	if err == nil && w.Before+w.After == 0 {
		err = fmt.Errorf("%q has no length", text)
	}
	return w, err
}

func parseSide(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxWindow {
		return 0, fmt.Errorf("%q is no length of time up to a year; write 500ms, 30s, 10m or 24h", text)
	}
	return d, nil
}
