package main

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// keepEvents writes events into a recording, with what they refer to and nothing
// else, and returns how many.
func keepEvents(rows iter.Seq[event.Row], path string) (int, error) {
	return writeEvents(rows, path, nil, nil)
}

// writeEvents writes events; edit may take something off a process, and payload
// off a document.
func writeEvents(rows iter.Seq[event.Row], path string, edit func(*event.Tables, *event.Copier), payload func(event.Event, []byte) []byte) (n int, err error) {
	w, err := recording.Create(path, recording.Options{Meta: recording.Meta{Stoop: version}})
	if err != nil {
		return 0, err
	}
	copiers := make(map[*event.Tables]*event.Copier)
	seqs := make(map[*event.Tables]uint64)
	var b *event.Batch
	flush := func() {
		if b != nil && b.Len() > 0 {
			seqs[b.Tables] = b.Seq + uint64(b.Len())
			w.Batch(b)
		}
		b = nil
	}
	for r := range rows {
		c := copiers[r.T]
		if c == nil {
			c = event.NewCopier(r.T)
			if edit != nil {
				edit(r.T, c)
			}
			copiers[r.T] = c
		}
		if b != nil && (b.Tables != c.Tables() || b.Full()) {
			flush()
		}
		if b == nil {
			b = event.NewBatch(c.Tables(), max(seqs[c.Tables()], 1), 64)
		}
		e, text := c.Event(r.B, r.I)
		if payload != nil {
			text = payload(e, text)
		}
		b.Append(e, text)
		n++
	}
	flush()
	return n, w.Close()
}

// mergeRecordings writes the events of recordings as one, in the order of time,
// each once.
func mergeRecordings(from []string, to string, showSecrets bool) (int, error) {
	var rows []event.Row
	seen := make(map[string]bool)
	var opened []source.Source
	defer func() { closeAll(opened) }() // not before: rows refer to what is mapped
	for _, path := range from {
		src, err := recording.Open(context.Background(), path, source.Options{})
		if err != nil {
			return 0, err
		}
		opened = append(opened, src)
		err = eachEvent(src, func(r event.Row) {
			if key := casefile.KeyOf(r); !seen[key] {
				seen[key] = true
				rows = append(rows, r)
			}
		})
		if err != nil {
			return 0, err
		}
	}
	slices.SortStableFunc(rows, func(a, b event.Row) int { return cmp.Compare(a.B.Time[a.I], b.B.Time[b.I]) })
	if showSecrets {
		return writeEvents(slices.Values(rows), to, nil, nil)
	}
	return writeEvents(slices.Values(rows), to, maskProcesses, maskPayload)
}

// eachEvent reads a source.
func eachEvent(src source.Source, yield func(event.Row)) error {
	return src.Run(context.Background(), source.Request{}, source.SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			yield(b.Row(i))
		}
	}))
}

// maskProcesses masks what processes were started with.
func maskProcesses(_ *event.Tables, c *event.Copier) {
	c.Edit = func(from *event.Tables, p *event.Proc) {
		for _, s := range []*event.Str{&p.Args, &p.Line, &p.Env} {
			if text := from.Text(*s); text != "" {
				if masked := maskArgs(text); masked != text {
					*s = from.Strings.Add(masked)
				}
			}
		}
	}
}

// maskArgs masks secrets in words that end with a NUL each: the value of an
// option may be the word behind it.
func maskArgs(text string) string {
	words := strings.NewReplacer("\n", "\r", "\x00", "\n").Replace(text) // white space, which ends words there
	return strings.NewReplacer("\n", "\x00", "\r", "\n").Replace(safetext.Redact(words))
}

// maskPayload masks secrets in what an event carries beside its fields: in a
// document those that are known for such; data that was read or written is left
// out, since anything may be in it.
func maskPayload(e event.Event, payload []byte) []byte {
	if e.Bits&event.HasDoc != 0 {
		return maskDocument(payload)
	}
	var w event.ArgWriter
	for {
		a, rest, ok := event.NextArg(payload)
		if !ok {
			return w.Payload()
		}
		switch payload = rest; {
		case a.Kind == event.None, a.Kind == event.Bytes:
			w.Skip()
		case a.Kind == event.Int:
			w.Int(int64(a.Num))
		case a.Kind == event.Uint:
			w.Uint(a.Num)
		case a.Obj != 0:
			w.Obj(a.Obj)
		default:
			w.Str(a.Str)
		}
	}
}

// maskDocument masks secrets in a document. Where that leaves none the event goes
// on without one.
func maskDocument(payload []byte) []byte {
	doc := profile.Document(payload)
	masked := []byte(safetext.Redact(string(doc)))
	if json.Valid(doc) && !json.Valid(masked) {
		masked = []byte("{}")
	}
	return append(masked, payload[len(doc):]...)
}
