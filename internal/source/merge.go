package source

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// mergePatience is how long [Merge] holds an event back for a source that has
// nothing to say, once any of them is live.
const mergePatience = 250 * time.Millisecond

// Merge runs several sources and hands their events on in the order of time.
// A finite source is waited for; where any source is live, one that stays
// silent holds the others back for a quarter of a second at most. One source
// alone is run as it is. The error names the source that it came from.
func Merge(ctx context.Context, req Request, sources []Source, sink Sink) error {
	if len(sources) == 1 {
		return named(sources[0], sources[0].Run(ctx, req, sink))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := merger{sink: sink, ready: make(chan struct{}, 1), ended: make(chan error, len(sources)), patient: req.Follow}
	for _, src := range sources {
		m.streams = append(m.streams, &stream{batches: make(chan *event.Batch, 4)})
		m.patient = m.patient || src.Info().Live
	}
	for i, src := range sources {
		go m.feed(ctx, m.streams[i], src, req)
	}
	m.run(ctx)
	cancel()
	var errs []error
	for range sources {
		errs = append(errs, <-m.ended)
	}
	return errors.Join(errs...)
}

// named says which source an error comes from. That the time is up, or that
// somebody stopped it, is no error.
func named(s Source, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return fmt.Errorf("%s: %w", s.Info().Name, err)
}

// merger merges streams of batches.
type merger struct {
	sink    Sink
	streams []*stream
	ready   chan struct{} // a stream has sent a batch or ended
	ended   chan error
	patient bool // do not wait for silent streams for ever
}

// stream is one source's batches on their way.
type stream struct {
	batches chan *event.Batch
	head    *event.Batch // what is not handed on yet; nil: none
	done    bool
	asleep  bool // it has been silent for long: nobody waits for it until it says something
}

func (m *merger) feed(ctx context.Context, s *stream, src Source, req Request) {
	send := SinkFunc(func(b *event.Batch) {
		if b.Len() == 0 {
			return
		}
		select {
		case s.batches <- b:
			m.wake()
		case <-ctx.Done():
		}
	})
	err := named(src, src.Run(ctx, req, send))
	close(s.batches)
	m.wake()
	m.ended <- err
}

// wake tells run to look at the streams again.
func (m *merger) wake() {
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// run hands events on until every stream has ended or ctx is done.
func (m *merger) run(ctx context.Context) {
	var patience <-chan time.Time
	for {
		silent, open := m.fill()
		if !open {
			return
		}
		waiting := m.waiting()
		if waiting && !silent {
			m.emit()
			patience = nil
			continue
		}
		if m.patient && patience == nil && waiting {
			patience = time.After(mergePatience)
		}
		select {
		case <-m.ready:
		case <-patience:
			m.sleep()
			patience = nil
		case <-ctx.Done():
			return
		}
	}
}

// sleep stops waiting for the streams that have said nothing.
func (m *merger) sleep() {
	for _, s := range m.streams {
		s.asleep = s.head == nil
	}
}

// fill gives each stream a head where it can. silent: a stream that is waited
// for has none; open: a stream goes on or has a head.
func (m *merger) fill() (silent, open bool) {
	for _, s := range m.streams {
		if s.head == nil && !s.done {
			select {
			case b, ok := <-s.batches:
				s.head, s.done, s.asleep = b, !ok, false
			default:
			}
		}
		silent = silent || s.head == nil && !s.done && !s.asleep
		open = open || s.head != nil || !s.done
	}
	return silent, open
}

func (m *merger) waiting() bool {
	for _, s := range m.streams {
		if s.head != nil {
			return true
		}
	}
	return false
}

// emit hands on the earliest head, up to where the next one begins.
func (m *merger) emit() {
	var first *stream
	for _, s := range m.streams {
		if s.head != nil && (first == nil || s.head.Time[0] < first.head.Time[0]) {
			first = s
		}
	}
	if first == nil {
		return
	}
	b, n := first.head, first.head.Len()
	for _, s := range m.streams {
		if s != first && s.head != nil {
			until := s.head.Time[0]
			n = min(n, max(1, sort.Search(b.Len(), func(i int) bool { return b.Time[i] > until })))
		}
	}
	m.sink.Batch(b.Slice(0, n))
	if n == b.Len() {
		first.head = nil
	} else {
		first.head = b.Slice(n, b.Len())
	}
}
