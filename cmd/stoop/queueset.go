package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/safetext"
)

// queueSetCmd writes a record.
type queueSetCmd struct {
	ID string `arg:"" help:"A group's id, as queue prints it, or an alert's (alert.id)."`
	sourceFlags
	ruleFlags
	deskFlags

	State   queue.State `placeholder:"STATE" help:"open, acknowledged or closed."`
	Verdict *string     `placeholder:"VERDICT" help:"true-positive, false-positive, benign or undetermined; empty takes it back."`
	Owner   *string     `placeholder:"NAME" help:"Who looks after it; empty for nobody."`
	Note    *string     `placeholder:"TEXT" help:"What was found; empty takes it back."`

	detect detecting `kong:"-"`
}

// Run writes the record, over what is there now.
func (c *queueSetCmd) Run(a *app) error {
	if c.State == "" && c.Verdict == nil && c.Owner == nil && c.Note == nil {
		return usageError{errors.New("say what was decided: --state, --verdict, --owner, --note")}
	}
	if c.Desk == noDesk {
		return usageError{errors.New("--desk none keeps nothing: name where it is to be kept")}
	}
	if err := (&queue.Record{ID: c.ID, State: queue.Open}).Check(); err != nil {
		return usageError{err}
	}
	if len(c.names()) == 0 {
		return c.alone(a)
	}
	var ids []string
	var found *event.Row
	group := queue.IsGroup(c.ID)
	r := queueReader{sourceFlags: &c.sourceFlags, ruleFlags: &c.ruleFlags, deskFlags: &c.deskFlags, detect: &c.detect}
	err := r.read(a, func(row event.Row) {
		switch {
		case group && queue.KindOf(row).ID() == c.ID:
			ids = append(ids, queue.AlertID(row))
		case !group && found == nil && queue.AlertID(row) == c.ID:
			found, ids = &row, []string{c.ID}
		}
	})
	if err != nil {
		return err
	}
	defer r.close()
	g, known := r.queue.Group(c.ID)
	switch {
	case group && !known:
		return fmt.Errorf("%s: no alert of these sources is of this group", c.ID)
	case !group && found == nil:
		return fmt.Errorf("%s: no alert of these sources has this id", c.ID)
	case group:
		return c.save(a, r.desk, g.Change(c.by(), time.Now(), c.edit), ids)
	}
	return c.save(a, r.desk, r.queue.Change(*found, c.by(), time.Now(), c.edit), ids)
}

// alone writes the record without looking at alerts: of what a group has up to
// now.
func (c *queueSetCmd) alone(a *app) error {
	desk, closeDesk, err := c.deskFlags.open(a, nil)
	if err != nil {
		return err
	}
	defer closeDesk()
	all, err := desk.Load(a.ctx)
	if err != nil {
		return err
	}
	r := queue.Record{ID: c.ID, State: queue.Open}
	for _, there := range all {
		if there.ID == c.ID {
			r = there
		}
	}
	now := time.Now().UTC()
	r.By, r.At = c.by(), now
	if queue.IsGroup(c.ID) {
		r.Until = now
	}
	c.edit(&r)
	return c.save(a, desk, r, nil)
}

func (c *queueSetCmd) edit(r *queue.Record) {
	if c.State != "" {
		r.State = c.State
	}
	for _, change := range []struct{ from, to *string }{{c.Verdict, &r.Verdict}, {c.Owner, &r.Owner}, {c.Note, &r.Note}} {
		if change.from != nil {
			*change.to = *change.from
		}
	}
}

// save writes the record, and into the alerts themselves where they have a
// place for it.
func (c *queueSetCmd) save(a *app, desk queue.Desk, r queue.Record, ids []string) error {
	if err := r.Check(); err != nil {
		return usageError{err}
	}
	saved, err := desk.Save(a.ctx, r)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s is %s", saved.ID, saved.State)
	if saved.Verdict != "" {
		text += ", " + saved.Verdict
	}
	if m, ok := desk.(queue.Marker); ok && c.State != "" && len(ids) > 0 {
		done, err := m.Mark(a.ctx, ids, saved)
		if err != nil {
			return fmt.Errorf("%s, and is kept in %s; it was written into %d of %s: %w", text, desk.Name(), done.Written, count(len(ids), "alert"), err)
		}
		if done.Written > 0 {
			text += fmt.Sprintf("; written into %s", count(done.Written, "alert"))
		}
		if done.Conflicts > 0 {
			text += fmt.Sprintf("; %s left as somebody else has just written them", count(done.Conflicts, "alert"))
		}
	}
	_, err = fmt.Fprintf(safetext.NewWriter(a.out), "%s; kept in %s\n", text, desk.Name())
	return err
}

// queueOrderCmd prints the table that groups are ordered by.
type queueOrderCmd struct{}

// Run prints it.
func (queueOrderCmd) Run(a *app) error {
	out := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "CRITERION\tPOINTS\tHOLDS WHEN")
	for _, c := range queue.Order {
		fmt.Fprintf(out, "%s\t%d\t%s\n", c.Name, c.Points, c.Says)
	}
	return out.Flush()
}
