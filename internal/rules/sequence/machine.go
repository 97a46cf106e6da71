package sequence

// machine is what a group of a sequence has come to. It is fed in the order of
// time; events of equal time come in the order of their arrival.
type machine interface {
	// add takes an event, and returns what fires with it. What fired is not
	// taken twice: the group begins anew.
	add(p *plan, in *input) (match, bool)

	// due returns the last moment that the machine waits for before it decides
	// by itself; ok is false when it does not wait.
	due(p *plan) (ns int64, ok bool)

	// decide is called once that moment has passed.
	decide(p *plan) (match, bool)

	// progress returns how far the group has come.
	progress(p *plan) match

	// each calls yield with every event that is kept, some more than once.
	each(yield func(*Event))
}

// match is what fired, or could.
type match struct {
	taken []taken // in the order of time
	count int     // of the types that count
	since int64   // of its first event
}

// taken is an event that a step took.
type taken struct {
	step  int
	event *Event
}

func newMachine(p *plan) machine {
	switch {
	case p.seq.Type.Counts():
		return newCounter(p)
	case p.ordered():
		return &ordered{at: make([][]*chain, len(p.required)+1)}
	}
	return &temporal{last: make([]*Event, len(p.steps))}
}
