package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"weak"

	"github.com/dustin/go-humanize"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/ship"
)

// recordCmd writes events to a recording, to a file of ECS documents, or to a
// SIEM.
type recordCmd struct {
	sourceFlags
	ruleFlags
	rotateFlags

	To       string   `required:"" placeholder:"WHERE" help:"The recording to write, which must not be there yet; FILE.ndjson for documents in ECS; es://host/stoop-trail, os://… or siem://NAME for a data stream (docs/ship.md)." predictor:"file"`
	Output   string   `short:"o" placeholder:"FORMAT" enum:"recording,ndjson," default:"" help:"Format of the file: recording, ndjson (documents in ECS); by itself what the name says."`
	Zstd     bool     `help:"Compress files that --rotate has closed."`
	Force    bool     `help:"Replace a file that is there."`
	Spool    string   `placeholder:"DIR" help:"A SIEM: folder for what it has not taken yet (~/.local/state/stoop/spool)."`
	SpoolMax byteSize `placeholder:"SIZE" help:"A SIEM: what the spool may hold (1GiB)."`
	Timeout  span     `placeholder:"SPAN" help:"Stop after this time."`
	Stats    bool     `help:"Print all counts at the end."`

	detect detecting `kong:"-"`
}

// Run records until the sources end, the time is up or a signal comes.
func (c *recordCmd) Run(a *app) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	if err := c.checkTarget(); err != nil {
		return usageError{err}
	}
	if err := c.detect.open(a, &c.ruleFlags); err != nil {
		return err
	}
	switch {
	case ship.IsTarget(c.To):
		return c.ship(a, req)
	case c.lines():
		return c.writeLines(a, req)
	}
	return c.record(a, req)
}

// lines reports whether documents are written.
func (c *recordCmd) lines() bool {
	return c.Output == "ndjson" || c.Output == "" && strings.HasSuffix(c.To, ".ndjson")
}

// checkTarget refuses flags that what is written does not know.
func (c *recordCmd) checkTarget() error {
	server, lines := ship.IsTarget(c.To), c.lines()
	switch {
	case c.To == "" || c.To == "-" && !lines:
		return errors.New("--to takes the name of a file: a recording is written in place, not to a pipe")
	case server && (c.Output != "" || c.any() || c.Zstd || c.Force):
		return errors.New("--output, --rotate, --keep, --keep-files, --zstd and --force are for files, not for a SIEM")
	case !server && (c.Spool != "" || c.SpoolMax != 0):
		return errors.New("--spool and --spool-max are for a SIEM, not for files")
	case c.SpoolMax != 0 && c.SpoolMax < minSpool:
		return fmt.Errorf("--spool-max: a spool has at least %s", humanize.IBytes(minSpool))
	case c.To == "-" && c.any():
		return errors.New("--rotate, --keep and --keep-files are for files, not for standard output")
	case lines && c.Zstd:
		return errors.New("--zstd is for recordings, not for NDJSON: who ships it reads it as it is")
	case c.Zstd && !c.rotates():
		return errors.New("--zstd compresses the files that --rotate closes: give --rotate or --keep too")
	}
	return c.rotateFlags.check()
}

// minSpool is the least that a spool may hold.
const minSpool = 16 << 20

// record writes a recording.
func (c *recordCmd) record(a *app, req source.Request) error {
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	if c.rotates() && foreignFolder(c.To) {
		keepPrivileges() // the next file could not be made without them
	}
	w, err := recording.Create(c.To, recording.Options{
		Meta: recording.Meta{Stoop: version, Filter: c.Filter}, Rotate: int64(c.Rotate.size), Age: c.Rotate.age, Keep: int64(c.Keep), Files: c.KeepFiles,
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
	runErr := source.Merge(ctx, c.detect.request(req, sources), sources, c.detect.sink(wanted(req, func(b *event.Batch, sel []uint64) {
		eachRun(b, sel, write)
		if w.Err() != nil {
			cancel()
		}
	})))
	c.detect.end()
	closeAll(sources)
	err = errors.Join(runErr, w.Close())
	written, lost := w.Events()
	errs := safetext.NewWriter(a.errs)
	fmt.Fprintf(errs, "%d events in %s\n", written, c.To)
	if lost > 0 {
		fmt.Fprintf(errs, "%d events could not be written\n", lost)
	}
	report(errs, sources, c.Stats)
	c.detect.report(errs, c.Stats)
	return err
}

// without writes copies of events, which leave out the processes, files and
// texts that only events which were not wanted refer to: they are nobody's
// business where the recording goes.
func without(write func(*event.Batch)) func(*event.Batch) {
	copiers := make(map[weak.Pointer[event.Tables]]*event.Copier)
	return func(b *event.Batch) {
		at := weak.Make(b.Tables)
		c := copiers[at]
		if c == nil {
			maps.DeleteFunc(copiers, func(old weak.Pointer[event.Tables], _ *event.Copier) bool { return old.Value() == nil })
			c = event.NewCopier(b.Tables)
			copiers[at] = c
		}
		write(c.Batch(b))
		c.Rest()
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
