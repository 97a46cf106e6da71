package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// An alert's trail is found in a folder of kept trails, whose files of other
// containers are passed over.
func TestOpenKept(t *testing.T) {
	at, _ := demoStarts(t)
	dir := t.TempDir()
	keepTrail := func(name, container string) {
		t.Helper()
		src, err := new(app).sources().Open(t.Context(), "demo", source.Options{Payload: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		f, err := filter.Compile("container.id = "+container, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		w, err := recording.Create(filepath.Join(dir, name), recording.Options{Meta: recording.Meta{Trail: &recording.Trail{
			Alert: name, Container: container, Time: at, Since: at.Add(-time.Minute), Until: at.Add(2 * time.Minute),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		req := source.Request{Filter: f}
		err = src.Run(t.Context(), req, wanted(req, func(b *event.Batch, sel []uint64) { eachRun(b, sel, w.Batch) }))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	keepTrail("a.stoop", demoContainer)
	keepTrail("b.stoop", "0123456789ab")
	args := []string{"open", "--at", at.UTC().Format(time.RFC3339Nano), "--container", demoContainer, "-r", "none"}
	code, out, errs := stoop(t, append(args, "--kept", dir)...)
	if code != exitOK || !strings.Contains(out, "1 of 2 trails read") {
		t.Fatalf("exit %d: %s\n%.3000s", code, errs, out)
	}
	_, want, _ := stoop(t, append(args, "demo")...)
	if got, all := sentencesOf(out), sentencesOf(want); lineageOf(out) != lineageOf(want) || strings.Join(got, "\n") != strings.Join(all, "\n") || len(got) < 20 {
		t.Errorf("the kept trail tells\n%s\nand the demo\n%s", strings.Join(got, "\n"), strings.Join(all, "\n"))
	}
}
