package queue

import (
	"cmp"
	"context"
	"slices"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Survey asks sources that hold more alerts than they hand on which kinds they
// have and how many of each, over time. It counts there and fetches next to
// nothing: of a kind of which no alert has come the newest few.
type Survey struct {
	// Count has panels counted by those sources, in their order.
	Count func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error)
	// Window finds where in time the events of a filter lie.
	Window func(ctx context.Context, f *filter.Filter) (m dashboard.Mass, ok bool, err error)
	// Exact reports whether the sources can evaluate all of a filter.
	Exact func(f *filter.Filter) bool
	// Fetch feeds the newest n alerts of a filter to the queue, and returns how
	// many there were.
	Fetch func(ctx context.Context, f *filter.Filter, n int) (fetched int, err error)

	Within string // a condition for all alerts that count; "": none
}

// Surveyed is what a survey found beside the counts of the groups.
type Surveyed struct {
	Alerts int64    // that the sources hold
	Untold int64    // of them of kinds that are in no group yet
	Far    int64    // others whose time is far away from all others': they are not counted
	Notes  []string // what the figures cannot be trusted in
}

// Bounds of a survey.
const (
	surveyGroups  = 300 // that are counted, those that stand highest
	surveyBuckets = 48  // of time
	surveyRounds  = 4   // in which kinds are looked for that have not come
	surveyFetches = 32  // in one round
	surveyNewest  = 20  // alerts of each
	surveyApart   = 60  // groups that one condition leaves out
)

// alertsThere are the alerts that a queue counts.
const alertsThere = "alert.rule exists and not alert.building_block = true"

// there is what the sources hold of a group.
type there struct {
	count   int
	span    dashboard.Span
	buckets []int64
}

// first is when the first bucket begins that has an alert; ok is false when none
// has one.
func (t *there) first() (ns int64, ok bool) {
	for i, n := range t.buckets {
		if n > 0 {
			return t.span.From + int64(i)*t.span.Step(), true
		}
	}
	return 0, false
}

// spread adds the buckets up in steps of the time from, … to-1.
func (t *there) spread(into []int, from, to int64) {
	for i, n := range t.buckets {
		if n > 0 {
			spreadOne(into, int(n), t.span.From+int64(i)*t.span.Step()+t.span.Step()/2, from, to)
		}
	}
}

// surveying is a survey under way.
type surveying struct {
	Survey
	q       *Queue
	rules   map[string]int64  // alerts that the sources hold, by rule
	others  int64             // of further rules
	counted map[string]string // by which condition a group was counted
	span    dashboard.Span
	found   Surveyed
	trend   *dashboard.Panel
}

// Run has the groups of a queue counted. An error is that of the sources; what
// was counted before stays.
func (s Survey) Run(ctx context.Context, q *Queue) (Surveyed, error) {
	of := surveying{Survey: s, q: q, counted: make(map[string]string)}
	if err := of.byRule(ctx); err != nil || of.found.Alerts == 0 {
		return of.found, err
	}
	for range surveyRounds {
		groups := of.groups()
		if err := of.count(ctx, groups); err != nil {
			return of.found, err
		}
		more, err := of.fetch(ctx, groups)
		if err != nil || more == 0 {
			return of.found, err
		}
	}
	return of.found, of.count(ctx, of.groups())
}

// byRule counts the alerts of each rule, and finds where in time all lie.
func (s *surveying) byRule(ctx context.Context) error {
	p, err := dashboard.Of(dashboard.Panel{Title: "rules", Kind: dashboard.Terms, By: []string{"alert.rule"}, Limit: dashboard.MaxLimit})
	if err != nil {
		return err
	}
	if s.trend, err = dashboard.Of(dashboard.Panel{Title: "over time", Kind: dashboard.Trend}); err != nil {
		return err
	}
	all, err := s.condition(alertsThere)
	if err != nil {
		return err
	}
	mass, ok, err := s.Window(ctx, all)
	if err != nil || !ok {
		return err
	}
	s.span.Buckets = surveyBuckets
	s.span.From, s.span.To = dashboard.Frame(mass.First, mass.Last, surveyBuckets)
	found, err := s.Count(ctx, []dashboard.Query{{Panel: p, Filter: all, Span: s.span}})
	if err != nil {
		return err
	}
	s.found = Surveyed{Alerts: found[0].Total, Notes: found[0].Notes, Far: mass.Outside()}
	s.rules, s.others = make(map[string]int64, len(found[0].Groups)), found[0].Other
	for _, g := range found[0].Groups {
		s.rules[g.Keys[0]] = g.Count
	}
	return nil
}

