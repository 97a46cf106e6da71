//go:build linux

package live

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// Running implements [source.Lister]. What only holds a pod's namespaces is left
// out: it runs nothing.
func (l *Live) Running() []source.Running {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []source.Running
	for _, c := range l.conts.Containers() {
		if c.Ended.IsZero() && l.tables.Cont(c.Cont).Flags&event.ContSandbox == 0 {
			list = append(list, source.Running{ID: c.ID, T: l.tables, Cont: c.Cont})
		}
	}
	return list
}
