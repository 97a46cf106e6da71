package sequence

import (
	"container/heap"
	"container/list"
	"slices"
)

// run is a sequence with the groups that have begun it.
type run struct {
	*plan
	at     int // its place among the sequences
	groups map[string]*list.Element
	recent list.List // of *group, the one touched longest ago first

	// silent says until when groups that fired are to be silent; quiet has them
	// in the order in which that ends.
	silent map[string]*silence
	quiet  []*silence
}

// group is the events that have the group's values in common.
type group struct {
	run     *run
	key     string
	values  []string
	machine machine
	touched int64 // time of its last event
	ord     uint64
	gone    bool
	alarmed bool // it has an alarm
	alarm   int64
}

type silence struct {
	key   string
	until int64
}

func newRun(p *plan, at int) *run {
	return &run{plan: p, at: at, groups: map[string]*list.Element{}, silent: map[string]*silence{}}
}

// find returns the group of a key, nil when it has not begun.
func (r *run) find(key string) *group {
	if e := r.groups[key]; e != nil {
		return e.Value.(*group)
	}
	return nil
}

// touch returns the group of an event, made when it is not there, and notes
// that the event came.
func (r *run) touch(in *input) *group {
	e := r.groups[in.key]
	if e == nil {
		e = r.recent.PushBack(&group{run: r, key: in.key, values: in.group, machine: newMachine(r.plan), ord: in.ord})
		r.groups[in.key] = e
	}
	r.recent.MoveToBack(e)
	g := e.Value.(*group)
	g.touched = in.time
	return g
}

// drop forgets the group that was touched longest ago.
func (r *run) drop() {
	g := r.recent.Remove(r.recent.Front()).(*group)
	g.gone, g.machine = true, nil
	delete(r.groups, g.key)
}

// expire forgets what has no meaning any more at a time.
func (r *run) expire(now int64) {
	for e := r.recent.Front(); e != nil && now-e.Value.(*group).touched > r.span; e = r.recent.Front() {
		r.drop()
	}
	for len(r.quiet) > 0 && r.quiet[0].until < now {
		r.unsilence()
	}
}

func (r *run) unsilence() {
	s := r.quiet[0]
	r.quiet[0] = nil
	r.quiet = r.quiet[1:]
	if r.silent[s.key] == s {
		delete(r.silent, s.key)
	}
}

// hush reports whether a group that fires at a time has to stay silent; else it
// has to from then on.
func (r *run) hush(key string, now int64) bool {
	span := int64(r.seq.Suppress)
	if s := r.silent[key]; s != nil && now <= s.until {
		return true
	}
	if span > 0 {
		s := &silence{key: key, until: now + span}
		r.silent[key] = s
		r.quiet = append(r.quiet, s)
	}
	return false
}

// alarm is when a group decides by itself.
type alarm struct {
	at    int64
	group *group
}

// alarms is a heap, the first one on top; of those of one time that of the
// earlier sequence and the older group.
type alarms []alarm

func (a alarms) Len() int      { return len(a) }
func (a alarms) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a alarms) Less(i, j int) bool {
	x, y := a[i], a[j]
	switch {
	case x.at != y.at:
		return x.at < y.at
	case x.group.run.at != y.group.run.at:
		return x.group.run.at < y.group.run.at
	}
	return x.group.ord < y.group.ord
}
func (a *alarms) Push(x any) { *a = append(*a, x.(alarm)) }
func (a *alarms) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = alarm{}
	*a = old[:len(old)-1]
	return last
}

// set sees to it that a group that waits has an alarm in time.
func (a *alarms) set(g *group) {
	at, waits := g.machine.due(g.run.plan)
	if waits && (!g.alarmed || at < g.alarm) {
		g.alarmed, g.alarm = true, at
		heap.Push(a, alarm{at, g})
	}
}

// next takes the first alarm off that is for a moment before now. An alarm that
// another one has taken the place of, or whose group is gone, is none.
func (a *alarms) next(now int64) (g *group, at int64, ok bool) {
	for len(*a) > 0 && (*a)[0].at < now {
		first := heap.Pop(a).(alarm)
		if g := first.group; !g.gone && g.alarmed && g.alarm == first.at {
			g.alarmed = false
			return g, first.at, true
		}
	}
	return nil, 0, false
}

// tidy takes the alarms off that are none.
func (a *alarms) tidy() {
	*a = slices.DeleteFunc(*a, func(x alarm) bool { return x.group.gone || !x.group.alarmed || x.group.alarm != x.at })
	heap.Init(a)
}
