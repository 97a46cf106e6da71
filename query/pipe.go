package query

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// pipe hands batches on from a goroutine of its own, so that documents are read
// while whoever takes the batches is at work. A few wait in it.
type pipe struct {
	batches chan *event.Batch
	done    chan struct{} // closed when the last was handed on
}

func pipeTo(sink source.Sink) *pipe {
	p := &pipe{batches: make(chan *event.Batch, 2), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for b := range p.batches {
			sink.Batch(b)
		}
	}()
	return p
}

// Batch implements [source.Sink].
func (p *pipe) Batch(b *event.Batch) { p.batches <- b }

// end returns when all batches were handed on.
func (p *pipe) end() {
	close(p.batches)
	<-p.done
}
