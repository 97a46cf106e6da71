package keep

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// trail is one that is being kept. Its goroutine owns what is below the line.
type trail struct {
	k    *Keeper
	meta recording.Trail
	to   target
	path string

	alerts []item // that came since the last look; the keeper's lock guards it,
	next   uint64 // the number of the next batch of the stream,
	missed uint64 // and how many events went before they were looked at
	began  time.Time

	//

	match   *matcher
	pending []item
	drained time.Time             // rings are read up to here at least
	lately  map[identity]struct{} // drained events that may come again
	tables  *event.Tables
	copiers map[*event.Tables]*event.Copier
	w       *recording.Writer
	sink    source.Sink
	seq     uint64
	written atomic.Uint64 // events, for the recording's own clock
	notes   []source.Note
}

// item is an event that waits to be written.
type item struct {
	time int64
	b    *event.Batch
	i    int
}

// identity tells the events of one ring apart.
type identity struct {
	time int64
	tid  uint32
	typ  event.Type
}

// later is not 0 for alerts.
func (it item) later() event.Bits { return it.b.Bits[it.i] & event.HasDoc }

func (it item) identity() identity { return identity{it.time, it.b.TID[it.i], it.b.Type[it.i]} }

var idField, _, _ = event.Fields.Parse("alert.id")

// AlertID is the alert's id, or one made of its text where it has none.
func AlertID(r event.Row) string {
	if v, ok := idField.Show(r, event.Arg{}); ok && v.String() != "" {
		return v.String()
	}
	sum := sha256.Sum256(profile.Document(r.B.Payload(r.I)))
	return hex.EncodeToString(sum[:16])
}

// begin makes the trail of an alert. The caller holds the keeper's lock.
func (k *Keeper) begin(r event.Row, id string, to target) *trail {
	a, c, now := r.A(), r.C(), time.Now()
	t := &trail{
		k: k, to: to, match: newMatcher(to), began: now, next: k.window.first,
		alerts: []item{{r.B.Time[r.I], r.B, r.I}}, tables: event.NewTables(), copiers: make(map[*event.Tables]*event.Copier), seq: 1,
	}
	t.meta = recording.Trail{
		Alert: id, Rule: r.T.Text(a.Rule), Priority: a.Priority.String(), Container: to.containers[0],
		Time: time.Unix(0, r.B.Time[r.I]).UTC(),
	}
	if pod := r.T.Text(c.Pod); pod != "" {
		t.meta.Pod = r.T.Text(c.Namespace) + "/" + pod
	}
	if to.root != nil {
		t.meta.Of = fmt.Sprintf("%s (%d) and what began below it", to.root.name, to.root.pid)
	}
	t.meta.Until = t.meta.Time.Add(k.opt.After)
	// An alert's time is what its maker says, and may be any.
	if soon, late := now.Add(2*tick), now.Add(k.opt.After); t.meta.Until.Before(soon) {
		t.meta.Until = soon.UTC()
	} else if t.meta.Until.After(late) {
		t.meta.Until = late.UTC()
	}
	if k.opt.Before > 0 {
		t.meta.Asked = t.meta.Time.Add(-k.opt.Before)
	}
	if before, ok := k.ended[to.key]; ok && before.at.After(t.meta.Asked) {
		t.meta.Asked, t.meta.Follows = before.at.UTC(), before.name
	}
	if k.opt.Dir != "" {
		t.path = filepath.Join(k.opt.Dir, fileName(t.meta))
	}
	t.tables.Docs, t.tables.Names, t.tables.Host = k.docs, r.T.Names, t.tables.Strings.Add(r.T.Text(r.T.Host))
	t.tables.Trail, t.tables.Run = t.tables.Strings.Add(id), "trail "+id
	k.trails[to.key] = t
	return t
}

func (t *trail) at() Trail { return Trail{ID: t.meta.Alert, Path: t.path} }

