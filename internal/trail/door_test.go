package trail

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// The tables are whole: reading them panics where a condition or a text is wrong.
func TestTablesAreRead(t *testing.T) {
	for _, d := range doors() {
		if d.Door == "" || d.Tactic == "" || d.When == "" || d.Say == "" {
			t.Errorf("door %+v lacks something", d)
		}
	}
	for _, d := range deeds() {
		if d.When == "" || d.Say == "" {
			t.Errorf("deed %+v lacks something", d)
		}
	}
	if len(doors()) == 0 || len(deeds()) == 0 {
		t.Errorf("%d doors, %d deeds", len(doors()), len(deeds()))
	}
}

// What a door starts is where something begins, however long after the
// container's own start the door was opened; a job that starts jobs is not
// passed over.
func TestDoors(t *testing.T) {
	for _, tt := range []struct{ exe, line, want string }{
		{"/usr/sbin/cron", "cron -f", "cron started a job of its table: sh -c tool"},
		{"/usr/sbin/crond", "crond", "crond started a job of its table: sh -c tool"},
		{"/usr/sbin/sshd", "sshd: root@pts/0", "sshd let somebody in, as root, and started sh -c tool"},
		{"/usr/sbin/dropbear", "dropbear", "dropbear let somebody in, as root, and started sh -c tool"},
	} {
		w := newWorld()
		first := w.process(0, "/sbin/tini", "tini -- start")
		w.execs(first)
		w.later(600 * second)
		door := w.process(first, tt.exe, tt.line)
		w.execs(door)
		w.later(5 * second)
		shell := w.process(door, "/bin/sh", "sh -c tool")
		w.execs(shell)
		x := build(t, w, w.execs(w.process(shell, "/tmp/tool", "tool")))
		if x.Root.Name() != "sh" {
			t.Errorf("%s: it began with %s", tt.exe, x.Root.Name())
		}
		if got := strings.ReplaceAll(x.Story()[0].Text, event.NotAvailable, "root"); got != tt.want {
			t.Errorf("%s: it begins with: %s; want %s", tt.exe, got, tt.want)
		}
	}
}
