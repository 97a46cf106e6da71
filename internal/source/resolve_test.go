package source

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
)

// wire is a source of connections to the given addresses, and a recorder.
type wire struct {
	script
	peers []string
	t     *event.Tables
}

func (w *wire) Fly(string, bool) error { return errors.New("flown") }
func (w *wire) Reach() []Reach         { return nil }

func (w *wire) Drain(context.Context, string, time.Time, Sink) error             { return nil }
func (w *wire) Recall(context.Context, string, time.Time, time.Time, Sink) error { return nil }

func (w *wire) Run(_ context.Context, _ Request, sink Sink) error {
	w.t = event.NewTables()
	for i, peer := range w.peers {
		b := event.NewBatch(w.t, uint64(i+1), 1)
		b.Append(event.Event{Time: int64(i + 1), Dur: -1, Obj: event.ObjID(w.t.Objs.Intern(event.Object{
			Kind: event.ObjIPv4, Role: event.RoleClient, Remote: event.EndpointOf(netip.MustParseAddr(peer), 443),
		}))}, nil)
		sink.Batch(b)
	}
	return nil
}

func TestResolveAsksForEachAddressOnce(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	ask := func(_ context.Context, addr string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[addr]++
		if addr == "192.0.2.2" {
			return nil, errors.New("no such host")
		}
		return []string{"shop.example."}, nil
	}
	w := &wire{peers: []string{"192.0.2.1", "192.0.2.2", "192.0.2.1", "0.0.0.0"}}
	src := resolve(w, ask)
	events := 0
	if err := src.Run(t.Context(), Request{}, SinkFunc(func(b *event.Batch) { events += b.Len() })); err != nil {
		t.Fatal(err)
	}
	if events != 4 {
		t.Errorf("%d events, want 4", events)
	}
	if len(asked) != 2 || asked["192.0.2.1"] != 1 || asked["192.0.2.2"] != 1 {
		t.Errorf("asked %v, want each address once and 0.0.0.0 never", asked)
	}
	f, arg, err := event.Fields.Parse("fd.sip.name")
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch(w.t, 9, 1)
	b.Append(event.Event{Obj: 1, Dur: -1}, nil)
	if v, ok := f.Get(b.Row(0), arg); !ok || v.String() != "shop.example" && v.String() != "(shop.example)" {
		t.Errorf("fd.sip.name is %v, %v", v, ok)
	}
	if rec, ok := src.(Recorder); !ok || rec.Fly("x", true) == nil {
		t.Error("the source's flight recorder is gone")
	}
	if _, ok := resolve(&script{}, ask).(Recorder); ok {
		t.Error("a source without a flight recorder claims to have one")
	}
}

// index is a source that can do what a SIEM can.
type index struct{ script }

func (*index) More(context.Context, int) error { return nil }
func (*index) Exhausted() bool                 { return false }
func (*index) Owns(*event.Tables) bool         { return true }
func (*index) Count(context.Context, []dashboard.Query) ([]*dashboard.Result, error) {
	return nil, nil
}
func (*index) Find(context.Context, Request, int, Sink) (bool, error) { return true, nil }

// A SIEM whose addresses are looked up goes on to page, count and find.
func TestResolveKeepsWhatASIEMCan(t *testing.T) {
	all := []Source{Resolve(&index{}), Resolve(&script{})}
	if len(Pagers(all)) != 1 || len(Counters(all)) != 1 || len(Finders(all)) != 1 {
		t.Errorf("of a SIEM and a file, %d page, %d count, %d find", len(Pagers(all)), len(Counters(all)), len(Finders(all)))
	}
	if more, err := Finders(all)[0].Find(t.Context(), Request{}, 1, nil); !more || err != nil {
		t.Errorf("find answers %v, %v", more, err)
	}
}