// run keeps the trail until its time is up or the keeper ends.
func (t *trail) run() {
	defer t.end()
	t.past()
	if !t.here() {
		t.count(func(s *Stats) { s.Kept--; s.Elsewhere++ })
		return
	}
	if err := t.open(); err != nil {
		t.count(func(s *Stats) { s.Kept--; s.Refused++ })
		t.k.tell(source.Note{Level: source.NoteError, Text: "a trail cannot be kept: " + err.Error()})
		return
	}
	timer := time.NewTicker(tick)
	defer timer.Stop()
	for until := t.meta.Until; time.Now().Before(until) && t.room(); {
		cut := t.drained
		select {
		case <-t.k.ctx.Done():
			t.meta.Until = time.Now().UTC()
			t.finish()
			return
		case <-timer.C:
		}
		t.drain(t.k.ctx, t.drained)
		t.write(cut)
	}
	// What the stream still has on its way comes within a tick.
	select {
	case <-t.k.ctx.Done():
	case <-timer.C:
	}
	if t.drained.Before(t.meta.Until) { // it had no room
		t.meta.Until = t.drained.UTC()
	}
	t.finish()
}

// finish writes what there is.
func (t *trail) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	t.drain(ctx, t.drained)
	t.write(time.Unix(0, math.MaxInt64-1))
}

// past reads what is known of the time before.
func (t *trail) past() {
	k := t.k
	k.mu.Lock()
	held := k.window.since
	k.mu.Unlock()
	for _, id := range t.to.containers {
		for _, r := range k.recorders {
			if err := r.Recall(k.ctx, id, t.meta.Asked, held, source.SinkFunc(func(b *event.Batch) { t.gather(b, nil) })); err != nil {
				t.note(err)
			}
		}
	}
	from := held
	if t.meta.Asked.After(from) {
		from = t.meta.Asked
	}
	t.drain(k.ctx, from)
	t.stream()
	for _, r := range k.recorders {
		for _, reach := range r.Reach() {
			if !slices.Contains(t.to.containers, reach.Container) {
				continue
			}
			t.meta.Overwrote += reach.Lost
			if at := reach.Deeds; !at.IsZero() && (t.meta.Since.IsZero() || at.Before(t.meta.Since)) {
				t.meta.Since = at.UTC()
			}
		}
	}
}

// here reports whether the target is on this node: it has a ring or was in the
// stream.
func (t *trail) here() bool {
	return t.to.key == event.HostID || !t.meta.Since.IsZero() ||
		slices.ContainsFunc(t.pending, func(it item) bool { return it.b.Bits[it.i]&event.HasDoc == 0 })
}

// drain reads from the rings what the stream did not hand on.
func (t *trail) drain(ctx context.Context, since time.Time) {
	now, before := time.Now(), t.lately
	t.lately = make(map[identity]struct{})
	for _, id := range t.to.containers {
		for _, r := range t.k.recorders {
			err := r.Drain(ctx, id, since, source.SinkFunc(func(b *event.Batch) {
				t.gather(b, func(it item) bool {
					if it.time >= now.UnixNano() {
						t.lately[it.identity()] = struct{}{}
					}
					_, again := before[it.identity()]
					return !again
				})
			}))
			if err != nil {
				t.note(err)
			}
		}
	}
	t.drained = now
}

// stream takes what the stream has handed on since the last time.
func (t *trail) stream() {
	t.k.mu.Lock()
	batches, next := t.k.window.from(t.next)
	t.next = next
	t.pending = append(t.pending, t.alerts...)
	t.alerts = nil
	t.k.mu.Unlock()
	for _, b := range batches {
		t.gather(b, nil)
	}
}

// gather takes the target's events in time out of a batch.
func (t *trail) gather(b *event.Batch, too func(item) bool) {
	from, until := int64(0), t.meta.Until.UnixNano()
	if !t.meta.Asked.IsZero() {
		from = t.meta.Asked.UnixNano()
	}
	for i, at := range b.Time {
		it := item{at, b, i}
		if at >= from && at <= until && t.match.match(b.Row(i)) && (too == nil || too(it)) {
			t.pending = append(t.pending, it)
		}
	}
}

// open begins the recording.
func (t *trail) open() error {
	t.sink = t.k.opt.Ship
	if t.path == "" {
		return nil
	}
	t.k.makeRoom()
	opt := recording.Options{Meta: t.k.opt.Meta, Stats: t.counts}
	opt.Meta.Trail = &t.meta
	w, err := recording.Create(t.path, opt)
	if err != nil {
		return err
	}
	t.w = w
	to := w.Sink(source.Info{Name: "live", Scheme: "live", Origin: event.FromLive | event.FromFalco})
	ship := t.k.opt.Ship
	t.sink = source.SinkFunc(func(b *event.Batch) {
		to.Batch(b)
		if ship != nil {
			ship.Batch(b)
		}
	})
	return nil
}

