package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// maxOutcome is of how many events of a process it is told what came of it; of
// more its story tells.
const maxOutcome = 500_000

// printOutcomes prints events as by itself, alerts with what came of them: the
// sources are read to their end first.
func (c *printCmd) printOutcomes(a *app, p *printer, req source.Request, sources []source.Source) error {
	if c.Follow {
		return usageError{errors.New("--outcome needs an end: --follow does not go with it")}
	}
	if p.live && c.Timeout == 0 {
		return usageError{errors.New("--outcome needs an end, and a live source has none: say with --timeout how long it is read")}
	}
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	st := store.New(0)
	tables := make(map[*event.Tables]bool)
	into := source.SinkFunc(func(b *event.Batch) {
		tables[b.Tables] = true
		st.Batch(b)
	})
	all := req // what came of an alert need not pass its filter
	all.Filter = nil
	err := source.Merge(ctx, c.detect.request(all, sources), sources, c.detect.sink(into))
	c.detect.end()
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	if err != nil {
		return err
	}
	if n := st.Stats().Evicted; n > 0 {
		fmt.Fprintf(safetext.NewWriter(a.errs), "stoop: %s made room in memory: they are not printed, and nothing is said of what came of them\n", count(int(n), "event"))
	}
	o := newOutcomes(a.ctx, st)
	for t := range tables {
		t.Outcome = o.of
	}
	p.live = false
	to := wanted(req, p.print)
	for ref := range o.refs(a.ctx) {
		if p.err != nil || p.limited && p.left == 0 {
			break
		}
		to.Batch(ref.B.Slice(ref.I, ref.I+1))
	}
	return a.ctx.Err()
}

// outcomes knows what came of alerts.
type outcomes struct {
	view   *store.View
	events map[outcomeKey][]store.Ref // of the processes of alerts, in the order of time
}

// outcomeKey names a process over its execs, for alerts that rules made too, which
// have tables of their own; one whose pid is not known is its row.
type outcomeKey struct {
	container string
	pid       int32
	start     int64

	t   *event.Tables
	row event.ProcID
}

func outcomeKeyOf(r event.Row) outcomeKey {
	if p := r.P(); p.Knows(event.KnowPID) {
		return outcomeKey{container: r.T.Text(r.C().ID), pid: p.PID, start: p.Start}
	}
	return outcomeKey{t: r.T, row: r.Proc}
}

// newOutcomes goes through what is held, for the processes of alerts and then for
// what they did.
func newOutcomes(ctx context.Context, st *store.Store) *outcomes {
	o := &outcomes{view: st.View(nil), events: make(map[outcomeKey][]store.Ref)}
	for ctx.Err() == nil && !o.view.Update(ctx, time.Second) {
		continue
	}
	for ref := range o.refs(ctx) {
		if r := ref.Row(); r.Alert != 0 && r.Proc != 0 {
			o.events[outcomeKeyOf(r)] = nil
		}
	}
	for ref := range o.refs(ctx) {
		key := outcomeKeyOf(ref.Row())
		if all, ok := o.events[key]; ok && len(all) <= maxOutcome {
			o.events[key] = append(all, ref)
		}
	}
	return o
}

// refs yields everything that is held, in the order of time.
func (o *outcomes) refs(ctx context.Context) iter.Seq[store.Ref] {
	const page = 4096
	return func(yield func(store.Ref) bool) {
		for k, n := 0, o.view.Len(); k < n && ctx.Err() == nil; k += page {
			for _, ref := range o.view.Range(k, page) {
				if !yield(ref) {
					return
				}
			}
		}
	}
}

// of says what came of an alert; what was concluded is marked.
func (o *outcomes) of(alert event.Row) (texts []string) {
	refs := o.events[outcomeKeyOf(alert)]
	if len(refs) > maxOutcome {
		return []string{"its process did more than can be told here: --story tells how it ended"}
	}
	rows := func(yield func(event.Row) bool) {
		for _, ref := range refs {
			if !yield(ref.Row()) {
				return
			}
		}
	}
	for _, fact := range trail.Build(alert, rows).Outcome() {
		text := fact.Text
		if fact.Guess {
			text += trail.Inferred
		}
		texts = append(texts, text)
	}
	return texts
}
