package keep

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// rings is a recorder of one container's deeds that none of the stream has.
type rings struct {
	tables *event.Tables
	proc   event.ProcID

	mu    sync.Mutex
	deeds []int64 // their times
}

func newRings(container string) *rings {
	r := &rings{tables: event.NewTables()}
	c := event.ContID(r.tables.Conts.Intern(event.Container{ID: r.tables.Strings.Add(container)}))
	r.proc = event.ProcID(r.tables.Procs.Intern(event.Proc{PID: 7, Cont: c, Known: event.KnowPID}))
	return r
}

func (r *rings) does() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deeds = append(r.deeds, time.Now().UnixNano())
}

func (r *rings) Fly(string, bool) error { return nil }

func (r *rings) Reach() []source.Reach {
	r.mu.Lock()
	defer r.mu.Unlock()
	var oldest time.Time
	if len(r.deeds) > 0 {
		oldest = time.Unix(0, r.deeds[0])
	}
	return []source.Reach{{Container: "6cf4be7b2388", Deeds: oldest, Lost: 3}}
}

func (r *rings) Drain(ctx context.Context, id string, since time.Time, sink source.Sink) error {
	return r.Recall(ctx, id, since, time.Now(), sink)
}

func (r *rings) Recall(_ context.Context, _ string, since, until time.Time, sink source.Sink) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := event.NewBatch(r.tables, 1, len(r.deeds))
	for i, at := range r.deeds {
		if (since.IsZero() || at >= since.UnixNano()) && at < until.UnixNano() {
			b.Append(event.Event{Time: at, Type: 1, TID: uint32(i), Proc: r.proc, Dur: -1}, nil)
		}
	}
	sink.Batch(b)
	return nil
}

// alerts makes batches of Falco's alerts.
type alerts struct{ *profile.Mapper }

func newAlerts() alerts { return alerts{profile.NewMapper(profile.ByName("falco"), event.NewTables())} }

func (a alerts) batch(t *testing.T, id, container string) *event.Batch {
	t.Helper()
	doc := fmt.Sprintf(`{"uuid":%q,"rule":"../Shell\u001b in a/pod","priority":"Notice","time":%q,"output":"x","output_fields":{"container.id":%q}}`,
		id, time.Now().UTC().Format(time.RFC3339Nano), container)
	e, err := a.Map([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch(a.Tables(), 1, 1)
	b.Append(e, []byte(doc))
	return b
}

// within runs a keeper of some rings, in a bubble of time.
func within(t *testing.T, opt Options, do func(t *testing.T, k *Keeper, r *rings, alert func(id, container string))) {
	opt.Dir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r, a := newRings("6cf4be7b2388"), newAlerts()
		k, err := New([]source.Recorder{r}, opt)
		if err != nil {
			t.Fatal(err)
		}
		sink := k.Sink(source.SinkFunc(func(*event.Batch) {}))
		do(t, k, r, func(id, container string) { sink.Batch(a.batch(t, id, container)) })
		_ = k.Close()
	})
}