// write takes in the stream and writes what is older than a time, in order.
// An alert comes behind the event that it is about, whose time it has.
func (t *trail) write(until time.Time) {
	t.stream()
	slices.SortStableFunc(t.pending, func(a, b item) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.later(), b.later())) })
	at := until.UnixNano()
	n, _ := slices.BinarySearchFunc(t.pending, at, func(it item, at int64) int { return cmp.Compare(it.time, at+1) })
	if n == 0 {
		return
	}
	out := event.NewBatch(t.tables, t.seq, n)
	if t.seq == 1 {
		t.tables.SetFirst(t.pending[0].time)
	}
	for _, it := range t.pending[:n] {
		e, payload := t.copier(it.b.Tables).Event(it.b, it.i)
		if e.Bits&event.HasDoc != 0 {
			payload = profile.Document(payload)
		}
		out.Append(e, payload)
		if out.Full() {
			out = t.pass(out)
		}
	}
	t.pass(out)
	t.pending = slices.Clone(t.pending[n:])
	t.count(func(s *Stats) { s.Events += uint64(n) })
}

// pass hands on a batch and returns the next.
func (t *trail) pass(b *event.Batch) *event.Batch {
	if b.Len() > 0 {
		t.seq += uint64(b.Len())
		t.written.Store(t.seq - 1)
		t.sink.Batch(b)
	}
	return event.NewBatch(t.tables, t.seq, 0)
}

func (t *trail) copier(from *event.Tables) *event.Copier {
	c := t.copiers[from]
	if c == nil {
		c = event.NewCopierTo(from, t.tables)
		t.copiers[from] = c
	}
	return c
}

// room reports whether the recording may grow.
func (t *trail) room() bool {
	if t.path == "" {
		return true
	}
	if err := t.w.Err(); err != nil {
		t.note(err)
		return false
	}
	st, err := os.Stat(t.path)
	if err != nil || st.Size() < t.k.opt.Each {
		return true
	}
	t.notes = append(t.notes, source.Note{
		Level: source.NoteWarn, Text: fmt.Sprintf("the trail ends at %s: it has %d MiB", time.Now().UTC().Format(time.RFC3339), st.Size()>>20),
		Remedy: "raise --keep-each",
	})
	return false
}

func (t *trail) note(err error) {
	if t.k.ctx.Err() == nil && len(t.notes) < 20 {
		t.notes = append(t.notes, source.Note{Level: source.NoteWarn, Text: err.Error()})
	}
}

// counts are the losses that the recording speaks of.
func (t *trail) counts() (s source.Stats) {
	if t.k.opt.Lost != nil {
		all := t.k.opt.Lost()
		for _, l := range all.Lost {
			if l.Container == "" || slices.Contains(t.to.containers, l.Container) {
				s.Lost = append(s.Lost, l)
			}
		}
	}
	t.k.mu.Lock()
	missed := t.missed
	t.k.mu.Unlock()
	if missed > 0 {
		s.Lost = append(s.Lost, source.Loss{Hop: "trail", Count: missed})
	}
	s.Passed = t.written.Load()
	s.Taken = s.Passed
	return s
}

func (t *trail) count(change func(*Stats)) {
	t.k.mu.Lock()
	defer t.k.mu.Unlock()
	change(&t.k.stats)
}

// end lets the trail go and says how it ended.
func (t *trail) end() {
	var failed error
	if t.w != nil {
		failed = t.w.Close()
	}
	k := t.k
	k.mu.Lock()
	delete(k.trails, t.to.key)
	if t.seq > 1 && failed == nil {
		k.ended[t.to.key] = ending{t.meta.Until, filepath.Base(t.path)}
	}
	for key, e := range k.ended {
		if time.Since(e.at) > stale {
			delete(k.ended, key)
		}
	}
	k.mu.Unlock()
	if failed != nil {
		k.tell(source.Note{Level: source.NoteError, Text: "a trail was not kept to its end: " + failed.Error()})
	}
	for _, n := range t.notes {
		k.tell(n)
	}
	if k.opt.Done != nil && t.seq > 1 {
		k.opt.Done(t.at(), source.Note{Text: fmt.Sprintf("%d events", t.seq-1)})
	}
}
