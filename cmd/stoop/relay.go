package main

import (
	"context"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/source"
)

// relay tells of alerts that others made: those of Falco that --alerts takes in,
// and those among the events of the sources.
type relay struct {
	*teller
	catalog *rules.Catalog // joins what their rules are about, by name
}

// Batch tells of the alerts in a batch, but for those that were made here: the
// detector tells of them.
func (r relay) Batch(b *event.Batch) {
	for i, id := range b.Alert {
		if id == 0 || !r.wanted(b, i) {
			continue
		}
		row := b.Row(i)
		if row.T.Text(row.A().Origin) == detect.Origin {
			continue
		}
		guide, _ := r.catalog.Find(row.T.Text(row.A().Rule))
		r.hand(row, nil, guide.Guide)
	}
}

// recordersAlone are sources of which nothing is wanted but that they keep their
// flight recorders: next to nothing is watched for a stream that nobody looks at.
func recordersAlone(sources []source.Source) ([]source.Source, error) {
	little, err := filter.Compile("evt.type = procexit", event.Fields)
	if err != nil {
		return nil, err
	}
	all := make([]source.Source, len(sources))
	for i, s := range sources {
		if all[i] = s; isRecorder(s) {
			all[i] = narrowed{s, little}
		}
	}
	return all, nil
}

func isRecorder(s source.Source) bool { _, ok := s.(source.Recorder); return ok }

// narrowed is a source that is asked for what a filter holds for.
type narrowed struct {
	source.Source
	to *filter.Filter
}

func (n narrowed) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	req.Filter, req.Beside = n.to, nil
	return n.Source.Run(ctx, req, sink)
}
