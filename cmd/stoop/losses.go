package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/notify"
	"github.com/stoop-project/stoop/internal/source"
)

// lossRule is the name of the alert that says that events were lost. As Falco's
// "Falco internal: syscall event drop" it has the number in n_drops.
const lossRule = "stoop internal: events lost"

// lossEvery is how often losses are told at most: Falco's rate of 0.03333 a
// second (syscall_event_drops of its falco.yaml).
const lossEvery = 30 * time.Second

// lossWatch tells targets of events that were lost: what happened then may have
// no alert, which whoever reads alerts elsewhere cannot know.
type lossWatch struct {
	lost func() source.Stats // so far
	tell func(*notify.Alert)

	told map[string]uint64 // by hop
	last time.Time
}

// run looks now and then, and once more at the end.
func (l *lossWatch) run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			l.look(now, false)
		case <-ctx.Done():
			l.look(time.Now(), true)
			return
		}
	}
}

// look tells what was lost since it was told of last; all does so whenever that
// was.
func (l *lossWatch) look(now time.Time, all bool) {
	if !all && !l.last.IsZero() && now.Sub(l.last) < lossEvery {
		return
	}
	hops, n := map[string]uint64{}, uint64(0)
	for _, loss := range l.lost().Lost {
		hops[loss.Hop] += loss.Count
	}
	news := map[string]uint64{}
	for hop, count := range hops {
		if more := count - min(count, l.told[hop]); more > 0 {
			news[hop] = more
			n += more
		}
	}
	if n == 0 {
		return
	}
	l.told, l.last = hops, now
	l.tell(lossAlert(now, n, news))
}

func lossAlert(now time.Time, n uint64, hops map[string]uint64) *notify.Alert {
	host, _ := os.Hostname()
	a := &notify.Alert{
		Time: now, Hostname: host, Rule: lossRule, Priority: event.PriorityWarning, Source: "internal",
		Fields: []notify.Field{{Name: "n_drops", Value: json.RawMessage(strconv.FormatUint(n, 10))}},
	}
	var where []string
	for _, hop := range slices.Sorted(maps.Keys(hops)) {
		where = append(where, fmt.Sprintf("%d in the %s", hops[hop], hop))
		a.Fields = append(a.Fields, notify.Field{Name: "n_drops_" + strings.ReplaceAll(hop, " ", "_"), Value: json.RawMessage(strconv.FormatUint(hops[hop], 10))})
	}
	a.Output = fmt.Sprintf("%s: %s %d events were lost, %s: what happened then may have no alert", now.UTC().Format("15:04:05.000000000"), a.Priority, n, strings.Join(where, ", "))
	return a
}
