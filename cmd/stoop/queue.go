package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// queueCmd is the queue of alerts.
type queueCmd struct {
	List  queueListCmd  `cmd:"" default:"withargs" help:"Print the queue (what queue alone does)."`
	Set   queueSetCmd   `cmd:"" help:"Say what was decided about a group or an alert."`
	Order queueOrderCmd `cmd:"" help:"Say by what groups are ordered."`
}

// queueListCmd prints the groups of the sources' alerts.
type queueListCmd struct {
	sourceFlags
	ruleFlags
	deskFlags

	Output  string        `short:"o" default:"table" enum:"table,json" help:"Format: ${enum}. JSON is one object a line."`
	State   []queue.State `enum:"open,acknowledged,closed" placeholder:"STATE,…" help:"Only groups in these states; by itself open and acknowledged."`
	All     bool          `help:"Groups in every state."`
	Limit   int           `short:"n" placeholder:"N" help:"At most N groups."`
	Timeout span          `placeholder:"SPAN" help:"Stop reading after this time."`
	Stats   bool          `help:"Print all counts at the end."`

	detect detecting `kong:"-"`
}

// Run reads the sources to their end and prints their groups.
func (c *queueListCmd) Run(a *app) error {
	if c.Limit < 0 {
		return usageError{fmt.Errorf("--limit %d: a number of groups cannot be negative", c.Limit)}
	}
	if len(c.State) == 0 {
		c.State = []queue.State{queue.Open, queue.Acknowledged}
	}
	r := queueReader{sourceFlags: &c.sourceFlags, ruleFlags: &c.ruleFlags, deskFlags: &c.deskFlags, detect: &c.detect, timeout: c.Timeout, stats: c.Stats}
	if err := r.read(a, nil); err != nil {
		return err
	}
	defer r.close()
	all, sum := r.queue.Groups()
	shown := slices.DeleteFunc(all, func(g queue.Group) bool { return !c.All && !slices.Contains(c.State, g.State) })
	if c.Limit > 0 {
		shown = shown[:min(len(shown), c.Limit)]
	}
	if c.Output == "json" {
		return writeQueueJSON(a.out, shown, !c.ShowSecrets)
	}
	err := writeQueue(a.out, shown, sum, !c.ShowSecrets)
	fmt.Fprintf(safetext.NewWriter(a.errs), "%s\n", queueSummary(shown, sum, r.desk))
	return err
}

// queueReader reads sources into a queue, with what a desk knows.
type queueReader struct {
	sourceFlags *sourceFlags
	ruleFlags   *ruleFlags
	deskFlags   *deskFlags
	detect      *detecting
	timeout     span
	stats       bool

	queue   *queue.Queue
	desk    queue.Desk
	sources []source.Source
	closing func()
}

// read reads to the end of the sources. each is told of every alert; it may be
// nil.
func (r *queueReader) read(a *app, each func(event.Row)) error {
	req, err := r.sourceFlags.request()
	if err != nil {
		return err
	}
	if r.sources, err = r.sourceFlags.open(a); err != nil {
		return err
	}
	others := byThemselves
	if firstSIEM(r.sources) != nil {
		others = nil // its alerts are there: the rules would have to read all it holds
	}
	if err := r.detect.open(a, r.ruleFlags, others...); err != nil {
		closeAll(r.sources)
		return err
	}
	if r.desk, r.closing, err = r.deskFlags.open(a, r.sources); err != nil {
		closeAll(r.sources)
		return err
	}
	if err := r.take(a, req, each); err != nil {
		r.close()
		return err
	}
	return nil
}

func (r *queueReader) take(a *app, req source.Request, each func(event.Row)) error {
	errs := safetext.NewWriter(a.errs)
	r.queue = queue.New()
	if r.desk != nil {
		records, err := r.desk.Load(a.ctx)
		if err != nil {
			return fmt.Errorf("what was decided cannot be read from %s: %w", r.desk.Name(), err)
		}
		r.queue.Apply(records...)
	}
	if f, ok := r.desk.(*queue.File); ok && f.Damaged() > 0 {
		fmt.Fprintf(errs, "%s: %s cannot be read\n", f.Name(), count(f.Damaged(), "line"))
	}
	if r.detect.detector == nil { // all that is wanted is there: let the sources look for it
		alone, err := compileFilter("alert.rule exists")
		if err == nil && req.Filter == nil {
			req.Filter = alone
		}
	}
	ctx, cancel := withTimeout(a.ctx, r.timeout)
	defer cancel()
	sink := wanted(req, func(b *event.Batch, sel []uint64) { feedQueue(r.queue, b, sel, each) })
	err := source.Merge(ctx, r.detect.request(req, r.sources), r.sources, r.detect.sink(sink))
	r.detect.end()
	report(errs, r.sources, r.stats)
	r.detect.report(errs, r.stats)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// feedQueue feeds the selected events of a batch, in runs.
func feedQueue(q *queue.Queue, b *event.Batch, sel []uint64, each func(event.Row)) {
	if b.Alert == nil {
		return
	}
	from := -1
	flush := func(to int) {
		if from >= 0 {
			q.Batch(b.Slice(from, to))
		}
		from = -1
	}
	for i := range b.Len() {
		picked := sel[i/64]>>(i&63)&1 != 0 && b.Alert[i] != 0
		switch {
		case picked && from < 0:
			from = i
		case !picked:
			flush(i)
		}
		if picked && each != nil {
			each(b.Row(i))
		}
	}
	flush(b.Len())
}

func (r *queueReader) close() {
	r.closing()
	closeAll(r.sources)
}
