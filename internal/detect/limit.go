package detect

// PerSecond is how many alerts a rule makes for one second of events.
const PerSecond = 1000

// limit counts the alerts of each rule in the second at hand.
type limit struct {
	by map[string]*spent
}

// spent is what a rule has made of its bound.
type spent struct {
	second     int64
	made       int
	suppressed uint64
}

func newLimit() limit { return limit{by: make(map[string]*spent)} }

// allow reports whether a rule, or a sequence, may make an alert of a time, in ns.
func (l *limit) allow(name string, ns int64) bool {
	s := l.by[name]
	if s == nil {
		s = &spent{}
		l.by[name] = s
	}
	if second := ns / 1e9; second != s.second {
		s.second, s.made = second, 0
	}
	if s.made >= PerSecond {
		s.suppressed++
		return false
	}
	s.made++
	return true
}
