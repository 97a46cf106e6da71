package tui

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// server is a source whose server may be away.
type server struct {
	tuitest.Source
	away atomic.Bool
	news func()
}

func (s *server) Tell(news func()) { s.news = news }

func (s *server) Stats() source.Stats {
	st := s.Source.Stats()
	if s.away.Load() {
		st.Notes = append(st.Notes, source.Note{Level: source.NoteWarn, Text: "siem: nothing listens at 127.0.0.1:9200", Remedy: "trying again in 5s", Waits: true})
	}
	return st
}

// While a server is away the screen says so, though no event comes that would
// have it drawn anew.
func TestWaitsForServer(t *testing.T) {
	s := &server{}
	s.Name, s.IsLive = "siem", true
	s.Batches = append(s.Batches, tuitest.Scene())
	d, m := openOn(t, s, 120, 30)
	shows := func(text string) func() bool {
		return func() bool { return strings.Contains(d.Text(), text) }
	}
	if !d.Settle(changedMsg{}, shows("● live")) {
		t.Fatalf("it is not live:\n%s", d.Text())
	}
	s.away.Store(true)
	s.news()
	if !d.Settle(changedMsg{}, shows("no answer, trying again")) || !strings.Contains(d.Text(), "lost 0 · nothing listens at 127.0.0.1:9200") {
		t.Errorf("it does not say what it waits for:\n%s", d.Text())
	}
	select {
	case <-m.hub.changed:
	default:
		t.Error("what the source told does not reach the screen")
	}
	s.away.Store(false)
	if !d.Settle(changedMsg{}, shows("● live")) || !strings.Contains(d.Text(), "attached") {
		t.Errorf("it still waits:\n%s", d.Text())
	}
}
