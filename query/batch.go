package query

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/page"
)

// The bounds of the tables that events refer to, in bytes: past it new ones are
// begun, so that the old ones can go with the events that refer to them. Those
// of an export go as soon as they were handed on.
const (
	tableBound  = 32 << 20
	exportBound = 4 << 20
)

// read is a document that was read as an event.
type read struct {
	event  event.Event
	tables *event.Tables
	doc    []byte
	own    bool // the document lies in no page
}

// batcher turns documents into batches. It is for one goroutine.
type batcher struct {
	s      *SIEM
	counts *counts // of what was read and handed on
	sink   source.Sink
	choose *profile.Chooser
	bound  int64                      // of tables
	first  int64                      // time of the first event; 0 while there is none
	seq    uint64                     // of the next event
	lost   map[*profile.Mapper]uint64 // what the documents' makers said they lost
}

func newBatcher(s *SIEM, sink source.Sink) *batcher {
	b := &batcher{s: s, counts: &s.counts, sink: sink, bound: tableBound, seq: 1, lost: make(map[*profile.Mapper]uint64)}
	b.choose = profile.Choose(b.newTables)
	b.choose.Alone = true // as the server sees each document
	return b
}

func (b *batcher) newTables() *event.Tables {
	t := event.NewTables()
	if b.first != 0 {
		t.SetFirst(b.first) // evt.reltime goes on
	}
	b.s.tables.add(t)
	return t
}

// read reads the hits' documents. Those that cannot be read are counted.
func (b *batcher) read(hits []page.Hit) (all []read) {
	all = make([]read, 0, len(hits))
	apart := &b.s.Known().apart
	for i := range hits {
		h := &hits[i]
		doc := oneLine(apart.document(h))
		if doc == nil {
			b.counts.noEvent(h.Index+"/"+h.ID, "the index keeps nothing of its documents (_source is off), and no columns of what a profile reads")
			continue
		}
		m, e, err := b.choose.Map(doc)
		if err != nil {
			b.counts.noEvent(h.Index+"/"+h.ID, err.Error())
			continue
		}
		all = append(all, read{event: e, tables: m.Tables(), doc: doc})
		if b.first == 0 || e.Time < b.first {
			b.first = e.Time
		}
		if lost := m.Lost(); lost > b.lost[m] {
			b.s.counts.lostOnce("sensor ("+m.Profile().Name+")", lost-b.lost[m], h.Index+"/"+h.ID)
			b.lost[m] = lost
		}
		if m.Tables().Bytes() > b.bound {
			b.choose.Renew(m)
			delete(b.lost, m)
		}
	}
	return all
}

// oneLine returns a document without the line breaks between its members: a
// payload's document ends with its line.
func oneLine(doc []byte) []byte {
	if bytes.IndexByte(doc, '\n') < 0 {
		return doc
	}
	var b bytes.Buffer
	if json.Compact(&b, doc) != nil {
		return bytes.ReplaceAll(doc, []byte{'\n'}, []byte{' '})
	}
	return b.Bytes()
}

// byTime orders events by their time; those of one time stay as they are.
func byTime(all []read) {
	slices.SortStableFunc(all, func(a, b read) int {
		switch {
		case a.event.Time < b.event.Time:
			return -1
		case a.event.Time > b.event.Time:
			return 1
		}
		return 0
	})
}

// ordered hands on events in the order of their time, whatever kinds they are.
func (b *batcher) ordered(all []read) {
	byTime(all)
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].tables == all[0].tables {
			n++
		}
		b.hand(all[:n])
		all = all[n:]
	}
}

// grouped hands on the events of each kind together, ordered by time: whoever
// takes them orders them.
func (b *batcher) grouped(all []read) {
	byTime(all)
	for len(all) > 0 {
		var these, others []read
		for _, r := range all {
			if r.tables == all[0].tables {
				these = append(these, r)
			} else {
				others = append(others, r)
			}
		}
		b.hand(these)
		all = others
	}
}

// hand makes batches of events of the same tables and hands them on.
func (b *batcher) hand(all []read) {
	for len(all) > 0 {
		size, n := 0, 0
		for n < len(all) && n < 1<<15 && size < 1<<27 {
			size += len(all[n].doc)
			n++
		}
		batch := event.NewBatch(all[0].tables, b.seq, n)
		batch.Heap = make([]byte, 0, size)
		for _, r := range all[:n] {
			batch.Append(r.event, r.doc)
		}
		b.seq += uint64(n)
		b.counts.Handed(n, 0)
		b.sink.Batch(batch)
		all = all[n:]
	}
}
