package keep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// Options say what is kept, where, and how much of it. Zero members take the
// value that is named.
type Options struct {
	Dir  string      // folder of the recordings; "": none are written
	Ship source.Sink // takes the trails' events too; may be nil

	Before time.Duration // how far back; 0: as far as the rings reach
	After  time.Duration // how long after the alert: 30 s
	AtOnce int           // trails that are kept at a time: 16
	Each   int64         // bytes of one recording: 256 MiB
	Files  int           // recordings in the folder: 1,000
	Bytes  int64         // of all of them: 4 GiB

	Meta recording.Meta           // what the recordings say of who made them
	Lost func() source.Stats      // what the sources count; may be nil
	Tell func(source.Note)        // is told what the user should know, from any goroutine; may be nil
	Done func(Trail, source.Note) // is told of each trail that is whole; may be nil
}

// stale is how old an alert may be when it comes: rings of containers that
// ended live that long.
const stale = 10 * time.Minute

// forms are the profiles of documents that the profile falco reads.
var forms = map[string]bool{"falco": true, "falcosidekick": true}

// tick is how often the rings of a trail are read.
const tick = 500 * time.Millisecond

// Stats counts alerts: Alerts = Kept + Shared + what was not kept.
type Stats struct {
	Alerts uint64 // that passed
	Kept   uint64 // that a trail was begun for
	Shared uint64 // that were put into the trail of another

	Refused   uint64 // since as many trails as may be were being kept, or the disk took nothing
	Late      uint64 // whose past is long gone
	Elsewhere uint64 // about something that is not on this node, or not said
	Foreign   uint64 // not in Falco's form

	Running int    // trails being kept
	Events  uint64 // kept
	Lost    uint64 // at most so many events of trails that were not kept
	Removed uint64 // recordings, for want of room
}

// Trail is where an alert's trail is.
type Trail struct {
	ID   string // of the alert that it was begun for: alert.trail of its events
	Path string // of the recording; "" when none is written
}

// Keeper keeps trails. Its methods may be called from any goroutine.
type Keeper struct {
	opt       Options
	recorders []source.Recorder
	docs      *profile.Docs
	ctx       context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup

	mu     sync.Mutex
	window window
	trails map[string]*trail
	ended  map[string]ending // the last trail of a target
	where  map[string]Trail  // by the ids of all alerts
	order  []string          // of where, oldest first
	stats  Stats
}

// ending is where the trail of a target ended.
type ending struct {
	at   time.Time
	name string // of the file
}

// maxWhere is of how many alerts it is known where their trail is.
const maxWhere = 10_000

// New returns a keeper of what the recorders hold.
func New(recorders []source.Recorder, opt Options) (*Keeper, error) {
	if opt.Dir == "" && opt.Ship == nil {
		return nil, errors.New("name a folder for the trails, or a server to ship them to")
	}
	if opt.Dir != "" {
		if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("the trails' folder: %w", err)
		}
	}
	or(&opt.After, 30*time.Second)
	or(&opt.AtOnce, 16)
	or(&opt.Each, 256<<20)
	or(&opt.Files, 1000)
	or(&opt.Bytes, 4<<30)
	k := &Keeper{
		opt: opt, recorders: recorders, docs: profile.ByName("falco").Docs(),
		window: window{since: time.Now(), bound: windowBytes},
		trails: make(map[string]*trail), ended: make(map[string]ending), where: make(map[string]Trail),
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	return k, nil
}

func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Sink returns a sink that keeps the trails of the alerts among the events and
// hands everything on.
func (k *Keeper) Sink(to source.Sink) source.Sink {
	return source.SinkFunc(func(b *event.Batch) {
		k.take(b)
		to.Batch(b)
	})
}

func (k *Keeper) take(b *event.Batch) {
	if b.Len() == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if b.Tables.Docs == nil {
		k.hold(b)
		return
	}
	for i := range b.Len() {
		switch {
		case b.AlertAt(i) != 0:
			k.alert(b.Row(i))
		case b.Bits[i]&event.HasDoc == 0: // what was found out about an event, and is none of its source's
			k.hold(b.Slice(i, i+1))
		}
	}
}

// hold takes in a part of the stream.
func (k *Keeper) hold(b *event.Batch) {
	first := k.window.first
	for n, gone := range k.window.add(b) {
		for _, t := range k.trails {
			if t.next <= first+uint64(n) {
				t.missed += uint64(gone.Len())
				k.stats.Lost += uint64(gone.Len())
			}
		}
	}
}

// alert finds or begins the trail of an alert.
func (k *Keeper) alert(r event.Row) {
	k.stats.Alerts++
	if docs, ok := r.T.Docs.(*profile.Docs); !ok || !forms[docs.Profile().Name] {
		k.stats.Foreign++
		return
	}
	at := time.Unix(0, r.B.Time[r.I])
	if time.Since(at) > stale {
		k.stats.Late++
		return
	}
	to, ok := find(r, k.window.batches)
	if !ok {
		k.stats.Elsewhere++
		return
	}
	id := AlertID(r)
	if t := k.trails[to.key]; t != nil {
		t.alerts = append(t.alerts, item{r.B.Time[r.I], r.B, r.I})
		k.stats.Shared++
		k.remember(id, t.at())
		return
	}
	if len(k.trails) >= k.opt.AtOnce {
		k.refuse(fmt.Sprintf("%d trails are being kept: that of an alert which came meanwhile is not", len(k.trails)), "raise --keep-at-once")
		return
	}
	t := k.begin(r, id, to)
	k.stats.Kept++
	k.remember(id, t.at())
	k.running.Go(t.run)
}

func (k *Keeper) refuse(text, remedy string) {
	k.stats.Refused++
	k.tell(source.Note{Level: source.NoteWarn, Text: text, Remedy: remedy})
}

func (k *Keeper) tell(n source.Note) {
	if k.opt.Tell != nil {
		go k.opt.Tell(n)
	}
}

func (k *Keeper) remember(id string, t Trail) {
	if _, ok := k.where[id]; !ok {
		k.order = append(k.order, id)
	}
	k.where[id] = t
	if len(k.order) > maxWhere {
		delete(k.where, k.order[0])
		k.order = k.order[1:]
	}
}

// Trail says where the trail of an alert is, or will be.
func (k *Keeper) Trail(alertID string) (Trail, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, ok := k.where[alertID]
	return t, ok
}

// Stats returns the counts so far.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.stats
	s.Running = len(k.trails)
	return s
}

// Close ends the trails with what there is. It is called before the recorders
// are closed.
func (k *Keeper) Close() error {
	k.cancel()
	k.running.Wait()
	return nil
}
