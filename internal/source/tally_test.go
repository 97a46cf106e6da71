package source

import (
	"fmt"
	"testing"
)

// Damages are all counted, and told as often as somebody reads them.
func TestTallyTellsTheFirstDamages(t *testing.T) {
	var c Tally
	c.Bad("a:1", "broken")
	c.Bad("a:1", "broken")
	for i := range maxBad + 4 {
		c.Bad(fmt.Sprintf("b:%d", i), "broken")
	}
	c.Ended("b", "cut off")
	s := c.Stats()
	if s.Bad != 2+maxBad+4+1 {
		t.Errorf("%d bad, want %d", s.Bad, 2+maxBad+4+1)
	}
	if len(s.Notes) != maxBad+2 {
		t.Fatalf("%d notes, want %d: %v", len(s.Notes), maxBad+2, s.Notes)
	}
	if end, more := s.Notes[maxBad].Text, s.Notes[maxBad+1].Text; end != "cut off" || more != "5 more like these could not be read either" {
		t.Errorf("at the end: %q, %q", end, more)
	}
}

// Losses of one hop are one loss.
func TestTallyAddsLosses(t *testing.T) {
	var c Tally
	c.Lost("ringbuf", 0)
	c.Lost("ringbuf", 2)
	c.Lost("queue", 1)
	c.Lost("ringbuf", 3)
	c.Handed(7, 2)
	s := c.Stats()
	if want := []Loss{{Hop: "ringbuf", Count: 5}, {Hop: "queue", Count: 1}}; len(s.Lost) != 2 || s.Lost[0] != want[0] || s.Lost[1] != want[1] {
		t.Errorf("lost %v, want %v", s.Lost, want)
	}
	if s.Taken != 9 || s.Passed != 7 || s.Dropped != 2 {
		t.Errorf("taken %d, passed %d, dropped %d", s.Taken, s.Passed, s.Dropped)
	}
	s.Lost[0].Count = 0
	if c.Stats().Lost[0].Count != 5 {
		t.Error("what was returned is no copy")
	}
}
