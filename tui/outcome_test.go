package tui

import (
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
