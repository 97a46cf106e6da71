package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// recordCmd writes events to a recording.
type recordCmd struct {
	sourceFlags

	To      string   `required:"" placeholder:"FILE" help:"The recording to write; it must not be there yet." predictor:"file"`
	Rotate  byteSize `placeholder:"SIZE" help:"Begin a new file when one has this size."`
	Zstd    bool     `help:"Compress files that --rotate has closed."`
	Force   bool     `help:"Replace a file that is there."`
	Keep    byteSize `placeholder:"SIZE" help:"Remove the oldest files when all together exceed this size."`
	Timeout span     `placeholder:"SPAN" help:"Stop after this time."`
	Stats   bool     `help:"Print all counts at the end."`
}

// Run records until the sources end, the time is up or a signal comes.
func (c *recordCmd) Run(a *app) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	if c.To == "" || c.To == "-" {
		return usageError{errors.New("--to takes the name of a file: a recording is written in place, not to a pipe")}
	}
	if c.Zstd && c.Rotate == 0 && c.Keep == 0 {
		return usageError{errors.New("--zstd compresses the files that --rotate closes: give --rotate or --keep too")}
	}
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	if c.Rotate > 0 && foreignFolder(c.To) {
		keepPrivileges() // the next file could not be made without them
	}
	w, err := recording.Create(c.To, recording.Options{
		Meta: recording.Meta{Stoop: version, Filter: c.Filter}, Rotate: int64(c.Rotate), Keep: int64(c.Keep),
		Force: c.Force, Zstd: c.Zstd, Stats: func() source.Stats { return source.Totals(sources) },
	})
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	write := w.Batch
	if req.Filter != nil {
		write = without(write)
	}
	runErr := source.Merge(ctx, req, sources, wanted(req, func(b *event.Batch, sel []uint64) {
		eachRun(b, sel, write)
		if w.Err() != nil {
			cancel()
		}
	}))
	closeAll(sources)
	err = errors.Join(runErr, w.Close())
	written, lost := w.Events()
	errs := safetext.NewWriter(a.errs)
	fmt.Fprintf(errs, "%d events in %s\n", written, c.To)
	if lost > 0 {
		fmt.Fprintf(errs, "%d events could not be written\n", lost)
	}
	report(errs, sources, c.Stats)
	return err
}

// without writes copies of events, which leave out the processes, files and
// texts that only events which were not wanted refer to: they are nobody's
// business where the recording goes.
func without(write func(*event.Batch)) func(*event.Batch) {
	copiers := make(map[*event.Tables]*event.Copier)
	return func(b *event.Batch) {
		c := copiers[b.Tables]
		if c == nil {
			c = event.NewCopier(b.Tables)
			copiers[b.Tables] = c
		}
		write(c.Batch(b))
	}
}

// eachRun hands on the runs of selected events.
func eachRun(b *event.Batch, sel []uint64, to func(*event.Batch)) {
	for i := 0; i < b.Len(); {
		if sel[i/64]>>(i&63)&1 == 0 {
			i++
			continue
		}
		from := i
		for i < b.Len() && sel[i/64]>>(i&63)&1 != 0 {
			i++
		}
		to(b.Slice(from, i))
	}
}

func withTimeout(ctx context.Context, d span) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeout(ctx, time.Duration(d))
	}
	return context.WithCancel(ctx)
}
