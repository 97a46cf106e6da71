package tui

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// The details of an alert say what came of what it is about: a scanner that
// could not start has scanned nothing, though its alert reads as a scan.
func TestOutcomeInDetails(t *testing.T) {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	sh := w.Proc(0, cont, 5901, 0, "root", "/bin/sh")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	scan := w.Proc(sh, 0, 5902, 0, "root", "/usr/bin/nmap", "-sT", "10.4.0.1")
	w.Do(scan, "execve", w.File("/usr/bin/nmap"), 0)
	w.Alert(scan, "execve", w.File("/usr/bin/nmap"), "Network tool", event.PriorityNotice)
	w.Do(scan, "procexit", 0, 0, "ret", 127)
	d, _ := openOn(t, &tuitest.Source{Name: "scan", Batches: []*event.Batch{w.Take()}}, 160, 50)
	d.Keys("e")
	wants(t, d, "what came of it    nmap ended with 127", "needs, was not found)")
}

// The queue says it too, in the row of the group and below, once it was looked
// for; the rows are there before.
func TestOutcomeInQueue(t *testing.T) {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	sh := w.Proc(0, cont, 5901, 0, "root", "/bin/sh")
	scan := w.Proc(sh, 0, 5902, 0, "root", "/usr/bin/nmap", "-sT", "10.4.0.1")
	w.Do(scan, "execve", w.File("/usr/bin/nmap"), 0)
	w.Alert(scan, "execve", w.File("/usr/bin/nmap"), "Network tool", event.PriorityNotice)
	w.Do(scan, "procexit", 0, 0, "ret", 127)
	d, m := openOn(t, &tuitest.Source{Name: "scan", Batches: []*event.Batch{w.Take()}}, 160, 50)
	m.key("Q", "Q") // what is looked for in the background is not run
	if d.Draw(); !strings.Contains(d.Text(), "Network tool") || strings.Contains(d.Text(), "ended with 127") {
		t.Errorf("before it was looked for:\n%s", d.Text())
	}
	m.queue.outcomes.running = false
	d.Send(changedMsg{})
	wants(t, d, "Network tool", "shop/web", "nmap ended with 127", "came of nmap ended with 127")
}
