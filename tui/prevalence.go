package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/compare"
	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/source"
)

// commonMsg says how common a value is.
type commonMsg struct {
	found compare.Prevalence
	err   error
}

// askCommon counts in the background in how many containers the value under the
// cursor is.
func (m *Model) askCommon() tea.Cmd {
	field, value, ok := m.cell()
	if !ok {
		return nil
	}
	m.say("counting in how many containers " + safe(m.read.mask(field+" = "+value)) + " is …")
	ctx, st, sources := m.ctx, m.store, m.hub.sources
	return func() tea.Msg {
		p, err := compare.Common(ctx, field, value, "", func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
			return source.Count(ctx, qs, sources, st)
		})
		return commonMsg{p, err}
	}
}

// common takes a count in.
func (m *Model) common(msg commonMsg) {
	if msg.err != nil {
		m.fail(safe(m.read.mask(msg.err.Error())))
		return
	}
	m.say(safe(m.read.mask(msg.found.Field + " = " + msg.found.Value + ": " + msg.found.String())))
}
