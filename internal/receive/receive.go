package receive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
)

// Bounds of what is taken from outside.
const (
	maxAlert   = 1 << 20          // bytes of one alert
	maxClients = 64               // connections at a time
	maxWaiting = 1024             // alerts that were taken and not handed on
	patience   = 10 * time.Second // for the rest of what a client began, and for room
	maxTables  = 32 << 20         // bytes, after which new tables are begun
)

// errNone says that something is no alert of Falco.
var errNone = errors.New("it is no alert of Falco (json_output: true makes Falco write them)")

// Is reports whether an argument names a place where alerts are received.
func Is(arg string) bool { return strings.HasPrefix(arg, "unix:") || strings.HasPrefix(arg, "http:") }

// Receiver is a source of alerts that others send.
type Receiver struct {
	name   string
	ln     net.Listener
	serve  func(ctx context.Context) // until the listener is closed
	alerts chan []byte

	counts source.Tally

	mu     sync.Mutex
	closed bool
}

// Open listens at unix:PATH or http:ADDRESS (host:port, or :port for loopback).
func Open(_ context.Context, arg string, _ source.Options) (source.Source, error) {
	r := &Receiver{name: arg, alerts: make(chan []byte, maxWaiting)}
	scheme, at, _ := strings.Cut(arg, ":")
	var err error
	switch scheme {
	case "unix":
		r.ln, err = listenUnix(at)
		r.serve = r.serveLines
	case "http":
		at = strings.TrimPrefix(at, "//")
		if strings.HasPrefix(at, ":") {
			at = "127.0.0.1" + at
		}
		r.ln, err = net.Listen("tcp", at)
		r.serve = r.serveHTTP
	default:
		err = errors.New("alerts are received at unix:PATH or http:HOST:PORT")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arg, err)
	}
	return r, nil
}

// Addr is where alerts are received.
func (r *Receiver) Addr() net.Addr { return r.ln.Addr() }

// Info describes the source.
func (r *Receiver) Info() source.Info {
	scheme, _, _ := strings.Cut(r.name, ":")
	return source.Info{Name: r.name, Scheme: scheme, Origin: event.FromFalco, Live: true, Events: -1}
}

// Run receives until ctx is done.
func (r *Receiver) Run(ctx context.Context, _ source.Request, sink source.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var serving sync.WaitGroup
	serving.Go(func() { r.serve(ctx) })
	defer serving.Wait()
	defer r.Close()
	in := reader{r: r, seq: 1}
	for {
		select {
		case doc := <-r.alerts:
			in.read(doc, sink)
		case <-ctx.Done():
			for {
				select {
				case doc := <-r.alerts:
					in.read(doc, sink)
				default:
					return nil
				}
			}
		}
	}
}

// reader makes events of alerts.
type reader struct {
	r      *Receiver
	mapper *profile.Mapper
	seq    uint64
}

// read hands on an alert, and what waits behind it, as long as time goes on.
func (in *reader) read(doc []byte, sink source.Sink) {
	if in.mapper == nil || in.mapper.Tables().Bytes() > maxTables {
		in.mapper = profile.NewMapper(profile.ByName("falco"), event.NewTables())
	}
	b := event.NewBatch(in.mapper.Tables(), in.seq, 1)
	for more := true; more; {
		if e, err := in.mapper.Map(doc); err != nil {
			in.r.bad(err)
		} else {
			if n := b.Len(); n > 0 && b.Time[n-1] > e.Time || b.Full() {
				b = in.pass(b, sink)
			}
			b.Append(e, doc)
		}
		if b.Len() >= maxWaiting {
			break
		}
		select {
		case doc = <-in.r.alerts:
		default:
			more = false
		}
	}
	in.pass(b, sink)
}

func (in *reader) pass(b *event.Batch, sink source.Sink) *event.Batch {
	if n := b.Len(); n > 0 {
		b.Tables.SetFirst(b.Time[0])
		in.seq += uint64(n)
		in.r.counts.Handed(n, 0)
		sink.Batch(b)
	}
	return event.NewBatch(in.mapper.Tables(), in.seq, 1)
}

// take lets an alert in. It waits for room; false: there was none.
func (r *Receiver) take(ctx context.Context, doc []byte) bool {
	select {
	case r.alerts <- doc:
		return true
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r.alerts <- doc:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	r.counts.Lost("alerts", 1)
	return false
}

// bad counts what is no alert, and says why.
func (r *Receiver) bad(err error) {
	r.counts.Bad(r.name, "something that came is left out: "+err.Error())
}

// Stats returns the counts so far.
func (r *Receiver) Stats() source.Stats { return r.counts.Stats() }

// Close stops listening.
func (r *Receiver) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	return r.ln.Close()
}
