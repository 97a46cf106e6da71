package tui

import (
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// rateStep is the time that one column of a live source's sparklines stands
// for; together they look a minute back.
const rateStep = time.Minute / rateSteps

// rates counts the events of each container in steps of time as they come, so
// that a sparkline costs the same however many events are held.
type rates struct {
	mu     sync.Mutex
	newest int64 // number of the newest step
	rows   map[rateKey]*rateRow
}

// rateKey is a container of a source.
type rateKey struct {
	t    *event.Tables
	cont event.ContID
}

// rateRow holds a ring of counts; step says which step a count is of.
type rateRow struct {
	count [rateSteps]int
	step  [rateSteps]int64
}

func (r *rates) add(b *event.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		r.rows = make(map[rateKey]*rateRow)
	}
	var row *rateRow
	last := event.ProcID(0)
	for i, ns := range b.Time {
		step := ns / int64(rateStep)
		if step <= r.newest-rateSteps {
			continue
		}
		r.newest = max(r.newest, step)
		if p := b.Proc[i]; row == nil || p != last {
			last, row = p, r.row(rateKey{b.Tables, b.Tables.Proc(p).Cont})
		}
		at := step % rateSteps
		if row.step[at] != step {
			row.step[at], row.count[at] = step, 0
		}
		row.count[at]++
	}
}

func (r *rates) row(k rateKey) *rateRow {
	row := r.rows[k]
	if row == nil {
		row = &rateRow{}
		r.rows[k] = row
	}
	return row
}

// read returns the counts by container id, the oldest step first.
func (r *rates) read() map[string][]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	byID := make(map[string][]int, len(r.rows))
	for k, row := range r.rows {
		id := k.t.Text(k.t.Cont(k.cont).ID)
		counts := byID[id]
		if counts == nil {
			counts = make([]int, rateSteps)
			byID[id] = counts
		}
		for i := range counts {
			step := r.newest - rateSteps + 1 + int64(i)
			if at := step % rateSteps; step >= 0 && row.step[at] == step {
				counts[i] += row.count[at]
			}
		}
	}
	return byID
}
