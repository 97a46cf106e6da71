package places

import (
	"fmt"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/trail"
)

// Question is what places are asked for.
type Question struct {
	What   string         // in a few words: "the alert's container"
	Filter *filter.Filter // the events that are asked for
	From   int64          // ns since 1970; with To 0: at any time
	To     int64
	At     int64 // what is nearest to it counts, where there is too much

	// Container is whose events are asked for, "" when it is not one's: a flight
	// recorder has rings by container.
	Container string

	most int // 0: as many as may be

	// Alert is the id of the alert whose trail is asked for, "" when it is not.
	Alert string

	// wide is asked where nothing is found nearby: it names one thing for sure.
	wide bool
}

// wider is the question about a day around.
func (q Question) wider() Question {
	q.What += ", a day around"
	q.From, q.To, q.wide = q.At-int64(WideSpan), q.At+int64(WideSpan), false
	return q
}

// known is what is known of whom the alert is about.
type known struct {
	trail.Subject
	cut bool // the container's id is a part of one
	ips []string

	clients []event.Endpoint // of the container's connections, those nearest to the alert

	up, down []string // entity ids: of the process and its ancestors; of its parent and all that came of that
}

// asking is one kind of question.
type asking struct {
	what    string
	lacking string                          // what an alert lacks for which it is not asked; "" when that is no loss
	cond    func(k *known) filter.Expr      // nil: it cannot be asked
	within  func(span time.Duration) window // zero: at any time
	most    int                             // events that are of use, 0: all that may be
	wide    bool                            // it names one thing for sure: where nothing is found, it is asked for within a day too
}

type window struct{ before, after time.Duration }

func around(span time.Duration) window { return window{span, span} }
func anyTime(time.Duration) window     { return window{} }
func closely(time.Duration) window     { return window{10 * time.Second, 10 * time.Second} }

// otherEnds are not expected to be anywhere: most servers are nobody's here.
const otherEnds = "the other ends of its connections"

// askings are all kinds of questions, the surest first.
var askings = []asking{
	{
		what: "the trail of this alert", lacking: "id", within: anyTime,
		cond: func(k *known) filter.Expr { return is("alert.trail", k.ID) },
	},
	{
		what: "the process and its kin, by entity id", within: around, wide: true,
		cond: func(k *known) filter.Expr {
			return either(in("proc.entity_id", k.up), in("proc.entity_id", k.down), in("proc.parent.entity_id", k.down))
		},
	},
	{
		what: "the alert's container", lacking: "container", within: around, wide: true,
		cond: func(k *known) filter.Expr {
			switch {
			case k.Container == event.HostID:
				return all(is("container.id", event.HostID), ofNode(k.Node))
			case k.cut:
				return check("container.id", filter.OpStartsWith, k.Container)
			}
			return is("container.id", k.Container)
		},
	},
	{
		what: "the alert's pod", lacking: "pod", within: around, wide: true,
		cond: func(k *known) filter.Expr {
			if k.Container != "" || k.Pod == "" {
				return nil
			}
			return all(is("k8s.pod.name", k.Pod), is("k8s.ns.name", k.Namespace))
		},
	},
	{
		what: "containers of this name", within: around,
		cond: func(k *known) filter.Expr {
			if k.Container != "" || k.Pod != "" {
				return nil
			}
			return is("container.name", k.ContainerName)
		},
	},
	{
		what: "processes with this pid on the node", within: closely,
		cond: func(k *known) filter.Expr {
			if k.Container != "" || k.Pod != "" || k.ContainerName != "" || k.PID == 0 {
				return nil
			}
			return all(is("proc.pid", fmt.Sprint(k.PID)), ofNode(k.Node))
		},
	},
	{
		what: "processes with this command line", within: closely,
		cond: func(k *known) filter.Expr {
			if k.Container != "" || k.Pod != "" || k.ContainerName != "" || k.PID != 0 {
				return nil
			}
			return is("proc.cmdline", k.Line)
		},
	},
	{
		what: "the API server's audit records of the pod", lacking: "pod", within: around, most: besideMost,
		cond: func(k *known) filter.Expr {
			return all(is("ka.target.name", k.Pod), is("ka.target.namespace", k.Namespace))
		},
	},
	{
		what: "connections of the pod's addresses", within: around, most: besideMost,
		cond: func(k *known) filter.Expr { return either(in("fd.cip", k.ips), in("fd.sip", k.ips)) },
	},
	{
		what: otherEnds, within: around, most: besideMost,
		cond: func(k *known) filter.Expr {
			var each []filter.Expr
			for _, c := range k.clients {
				each = append(each, all(is("fd.cip", c.Addr().String()), is("fd.cport", fmt.Sprint(c.Port))))
			}
			if len(each) == 0 {
				return nil
			}
			return all(either(each...), &filter.Not{X: is("container.id", k.Container)})
		},
	},
}

// questions are those that can be asked and were not.
func (k *known) questions(span time.Duration, asked map[string]bool) (qs []Question, err error) {
	for _, a := range askings {
		cond := a.cond(k)
		if cond == nil {
			continue
		}
		text := filter.Source(cond)
		if asked[text] {
			continue
		}
		asked[text] = true
		q := Question{What: a.what, At: k.Time, most: a.most}
		if q.Filter, err = filter.Compile(text, event.Fields); err != nil {
			return nil, err
		}
		if w := a.within(span); w != (window{}) {
			q.From, q.To = k.Time-int64(w.before), k.Time+int64(w.after)
		}
		q.wide = a.wide && k.Container != event.HostID
		if !k.cut {
			q.Container = k.Container
		}
		if a.what == askings[0].what {
			q.Alert = k.ID
		}
		qs = append(qs, q)
	}
	return qs, nil
}

// besideMost is how many events are taken of what was not done in the container.
const besideMost = 5000

// WideSpan is how far from the alert is looked where nothing is nearby: clocks that are
// set to local time are apart by up to so much.
const WideSpan = 26 * time.Hour

// check is a condition on one field, nil when the value is not known. Values
// come from outside and are put into the tree, never into its text.
func check(name string, op filter.Op, value string) filter.Expr {
	if value == "" {
		return nil
	}
	return &filter.Check{Left: &filter.Field{Name: name}, Op: op, Right: &filter.Value{Text: value}}
}

func is(name, value string) filter.Expr { return check(name, filter.OpEq, value) }

func in(name string, values []string) filter.Expr {
	var each []filter.Expr
	for _, v := range values {
		each = append(each, is(name, v))
	}
	return either(each...)
}

// ofNode holds for what one node's sources say, and for sources that do not say
// their node.
func ofNode(node string) filter.Expr {
	if node == "" {
		return nil
	}
	return either(is("evt.hostname", node), &filter.Not{X: &filter.Check{Left: &filter.Field{Name: "evt.hostname"}, Op: filter.OpExists}})
}

// all and either join conditions; those that cannot be asked are left out of all,
// unless the first is one.
func all(first filter.Expr, more ...filter.Expr) filter.Expr {
	if first == nil {
		return nil
	}
	x := []filter.Expr{first}
	for _, e := range more {
		if e != nil {
			x = append(x, e)
		}
	}
	if len(x) == 1 {
		return first
	}
	return &filter.And{X: x}
}

func either(each ...filter.Expr) filter.Expr {
	each = slices.DeleteFunc(each, func(e filter.Expr) bool { return e == nil })
	switch len(each) {
	case 0:
		return nil
	case 1:
		return each[0]
	}
	return &filter.Or{X: each}
}
