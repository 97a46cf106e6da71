package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// chained is a shell whose rule fires, the file that it deletes 65 s later, and
// the alert of the sequence that these are, with a document as detect writes
// it. Between them something else happens at each moment.
func chained() *event.Batch {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	other := w.Proc(0, w.Container("b20d7c11a9e4", "api", "api-1", "shop", "docker.io/shop/api:1"), 4522, 1000, "app", "/app/server")
	sh := w.Proc(0, cont, 5901, 0, "root", "/bin/sh", "-c", "PASSWORD=hunter2 id")
	iso := func(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
	w.Do(other, "openat", w.File("/etc/hosts"), 3)
	first := iso(w.Now())
	w.Alert(sh, "execve", 0, "Shell in a container", event.PriorityNotice, "mitre_execution")
	w.Wait(65 * time.Second)
	then := iso(w.Now())
	w.Do(sh, "unlinkat", w.File("/var/log/auth.log"), 0)
	w.Do(other, "openat", w.File("/etc/hosts"), 3)
	doc := fmt.Sprintf(`{"rule":"Shell, then traces removed","priority":"Critical","stoop":{"sequence":{"type":"temporal_ordered","since":%q,
		"group":{"container.id":"6cf4be7b2388"},
		"steps":[
			{"step":"shell","says":"Shell in a container","time":%q,"evt.type":"execve","proc.name":"sh","proc.pid":5901,"proc.cmdline":"sh -c PASSWORD=hunter2 id",
				"container.id":"6cf4be7b2388","container.name":"web","alert.rule":"Shell in a container","alert.tags":["container","mitre_execution"]},
			{"step":"wiped","says":"evt.type = unlinkat","time":%q,"evt.type":"unlinkat","proc.name":"sh","proc.pid":5901,"fd.name":"/var/log/auth.log","container.name":"web"}],
		"missing":[{"step":"scan","says":"Network tool launched in a container"}]}}}`, first, first, then)
	b := w.Take()
	id := w.T.Alerts.Add(event.Alert{Rule: w.T.Strings.Add("Shell, then traces removed"), Origin: w.T.Strings.Add("stoop"), Priority: event.PriorityCritical})
	unlink, _ := event.TypeOf("unlinkat")
	b.Append(event.Event{Time: b.Time[b.Len()-1], Type: unlink, Bits: event.HasDoc, Proc: sh, FD: -1, Dur: -1, Alert: event.AlertID(id)}, []byte(doc))
	return b
}

func openChain(t *testing.T) (*tuitest.Driver, *Model) {
	t.Helper()
	d, m := openOn(t, &tuitest.Source{Name: "chain", Batches: []*event.Batch{chained()}}, 120, 40)
	d.Keys("G", "tab")
	return d, m
}

func TestKillChain(t *testing.T) {
	d, _ := openChain(t)
	golden(t, d, 120, 40, "chain")
	text := d.Text()
	for _, want := range []string{"kill chain: 2 steps in 1m05s", "+0ms shell", "execution · Shell in a container · web · sh -c", "+1m05s wiped", "unlinkat /var/log/auth.log · web · sh", "missing scan"} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen does not say %q\n%s", want, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Error("a step shows a secret")
	}
}

// Enter on a step leads to the event that it took, among those of its
// container.
func TestStepsLeadToTheirEvents(t *testing.T) {
	for line, want := range map[string]string{"+0ms shell": "execve", "+1m05s wiped": "unlinkat"} {
		d, m := openChain(t)
		onLine(t, d, m, line)
		d.Keys("enter")
		row, ok := m.level().row()
		if !ok || row.Type.String() != want || row.Alert != 0 != (want == "execve") {
			t.Errorf("%s leads to %v of %s", line, row.Type, row.T.Text(row.A().Rule))
		}
		if n := m.level().view.Len(); n != 3 || len(m.stack) != 2 {
			t.Errorf("%s: %d events on level %d, want the container's three on the second", line, n, len(m.stack))
		}
	}
	d, m := openChain(t)
	onLine(t, d, m, "missing scan")
	d.Keys("enter")
	if text := d.Text(); !strings.Contains(text, "has not happened") || len(m.stack) != 1 {
		t.Errorf("a step that is missing leads somewhere:\n%s", text)
	}
}

// onLine puts the cursor of the details on a line.
func onLine(t *testing.T, d *tuitest.Driver, m *Model, name string) {
	t.Helper()
	for range len(m.detail.lines) {
		if m.detail.lines[m.detail.at].name == name {
			return
		}
		d.Keys("down")
	}
	t.Fatalf("the details have no line %q", name)
}