// read returns the rules and numbers of a recording's events, and what it says
// of itself.
func read(t *testing.T, path string) (events []string, stats source.Stats) {
	t.Helper()
	src, err := recording.Open(t.Context(), path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	err = src.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			r := b.Row(i)
			if b.AlertAt(i) != 0 {
				v, _ := idField.Show(r, event.Arg{})
				events = append(events, v.String())
			} else {
				events = append(events, fmt.Sprint(b.TID[i]))
			}
			if got := r.T.Text(r.T.Trail); got != "a-1" && !strings.HasPrefix(got, "b-") {
				t.Errorf("an event is of the trail %q", got)
			}
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	return events, src.Stats()
}

func TestAlertsShareATrailAndTheNextGoesOn(t *testing.T) {
	within(t, Options{After: 10 * time.Second}, func(t *testing.T, k *Keeper, r *rings, alert func(id, container string)) {
		r.does() // 0
		time.Sleep(time.Hour)
		r.does() // 1
		time.Sleep(time.Second)
		alert("a-1", "6cf4be7b2388")
		time.Sleep(3 * time.Second)
		r.does() // 2
		alert("a-2", "6cf4be7b2388")
		alert("elsewhere", "0123456789ab")
		time.Sleep(time.Minute)
		r.does() // 3
		alert("b-1", "6cf4be7b2388")
		time.Sleep(time.Minute)

		first, _ := k.Trail("a-1")
		second, _ := k.Trail("a-2")
		if first != second || first.ID != "a-1" {
			t.Errorf("two alerts within 10 s have the trails %v and %v", first, second)
		}
		if name := filepath.Base(first.Path); !strings.HasSuffix(name, "-Shell-in-a-pod-6cf4be7b2388-a-1.stoop") || filepath.Dir(first.Path) != k.opt.Dir {
			t.Errorf("the trail is at %s", first.Path)
		}
		if events, _ := read(t, first.Path); strings.Join(events, " ") != "0 1 a-1 2 a-2" {
			t.Errorf("the first trail has %v", events)
		}
		third, _ := k.Trail("b-1")
		if events, _ := read(t, third.Path); strings.Join(events, " ") != "3 b-1" {
			t.Errorf("the second has %v", events)
		}
		if s := k.Stats(); s.Alerts != 4 || s.Kept != 2 || s.Shared != 1 || s.Elsewhere != 1 || s.Running != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// What rules were told of an event, such as a program's hash, is in the trail as
// what happened is.
func TestHashesAreKept(t *testing.T) {
	within(t, Options{After: time.Second}, func(t *testing.T, k *Keeper, r *rings, alert func(id, container string)) {
		r.does() // 0
		tables := event.NewCopier(r.tables).Tables()
		tables.Docs = newAlerts().Tables().Docs
		c := event.NewCopierTo(r.tables, tables)
		deed := event.NewBatch(r.tables, 1, 1)
		deed.Append(event.Event{Time: time.Now().UnixNano(), Type: event.TypeExeHash, TID: 77, Proc: r.proc, Dur: -1}, nil)
		time.Sleep(time.Second)
		k.take(c.Batch(deed))
		alert("a-1", "6cf4be7b2388")
		time.Sleep(time.Minute)
		at, _ := k.Trail("a-1")
		if events, _ := read(t, at.Path); strings.Join(events, " ") != "0 77 a-1" {
			t.Errorf("the trail has %v", events)
		}
	})
}

func TestWhatIsNotKeptIsCounted(t *testing.T) {
	within(t, Options{AtOnce: 1}, func(t *testing.T, k *Keeper, r *rings, alert func(id, container string)) {
		r.does()
		alert("b-1", "host")
		time.Sleep(time.Second)
		alert("b-2", "6cf4be7b2388")
		alert("b-3", "../../etc")
		alert("b-4", "")
		time.Sleep(time.Minute)
		if s := k.Stats(); s.Kept != 1 || s.Refused != 1 || s.Elsewhere != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestOldestTrailsGoFirst(t *testing.T) {
	within(t, Options{Files: 3, After: time.Second}, func(t *testing.T, k *Keeper, r *rings, alert func(id, container string)) {
		note := filepath.Join(k.opt.Dir, "notes.stoop")
		if err := os.WriteFile(note, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		for n := range 6 {
			r.does()
			id := fmt.Sprint("b-", n)
			alert(id, "6cf4be7b2388")
			time.Sleep(time.Minute)
			if at, _ := k.Trail(id); n == 1 {
				if err := os.Rename(at.Path, strings.TrimSuffix(at.Path, ".stoop")+Suffix); err != nil {
					t.Fatal(err)
				}
			}
		}
		entries, _ := os.ReadDir(k.opt.Dir)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		all := strings.Join(names, " ")
		if len(names) != 5 || !strings.Contains(all, "b-1.keep.stoop") || !strings.Contains(all, "b-3.stoop") || !strings.Contains(all, "notes.stoop") || k.Stats().Removed != 2 {
			t.Errorf("left: %v; %+v", names, k.Stats())
		}
	})
}

func TestWindowSaysWhatItMissed(t *testing.T) {
	w := window{bound: 1000}
	tables := event.NewTables()
	for n := range 100 {
		b := event.NewBatch(tables, uint64(n+1), 1)
		b.Append(event.Event{Time: int64(n + 1), Dur: -1}, nil)
		w.add(b)
	}
	left, next := w.from(0)
	if next != 100 || len(left) == 0 || len(left) > 30 || w.since.UnixNano() != left[0].Time[0] {
		t.Errorf("%d batches are left, the next is %d, all is there since %d", len(left), next, w.since.UnixNano())
	}
	if again, _ := w.from(98); len(again) != 2 {
		t.Errorf("%d of the last two", len(again))
	}
}
