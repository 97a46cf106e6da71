package queue

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
)

// MaxGroups bounds the kinds that are told apart. What comes of further ones is
// counted under their rule alone.
const MaxGroups = 50_000

// maxRules bounds how many rules have a group of their own past that.
const maxRules = 5_000

// otherKinds stands for the workload of kinds that were too many.
const otherKinds = "(others)"

// Queue groups alerts. It may be fed and asked by several goroutines.
type Queue struct {
	mu      sync.Mutex
	kinds   map[Kind]*group
	groups  map[string]*group           // by id
	records map[string]Record           // by id, of groups that have no alert yet too
	alone   map[string]map[string]State // states of single alerts with a record, by group and id
	theirs  map[uint64]*told            // what a SIEM's alerts say of themselves, by a hash of their id
	memos   map[weak.Pointer[event.Tables]]*memo

	more func(*event.Tables) bool // see HoldMore; nil: none do

	first, last int64 // times of all alerts
	alerts      int
	blocks      int // building blocks, which are there for other alerts alone
	version     uint64
}

// New returns an empty queue.
func New() *Queue {
	return &Queue{
		kinds: make(map[Kind]*group), groups: make(map[string]*group), records: make(map[string]Record),
		alone: make(map[string]map[string]State), theirs: make(map[uint64]*told),
		memos: make(map[weak.Pointer[event.Tables]]*memo),
	}
}

// HoldMore names the tables of sources that hold more alerts than they hand on:
// of their kinds a [Survey] can find out how many there are. It is called before
// the first batch.
func (q *Queue) HoldMore(owns func(*event.Tables) bool) { q.more = owns }

// memo remembers the groups of alerts that refer to the same rows.
type memo struct {
	epoch  uint64 // of the containers
	groups map[rows]*group
}

// rows are what the kind of an alert is read from, where no document of its own
// has a say in it.
type rows struct {
	alert  event.AlertID
	parent event.Str // its name
	cont   event.ContID
}

// rowsOf returns the rows; ok is false where the document must be asked.
func rowsOf(r event.Row) (key rows, ok bool) {
	c, parent := r.C(), r.T.Proc(r.P().Parent).Name
	whole := r.B.Bits[r.I]&event.HasDoc == 0 || c.Pod != event.NoStr && c.Repo != event.NoStr && parent != event.NoStr
	return rows{r.Alert, parent, r.Cont}, whole
}

// Bounds of what is remembered.
const (
	maxMemo  = 1 << 14 // rows of one source's tables
	maxMemos = 64      // tables
	maxTold  = 1 << 18 // alerts whose own state is followed
)

// Batch takes the alerts of a batch in.
func (q *Queue) Batch(b *event.Batch) {
	if b.Alert == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var m *memo
	more := false
	for i, id := range b.Alert {
		if id == 0 {
			continue
		}
		if m == nil {
			m, more = q.memo(b.Tables), q.more != nil && q.more(b.Tables)
		}
		q.add(b.Row(i), m, more)
	}
}

func (q *Queue) memo(t *event.Tables) *memo {
	key := weak.Make(t)
	m := q.memos[key]
	if m == nil {
		if len(q.memos) >= maxMemos {
			clear(q.memos)
		}
		m = &memo{groups: make(map[rows]*group)}
		q.memos[key] = m
	}
	if epoch := t.Conts.Epoch(); epoch != m.epoch || len(m.groups) >= maxMemo {
		m.epoch = epoch
		clear(m.groups)
	}
	return m
}

// add takes one alert in; more says that its source holds more of them.
func (q *Queue) add(r event.Row, m *memo, more bool) {
	elastic := r.T.Text(r.A().Origin) == "elastic"
	if elastic && blockField.of(r) == "true" {
		q.blocks++
		return
	}
	key, whole := rowsOf(r)
	g := m.groups[key]
	if g == nil || !whole {
		g = q.group(KindOf(r))
		g.sequence = g.sequence || groupField.of(r) != ""
		if whole {
			m.groups[key] = g
		}
	}
	g.add(r, more)
	if at := r.B.Time[r.I]; q.alerts == 0 {
		q.first, q.last = at, at
	} else {
		q.first, q.last = min(q.first, at), max(q.last, at)
	}
	if elastic {
		q.hear(g, r)
	}
	q.alerts++
	q.version++
}

// told is the state that a SIEM gives an alert.
type told struct {
	g *group
	s State
}

