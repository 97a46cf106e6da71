//go:build linux

package live

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// A sink that takes nothing stops neither the reading of the kernel's buffer
// nor the counting.
func TestSlowSink(t *testing.T) {
	needRoot(t)
	src, err := Open(context.Background(), "live", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	l := src.(*Live)
	l.queue = source.NewQueue(8 << 10)
	open := make(chan struct{})
	events := uint64(0)
	ctx, cancel := context.WithCancel(context.Background())
	began, done := time.Now(), make(chan error, 1)
	go func() {
		done <- l.Run(ctx, source.Request{}, source.SinkFunc(func(b *event.Batch) {
			<-open
			events += uint64(b.Len())
		}))
	}()
	lost := func(s source.Stats) (n uint64) {
		for _, loss := range s.Lost {
			if loss.Hop == "queue" {
				n += loss.Count
			}
		}
		return n
	}
	for end := time.Now().Add(20 * time.Second); lost(l.Stats()) == 0; {
		if time.Now().After(end) {
			t.Fatalf("nothing was lost, though nobody took anything: %+v", l.Stats())
		}
		if err := exec.Command("/bin/true").Run(); err != nil {
			t.Fatal(err)
		}
	}
	close(open)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if s := l.Stats(); s.Passed != events || s.Taken != s.Passed+s.Dropped+lost(s) {
		t.Errorf("%d events were handed on, and the counts are %+v", events, s)
	}
	if s := l.Stats(); len(s.Gaps) == 0 || s.Gaps[0].From.Before(began) || s.Gaps[0].To.Before(s.Gaps[0].From) {
		t.Errorf("since %v events were lost at these times: %+v", began, s.Gaps)
	}
}
