package ship

import (
	"errors"
	"fmt"
	"sync"
	"time"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
)

// Bounds of a batch.
const (
	batchBytes = 2 << 20
	batchTime  = time.Second
)

// gatherer makes documents of events, and batches of documents.
type gatherer struct {
	s *Shipper

	mu    sync.Mutex
	ids   *ids
	names map[weak.Pointer[event.Tables]]string
	w     profile.Writer

	text  []byte // of the batch
	head  spool.Head
	began time.Time // when its first event came
}

func (g *gatherer) init(s *Shipper) {
	g.s, g.ids, g.names = s, newIDs(), make(map[weak.Pointer[event.Tables]]string)
	g.w.Text = s.opt.Text
}

// from says which source the events of some tables are from.
func (g *gatherer) from(t *event.Tables, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for old := range g.names {
		if old.Value() == nil {
			delete(g.names, old)
		}
	}
	g.names[weak.Make(t)] = name
}

// like has events of some tables be from where those of others are.
func (g *gatherer) like(made, of *event.Tables) {
	g.mu.Lock()
	name := g.names[weak.Make(of)]
	g.mu.Unlock()
	g.from(made, name)
}

func (g *gatherer) batch(b *event.Batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.w.Source = g.names[weak.Make(b.Tables)]
	for i := range b.Len() {
		r := b.Row(i)
		if g.head.Events == 0 {
			g.began, g.head.Oldest = time.Now(), b.Time[i]
		}
		g.text = appendAction(g.text, func(dst []byte) []byte { return g.ids.append(dst, r) })
		g.text = append(g.w.Append(g.text, r), '\n')
		g.head.Events++
		g.head.Oldest = min(g.head.Oldest, b.Time[i])
		g.head.Again = g.head.Again || again(r)
		if len(g.text) >= batchBytes {
			g.put()
		}
	}
	g.s.counts.add(func(c *Stats) { c.Taken += uint64(b.Len()) })
}

// flush closes the batch when its first event has waited that long.
func (g *gatherer) flush(age time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.head.Events > 0 && time.Since(g.began) >= age {
		g.put()
	}
}

// put puts the batch into the spool.
func (g *gatherer) put() {
	err := g.s.spool.Add(g.head, g.text, g.s.opt.Wait)
	n := uint64(g.head.Events)
	g.text, g.head = g.text[:0], spool.Head{}
	switch {
	case err == nil:
		return
	case errors.Is(err, spool.ErrEnded):
		g.s.counts.add(func(c *Stats) { c.Unsent += n })
		return
	case errors.Is(err, spool.ErrFull):
		g.s.counts.once("full", source.Note{
			Level: source.NoteWarn, Text: fmt.Sprintf("the spool is full (%d MB): events that do not fit are lost", g.s.opt.SpoolMax>>20),
			Remedy: "a larger --spool-max holds more while the server is away",
		})
	default:
		g.s.counts.once("disk", source.Note{Level: source.NoteError, Text: fmt.Sprintf("the spool takes nothing, and events are lost: %v", err)})
	}
	g.s.counts.add(func(c *Stats) { c.Lost += n })
}
