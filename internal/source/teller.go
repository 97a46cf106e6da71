package source

// Teller is a source that has something to say while no events come: its server
// is away, or answers again.
type Teller interface {
	// Tell has news called whenever [Stats.Notes] say something new that a user
	// waits for. It is for before Run; news must not block.
	Tell(news func())
}

// Tellers has news called by all sources that have something to say while no
// events come.
func Tellers(sources []Source, news func()) {
	for _, s := range sources {
		if t, ok := s.(Teller); ok {
			t.Tell(news)
		}
	}
}

// Waits returns the note that says what a source is waiting for; ok is false
// while none is.
func (s Stats) Waits() (n Note, ok bool) {
	for _, n := range s.Notes {
		if n.Waits {
			return n, true
		}
	}
	return n, false
}
