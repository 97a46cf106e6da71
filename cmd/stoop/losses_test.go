package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/notify"
	"github.com/stoop-project/stoop/internal/source"
)

// Losses are told of at once, then every half a minute while there are new ones,
// and at the end.
func TestLossesAreToldOf(t *testing.T) {
	var lost []source.Loss
	var told []*notify.Alert
	l := lossWatch{lost: func() source.Stats { return source.Stats{Lost: lost} }, tell: func(a *notify.Alert) { told = append(told, a) }}
	at := time.Date(2026, 11, 23, 20, 2, 1, 0, time.UTC)
	after := func(s int, all bool, n ...uint64) {
		if lost = nil; len(n) == 2 {
			lost = []source.Loss{{Hop: "ringbuf", Container: "a", Count: n[0]}, {Hop: "ringbuf", Container: "b", Count: 1}, {Hop: "bulk ring", Count: n[1]}}
		}
		l.look(at.Add(time.Duration(s)*time.Second), all)
	}
	after(0, false)
	after(1, false, 10, 0)
	after(2, false, 20, 5)
	after(32, false, 30, 5)
	after(80, false, 30, 5)
	after(81, false, 31, 5)
	after(82, true, 32, 5)
	after(83, true, 32, 5)
	var got []string
	for _, a := range told {
		got = append(got, a.Output)
	}
	const want = "20:02:02.000000000: Warning 11 events were lost, 11 in the ringbuf: what happened then may have no alert\n" +
		"20:02:33.000000000: Warning 25 events were lost, 5 in the bulk ring, 20 in the ringbuf: what happened then may have no alert\n" +
		"20:03:22.000000000: Warning 1 events were lost, 1 in the ringbuf: what happened then may have no alert\n" +
		"20:03:23.000000000: Warning 1 events were lost, 1 in the ringbuf: what happened then may have no alert"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("told is\n%s\nwant\n%s", text, want)
	}
	if text := string(told[1].AppendFalco(nil)); !strings.Contains(text, `"n_drops":25,"n_drops_bulk_ring":5,"n_drops_ringbuf":20}`) {
		t.Errorf("as JSON it is %s", text)
	}
}
