package sequence

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// hit is an event of a batch that steps of a sequence take part in.
type hit struct {
	i, run int
	steps  uint32
}

// looker finds the hits of batches.
type looker struct {
	sel  []uint64
	hits []hit
}

// look returns what steps there are for the events of a batch, in their order,
// and for each event in that of the sequences. It is valid until the next call.
func (l *looker) look(c *Correlator, b *event.Batch) []hit {
	l.hits = l.hits[:0]
	for _, r := range c.runs {
		for _, cond := range r.conditions {
			l.selectBy(b, hit{run: r.at, steps: cond.steps}, cond.filter.Select)
		}
	}
	if len(c.byRule) > 0 && b.Alert != nil {
		for i, id := range b.Alert {
			if id == 0 {
				continue
			}
			for _, h := range c.byRule[b.Tables.Text(b.Tables.Alert(id).Rule)] {
				l.hits = append(l.hits, hit{i, h.run, h.steps})
			}
		}
	}
	return l.merge()
}

func (l *looker) selectBy(b *event.Batch, h hit, sel func(*event.Batch, []uint64)) {
	n := (b.Len() + 63) / 64
	l.sel = slices.Grow(l.sel[:0], n)[:n]
	for w := range l.sel {
		l.sel[w] = ^uint64(0)
	}
	sel(b, l.sel)
	for w, left := range l.sel {
		for ; left != 0; left &= left - 1 {
			h.i = w*64 + bits.TrailingZeros64(left)
			l.hits = append(l.hits, h)
		}
	}
}

// merge sorts the hits, and makes one of those of the same event and sequence.
func (l *looker) merge() []hit {
	slices.SortFunc(l.hits, func(a, b hit) int { return cmp.Or(a.i-b.i, a.run-b.run) })
	n := 0
	for _, h := range l.hits {
		if n > 0 && l.hits[n-1].i == h.i && l.hits[n-1].run == h.run {
			l.hits[n-1].steps |= h.steps
			continue
		}
		l.hits[n] = h
		n++
	}
	return l.hits[:n]
}

// input is an event on its way into the machine of a group.
type input struct {
	time   int64
	ord    uint64 // its place among those that wait; once it is its turn, among those whose turn it was
	run    *run
	steps  uint32 // those in which it is of this group
	key    string
	group  []string // the values that the key is made of
	values []string // of a value count's field

	shelf  *shelf
	from   *event.Batch
	i      int
	copied *Event
}

// event returns the copy of the event, made when it is first asked for.
func (in *input) event() *Event {
	if in.copied == nil {
		in.copied = in.shelf.put(in.from, in.i)
		in.copied.ord = in.ord
		in.from = nil
	}
	return in.copied
}

// join takes those of some steps that put the event into the same group as the
// first of them, and returns the others. in.steps is 0 when the first has no
// group.
func (in *input) join(p *plan, row event.Row, steps uint32) (rest uint32) {
	first := bits.TrailingZeros32(steps)
	rest = steps &^ (1 << first)
	var ok bool
	if in.key, in.group, ok = p.key(first, row); !ok {
		return rest
	}
	in.steps = 1 << first
	for i := range p.steps {
		if rest&(1<<i) == 0 {
			continue
		}
		if key, _, ok := p.key(i, row); !ok {
			continue
		} else if key == in.key {
			in.steps |= 1 << i
			rest &^= 1 << i
		}
	}
	return rest
}

// key returns the group of an event that a step takes. An event without one of
// the values is of no group.
func (p *plan) key(step int, row event.Row) (key string, values []string, ok bool) {
	var buf []byte
	for _, by := range p.steps[step].by {
		v, ok := by.field.Get(row, by.arg)
		if !ok {
			return "", nil, false
		}
		text := short(v.String())
		values = append(values, text)
		buf = binary.AppendUvarint(buf, uint64(len(text)))
		buf = append(buf, text...)
	}
	return string(buf), values, true
}

// texts returns the values of a field in a row: the members of a list each.
func (r ref) texts(row event.Row) (texts []string) {
	v, ok := r.field.Get(row, r.arg)
	switch {
	case !ok:
		return nil
	case v.List == nil:
		return []string{short(v.String())}
	}
	for _, m := range v.List {
		texts = append(texts, short(m.String()))
	}
	return texts
}

// maxValue bounds how long a value is kept, in bytes.
const maxValue = 256

// short returns a text that lets nothing live on that it was cut out of. Of a
// long one it is the beginning, made unlike others by a hash of the whole.
func short(text string) string {
	if len(text) <= maxValue {
		return string([]byte(text))
	}
	sum := sha256.Sum256([]byte(text))
	return text[:maxValue-36] + "… " + hex.EncodeToString(sum[:16])
}

// waiting is a heap of events that wait for their turn.
type waiting []*input

func (w waiting) Len() int      { return len(w) }
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w waiting) Less(i, j int) bool {
	if w[i].time != w[j].time {
		return w[i].time < w[j].time
	}
	return w[i].ord < w[j].ord
}
func (w *waiting) Push(x any) { *w = append(*w, x.(*input)) }
func (w *waiting) Pop() any {
	old := *w
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*w = old[:len(old)-1]
	return last
}
