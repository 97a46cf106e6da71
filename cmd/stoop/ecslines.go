package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// writeLines writes events as documents in ECS, one a line.
func (c *recordCmd) writeLines(a *app, req source.Request) (err error) {
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	var (
		out  io.Writer = a.out
		done           = func() error { return nil }
	)
	if c.To != "-" {
		if c.rotates() && foreignFolder(c.To) {
			keepPrivileges() // the next file could not be made without them
		}
		file, err := recording.CreateText(c.To, recording.TextOptions{
			Rotate: int64(c.Rotate.size), Age: c.Rotate.age, Keep: int64(c.Keep), Files: c.KeepFiles, Force: c.Force,
		})
		if err != nil {
			return err
		}
		out, done = file, file.Close
	}
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	l := newECSLines(out, clean(!c.ShowSecrets))
	c.detect.onTables(l.like)
	go l.flushes(ctx)
	named := make([]source.Source, len(sources))
	for i, src := range sources {
		named[i] = l.of(src)
	}
	runErr := source.Merge(ctx, c.detect.request(req, sources), named, c.detect.sink(wanted(req, func(b *event.Batch, sel []uint64) {
		eachRun(b, sel, l.batch)
		if l.failed() {
			cancel()
		}
	})))
	c.detect.end()
	closeAll(sources)
	err = errors.Join(runErr, l.flush(), done())
	errs := safetext.NewWriter(a.errs)
	if c.To != "-" {
		fmt.Fprintf(errs, "%d events in %s\n", l.out.lines, c.To)
	}
	if lost := l.events - l.out.lines; lost > 0 {
		fmt.Fprintf(errs, "%d events could not be written\n", lost)
	}
	report(errs, sources, c.Stats)
	c.detect.report(errs, c.Stats)
	return err
}

// ecsLines writes documents in ECS. What is written reaches the file within a
// moment, in whole lines, so that a shipper may read behind.
type ecsLines struct {
	mu     sync.Mutex
	out    *lineCounter
	ahead  *bufio.Writer // in front of out
	w      profile.Writer
	names  map[weak.Pointer[event.Tables]]string
	buf    []byte
	events int // that came; out has how many of them were written
	err    error
}

// lineCounter counts the lines that were written whole.
type lineCounter struct {
	io.Writer
	lines int
}

func (c *lineCounter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.lines += bytes.Count(p[:n], []byte{'\n'})
	return n, err
}

const (
	linesBuffer = 256 << 10
	linesEvery  = 300 * time.Millisecond
)

func newECSLines(out io.Writer, text event.AppendText) *ecsLines {
	l := &ecsLines{out: &lineCounter{Writer: out}, w: profile.Writer{Text: text}, names: make(map[weak.Pointer[event.Tables]]string)}
	l.ahead = bufio.NewWriterSize(l.out, linesBuffer)
	return l
}

// of returns a source whose events say where they are from.
func (l *ecsLines) of(src source.Source) source.Source {
	name := src.Info().Name
	return source.WithTables(src, func(t *event.Tables) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.name(t, name)
	})
}

// like has events of some tables be from where those of others are.
func (l *ecsLines) like(made, of *event.Tables) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.name(made, l.names[weak.Make(of)])
}

func (l *ecsLines) name(t *event.Tables, name string) {
	for old := range l.names {
		if old.Value() == nil {
			delete(l.names, old)
		}
	}
	l.names[weak.Make(t)] = name
}

func (l *ecsLines) batch(b *event.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.Source = l.names[weak.Make(b.Tables)]
	l.events += b.Len()
	for i := range b.Len() {
		if l.err != nil {
			return
		}
		l.buf = append(l.w.Append(l.buf[:0], b.Row(i)), '\n')
		if l.ahead.Available() < len(l.buf) {
			l.err = l.ahead.Flush() // lines are written whole
		}
		if l.err == nil {
			_, l.err = l.ahead.Write(l.buf)
		}
	}
}

func (l *ecsLines) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = l.ahead.Flush()
	}
	return l.err
}

func (l *ecsLines) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err != nil
}

// flushes writes what was gathered, again and again.
func (l *ecsLines) flushes(ctx context.Context) {
	t := time.NewTicker(linesEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			_ = l.flush() // kept, see failed
		case <-ctx.Done():
			return
		}
	}
}
