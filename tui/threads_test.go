package tui

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/tui/internal/paint"
)

// However much is counted in the background, a thread is left for keys.
func TestRoomForKeys(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	busy, restore := roomForKeys()
	if now := runtime.GOMAXPROCS(0); busy < 1 || now-busy < 1 || now != before+1 {
		t.Errorf("%d of %d threads may be busy, %d before", busy, now, before)
	}
	restore()
	if now := runtime.GOMAXPROCS(0); now != before {
		t.Errorf("%d threads are left, want %d", now, before)
	}
}

// Word of new events alone paints nothing; the refresh that it asks for does,
// and so does a key.
func TestNewsAlonePaintsNothing(t *testing.T) {
	_, m := open(t, 120, 40)
	var out bytes.Buffer
	m.painter = paint.New(&out, nil, time.Microsecond)
	for range 3 {
		m.Update(changedMsg{})
		m.View()
	}
	if err := m.painter.Close(); err != nil || out.Len() > 0 {
		t.Errorf("%d bytes were written, %v", out.Len(), err)
	}
	m.painter = nil
	m.Update(tea.KeyPressMsg{Code: 'k', Text: "k"})
	if m.unchanged {
		t.Error("a key is taken for one that changes nothing")
	}
	if m.Update(refreshedMsg{level: m.level()}); m.unchanged {
		t.Error("a refresh is taken for one that changes nothing")
	}
}