// condition compiles conditions that shall all hold.
func (s *surveying) condition(conds ...string) (*filter.Filter, error) {
	return filter.Compile(filter.All(append(conds, s.Within)...), event.Fields)
}

// groups are those that are counted, in the queue's order, those of which the
// sources have handed something on.
func (s *surveying) groups() []Group {
	all, _ := s.q.Groups()
	all = slices.DeleteFunc(all, func(g Group) bool { return g.Fetched == 0 })
	return all[:min(len(all), surveyGroups)]
}

// alone is the condition that holds for a group's alerts and no other's; ok is
// false where that cannot be said.
func alone(g *Group, among []Group) (cond string, ok bool) {
	conds := []string{alertsThere, g.exact()}
	for i := range among {
		if o := &among[i]; o.ID != g.ID && g.covers(o.Kind) {
			if o.covers(g.Kind) {
				return "", false // nothing tells them apart
			}
			conds = append(conds, "not ("+o.exact()+")")
		}
	}
	return filter.All(conds...), len(conds) <= surveyApart
}

// covers reports whether the condition of a kind holds for another's alerts too:
// what a kind does not know is not asked.
func (k Kind) covers(o Kind) bool {
	return k.Rule == o.Rule && (k.Parent == "" || k.Parent == o.Parent) &&
		(k.Image == "" || k.Image == o.Image || k.Image == repository(o.Image)) &&
		(k.Workload == "" || k.Workload == otherKinds || k.Workload == o.Workload)
}

// count has the groups counted that were not, or by another condition.
func (s *surveying) count(ctx context.Context, groups []Group) error {
	var qs []dashboard.Query
	var ids []string
	for i := range groups {
		g := &groups[i]
		cond, ok := alone(g, groups)
		if !ok || s.counted[g.ID] == cond {
			continue
		}
		f, err := s.condition(cond)
		if err != nil || !s.Exact(f) {
			continue // it stays one of which is known what has come
		}
		s.counted[g.ID] = cond
		ids, qs = append(ids, g.ID), append(qs, dashboard.Query{Panel: s.trend, Filter: f, Span: s.span})
	}
	if len(qs) == 0 {
		return nil
	}
	found, err := s.Count(ctx, qs)
	if err != nil {
		return err
	}
	for i, id := range ids {
		s.q.counted(id, &there{count: int(found[i].Total), span: s.span, buckets: found[i].Trend})
	}
	return nil
}

// missing is a rule of which the sources hold alerts that are in no group.
type missing struct {
	rule  string
	count int64
	known []*Group
}

// fetch brings alerts of kinds that have not come, and returns how many.
func (s *surveying) fetch(ctx context.Context, groups []Group) (n int, err error) {
	of := make(map[string][]*Group)
	for i := range groups {
		of[groups[i].Rule] = append(of[groups[i].Rule], &groups[i])
	}
	var lacking []missing
	s.found.Untold = s.others
	for rule, count := range s.rules {
		left := count
		for _, g := range of[rule] {
			left -= int64(s.q.thereOf(g.ID))
		}
		if left > 0 {
			lacking = append(lacking, missing{rule, left, of[rule]})
			s.found.Untold += left
		}
	}
	slices.SortFunc(lacking, func(a, b missing) int {
		return cmp.Or(cmp.Compare(len(a.known), len(b.known)), cmp.Compare(b.count, a.count), cmp.Compare(a.rule, b.rule))
	})
	for _, m := range lacking[:min(len(lacking), surveyFetches)] {
		conds := []string{alertsThere, is("alert.rule", m.rule)}
		for _, g := range m.known {
			conds = append(conds, "not ("+g.exact()+")")
		}
		f, err := s.condition(conds...)
		if err != nil || len(conds) > surveyApart || !s.Exact(f) {
			continue
		}
		fetched, err := s.Fetch(ctx, f, surveyNewest)
		if err != nil {
			return n, err
		}
		n += fetched
	}
	return n, nil
}

// counted takes in what the sources hold of a group.
func (q *Queue) counted(id string, t *there) {
	q.mu.Lock()
	defer q.mu.Unlock()
	g := q.groups[id]
	if g == nil {
		return
	}
	if first, ok := t.first(); ok {
		q.first = min(q.first, first)
	}
	g.there = t
	q.version++
}

// thereOf is how many alerts of a group the sources hold, as far as is known.
func (q *Queue) thereOf(id string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	g := q.groups[id]
	switch {
	case g == nil:
		return 0
	case g.there == nil:
		return g.fetched
	}
	return g.there.count
}
