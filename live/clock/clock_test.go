//go:build linux

package clock

import (
	"testing"
	"time"
)

func TestWallIsNow(t *testing.T) {
	c := New()
	before := time.Now().Add(-2 * stepNS)
	got := time.Unix(0, c.Wall(Now()))
	if after := time.Now().Add(2 * stepNS); got.Before(before) || got.After(after) {
		t.Errorf("the boot clock's now is %v, the wall clock's between %v and %v", got, before, after)
	}
	if back := c.Boot(c.Wall(12345)); back != 12345 {
		t.Errorf("12345 ns there and back is %d", back)
	}
}

func TestFollowOnlySteps(t *testing.T) {
	c := New()
	before := c.Wall(0)
	if step := c.Follow(); step != 0 {
		t.Errorf("a clock that nobody set was stepped by %d ns", step)
	}
	if c.Wall(0) != before {
		t.Error("the offset moved without a step")
	}
	late := Fixed(before - int64(time.Hour))
	if step := late.Follow(); step < int64(time.Hour)-int64(time.Second) {
		t.Errorf("a clock one hour behind was stepped by %v", time.Duration(step))
	}
}
