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

	batch parcel
	began time.Time // when its first event came

	full  chan parcel // goes into the spool while the next is gathered
	empty chan []byte // room of parcels that are in it
	done  sync.WaitGroup
}

// parcel is a batch of documents on its way into the spool.
type parcel struct {
	spool.Head
	text []byte
}

func (g *gatherer) init(s *Shipper) {
	g.s, g.ids, g.names = s, newIDs(), make(map[weak.Pointer[event.Tables]]string)
	g.w.Text = s.opt.Text
	g.full, g.empty = make(chan parcel), make(chan []byte, 1)
	g.done.Go(func() {
		for p := range g.full {
			g.store(p)
			select {
			case g.empty <- p.text[:0]:
			default:
			}
		}
	})
}

// end returns when everything that was gathered is in the spool, or counted.
func (g *gatherer) end() {
	g.flush(0)
	close(g.full)
	g.done.Wait()
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

func (g *gatherer) add(b *event.Batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.w.Source = g.names[weak.Make(b.Tables)]
	p := &g.batch
	for i := range b.Len() {
		r := b.Row(i)
		if p.Events == 0 {
			g.began, p.Oldest = time.Now(), b.Time[i]
		}
		p.text = appendAction(p.text, func(dst []byte) []byte { return g.ids.append(dst, r) })
		p.text = append(g.w.Append(p.text, r), '\n')
		p.Events++
		p.Oldest = min(p.Oldest, b.Time[i])
		p.Again = p.Again || again(r)
		if len(p.text) >= batchBytes {
			g.put()
		}
	}
	g.s.counts.add(func(c *Stats) { c.Taken += uint64(b.Len()) })
}

// flush closes the batch when its first event has waited that long.
func (g *gatherer) flush(age time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.batch.Events > 0 && time.Since(g.began) >= age {
		g.put()
	}
}

// put has the batch stored, and begins another.
func (g *gatherer) put() {
	g.full <- g.batch
	g.batch = parcel{}
	select {
	case g.batch.text = <-g.empty:
	default:
	}
}

// store puts a batch into the spool.
func (g *gatherer) store(p parcel) {
	err := g.s.spool.Add(p.Head, p.text, g.s.opt.Wait)
	n := uint64(p.Events)
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
