package source

import (
	"cmp"
	"slices"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

// hopQueue is where events are lost whose reader is too slow.
const hopQueue = "queue"

// Queue stands between a source that must not wait, since the kernel does not
// wait for it, and a sink that may: a pipe, a disk. It holds a bounded amount
// of memory; what does not fit is counted as lost, by container.
type Queue struct {
	bound int64

	mu      sync.Mutex
	filled  *sync.Cond
	waiting []queued
	bytes   int64 // of what counts towards the bound
	ended   bool
	lost    map[string]uint64 // events by container id
	done    chan struct{}     // closed when the last batch was handed on
}

// queued is a batch on its way and what it counts towards the bound.
type queued struct {
	batch *event.Batch
	bytes int64
}

// NewQueue returns a queue of at most bound bytes.
func NewQueue(bound int64) *Queue {
	q := &Queue{bound: bound, lost: make(map[string]uint64), done: make(chan struct{})}
	q.filled = sync.NewCond(&q.mu)
	return q
}

// Start hands what comes on to a sink, from a goroutine of its own. It is
// called once.
func (q *Queue) Start(sink Sink) { go q.run(sink) }

// Batch takes a batch, or counts its events as lost. It never waits.
func (q *Queue) Batch(b *event.Batch) { q.put(b, b.Bytes()) }

// Keep takes a batch whatever the queue holds: one of a past that was in
// memory already, and is no more than that.
func (q *Queue) Keep(b *event.Batch) { q.put(b, 0) }

func (q *Queue) put(b *event.Batch, bytes int64) {
	if b.Len() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if bytes > 0 && q.bytes > 0 && q.bytes+bytes > q.bound {
		q.lose(b)
		return
	}
	q.waiting, q.bytes = append(q.waiting, queued{b, bytes}), q.bytes+bytes
	q.filled.Signal()
}

// lose counts a batch's events as lost.
func (q *Queue) lose(b *event.Batch) {
	for from := 0; from < len(b.Proc); {
		to := from + 1
		for to < len(b.Proc) && b.Proc[to] == b.Proc[from] {
			to++
		}
		q.lost[b.Tables.Text(b.Row(from).C().ID)] += uint64(to - from)
		from = to
	}
}

// run hands batches on until the queue has ended and nothing waits.
func (q *Queue) run(sink Sink) {
	defer close(q.done)
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for len(q.waiting) == 0 && !q.ended {
			q.filled.Wait()
		}
		if len(q.waiting) == 0 {
			return
		}
		next := q.waiting[0]
		q.waiting[0] = queued{}
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		sink.Batch(next.batch)
		q.mu.Lock()
		q.bytes -= next.bytes // it holds memory until the sink has it
	}
}

// End hands on what waits, and returns when the sink has it all.
func (q *Queue) End() {
	q.mu.Lock()
	q.ended = true
	q.filled.Signal()
	q.mu.Unlock()
	<-q.done
}

// Lost says how many events did not fit, by container.
func (q *Queue) Lost() []Loss {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost := make([]Loss, 0, len(q.lost))
	for container, n := range q.lost {
		lost = append(lost, Loss{Hop: hopQueue, Container: container, Count: n})
	}
	slices.SortFunc(lost, func(a, b Loss) int { return cmp.Compare(a.Container, b.Container) })
	return lost
}
