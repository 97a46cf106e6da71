package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Against says what a container is compared with.
type Against string

// What there is to compare with.
const (
	Siblings Against = "siblings" // other containers of the same image
	Past     Against = "past"     // itself, before a time
)

// Options say how to compare.
type Options struct {
	Against Against // "": siblings where there are some, else the past
	Since   int64   // ns since 1970: what was before is the past; 0: no past
	Within  string  // a condition for both sides; "": all events
	From    int64   // ns since 1970: nothing before it counts,
	To      int64   // nor from here on; 0: no end
	Aspects []*Aspect
}

// Count has panels counted, in their order (source.Count).
type Count func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error)

// Report is what only one container does.
type Report struct {
	Subject Subject
	Against Against
	Since   int64 // with Past
	Self    Side
	Others  Side
	Answers []Answer
	Notes   []string // why a difference may be none
}

// Side is what was seen of one side.
type Side struct {
	Condition  string
	Events     int64
	Containers int64

	span dashboard.Span
}

// Answer is what differs in one aspect.
type Answer struct {
	Aspect *Aspect
	Known  int     // values that the others have too
	Only   []Value // the latest last seen first
	Notes  []string
}

// Value is what only this container has: one value, or several of a pattern.
type Value struct {
	Text      string // the value; for several the pattern, with stars
	Values    int    // how many it stands for
	Count     int64  // events
	Last      int64  // ns since 1970; 0 when not known
	Condition string // leads to the events
}

// Run compares. An error says that there is nothing to compare with, or is the
// count's.
func Run(ctx context.Context, s Subject, opt Options, count Count) (*Report, error) {
	if opt.Aspects == nil {
		opt.Aspects = Aspects()
	}
	c := comparing{count: count, opt: opt, r: &Report{Subject: s}}
	if err := c.sides(ctx); err != nil {
		return nil, err
	}
	if err := c.aspects(ctx); err != nil {
		return nil, err
	}
	return c.r, nil
}

// comparing is a comparison under way.
type comparing struct {
	count Count
	opt   Options
	r     *Report
}

// few is how many events of the others are too few to conclude much from.
const few = 50

// end is later than any event.
const end = 1<<63 - 1

// sides chooses what to compare with, and says how much was seen of either.
func (c *comparing) sides(ctx context.Context) error {
	s, r := c.r.Subject, c.r
	all := dashboard.Span{From: c.opt.From, To: c.opt.To}
	if all.To == 0 {
		all.To = end
	}
	split := min(max(c.opt.Since, all.From), all.To)
	whole, siblings := Side{Condition: s.self(), span: all}, Side{Condition: s.siblings(), span: all}
	now, past := Side{Condition: filter.All(s.self(), "evt.rawtime >= "+strconv.FormatInt(split, 10)), span: dashboard.Span{From: split, To: all.To}}, Side{Condition: s.self(), span: dashboard.Span{From: all.From, To: split}}
	asked := []*Side{&whole}
	if s.like != "" {
		asked = append(asked, &siblings)
	}
	if c.opt.Since > 0 {
		asked = append(asked, &now, &past)
	}
	if err := c.look(ctx, asked); err != nil {
		return err
	}
	if r.Against = c.opt.Against; r.Against == "" {
		r.Against = Siblings
		if siblings.Events == 0 && c.opt.Since > 0 {
			r.Against = Past
		}
	}
	if r.Against == Siblings {
		r.Self, r.Others = whole, siblings
	} else {
		r.Self, r.Others, r.Since = now, past, c.opt.Since
	}
	switch {
	case r.Against == Siblings && s.like == "":
		return fmt.Errorf("it is not known which image %s is of, so it has no siblings to be compared with; compare it with its own past", s.Title())
	case r.Against == Siblings && siblings.Events == 0:
		return fmt.Errorf("nothing of another container of %s is held; compare %s with its own past, or open more sources", s.Image, s.Title())
	case r.Against == Past && c.opt.Since == 0:
		return errors.New("there is no past without a time that it ends at")
	case r.Against == Past && past.Events == 0:
		return fmt.Errorf("nothing of %s from before that time is held; name a later one, or open a source that reaches further back", s.Title())
	case r.Self.Events == 0:
		return fmt.Errorf("nothing of %s is held to be compared", s.Title())
	}
	if r.Others.Events < few {
		r.Notes = append(r.Notes, fmt.Sprintf("only %d events of the other side are held: what is missing there may not have been recorded", r.Others.Events))
	}
	return nil
}

