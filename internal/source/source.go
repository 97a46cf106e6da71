package source

import (
	"context"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Source is somewhere that events come from.
type Source interface {
	// Info describes the source; it does not change.
	Info() Info

	// Run reads events and hands them to the sink until the source is
	// exhausted, ctx is done, or reading fails. It is called once. Ending
	// because of ctx is no error. Filtering on the source's side is allowed to
	// let too much through, never too little: whoever needs it exact filters
	// again.
	Run(ctx context.Context, req Request, sink Sink) error

	// Stats returns what was taken, handed on and lost so far. It may be
	// called at any time, from any goroutine.
	Stats() Stats

	// Close lets everything go. It is called after Run returned, or instead of
	// Run, and never blocks for longer than 300 ms.
	Close() error
}

// Info describes a source.
type Info struct {
	Name   string       // as the user would write it: live, demo, a path
	Scheme string       // live, file, stdin, demo, es, …
	Origin event.Origin // which fields it can fill
	Live   bool         // events arrive as they happen
	Bounds [2]time.Time // first and last event, when known beforehand
	Events int64        // how many there are, when known beforehand; else -1
}

// Request says what the reader wants. The zero Request wants everything.
type Request struct {
	Filter *filter.Filter // nil: all events
	Since  time.Time      // zero: from the first
	Until  time.Time      // zero: to the last
	Before time.Duration  // how far to reach back before the present, for sources that keep a flight recorder
	Follow bool           // go on when the end is reached, and wait for more
	Newest bool           // begin with the newest, and go back as far as [Pager.More] asks; only a [Pager] heeds it

	// Beside is what rules ask for beside everything, and Names that they ask for
	// names of addresses: without a filter a kernel is watched for what is telling
	// only, and with one for what the filter names. Only a [Watcher] heeds them.
	Beside *filter.Filter
	Names  bool
}

// Sink takes batches. Batch must not block for long and must not change what
// it is given; the source does not change it afterwards either. Batches of one
// source come from one goroutine, in the order of their events' numbers.
type Sink interface {
	Batch(b *event.Batch)
}

// SinkFunc makes a sink of a function.
type SinkFunc func(b *event.Batch)

// Batch calls f.
func (f SinkFunc) Batch(b *event.Batch) { f(b) }

// Stats counts events on their way through a source. At any time
// Taken = Passed + Dropped + the sum of the losses after the first hop;
// losses before it (in the kernel) were never taken.
type Stats struct {
	Taken   uint64 // read by the source
	Passed  uint64 // handed to the sink
	Dropped uint64 // left out because the request did not want them
	Bad     uint64 // could not be read: broken lines, damaged records
	Lost    []Loss
	Notes   []Note // what the user should know: fallbacks, damage, what was not attached and why

	// Gaps are when events were lost, as far as that is known. Those of a
	// recording were lost when it was made, and are not among Lost.
	Gaps []Gap
}

// LostTotal adds up the losses.
func (s Stats) LostTotal() (n uint64) {
	for _, l := range s.Lost {
		n += l.Count
	}
	return n
}

// Loss counts events lost at one hop, of one container when that is known.
type Loss struct {
	Hop       string // where: ringbuf, bulk ring, deeds ring, queue, decoder, store
	Container string // container id, "" when not known
	Count     uint64
}

// Note is a sentence for the user.
type Note struct {
	Level  NoteLevel
	Text   string // one sentence
	Remedy string // what to do, may be empty
	Where  string // file:line or byte offset, may be empty
	Waits  bool   // it is so now: the source tries again by itself
}

// NoteLevel ranks notes.
type NoteLevel uint8

// The levels.
const (
	NoteInfo NoteLevel = iota
	NoteWarn
	NoteError
)

// Totals adds up what sources counted.
func Totals(sources []Source) (sum Stats) {
	for _, src := range sources {
		s := src.Stats()
		sum.Taken += s.Taken
		sum.Passed += s.Passed
		sum.Dropped += s.Dropped
		sum.Bad += s.Bad
		sum.Lost = append(sum.Lost, s.Lost...)
		sum.Notes = append(sum.Notes, s.Notes...)
		sum.Gaps = append(sum.Gaps, s.Gaps...)
	}
	return sum
}
