package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/ship"
)

// How long shipping goes on after the last event.
const (
	shipPatience = 5 * time.Minute  // … with a server that is away
	shipGrace    = 10 * time.Second // … when it is to stop
)

// ship writes events into a data stream.
func (c *recordCmd) ship(a *app, req source.Request) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	at, stream, err := ship.Target(cfg, c.To)
	if err != nil {
		return err
	}
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	errs := safetext.NewWriter(a.errs)
	s, err := ship.Open(ctx, at, stream, ship.Options{
		Spool: c.Spool, SpoolMax: int64(c.SpoolMax), Text: clean(!c.ShowSecrets),
		Wait: !slices.ContainsFunc(sources, func(s source.Source) bool { return s.Info().Live }),
		Tell: func(n source.Note) { fmt.Fprintln(errs, noteLine("stoop", n)) },
	})
	if err != nil {
		return err
	}
	if foreignFolder(s.Stats().RefusedFile) {
		keepPrivileges() // files are made below the spool as long as it runs
	}
	go func() {
		select {
		case <-s.Failed():
			cancel()
		case <-ctx.Done():
		}
	}()
	c.detect.onTables(s.Like)
	named := make([]source.Source, len(sources))
	for i, src := range sources {
		named[i] = s.From(src)
	}
	runErr := source.Merge(ctx, c.detect.request(req, sources), named, c.detect.sink(wanted(req, func(b *event.Batch, sel []uint64) { eachRun(b, sel, s.Batch) })))
	c.detect.end()
	closeAll(sources)
	err = errors.Join(runErr, s.Close(graceful(a.ctx), shipPatience))
	reportShipping(errs, s, c.Stats)
	report(errs, sources, c.Stats)
	c.detect.report(errs, c.Stats)
	if err == nil && a.ctx.Err() == nil {
		err = waiting(s, c.To)
	}
	return err
}

// waiting is the error of events that were not taken.
func waiting(s *ship.Shipper, to string) error {
	st := s.Stats()
	if st.Waiting == 0 {
		return nil
	}
	return fmt.Errorf("%s did not take %d events; they are in %s, and `stoop deliver %s` delivers them", s.Name(), st.Waiting, st.Spool, to)
}

// graceful is done some time after ctx.
func graceful(ctx context.Context) context.Context {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(shipGrace, cancel) })
	return later
}

// reportShipping prints what became of the events.
func reportShipping(w io.Writer, s *ship.Shipper, stats bool) {
	st := s.Stats()
	fmt.Fprintf(w, "%d events in %s: %d new, %d were there\n", st.New+st.There, s.Name(), st.New, st.There)
	for _, r := range st.Reasons {
		fmt.Fprintf(w, "%d events were refused (%s): %s\n", r.Count, r.Type, r.First)
	}
	if st.Refused > 0 {
		fmt.Fprintf(w, "%d refused events are kept in %s\n", st.Refused, st.RefusedFile)
	}
	if st.Lost > 0 {
		fmt.Fprintf(w, "%d events are lost: they did not fit into the spool, or could not be read from it\n", st.Lost)
	}
	if st.Unsent > 0 {
		fmt.Fprintf(w, "%d events were read and not sent any more; recording the source again sends them\n", st.Unsent)
	}
	if st.Waiting > 0 {
		fmt.Fprintf(w, "%d events wait in %s\n", st.Waiting, st.Spool)
	}
	if stats {
		fmt.Fprintf(w, "%s: %d events taken, %d found in the spool, %d delivered, %d refused, %d lost; %d requests, %d of them again, %d bytes\n",
			s.Name(), st.Taken, st.Found, st.New+st.There, st.Refused, st.Lost, st.Requests, st.Again, st.Bytes)
	}
}