// look counts what was seen of sides.
func (c *comparing) look(ctx context.Context, sides []*Side) error {
	var qs []dashboard.Query
	for _, side := range sides {
		q, err := c.query(dashboard.Panel{Title: "containers", Kind: dashboard.Stat, By: []string{"container.id"}}, side.span, side.Condition)
		if err != nil {
			return err
		}
		qs = append(qs, q)
	}
	found, err := c.count(ctx, qs)
	if err != nil {
		return err
	}
	for i, side := range sides {
		side.Events, side.Containers = found[i].Total, found[i].Values
	}
	return nil
}

// query is a panel about a condition in a span.
func (c *comparing) query(p dashboard.Panel, span dashboard.Span, conditions ...string) (q dashboard.Query, err error) {
	if q.Panel, err = dashboard.Of(p); err != nil {
		return q, err
	}
	if text := filter.All(append(conditions, c.opt.Within)...); text != "" {
		if q.Filter, err = filter.Compile(text, event.Fields); err != nil {
			return q, err
		}
	}
	q.Span = span
	return q, nil
}

// aspects asks for the container's values, then which of them the others have.
func (c *comparing) aspects(ctx context.Context) error {
	mine, err := c.values(ctx, c.r.Self.span, func(*Aspect) []string { return []string{c.r.Self.Condition} })
	if err != nil {
		return err
	}
	theirs, err := c.values(ctx, c.r.Others.span, func(a *Aspect) []string {
		known := keys(mine[a])
		if len(known) == 0 {
			return nil
		}
		return []string{c.r.Others.Condition, oneOf(a.Field, known)}
	})
	if err != nil {
		return err
	}
	open := make(map[*Aspect]*candidates)
	for _, a := range c.opt.Aspects {
		open[a] = newCandidates(a, mine[a], theirs[a])
	}
	similar, err := c.values(ctx, c.r.Others.span, func(a *Aspect) []string {
		if globs := open[a].globs(); len(globs) > 0 {
			return []string{c.r.Others.Condition, like(a.Field, globs)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range c.opt.Aspects {
		answer := open[a].answer(c.r.Self.Condition, similar[a])
		if more := mine[a]; more != nil && more.Other > 0 {
			answer.Notes = append(answer.Notes, fmt.Sprintf("%d events have values beyond the first %d, which were not compared", more.Other, dashboard.MaxLimit))
		}
		for _, r := range []*dashboard.Result{mine[a], theirs[a], similar[a]} {
			if r != nil {
				answer.Notes = append(answer.Notes, r.Notes...)
			}
		}
		slices.Sort(answer.Notes)
		answer.Notes = slices.Compact(answer.Notes)
		c.r.Answers = append(c.r.Answers, answer)
	}
	return nil
}

// values counts each aspect's values of events that some conditions hold for;
// an aspect with no condition is left out.
func (c *comparing) values(ctx context.Context, span dashboard.Span, of func(*Aspect) []string) (map[*Aspect]*dashboard.Result, error) {
	var qs []dashboard.Query
	var asked []*Aspect
	for _, a := range c.opt.Aspects {
		conditions := of(a)
		if conditions == nil {
			continue
		}
		q, err := c.query(dashboard.Panel{Title: a.Title, Kind: dashboard.Terms, By: []string{a.Field}, Limit: dashboard.MaxLimit}, span, append(conditions, a.Filter)...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		qs, asked = append(qs, q), append(asked, a)
	}
	found := make(map[*Aspect]*dashboard.Result)
	if len(qs) == 0 {
		return found, nil
	}
	res, err := c.count(ctx, qs)
	if err != nil {
		return nil, err
	}
	for i, a := range asked {
		found[a] = res[i]
	}
	return found, nil
}

func keys(r *dashboard.Result) (all []string) {
	if r == nil {
		return nil
	}
	for _, g := range r.Groups {
		all = append(all, g.Keys[0])
	}
	return all
}

// sortValues puts the latest first, and of those without a time the most.
func sortValues(all []Value) {
	sort.SliceStable(all, func(i, j int) bool {
		if all[i].Last != all[j].Last {
			return all[i].Last > all[j].Last
		}
		return all[i].Count > all[j].Count
	})
}