// hear takes in which state a SIEM's alert has by itself.
func (q *Queue) hear(g *group, r event.Row) {
	s := State(statusField.of(r))
	if !slices.Contains(States, s) {
		return
	}
	if g.theirs == nil {
		g.theirs = make(map[State]int, 1)
	}
	g.theirs[s]++
	if len(q.theirs) < maxTold {
		q.theirs[maphash.String(seed, idField.of(r))] = &told{g, s}
	}
}

// Heard takes in that a SIEM's alerts have another state now, by their ids.
// Alerts that are not the queue's are ignored.
func (q *Queue) Heard(ids []string, s State) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		q.heard(id, s)
	}
}

// heard reports whether the alert is one that has a state of its SIEM.
func (q *Queue) heard(id string, s State) bool {
	t := q.theirs[maphash.String(seed, id)]
	if t == nil || t.s == s {
		return t != nil
	}
	t.g.theirs[t.s]--
	t.g.theirs[s]++
	t.s = s
	q.version++
	return true
}

// group returns the group of a kind, and makes it where there is none.
func (q *Queue) group(k Kind) *group {
	if g := q.kinds[k]; g != nil {
		return g
	}
	if len(q.kinds) >= MaxGroups {
		if k = (Kind{Rule: k.Rule, Workload: otherKinds}); len(q.kinds) >= MaxGroups+maxRules {
			k.Rule = otherKinds
		}
		if g := q.kinds[k]; g != nil {
			return g
		}
	}
	g := &group{kind: k, id: k.ID()}
	g.own = q.aloneIn(g.id)
	q.kinds[k], q.groups[g.id] = g, g
	if r, ok := q.records[g.id]; ok {
		g.decide(r)
	}
	return g
}

// aloneIn returns where the states of a group's single alerts stand.
func (q *Queue) aloneIn(group string) map[string]State {
	own := q.alone[group]
	if own == nil {
		own = make(map[string]State)
		q.alone[group] = own
	}
	return own
}

// Apply takes in what was decided, here or elsewhere. Of two records with one
// id the later holds.
func (q *Queue) Apply(records ...Record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range records {
		if r.Check() != nil {
			continue
		}
		if r.Version == "" && r.By == "" { // an alert's own state, which no desk keeps
			q.heard(r.ID, r.State)
			continue
		}
		if old, ok := q.records[r.ID]; ok && (old.At.After(r.At) || old.At.Equal(r.At) && old.Version == r.Version) {
			continue
		}
		q.records[r.ID] = r
		if g := q.groups[r.ID]; g != nil {
			g.decide(r)
		} else if !q.heard(r.ID, r.State) && r.Group != "" {
			q.aloneIn(r.Group)[r.ID] = r.State
		}
		q.version++
	}
}

// Record returns what was decided about a group or an alert.
func (q *Queue) Record(id string) (Record, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.records[id]
	return r, ok
}

// Version moves whenever something has changed.
func (q *Queue) Version() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.version
}

// Summary says what a queue holds.
type Summary struct {
	Alerts  int
	Fetched int  // of them that came from sources that hold more
	Least   bool // there are more: some groups are known only as far as their alerts came
	Groups  int
	States  map[State]int // groups
	Blocks  int           // alerts that are there only for others to be made of, and were left out
	First   int64         // ns since 1970
	Last    int64
}

// Groups returns all groups in the order in which they are worth looking at:
// by state, then by points, then the newest first.
func (q *Queue) Groups() ([]Group, Summary) {
	q.mu.Lock()
	defer q.mu.Unlock()
	sum := Summary{Groups: len(q.kinds), States: make(map[State]int, len(States)), Blocks: q.blocks, First: q.first, Last: q.last}
	all := make([]Group, 0, len(q.kinds))
	for _, g := range q.kinds {
		s := q.snapshot(g)
		sum.States[s.State]++
		sum.Alerts += s.Count
		sum.Fetched += s.Fetched
		sum.Least = sum.Least || s.Fetched > 0 && !s.Counted
		sum.First = min(sum.First, s.First)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.State.rank(), b.State.rank()), cmp.Compare(b.Points, a.Points), cmp.Compare(b.Last, a.Last), cmp.Compare(a.ID, b.ID))
	})
	return all, sum
}

// Group returns a group by its id.
func (q *Queue) Group(id string) (Group, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	g := q.groups[id]
	if g == nil {
		return Group{}, false
	}
	return q.snapshot(g), true
}

// Change returns the record of one alert with what edit changes in it.
func (q *Queue) Change(r event.Row, by string, now time.Time, edit func(*Record)) Record {
	id := AlertID(r)
	rec, ok := q.Record(id)
	if !ok {
		rec = Record{ID: id, State: Open}
	}
	rec.Group, rec.By, rec.At = KindOf(r).ID(), by, now.UTC()
	edit(&rec)
	return rec
}
