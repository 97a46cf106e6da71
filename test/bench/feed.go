//go:build linux

package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/synth"
	"github.com/stoop-project/stoop/tui"
)

// steadyEvery is how often a busy live source hands events on.
const steadyEvery = 10 * time.Millisecond

// steady is a live source that brings a number of events at once and then so
// many each second, as a busy node does.
type steady struct {
	held, rate int
	taken      atomic.Uint64
}

func (s *steady) Info() source.Info {
	return source.Info{Name: "live", Scheme: "bench", Origin: event.FromLive, Live: true, Events: -1}
}

func (s *steady) Run(ctx context.Context, _ source.Request, sink source.Sink) error {
	feed := synth.New(synth.Node())
	give := func(n int) {
		s.taken.Add(uint64(n))
		sink.Batch(feed.Batch(n))
	}
	for given := 0; given < s.held && ctx.Err() == nil; given += liveBatch {
		give(min(liveBatch, s.held-given))
	}
	began, given := time.Now(), 0
	tick := time.NewTicker(steadyEvery)
	defer tick.Stop()
	for s.rate > 0 {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		// What is due by the clock: a late tick does not lower the rate.
		if due := int(time.Since(began).Seconds()*float64(s.rate)) - given; due > 0 {
			give(due)
			given += due
		}
	}
	<-ctx.Done()
	return nil
}

func (s *steady) Stats() source.Stats {
	n := s.taken.Load()
	return source.Stats{Taken: n, Passed: n}
}

func (s *steady) Close() error { return nil }

// screenChild is stoop's own screen over a steady source, with the memory that
// the events held take. Its arguments are how many these are and how many come
// each second.
func screenChild(ctx context.Context, args []string) (any, error) {
	held, rate, err := twoNumbers(args)
	if err != nil {
		return nil, err
	}
	bound := boundFor(held) // from then on the oldest go
	store.LimitMemory(bound)
	return nil, tui.Run(ctx, tui.Options{
		Sources: []source.Source{&steady{held: held, rate: rate}}, Store: store.New(bound), Theme: "peregrine",
	})
}
