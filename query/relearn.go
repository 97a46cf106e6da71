package query

import (
	"context"
	"time"
)

// pace is how often it is learned again what the indices hold, while somebody
// follows: this often, for one part in so many of the time, and while what has
// come since can still be fetched.
type pace struct {
	every time.Duration
	share int
}

func (p pace) pause(took time.Duration) time.Duration {
	return min(max(p.every, time.Duration(p.share)*took), lateness/2)
}

// learning learns again and again what the indices hold, as long as ctx goes on:
// kinds of documents and fields that have come up since. It says so in a channel.
func (s *SIEM) learning(ctx context.Context) <-chan struct{} {
	learned := make(chan struct{}, 1)
	go func() {
		pause := time.NewTimer(s.relearn.every)
		defer pause.Stop()
		for {
			select {
			case <-pause.C:
			case <-ctx.Done():
				return
			}
			begun := time.Now()
			if k, err := s.learn(ctx); err == nil { // a server that is away is told of by whoever reads
				s.learned.Store(k)
				select {
				case learned <- struct{}{}:
				default:
				}
			}
			pause.Reset(s.relearn.pause(time.Since(begun)))
		}
	}()
	return learned
}

// adopt has a run that follows go by what was learned: its filter asks for kinds
// and fields that were not there before. What came of them in the last minutes
// is fetched with the next look.
func (r *run) adopt() {
	old := r.known
	r.know()
	if r.known.Time == old.Time || r.req.Newest && !r.req.Until.IsZero() {
		return
	}
	before := r.watch
	if r.watch = r.newWatch(r.began); r.watch != nil && before != nil {
		r.watch.unread = before.unread
	}
}
