package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// Of the alert under the cursor the details say how often its rule was seen by
// sources that hold more than was fetched.
func TestSightings(t *testing.T) {
	s := &silo{archive: newArchive()}
	d, m := openOn(t, s, 120, 80)
	d.Keys("f")
	d.Type("alert.rule exists")
	d.Keys("enter")
	key := sightKey{"Read sensitive file untrusted", "6cf4be7b2388"}
	if !d.Settle(changedMsg{}, func() bool { return m.level().view.Len() == 6 && m.level().next == nil }) {
		t.Fatal("the alerts did not come")
	}
	d.Keys("home", "down")
	if !d.Settle(changedMsg{}, func() bool {
		return m.sightings.now == key && m.sightings.of[key] != "" && m.sightings.of[key] != sightCounting
	}) {
		t.Fatalf("%+v is known of %+v", m.sightings.of, m.sightings.now)
	}
	if want := "1 there in all, all in this container; first on 23 Nov 2026"; m.sightings.of[key] != want {
		t.Errorf("%q, want %q", m.sightings.of[key], want)
	}
	d.Draw()
	if !strings.Contains(d.Text(), "1 there in all") {
		t.Errorf("the details do not say it:\n%s", d.Text())
	}
}

// Where the cursor moves on, nothing more is asked of the source.
func TestSightingsAreLeft(t *testing.T) {
	s := &silo{archive: newArchive()}
	d, m := openOn(t, s, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().view.Len() > 0 })
	key := sightKey{"Read sensitive file untrusted", "6cf4be7b2388"}
	m.sightings.now = key
	cmd := m.countSightings(sightDueMsg{key})
	if m.sightings.of[key] != sightCounting || m.countSightings(sightDueMsg{key}) != nil {
		t.Errorf("it is not said that it is counted, or counted twice: %v", m.sightings.of)
	}
	if m.lookForSightings(); m.sightings.now == key || m.sightings.cancel != nil {
		t.Error("the count goes on")
	}
	s.mu.Lock()
	s.patient = true
	s.mu.Unlock()
	answer := make(chan tea.Msg, 1)
	go func() { answer <- cmd() }()
	m.sighted((<-answer).(sightMsg))
	if m.sightings.of[key] != "" {
		t.Errorf("it is said of it: %q", m.sightings.of[key])
	}
}
