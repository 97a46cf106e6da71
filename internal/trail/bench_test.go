package trail

import (
	"fmt"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// long is a trail of n events: a shell whose children read, write, connect and
// open, some hundred calls each.
func long(n int) (*world, event.Row) {
	w := newWorld()
	_, shell, _, fired := attack(w)
	files := make([]event.ObjID, 64)
	for i := range files {
		files[i] = event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjFile, Name: w.t.Strings.Add(fmt.Sprintf("/srv/data/%d", i))}))
	}
	conn := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient}))
	for w.b.Len() < n {
		p := w.process(shell, "/usr/bin/tool", "tool")
		w.execs(p)
		file := files[w.b.Len()%len(files)]
		w.does(p, "openat", file, 3, nil)
		w.does(p, "connect", conn, 0, nil)
		for range 150 {
			w.does(p, "read", file, 4096, nil)
			w.does(p, "write", conn, 4096, nil)
		}
		w.does(p, "openat", 0, -2, nil)
		w.does(p, "procexit", 0, 0, nil)
	}
	return w, w.alert(fired, "Tool")
}

func BenchmarkTrail(b *testing.B) {
	w, alert := long(1_000_000)
	t := Build(alert, w.rows(alert))
	b.Logf("%d steps", len(t.Steps))
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			Build(alert, w.rows(alert))
		}
	})
	b.Run("story", func(b *testing.B) {
		for b.Loop() {
			t.Story()
		}
	})
	b.Run("fold", func(b *testing.B) {
		for b.Loop() {
			Fold(t.Steps, FoldOptions{Pause: second})
		}
	})
	b.Run("objects", func(b *testing.B) {
		for b.Loop() {
			t.Objects()
		}
	})
	b.Run("badges", func(b *testing.B) {
		for b.Loop() {
			t.Badges()
		}
	})
	b.Run("branches", func(b *testing.B) {
		for b.Loop() {
			t.Branches(true)
		}
	})
}
