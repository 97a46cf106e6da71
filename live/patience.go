//go:build linux

package live

import (
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// patience is how long events wait for the runtime's word on a container that
// was not known before, so that a filter on its name, image or pod holds from
// its first event on. A runtime answers within some 20 ms; what comes later is
// filled in on events that were handed on.
const patience = 250 * time.Millisecond

// patient hands batches on, in their order, once the containers have names.
type patient struct {
	live *Live
	sink source.Sink
	kept []*event.Batch
}

// Batch takes a batch; the caller holds the lock of the pipeline.
func (p *patient) Batch(b *event.Batch) {
	p.kept = append(p.kept, b)
	p.offer(time.Now())
}

// offer hands on what need not wait any longer.
func (p *patient) offer(now time.Time) {
	if len(p.kept) == 0 || p.live.conts.Waiting(now, patience) {
		return
	}
	p.flush()
}

func (p *patient) flush() {
	for _, b := range p.kept {
		p.sink.Batch(b)
	}
	p.kept = p.kept[:0]
}
