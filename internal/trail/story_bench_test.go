package trail

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// BenchmarkStory tells the story of a trail of a million events: runs of reads
// and writes, connections to many ports, files opened, programs started.
func BenchmarkStory(b *testing.B) {
	w := newWorld()
	_, shell, _, fired := attack(w)
	const events = 1_000_000
	str := w.t.Strings.Add
	file := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjFile, Name: str("/var/lib/data")}))
	var ports []event.ObjID
	for p := range 1000 {
		ports = append(ports, event.ObjID(w.t.Objs.Add(event.Object{
			Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient, Remote: event.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 15: 1}, Port: uint16(p + 1), Known: true},
		})))
	}
	proc := shell
	for i := 0; w.b.Len() < events; i++ {
		switch i % 20 {
		case 0:
			if i%2000 == 0 {
				proc = w.process(shell, "/usr/bin/worker", "worker")
				w.execs(proc)
			}
			w.does(proc, "connect", ports[i/20%len(ports)], -115, nil)
		case 1:
			w.does(proc, "openat", file, 3, nil)
		case 2:
			w.does(proc, "sendto", ports[0], 100, nil)
		case 3:
			w.does(proc, "unlink", 0, 0, func(a *event.ArgWriter) { a.Str(str("/tmp/x")) })
		default:
			w.does(proc, []string{"read", "write"}[i%2], file, 4096, nil)
		}
	}
	alert := w.alert(fired, "Tool")
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			Build(alert, w.rows(alert))
		}
	})
	x := Build(alert, w.rows(alert))
	if len(x.Steps) < events*9/10 {
		b.Fatalf("%d steps", len(x.Steps))
	}
	b.Run("tell", func(b *testing.B) {
		for b.Loop() {
			x.Story()
		}
	})
}
