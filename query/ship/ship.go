package ship

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
	"github.com/stoop-project/stoop/query/conn"
)

// Options say how events are shipped.
type Options struct {
	// Spool is the folder for what is not delivered yet; there is one below it
	// for each stream. "" is [DefaultSpool].
	Spool string
	// SpoolMax bounds the spool in bytes; 0 is 1 GiB.
	SpoolMax int64
	// Wait has Batch wait for room in the spool rather than lose events: for
	// sources that can be read at any speed.
	Wait bool
	// Text writes texts that came from outside; see [profile.Writer].
	Text event.AppendText
	// Tell is told at once what the user should know. It may be nil.
	Tell func(source.Note)
}

const defaultSpoolMax = 1 << 30

// syncEvery is how much the spool may lose to a loss of power.
const syncEvery = time.Second

// DefaultSpool is where the spool lies by itself: $XDG_STATE_HOME/stoop/spool or
// ~/.local/state/stoop/spool.
func DefaultSpool() (string, error) { return spool.StateDir("spool") }

// Shipper is a sink that writes events into a data stream.
type Shipper struct {
	conn   *conn.Conn
	stream string
	opt    Options

	spool   *spool.Spool
	refused refused
	counts  counts
	gather  gatherer

	allowed atomic.Int32 // requests that may be on their way
	senders sync.WaitGroup
	ctx     context.Context // of the senders
	cancel  context.CancelFunc
	failed  chan struct{} // closed when nothing can be delivered at all
	failure error
	fail1   sync.Once
	ticker  sync.WaitGroup
	ticking chan struct{}
}

// Open connects to a server, prepares the stream, and begins to deliver what an
// earlier process has left. When ctx is done, nothing waits for room in the spool
// any more.
func Open(ctx context.Context, at *config.SIEM, stream string, opt Options) (*Shipper, error) {
	if opt.SpoolMax == 0 {
		opt.SpoolMax = defaultSpoolMax
	}
	if opt.Spool == "" {
		var err error
		if opt.Spool, err = DefaultSpool(); err != nil {
			return nil, err
		}
	}
	c, err := conn.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	s := &Shipper{conn: c, stream: stream, opt: opt, failed: make(chan struct{}), ticking: make(chan struct{})}
	s.counts.tell = opt.Tell
	if err := s.prepare(ctx); err != nil {
		c.Close()
		return nil, err
	}
	if err := s.openSpool(); err != nil {
		c.Close()
		return nil, err
	}
	s.gather.init(s)
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, s.spool.Hurry)
	s.allowed.Store(1)
	for i := range maxSenders {
		s.senders.Go(func() { s.send(int32(i)) })
	}
	s.ticker.Go(s.tick)
	return s, nil
}

// openSpool opens the stream's folder, whose name is made of where the stream is.
func (s *Shipper) openSpool() error {
	where := strings.Join(s.conn.Address.Hosts, ",") + s.conn.Address.Prefix + "/" + s.stream
	sum := sha256.Sum256([]byte(where))
	root := filepath.Join(s.opt.Spool, s.stream+"-"+hex.EncodeToString(sum[:6]))
	var (
		lost    int
		damaged []error
		err     error
	)
	if s.spool, lost, damaged, err = spool.Open(root, spool.Options{
		Max: s.opt.SpoolMax, For: s.target(), Count: func(text []byte) int { return len(splitItems(text)) },
		Adopt: func(mine, other string) {
			_ = appendFile(filepath.Join(mine, refusedName), filepath.Join(other, refusedName))
		},
	}); err != nil {
		return fmt.Errorf("the spool cannot be opened: %w; name another folder (--spool)", err)
	}
	s.refused.path, s.refused.max = filepath.Join(s.spool.Dir(), refusedName), s.opt.SpoolMax
	for _, err := range damaged {
		level := source.NoteWarn
		if errors.Is(err, spool.ErrCut) {
			level = source.NoteInfo // a process was killed while it wrote
		}
		s.counts.note(source.Note{Level: level, Text: fmt.Sprintf("a part of the spool cannot be read: %v", err)})
	}
	s.counts.add(func(c *Stats) { c.Lost += uint64(lost) })
	if n, _ := s.spool.Left(); n > 0 {
		s.counts.add(func(c *Stats) { c.Found = uint64(n) })
		s.counts.note(source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("%d events that an earlier process left are delivered first", n)})
	}
	return nil
}

// tick closes batches that have waited for long enough, and has the disk hold
// what is in the spool.
func (s *Shipper) tick() {
	t := time.NewTicker(batchTime / 4)
	defer t.Stop()
	synced := time.Now()
	for {
		select {
		case <-t.C:
			s.gather.flush(batchTime)
			if time.Since(synced) >= syncEvery {
				s.spool.Sync()
				synced = time.Now()
			}
		case <-s.ticking:
			return
		}
	}
}

// Batch ships events. It waits only with [Options.Wait].
func (s *Shipper) Batch(b *event.Batch) { s.gather.add(b) }

// From returns a source whose events say where they are from.
func (s *Shipper) From(src source.Source) source.Source {
	name := src.Info().Name
	return source.WithTables(src, func(t *event.Tables) { s.gather.from(t, name) })
}

// Like has events that refer to the tables made say that they are from where
// those of other tables are.
func (s *Shipper) Like(made, of *event.Tables) { s.gather.like(made, of) }

// Failed is closed when nothing can be delivered, and trying again would not
// help; Err says why.
func (s *Shipper) Failed() <-chan struct{} { return s.failed }

// Err returns why nothing can be delivered.
func (s *Shipper) Err() error {
	select {
	case <-s.failed:
		return s.failure
	default:
		return nil
	}
}

func (s *Shipper) fail(err error) {
	s.fail1.Do(func() {
		s.failure = err
		close(s.failed)
		s.spool.Hurry()
	})
}

// Close delivers what waits, and lets everything go: once all is delivered, ctx
// is done, or the server has been away for the patience. What is not delivered
// stays in the spool ([Stats.Waiting]).
func (s *Shipper) Close(ctx context.Context, patience time.Duration) error {
	close(s.ticking)
	s.ticker.Wait()
	s.gather.end()
	s.spool.End()
	began := time.Now()
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
drain:
	for {
		if n, _ := s.spool.Left(); n == 0 {
			break
		}
		select {
		case <-ctx.Done():
			break drain
		case <-s.failed:
			break drain
		case <-t.C:
			if s.counts.awaySince(began) > patience {
				break drain
			}
		}
	}
	s.spool.Stop()
	s.cancel()
	s.senders.Wait()
	n, _ := s.spool.Left()
	s.counts.add(func(c *Stats) { c.Waiting = uint64(n) })
	s.spool.Sync()
	s.spool.Close()
	s.refused.close()
	s.conn.Close()
	return s.Err()
}

// Stats returns the counts so far.
func (s *Shipper) Stats() Stats {
	st := s.counts.get()
	if st.Waiting == 0 {
		n, _ := s.spool.Left()
		st.Waiting = uint64(n)
	}
	st.Spool, st.RefusedFile = s.spool.Dir(), s.refused.path
	return st
}

// target is the argument that names the stream ([Target]).
func (s *Shipper) target() string {
	if s.conn.Named() {
		return "siem://" + s.conn.Name() + "/" + s.stream
	}
	at := s.conn.Address
	at.Index = s.stream
	return at.String()
}

// Name is the stream and the server.
func (s *Shipper) Name() string {
	return fmt.Sprintf("%s of %s", s.stream, strings.Join(s.conn.Address.Hosts, ","))
}
