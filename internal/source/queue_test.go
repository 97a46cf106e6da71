package source

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// crowd makes batches of processes in containers, one a container.
func crowd(containers ...string) func(n int) *event.Batch {
	t := event.NewTables()
	var procs []event.ProcID
	for _, id := range containers {
		c := event.ContID(t.Conts.Add(event.Container{ID: t.Strings.Add(id)}))
		procs = append(procs, event.ProcID(t.Procs.Add(event.Proc{PID: int32(len(procs) + 1), Cont: c})))
	}
	seq := uint64(1)
	return func(n int) *event.Batch {
		b := event.NewBatch(t, seq, n)
		for i := range n {
			b.Append(event.Event{Time: int64(seq) + int64(i), Dur: -1, Proc: procs[i%len(procs)]}, nil)
		}
		seq += uint64(n)
		return b
	}
}

// gate is a sink that takes nothing before it is opened.
type gate struct {
	open  chan struct{}
	mu    sync.Mutex
	times []int64
}

func (g *gate) Batch(b *event.Batch) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	g.times = append(g.times, b.Time...)
}

func TestQueueCountsWhatDoesNotFit(t *testing.T) {
	batch := crowd("aaaaaaaaaaaa", "bbbbbbbbbbbb")
	one := batch(300).Bytes()
	q, g := NewQueue(3*one), &gate{open: make(chan struct{})}
	q.Start(g)
	for range 10 {
		q.Batch(batch(300)) // returns though the sink takes nothing
	}
	want := fmt.Sprint([]Loss{{"queue", "aaaaaaaaaaaa", 7 * 150}, {"queue", "bbbbbbbbbbbb", 7 * 150}})
	if got := fmt.Sprint(q.Lost()); got != want {
		t.Errorf("lost %s, want %s", got, want)
	}
	close(g.open)
	q.End()
	if len(g.times) != 3*300 {
		t.Errorf("%d events were handed on, want %d", len(g.times), 3*300)
	}
	for i := 1; i < len(g.times); i++ {
		if g.times[i] != g.times[i-1]+1 {
			t.Fatalf("event %d comes behind event %d", g.times[i], g.times[i-1])
		}
	}
}

func TestQueueTakesMoreWhenTheSinkHasTakenSome(t *testing.T) {
	batch := crowd("aaaaaaaaaaaa")
	q, taken := NewQueue(batch(100).Bytes()), make(chan struct{})
	q.Start(SinkFunc(func(*event.Batch) { taken <- struct{}{} }))
	q.Batch(batch(100))
	q.Batch(batch(50)) // the first one is with the sink, and counts
	<-taken
	for room := false; !room; runtime.Gosched() {
		q.mu.Lock()
		room = q.bytes == 0
		q.mu.Unlock()
	}
	q.Batch(batch(100))
	<-taken
	q.End()
	if lost := q.Lost(); len(lost) != 1 || lost[0].Count != 50 {
		t.Errorf("lost %v, want the batch for which there was no room", lost)
	}
}

func TestQueueKeepsThePastWhole(t *testing.T) {
	batch := crowd("aaaaaaaaaaaa")
	q, g := NewQueue(batch(100).Bytes()), &gate{open: make(chan struct{})}
	q.Start(g)
	for range 5 {
		q.Keep(batch(100))
	}
	q.Batch(batch(100)) // the past leaves the present its room
	close(g.open)
	q.End()
	if lost := q.Lost(); len(lost) != 0 || len(g.times) != 600 {
		t.Errorf("lost %v, handed on %d events of 600", lost, len(g.times))
	}
}
