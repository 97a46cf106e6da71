package tui

import (
	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
)

// openAt begins on the trail of an event, which the store has or will have.
func (m *Model) openAt(row event.Row) error {
	title := "trail"
	if row.Alert != 0 {
		title = "▲ " + m.read.string(row, row.A().Rule)
	}
	l, err := newLevel(m.store, title, trailOf(row))
	if err != nil {
		return err
	}
	l.again = &casefile.Level{Time: row.B.Time[row.I], Key: casefile.KeyOf(row), View: casefile.TrailView}
	m.stack = append(m.stack, l)
	return nil
}
