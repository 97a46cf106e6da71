package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/siem"
)

// telling chooses the demo's events that a story is told of, but for its port
// scan.
const telling = `container.id != host and proc.name != nmap and (evt.type in (execve, procexit, clone, clone3, vfork, fork, accept4, connect, dup2,
	renameat2, rename, unlinkat, unlink, fchmodat, recvfrom, sendto) or (evt.type in (openat, open) and evt.rawres >= 0 and
	not fd.name startswith /lib and not fd.name startswith /usr and not fd.name startswith /proc))`

// The same from a search server that the demo was shipped to: nothing else is
// there.
func TestOpenShapesFromIndex(t *testing.T) {
	at, start := demoStarts(t)
	local := filepath.Join(t.TempDir(), "telling.stoop")
	if code, _, errs := stoop(t, "record", "demo", "-f", telling, "--to", local, "--show-secrets"); code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	code, want, errs := stoop(t, "open", "--at", at.UTC().Format(time.RFC3339Nano), "--container", demoContainer, "-r", "none", local)
	if code != exitOK {
		t.Fatalf("exit %d: %s%s", code, want, errs)
	}
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	stream := newStream()
	if code, _, errs := stoop(t, "record", local, "--to", s.Address(stream), "--spool", t.TempDir(), "--show-secrets"); code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	s.Do(t, "POST", "/"+stream+"/_refresh", nil)
	all := shapes(at, start)
	checkShape(t, all[0], want, openShape(t, all[0], s.Address(stream)))
	src, err := (&app{}).sources().Open(t.Context(), s.Address(stream), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	in := places.Of(nil, []source.Source{src})
	for _, shape := range all[1:] {
		text, err := json.Marshal(shape.doc)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := places.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		found, err := places.Find(t.Context(), rows[0], in, places.Options{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", shape.name, err)
		}
		var out bytes.Buffer
		if err := writeFound(&out, found, false); err != nil {
			t.Fatal(err)
		}
		checkShape(t, shape, want, out.String())
	}
	// On the screen each of them ends on the story that the demo itself gives; as
	// whom the runtime above the container ran, documents do not say.
	there := demoTrail(t, all, s.Address(stream))
	if got, want := toldOn(there), toldOn(demoTrail(t, all, local)); got != want {
		t.Errorf("the index tells\n%s\nand the recording\n%s", got, want)
	}
	var one []shapeOf // of each profile: each screen takes a second
	for _, shape := range all {
		if !slices.ContainsFunc(one, func(o shapeOf) bool { return o.profile == shape.profile }) {
			one = append(one, shape)
		}
	}
	shapesOnScreen(t, one, there, s.Address(stream))
}

// toldOn is the story's pane of a trail's screen.
func toldOn(trail string) string {
	var told []string
	_, lines, _ := strings.Cut(trail, "\n") // without the panes' heads: a recording says more of itself
	for line := range strings.Lines(lines) {
		_, right, _ := strings.Cut(line, "│")
		told = append(told, strings.Trim(right, " ▐\n"))
	}
	return strings.Join(told, "\n")
}
