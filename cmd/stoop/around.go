package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// aroundFlags are what print is told of an event and what is known around it.
type aroundFlags struct {
	Around string   `placeholder:"EVENT" help:"Print what else is known around an event: named by its id, its time as print writes it, or its number in a file. -f tells events of one name apart."`
	Pivot  []string `placeholder:"NAME,…" help:"--around: only these ways from the event to others (exec, log, connection, …)."`
	Window span     `placeholder:"SPAN" help:"--around: look this far back and on, instead of widening until something is found."`
}

// pivotFolder is where the user's own pivots are.
func pivotFolder() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "stoop", "pivots")
}

// pivots are those built in and the user's own. What is wrong with these is
// said; the others go on.
func pivots(errs io.Writer) *pivot.Folder {
	folder := pivot.NewFolder(pivotFolder())
	if _, _, err := folder.Table(); err != nil {
		fmt.Fprintln(safetext.NewWriter(errs), "stoop:", err)
	}
	return folder
}

// pivotsAtOnce is how many pivots are looked for side by side.
const pivotsAtOnce = 4

// printAround finds an event and prints what is known around it as one
// timeline.
func (c *printCmd) printAround(a *app) error {
	chosen, columns, err := c.aroundArgs(a)
	if err != nil {
		return usageError{err}
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	st, places, from, err := lookUp(ctx, a, &c.detect, c.Around, req, sources)
	if err != nil {
		return err
	}
	errs := safetext.NewWriter(a.errs)
	answers := ask(ctx, chosen, from, places)
	if err := a.ctx.Err(); err != nil {
		return err
	}
	if n := st.Stats().Evicted; n > 0 {
		fmt.Fprintf(errs, "stoop: the oldest %d events did not fit into memory and were not looked at\n", n)
	}
	report(errs, sources, c.Stats)
	return errors.Join(c.writeAround(a, columns, from, answers), unasked(answers))
}

// lookUp reads what does not look for events itself, and finds the event that a
// word names there or elsewhere. The store is there with an error of the finding.
func lookUp(ctx context.Context, a *app, detect *detecting, name string, req source.Request, sources []source.Source) (st *store.Store, places []pivot.Place, at pivot.Hit, err error) {
	if st, err = readHeld(ctx, source.Request{}, sources, detect.sink); err != nil {
		return nil, nil, at, err
	}
	places = pivot.Places(st, sources)
	at, others, err := findEvent(ctx, name, req, places)
	if others {
		fmt.Fprintf(safetext.NewWriter(a.errs), "stoop: several events are named %s; this is the first, -f tells them apart\n", name)
	}
	return st, places, at, err
}

// aroundArgs checks what goes with --around.
func (c *printCmd) aroundArgs(a *app) ([]*pivot.Pivot, []column, error) {
	switch {
	case c.Output == "csv":
		return nil, nil, errors.New("--around prints a table or JSON")
	case c.Follow:
		return nil, nil, errors.New("--around looks at what there is; --follow does not go with it")
	}
	columns, err := parseColumns(c.Columns)
	if err != nil {
		return nil, nil, err
	}
	table, _, _ := pivots(a.errs).Table() // what is wrong was said
	chosen, err := table.Choose(c.Pivot)
	if err != nil || c.Window == 0 {
		return chosen, columns, err
	}
	narrow := make([]*pivot.Pivot, len(chosen))
	for i, p := range chosen {
		narrow[i] = p.Within(pivot.Window{Before: time.Duration(c.Window), After: time.Duration(c.Window)})
	}
	return narrow, columns, nil
}

// readHeld reads the sources that do not look for events themselves.
// What they say goes through a sink that may make alerts of it.
func readHeld(ctx context.Context, req source.Request, sources []source.Source, through func(source.Sink) source.Sink) (*store.Store, error) {
	st := store.New(0)
	var readers []source.Source
	for _, s := range sources {
		if _, finds := s.(source.Finder); !finds {
			readers = append(readers, s)
		}
	}
	if len(readers) == 0 {
		return st, nil
	}
	return st, source.Merge(ctx, req, readers, through(st))
}

// leastPrefix is how many characters of an id name an event, where no id is
// just these.
const leastPrefix = 6

// findEvent finds the event that a word names. others says that there are
// several.
func findEvent(ctx context.Context, name string, req source.Request, places []pivot.Place) (at pivot.Hit, others bool, err error) {
	hits, err := findNamed(ctx, name, filter.OpEq, req, places)
	if len(hits) == 0 && err == nil && len(name) >= leastPrefix {
		hits, err = findNamed(ctx, name, filter.OpStartsWith, req, places)
		for _, h := range hits {
			if one, other := idOf(hits[0].Row()), idOf(h.Row()); one != other {
				return at, false, fmt.Errorf("several ids begin with %s: %s, %s", name, one, other)
			}
		}
	}
	if len(hits) == 0 {
		if err == nil {
			err = fmt.Errorf("no event is named %s: an event is named by its id (evt.id, alert.id) or how that begins, by its time with all its digits, or by its number in a file (evt.num)", name)
		}
		return at, false, err
	}
	return hits[0], len(hits) > 1, nil
}

// findNamed finds the first events that a word names, as whole or as the
// beginning of their id.
func findNamed(ctx context.Context, name string, op filter.Op, req source.Request, places []pivot.Place) ([]pivot.Hit, error) {
	text, from, to := naming(name, op)
	if req.Filter != nil {
		text = filter.All(text, req.Filter.String())
	}
	f, err := filter.Compile(text, event.Fields)
	if err != nil {
		return nil, err
	}
	if !req.Since.IsZero() {
		from = max(from, req.Since.UnixNano())
	}
	if !req.Until.IsZero() {
		to = min(to, req.Until.UnixNano()+1)
	}
	return pivot.Look(ctx, f, from, to, places)
}

// naming writes the condition that holds for the event that a word names, and
// the time that it is in.
func naming(name string, op filter.Op) (cond string, from, to int64) {
	const least, most = -1 << 63, 1<<63 - 1
	if at, ok := exactTime(name); ok {
		return "evt.rawtime exists", at.UnixNano(), at.UnixNano() + 1
	}
	value := &filter.Value{Text: name}
	is := func(field string, op filter.Op) filter.Expr {
		return &filter.Check{Left: &filter.Field{Name: field}, Op: op, Right: value}
	}
	names := []filter.Expr{is("evt.id", op), is("alert.id", op)}
	if _, err := strconv.ParseUint(name, 10, 64); err == nil {
		names = append(names, is("evt.num", filter.OpEq))
	}
	return filter.Source(&filter.Or{X: names}), least, most
}

// exactTime reads a time as print writes it (evt.time.iso8601), or in ns since
// 1970 (evt.rawtime).
func exactTime(text string) (time.Time, bool) {
	if ns, err := strconv.ParseInt(text, 10, 64); err == nil && ns > 1e17 {
		return time.Unix(0, ns), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// ask asks all pivots, some side by side.
func ask(ctx context.Context, pivots []*pivot.Pivot, from pivot.Hit, places []pivot.Place) []pivot.Answer {
	answers := make([]pivot.Answer, len(pivots))
	var tasks errgroup.Group
	tasks.SetLimit(pivotsAtOnce)
	for i, p := range pivots {
		tasks.Go(func() error {
			answers[i] = pivot.Find(ctx, p.Ask(from), places)
			return nil
		})
	}
	_ = tasks.Wait()
	return answers
}

// unasked is the error of the places that could not be asked: what was found
// may not be all.
func unasked(answers []pivot.Answer) error {
	for i := range answers {
		if err := answers[i].Err; err != nil {
			return fmt.Errorf("what was found may not be all: %w", err)
		}
	}
	return nil
}

// pivotNames writes which pivots found a row.
func pivotNames(r pivot.Row) string {
	if len(r.Pivots) == 0 {
		return "◆"
	}
	return strings.Join(r.Pivots, ",")
}
