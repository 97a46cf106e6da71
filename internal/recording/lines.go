package recording

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
)

// maxLine bounds a line. Longer ones are counted and skipped.
const maxLine = 16 << 20

// lines turns lines with a document each into batches.
type lines struct {
	name    string // of the file, for notes
	profile *profile.Profile
	tables  *event.Tables
	mapper  *profile.Mapper
	counts  *counts

	seq  uint64 // of the next event
	line int    // how many lines were seen
	lost uint64 // events that Falco said it lost
	size int    // events that a batch is likely to have

	mapped bool                // the lines lie in a mapped file
	keep   func(*event.Tables) // told of tables whose events refer to the lines; may be nil
}

// tableBound bounds the tables that events refer to, in bytes: past it new ones
// are begun, so that the old ones can go with the events that refer to them.
const tableBound = 96 << 20

func newLines(name string, p *profile.Profile, t *event.Tables, c *counts) *lines {
	return &lines{name: name, profile: p, tables: t, mapper: profile.NewMapper(p, t), counts: c, seq: 1, size: 256}
}

// batch makes a batch of the lines that data begins with, and returns how many
// bytes they take. It stops when the batch is full. The batch refers to data
// rather than copying it. Unless last is set, a line without an end is left.
func (l *lines) batch(data []byte, last bool) (b *event.Batch, used int) {
	if l.tables.Bytes() > tableBound {
		l.renew()
	}
	b = event.NewBatch(l.tables, l.seq, l.size)
	b.ArgOff = b.ArgOff[:0]
	end, sorted := 0, true
	for used < len(data) && !b.Full() {
		n := bytes.IndexByte(data[used:], '\n')
		next := used + n + 1
		if n < 0 {
			if !last {
				break
			}
			n, next = len(data)-used, len(data)
		}
		line := data[used : used+n]
		start := used
		used = next
		l.line++
		if e, ok := l.read(line); ok {
			sorted = sorted && (len(b.Time) == 0 || b.Time[len(b.Time)-1] <= e.Time)
			addEvent(b, e)
			b.ArgOff = append(b.ArgOff, uint32(start))
			end = start + len(line)
		}
	}
	if lost := l.mapper.Lost(); lost > l.lost {
		l.counts.lost(l.profile.Name, lost-l.lost)
		l.lost = lost
	}
	b.ArgOff = append(b.ArgOff, uint32(end))
	b.Heap = data[:end:end]
	b.HeapMapped = l.mapped
	l.size = max(l.size, b.Len())
	l.seq += uint64(b.Len())
	if !sorted {
		b = sortByTime(b)
	}
	return b, used
}

// renew begins new tables.
func (l *lines) renew() {
	t := event.NewTables()
	t.SetFirst(l.tables.First())
	if l.keep != nil {
		l.keep(t)
	}
	l.tables, l.mapper = t, profile.NewMapper(l.profile, t)
}

// read maps one line; ok is false when it holds no event.
func (l *lines) read(line []byte) (e event.Event, ok bool) {
	if l.line == 1 {
		line = bytes.TrimPrefix(line, utf8BOM)
	}
	if len(line) > maxLine {
		l.skipped(fmt.Sprintf("it is longer than %d MiB", maxLine>>20))
		return e, false
	}
	e, err := l.mapper.Map(line)
	if err == nil {
		return e, true
	}
	if len(bytes.TrimSpace(line)) > 0 {
		l.skipped(err.Error())
	}
	return e, false
}

// skipped counts the line that was read last as broken.
func (l *lines) skipped(why string) {
	l.counts.bad(fmt.Sprintf("%s:%d", l.name, l.line), fmt.Sprintf("line %d was skipped: %s", l.line, why))
}

// addEvent appends an event without its payload.
func addEvent(b *event.Batch, e event.Event) {
	heap, off := b.Heap, b.ArgOff
	b.Append(e, nil)
	b.Heap, b.ArgOff = heap, off
}

// sortByTime returns the events in the order of their time, and those of one
// time as they were.
func sortByTime(b *event.Batch) *event.Batch {
	order := make([]int, b.Len())
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return b.Time[order[i]] < b.Time[order[j]] })
	out := event.NewBatch(b.Tables, b.Seq, b.Len())
	out.Heap = slices.Grow(out.Heap, len(b.Heap))
	for _, i := range order {
		out.Append(b.At(i), profile.Document(b.Payload(i)))
	}
	return out
}
