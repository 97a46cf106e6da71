package notify

import (
	"cmp"
	"slices"
	"time"
)

// Grouping says how alerts become messages.
type Grouping struct {
	Wait time.Duration // the first message of a kind of alerts gathers for this long
	Span time.Duration // then there is one about all that came in this span; 0: each alert is a message
	Rate int           // messages a minute; the others are one digest
}

// DefaultGrouping is what holds where nobody says otherwise.
var DefaultGrouping = Grouping{Wait: time.Second, Span: 5 * time.Minute, Rate: 20}

// quiet is how long nothing must have come for the digest to be sent.
const quiet = 10 * time.Second

// maxGroups bounds the kinds of alerts that are told apart.
const maxGroups = 10000

// groupKey tells kinds of alerts apart.
type groupKey struct{ rule, where, parent string }

func keyOf(a *Alert) groupKey {
	return groupKey{a.Rule, cmp.Or(workload(a), a.Field("container.id"), a.Hostname), a.Field("proc.pname")}
}

// group is the alerts of a kind that nobody was told of yet.
type group struct {
	key         groupKey
	alert       *Alert // the first
	count       int
	first, last time.Time // of the alerts
	due         time.Time
	told        bool
}

func (g *group) add(a *Alert) {
	if g.count == 0 {
		g.alert, g.first, g.last = a, a.Time, a.Time
	}
	g.count++
	if a.Time.Before(g.first) {
		g.first = a.Time
	}
	if a.Time.After(g.last) {
		g.last = a.Time
	}
}

// merge adds the alerts of another group of the kind.
func (g *group) merge(o *group) {
	g.count += o.count
	if o.first.Before(g.first) {
		g.first = o.first
	}
	if o.last.After(g.last) {
		g.last = o.last
	}
}

// grouper gathers alerts. It knows no clock and no goroutine.
type grouper struct {
	Grouping
	groups map[groupKey]*group
	over   map[groupKey]*group // beyond the rate: for the digest
	began  time.Time           // of the digest
	last   time.Time           // when something came
	tokens float64
	filled time.Time
}

func newGrouper(how Grouping) *grouper {
	if how.Rate <= 0 {
		how.Rate = DefaultGrouping.Rate
	}
	return &grouper{Grouping: how, groups: make(map[groupKey]*group), over: make(map[groupKey]*group), tokens: float64(how.Rate)}
}

// add takes an alert at a time.
func (x *grouper) add(a *Alert, now time.Time) {
	x.last = now
	key := keyOf(a)
	if x.Span == 0 {
		key.parent = a.ID + a.Time.String() // each is a kind of its own
	}
	g := x.groups[key]
	if g == nil {
		g = &group{key: key, due: now.Add(x.Wait)}
		if len(x.groups) >= maxGroups {
			g.add(a)
			x.overflow(g, now)
			return
		}
		x.groups[key] = g
	}
	g.add(a)
}

// overflow puts a group into the digest.
func (x *grouper) overflow(g *group, now time.Time) {
	if len(x.over) == 0 {
		x.began = now
	}
	key := g.key
	if x.over[key] == nil && len(x.over) >= maxGroups {
		key = groupKey{rule: key.rule}
	}
	if have := x.over[key]; have != nil {
		have.merge(g)
		return
	}
	x.over[key] = &group{key: key, alert: g.alert, count: g.count, first: g.first, last: g.last, told: g.told}
}

// due returns what is to be told at a time: a group alone is a message, several
// are a digest. With all, everything that waits.
func (x *grouper) due(now time.Time, all bool) (messages [][]*group) {
	if !x.filled.IsZero() {
		x.tokens = min(float64(x.Rate), x.tokens+now.Sub(x.filled).Minutes()*float64(x.Rate))
	}
	x.filled = now
	var ready []*group
	for key, g := range x.groups {
		switch {
		case g.due.After(now) && !all:
		case g.count == 0:
			delete(x.groups, key)
		default:
			ready = append(ready, g)
		}
	}
	slices.SortFunc(ready, func(a, b *group) int { return a.due.Compare(b.due) })
	for _, g := range ready {
		if x.tokens < 1 {
			x.overflow(g, now)
		} else {
			x.tokens--
			one := *g
			messages = append(messages, []*group{&one})
		}
		g.count, g.told, g.due = 0, true, now.Add(x.Span)
		if x.Span == 0 {
			delete(x.groups, g.key)
		}
	}
	if len(x.over) > 0 && (all || now.Sub(x.last) >= quiet || now.Sub(x.began) >= max(x.Span, time.Minute)) {
		var digest []*group
		for key, g := range x.over {
			digest = append(digest, g)
			delete(x.over, key)
		}
		messages = append(messages, digest)
	}
	return messages
}

// waiting returns how many alerts nobody was told of yet.
func (x *grouper) waiting() (n int) {
	for _, g := range x.groups {
		n += g.count
	}
	for _, g := range x.over {
		n += g.count
	}
	return n
}
