package recording

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
)

// maxLine bounds a line. Longer ones are counted and skipped.
const maxLine = 16 << 20

// lines turns lines with a document each into batches, a run of batches for
// each kind of documents.
type lines struct {
	name   string // of the file, for notes
	choose *profile.Chooser
	kinds  []*kind // in the order in which they turned up
	counts *source.Tally

	seq   uint64 // of the next event
	line  int    // how many lines were seen
	unit  string // what a line is called
	first int64  // time of the first event, 0 when there is none yet

	mapped bool                // the lines lie in a mapped file
	keep   func(*event.Tables) // told of tables whose events refer to the lines; may be nil
}

// kind is what is known of one kind of documents among the lines.
type kind struct {
	mapper *profile.Mapper
	tables *event.Tables
	lost   uint64       // events that the documents' makers said they lost
	size   int          // events that a batch is likely to have
	b      *event.Batch // of the lines at hand; nil when none was of the kind
	copied bool         // … has its own copies of the documents
	end    int          // where its last document ends
	sorted bool
}

// tableBound bounds the tables that events refer to, in bytes: past it new ones
// are begun, so that the old ones can go with the events that refer to them.
const tableBound = 96 << 20

func newLines(name string, c *source.Tally) *lines {
	l := &lines{name: name, counts: c, seq: 1, unit: "line"}
	l.choose = profile.Choose(l.newTables)
	return l
}

// newTables makes tables that know when the source began.
func (l *lines) newTables() *event.Tables {
	t := event.NewTables()
	if l.first != 0 {
		t.SetFirst(l.first)
	}
	if l.keep != nil {
		l.keep(t)
	}
	return t
}

// batches makes batches of the lines that data begins with, one for each kind of
// documents, and returns how many bytes the lines take. It stops when a batch is
// full. The batch of the kind that comes first refers to data rather than
// copying it. Unless last is set, a line without an end is left.
func (l *lines) batches(data []byte, last bool) (all []*event.Batch, used int) {
	l.renew()
	var main *kind
	full := false
	for used < len(data) && !full {
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
		m, e, ok := l.read(line)
		if !ok {
			continue
		}
		k := l.kindOf(m)
		if main == nil {
			main = k
		}
		if k.b == nil {
			k.begin(l.seq, k != main)
		}
		k.add(e, line, start)
		full = k.b.Full()
	}
	for _, k := range l.kinds {
		if k.b != nil {
			all = append(all, l.finish(k, data))
		}
	}
	return all, used
}

// kindOf returns what is known of the documents that a mapper reads.
func (l *lines) kindOf(m *profile.Mapper) *kind {
	for _, k := range l.kinds {
		if k.mapper == m {
			return k
		}
	}
	k := &kind{mapper: m, tables: m.Tables(), size: 256}
	l.kinds = append(l.kinds, k)
	return k
}

func (k *kind) begin(seq uint64, copied bool) {
	k.b = event.NewBatch(k.tables, seq, k.size)
	k.copied, k.end, k.sorted = copied, 0, true
	if !copied {
		k.b.ArgOff = k.b.ArgOff[:0]
	}
}

// add appends an event whose document is a line that starts at a place.
func (k *kind) add(e event.Event, line []byte, start int) {
	b := k.b
	k.sorted = k.sorted && (len(b.Time) == 0 || b.Time[len(b.Time)-1] <= e.Time)
	if k.copied {
		b.Append(e, line)
		return
	}
	addEvent(b, e)
	b.ArgOff = append(b.ArgOff, uint32(start))
	k.end = start + len(line)
}

// finish makes the batch of a kind ready to be handed on.
func (l *lines) finish(k *kind, data []byte) *event.Batch {
	b := k.b
	if lost := k.mapper.Lost(); lost > k.lost {
		l.counts.Lost(k.mapper.Profile().Name, lost-k.lost)
		k.lost = lost
	}
	if !k.copied {
		b.ArgOff = append(b.ArgOff, uint32(k.end))
		b.Heap = data[:k.end:k.end]
		b.HeapMapped = l.mapped
	}
	k.size = max(k.size, b.Len())
	b.Seq = l.seq
	l.seq += uint64(b.Len())
	if first := k.tables.First(); l.first == 0 || first < l.first {
		l.first = first
	}
	k.b = nil
	if !k.sorted {
		b = sortByTime(b)
	}
	return b
}

// renew begins new tables in the place of those that have grown large.
func (l *lines) renew() {
	for _, k := range l.kinds {
		if k.tables.Bytes() > tableBound {
			k.mapper, k.lost = l.choose.Renew(k.mapper), 0
			k.tables = k.mapper.Tables()
		}
	}
}

// read maps one line; ok is false when it holds no event.
func (l *lines) read(line []byte) (m *profile.Mapper, e event.Event, ok bool) {
	if l.line == 1 {
		line = bytes.TrimPrefix(line, utf8BOM)
	}
	if len(line) > maxLine {
		l.skipped(fmt.Sprintf("it is longer than %d MiB", maxLine>>20))
		return nil, e, false
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return nil, e, false
	}
	m, e, err := l.choose.Map(line)
	if err != nil {
		l.skipped(err.Error())
		return nil, e, false
	}
	return m, e, true
}

// skipped counts the line that was read last as broken.
func (l *lines) skipped(why string) {
	l.counts.Bad(fmt.Sprintf("%s:%d", l.name, l.line), fmt.Sprintf("%s %d was skipped: %s", l.unit, l.line, why))
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
