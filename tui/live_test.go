package tui

import (
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// liveSource is a live source with a flight recorder that has had trouble.
func liveSource() *tuitest.Recorder {
	r := &tuitest.Recorder{Source: tuitest.Source{Name: "live", IsLive: true, Batches: []*event.Batch{tuitest.Scene()}}}
	r.Count(func(s *source.Stats) {
		s.Bad = 3
		s.Lost = []source.Loss{{Hop: "ring buffer", Container: "b20d7c11a9e4", Count: 1204}, {Hop: "decoder", Count: 1}}
		s.Notes = []source.Note{
			{Level: source.NoteInfo, Text: "Watching 41 system calls by their own tracepoints."},
			{Level: source.NoteWarn, Text: "32-bit calls are not seen.", Remedy: "stoop live --compat sees them, at about 30 ns a call."},
		}
	})
	quiet := event.NewTables()
	r.Runs = []source.Running{{ID: "0c11a9e4b20d", T: quiet, Cont: event.ContID(quiet.Conts.Add(event.Container{
		ID: quiet.Strings.Add("0c11a9e4b20d"), Name: quiet.Strings.Add("idle"), Pod: quiet.Strings.Add("idle-0"),
	}))}}
	at := tuitest.Start
	r.SetReach(
		source.Reach{Container: "6cf4be7b2388", Deeds: at.Add(-9*time.Minute - 50*time.Second), Bulk: at.Add(-12 * time.Second), BulkOn: true},
		source.Reach{Container: "b20d7c11a9e4", Deeds: at.Add(-70 * time.Minute), Lost: 12},
	)
	return r
}

// However long counting took, the panels are right soon after the last event.
func TestPanelsEndUpRight(t *testing.T) {
	d, m := open(t, 120, 40)
	held := func() (n int64) {
		for _, c := range m.conts.all {
			n += int64(c.Events)
		}
		return n
	}
	m.panelsAt, m.panelsCost = time.Now(), time.Hour
	m.store.Batch(tuitest.Scene())
	if d.Send(changedMsg{}); held() != m.store.Stats().Events {
		t.Errorf("the containers have %d of %d events", held(), m.store.Stats().Events)
	}
}
