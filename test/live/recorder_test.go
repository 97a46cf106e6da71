//go:build linux

package livetest

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/live"
	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/load"
)

// deedTypes are the calls of a turn of `load deeds` that are deeds.
var deedTypes = []string{"openat", "renameat", "fchmodat", "unlinkat", "mkdirat", "connect", "accept4", "setresuid"}

// nothing is a condition under which the stream has no event, so that all that
// a test finds was in the rings.
const nothing = "evt.type = vhangup"

// loadPod runs a pod that has the generator.
func loadPod(t *testing.T) *lab.Container {
	t.Helper()
	lab.NeedRoot(t)
	if _, err := exec.LookPath("cc"); err != nil {
		testdata.Skipf(t, "cc is missing: hack/deps.sh installs what the tests need")
	}
	dir := t.TempDir()
	if _, err := load.Build(dir); err != nil {
		t.Fatal(err)
	}
	return lab.Pod(t, lab.PodSpec{Spec: lab.Spec{Name: "load", Mounts: []lab.Mount{{Source: dir, Target: "/load", ReadOnly: true}}}})
}

// stand makes a generator stand ready in a container.
func stand(t *testing.T, c *lab.Container, args ...string) *load.Running {
	t.Helper()
	r, err := load.StartCommand(c.Command(context.Background(), append([]string{"/load/load"}, append(args, "--wait")...)...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// finish lets the generator run and returns its counts.
func finish(t *testing.T, r *load.Running) load.Result {
	t.Helper()
	made, err := r.Go()
	if err != nil || made.Failed > 0 {
		t.Fatalf("%d calls of the generator failed: %v", made.Failed, err)
	}
	return made
}

// drain reads a container's rings.
func drain(t *testing.T, w *watching, c *lab.Container) []row {
	t.Helper()
	var past kept
	if err := w.Drain(t.Context(), c.ID[:12], time.Now().Add(-time.Hour), &past); err != nil {
		t.Fatal(err)
	}
	return past.rows
}

// count counts a generator's events by type. Those of its set-up and its end
// are not of its threads' rounds, and are told by their file's name.
func count(t *testing.T, rows []row, marks ...string) map[string]uint64 {
	t.Helper()
	n := map[string]uint64{}
	for _, r := range rows {
		args := r.text(t, "evt.args")
		if r.text(t, "proc.exepath") != "/load/load" || len(marks) > 0 && !slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(args, m) }) {
			continue
		}
		n[r.typ()]++
	}
	return n
}

// TestDeedsReachBack makes as many deeds as ten minutes have at 50 a second,
// beside 100,000 other calls a second that are recorded too: none of the deeds
// may be gone, and the bulk must have lapped.
func TestDeedsReachBack(t *testing.T) {
	const deeds = 30_000
	c := loadPod(t)
	w := watch(t, nothing, source.Options{})
	c.Do(t, "true") // known from now on
	if !eventually(waitShort, func() bool { return w.Fly(c.ID[:12], true) == nil }) {
		t.Fatal("the container is not recorded")
	}
	noise := stand(t, c, "getppid", "--rate", "100000", "--duration", "8")
	doer := stand(t, c, "deeds", "--rate", "5000", "--count", fmt.Sprint(deeds))
	if err := noise.Begin(); err != nil {
		t.Fatal(err)
	}
	// Deeds that happened before the bulk ring's reach come from the deeds ring.
	made := finish(t, doer)
	other, err := noise.Wait()
	if err != nil {
		t.Fatal(err)
	}
	rows := drain(t, w, c)
	n := count(t, rows, "/deed-", "/renamed-", "127.0.0.1:", "ruid=")
	for _, typ := range deedTypes {
		if n[typ] != made.Made[typ] {
			t.Errorf("of %d %s the rings have %d", made.Made[typ], typ, n[typ])
		}
	}
	bulk := count(t, rows)["getppid"]
	if bulk == 0 || bulk >= other.Made["getppid"] {
		t.Errorf("of %d calls of getppid the bulk ring has %d: it should have lapped", other.Made["getppid"], bulk)
	}
	for _, lost := range w.Stats().Lost {
		if lost.Container == c.ID[:12] {
			t.Errorf("lost: %+v", lost)
		}
	}
	for _, r := range w.Reach() {
		if r.Container != c.ID[:12] {
			continue
		}
		if !r.BulkOn || r.Bulk.Before(r.Deeds) || r.Bulk.IsZero() || r.Deeds.IsZero() || time.Since(r.Deeds) > time.Minute {
			t.Errorf("the reach is %+v", r)
		}
		first := rows[0].b.Time[rows[0].i]
		if d := time.Unix(0, first).Sub(r.Deeds).Abs(); d > 10*time.Millisecond {
			t.Errorf("the deeds reach back to %v, the first event is of %v", r.Deeds, time.Unix(0, first))
		}
	}
	t.Logf("%d of %d getppid and all %d deeds; bulk %d, %.0f calls/s", bulk, other.Made["getppid"], deeds, len(rows), other.Rate)
}

// TestNoEventTwice streams some deeds and drains all: each must be in one of
// the two.
func TestNoEventTwice(t *testing.T) {
	for _, fly := range []bool{false, true} {
		t.Run(fmt.Sprintf("bulk=%v", fly), func(t *testing.T) {
			c := loadPod(t)
			w := watch(t, "evt.type in (unlinkat, connect)", source.Options{BulkRing: 32 << 20})
			c.Do(t, "true")
			if fly && !eventually(waitShort, func() bool { return w.Fly(c.ID[:12], true) == nil }) {
				t.Fatal("the container is not recorded")
			}
			made := finish(t, stand(t, c, "deeds", "--rate", "2000", "--count", "4000"))
			time.Sleep(50 * time.Millisecond)
			marks := []string{"/deed-", "/renamed-", "127.0.0.1:", "ruid="}
			streamed := count(t, w.all(func(r row) bool { return r.text(t, "container.id") == c.ID[:12] }), marks...)
			drained := count(t, drain(t, w, c), marks...)
			for _, typ := range deedTypes {
				if streamed[typ]+drained[typ] != made.Made[typ] {
					t.Errorf("of %d %s %d were streamed and %d drained", made.Made[typ], typ, streamed[typ], drained[typ])
				}
			}
			for _, typ := range []string{"unlinkat", "connect"} {
				if streamed[typ] != made.Made[typ] {
					t.Errorf("of %d %s %d were streamed", made.Made[typ], typ, streamed[typ])
				}
			}
		})
	}
}

// TestDeadContainer looks at a container's rings after its end.
func TestDeadContainer(t *testing.T) {
	c := loadPod(t)
	id := c.ID[:12]
	w := watch(t, nothing, source.Options{})
	c.Do(t, "/bin/mkdir", "/tmp/last-deed")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	ended := func() (source.Reach, bool) {
		for _, r := range w.Reach() {
			if r.Container == id {
				return r, !r.Ended.IsZero()
			}
		}
		return source.Reach{}, false
	}
	if !eventually(2*waitShort, func() bool { _, ok := ended(); return ok }) {
		r, _ := ended()
		t.Fatalf("the container's end is not known: %+v", r)
	}
	r, _ := ended()
	if since := time.Since(r.Ended); since < 0 || since > 2*waitShort || r.Deeds.After(r.Ended) {
		t.Errorf("the container ended %v ago, its deeds are of %v", since, r.Deeds)
	}
	found := slices.ContainsFunc(drain(t, w, c), func(r row) bool {
		return r.typ() == "mkdir" && r.text(t, "fs.path.name") == "/tmp/last-deed" && r.text(t, "k8s.pod.name") == c.Pod.Name
	})
	if !found {
		t.Error("its last deed is gone")
	}
}

// stubborn takes nothing from the load's first kill on until something was lost.
type stubborn struct {
	kept
	once sync.Once
	lost func() uint64
}

func (s *stubborn) Batch(b *event.Batch) {
	for i := range b.Len() {
		if b.Type[i].String() == "kill" {
			s.once.Do(func() { eventually(time.Minute, func() bool { return s.lost() > 0 }) })
			break
		}
	}
	s.kept.Batch(b)
}

// lives are the records of the generator's container that are of no round and
// may be lost too: two forks and three ends of threads, its exec and the end of
// runc's process before it. The loss is counted by container, not by type.
const lives = 7

// TestLossIsCounted overruns the pipeline: what was kept and what is said to be
// lost must be what was made, by the generator's own count.
func TestLossIsCounted(t *testing.T) {
	c := loadPod(t)
	var w atomic.Pointer[live.Live] // which the sink asks
	lost := func() (n uint64) {
		for _, l := range w.Load().Stats().Lost {
			if l.Container == c.ID[:12] {
				n += l.Count
			}
		}
		return n
	}
	sink := &stubborn{lost: lost}
	w.Store(watchInto(t, "container.id = "+c.ID[:12]+" and evt.type in (getppid, kill, dup)", source.Options{}, sink))
	made := finish(t, stand(t, c, "watched", "--count", "3000000", "--threads", "2"))
	total := made.Total("getppid", "kill", "dup")
	settled := eventually(20*time.Second, func() bool { return keptOf(t, &sink.kept, made)+lost() >= total })
	kept, gone := keptOf(t, &sink.kept, made), lost()
	if !settled || kept+gone < total || kept+gone > total+lives {
		t.Errorf("made %d, kept %d, lost %d: %d are nowhere", total, kept, gone, int64(total)-int64(kept+gone))
	}
	if gone == 0 {
		t.Errorf("nothing was lost of %d events: the test does not test", total)
	}
	t.Logf("made %d at %.0f/s, kept %d, lost %d", total, made.Rate, kept, gone)
}

// keptOf counts the events of the generator's threads' rounds.
func keptOf(t *testing.T, k *kept, made load.Result) (n uint64) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.rows {
		p := r.b.Tables.Proc(r.b.Proc[r.i])
		if int(p.VPID) == made.Pid {
			n++
		}
	}
	return n
}
