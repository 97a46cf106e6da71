package sequence

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/rules"
)

// However many groups begin, the newest ones are followed, and the others are
// counted.
func TestGroupsAreBounded(t *testing.T) {
	w, c := newWorld(), mustNew(t, Options{Groups: 100}, sequenceOf(rules.Ordered, time.Hour, "a", "b", "n!"))
	fired := 0
	tell := func(*Fired) { fired++ }
	for i := range 1000 {
		c.Feed(w.batch(deed{1, "a", fmt.Sprint(i), 0}, deed{1, "b", fmt.Sprint(i), 0}), nil, nil, tell)
	}
	if s := c.Stats(); s.Groups != 100 || s.Evicted != 900 {
		t.Errorf("%d groups, %d evicted", s.Groups, s.Evicted)
	}
	if n := len(c.alarms); n > 200+1 {
		t.Errorf("%d alarms for 100 groups", n)
	}
	c.Feed(w.batch(deed{4000, "z", "", 0}), nil, nil, tell)
	if fired != 100 {
		t.Errorf("%d fired, want those 100 that were followed", fired)
	}
}

func TestBytesAreBounded(t *testing.T) {
	const bound = 24 << 20
	w, c := newWorld(), mustNew(t, Options{Bytes: bound}, sequenceOf(rules.Ordered, time.Hour, "a", "b"))
	long := "a" + strings.Repeat("x", 16<<10)
	for i := range 3000 {
		c.Feed(w.batch(deed{1, fmt.Sprint(long, i), fmt.Sprint(i), 0}), nil, nil, nil)
		if got := c.Stats().Bytes; got > bound+1<<20 {
			t.Fatalf("%d bytes are held after %d groups", got, i)
		}
	}
	s := c.Stats()
	if s.Evicted == 0 || s.Groups < 100 {
		t.Errorf("%d groups, %d evicted", s.Groups, s.Evicted)
	}
	fired := 0
	c.Feed(w.batch(deed{2, "b", "2999", 0}, deed{2, "b", "0", 0}), nil, nil, func(*Fired) { fired++ })
	if fired != 1 {
		t.Errorf("%d fired, want the newest group alone", fired)
	}
}

// Copies that no group needs any more go.
func TestCopiesAreLetGo(t *testing.T) {
	w, c := newWorld(), mustNew(t, Options{}, sequenceOf(rules.Ordered, time.Second, "a", "b"))
	long := "a" + strings.Repeat("x", 64<<10)
	for i := range int64(2000) {
		c.Feed(w.batch(deed{1 + 2*i, fmt.Sprint(long, i), "c", 0}), nil, nil, nil)
	}
	if s := c.Stats(); s.Bytes > 2*minSweep || s.Groups != 1 {
		t.Errorf("%d bytes, %d groups", s.Bytes, s.Groups)
	}
}

// What comes later than is allowed is left out and counted; so is what no more
// may wait for.
func TestLate(t *testing.T) {
	w, c := newWorld(), mustNew(t, Options{Lateness: 5 * time.Second, Pending: 2}, sequenceOf(rules.Ordered, time.Minute, "a", "b"))
	fired := 0
	tell := func(*Fired) { fired++ }
	c.Feed(w.batch(deed{10, "b", "x", 0}), nil, nil, tell)
	c.Feed(w.batch(deed{4, "a", "x", 0}), nil, nil, tell) // 6 s late
	if s := c.Stats(); s.Late != 1 {
		t.Errorf("%d late, want 1", s.Late)
	}
	c.Feed(w.batch(deed{8, "a", "x", 0}), nil, nil, tell) // in time, and before b
	c.Advance(time.Unix(14+2, 0), tell)
	if fired != 0 {
		t.Error("fired while what is earlier may come")
	}
	c.Advance(time.Unix(15+2, 0), tell)
	if fired != 1 {
		t.Errorf("%d fired, want 1", fired)
	}
	for i := range int64(4) {
		c.Feed(w.batch(deed{20, "a", fmt.Sprint(i), 0}), nil, nil, tell)
	}
	if n := len(c.wait); n != 2 {
		t.Errorf("%d wait, 2 may", n)
	}
}

// A value that no group has makes no group.
func TestMissingValue(t *testing.T) {
	w, c := newWorld(), mustNew(t, Options{}, sequenceOf(rules.Ordered, time.Minute, "a", "b"))
	c.Feed(w.batch(deed{1, "a", "", 0}), nil, nil, nil)
	if s := c.Stats(); s.NoGroup != 1 || s.Groups != 0 {
		t.Errorf("%+v", s)
	}
}
