//go:build linux

package main

import "testing"

const screenText = ` stoop  live                                                     ● live
 filter evt.type in (openat,                                 10,000,384 events
 containers 400         by alerts │    23 Nov UTC container    process        event
 c102          ▇█▇▇▇█▇█▇  2.8k ▲1 │  20:00:22.054 pod-375      cat            exec cat
 pod-71 · shop/cart:1.0           │ details  2026-11-23 20:00:22.054633068 UTC
 in 1,091,107 · shown 1,091,107 · lost 0 · holds 21s · 105 MB of 4.0 GB · attached
 tab panel`

// The suite looks for these on the screen.
func TestOnScreen(t *testing.T) {
	if got := eventsIn(screenText); got != 1_091_107 {
		t.Errorf("%d events are in", got)
	}
	if got := eventsIn("\n in 3,000,000 + 53,238 alerts · shown 3,053,238 · lost 0"); got != 3_000_000 {
		t.Errorf("with alerts made here %d events are said to be in", got)
	}
	if got := eventsIn("nothing"); got != 0 {
		t.Errorf("%d events are in nothing", got)
	}
	if got := filterTyped(screenText); got != "evt.type in (openat," {
		t.Errorf("the filter is %q", got)
	}
	if got := detailsOf(screenText); got != "2026-11-23 20:00:22.054633068 UTC" {
		t.Errorf("the details are of %q", got)
	}
	if !hasEvents(screenText) || hasEvents(" containers 0 │ no events yet") {
		t.Error("a row of an event is not told")
	}
}

func TestLostOf(t *testing.T) {
	const said = `12 events in x
live: 9 events taken, 9 passed on, 0 not wanted, 30 lost, 0 broken
live: lost 10 in the ringbuf of 0123456789ab
live: lost 5 in the deeds ring of 0123456789ab
live: lost 15 in the ringbuf of host
`
	if got := lostOf(said, "0123456789ab"); got != 15 {
		t.Errorf("lost %d, want 15", got)
	}
	if got := lostOf(said, "ba9876543210"); got != 0 {
		t.Errorf("lost %d of a container that lost none", got)
	}
}
