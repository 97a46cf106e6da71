package source

import (
	"context"

	"github.com/stoop-project/stoop/internal/event"
)

// WithTables returns a source that says which tables its events refer to, before
// the first of them is handed on: where several sources are merged, the events'
// tables tell whose they are.
func WithTables(src Source, say func(*event.Tables)) Source { return tabled{src, say} }

type tabled struct {
	Source
	say func(*event.Tables)
}

// Run runs the source.
func (s tabled) Run(ctx context.Context, req Request, sink Sink) error {
	var last *event.Tables
	return s.Source.Run(ctx, req, SinkFunc(func(b *event.Batch) {
		if b.Tables != last {
			last = b.Tables
			s.say(last)
		}
		sink.Batch(b)
	}))
}
