package tui

import (
	"context"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/internal/shot"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// open starts a model over the scene on a terminal of a size. Its clock stands
// still, and local time is UTC+2.
func open(t testing.TB, w, h int, opts ...func(*Options)) (*tuitest.Driver, *Model) {
	t.Helper()
	return openOn(t, &tuitest.Source{Name: "scene", Batches: []*event.Batch{tuitest.Scene()}}, w, h, opts...)
}

func openOn(t testing.TB, src source.Source, w, h int, opts ...func(*Options)) (*tuitest.Driver, *Model) {
	t.Helper()
	opt := Options{
		Sources: []source.Source{src}, Theme: "peregrine",
		Now: func() time.Time { return tuitest.Start.Add(time.Minute) }, Zone: time.FixedZone("EET", 2*3600),
	}
	for _, o := range opts {
		o(&opt)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	m, err := New(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	m.hub.start(ctx, opt.Request)
	if !src.Info().Live {
		m.hub.done.Wait()
	}
	profile := colorprofile.TrueColor
	if opt.Profile != nil {
		profile = *opt.Profile
	}
	d := tuitest.NewDriver(m, w, h, profile)
	refreshNow(d, m)
	return d, m
}

// refreshNow brings everything that is counted up to date.
func refreshNow(d *tuitest.Driver, m *Model) {
	m.panelsAt = time.Time{}
	d.Send(changedMsg{})
}

// picture writes the screen as SVG and PNG into the folder that
// STOOP_PICTURES names, if it does.
func picture(t *testing.T, d *tuitest.Driver, w, h int, name string) {
	t.Helper()
	dir := os.Getenv("STOOP_PICTURES")
	if dir == "" {
		return
	}
	d.Draw()
	svg := shot.SVG(d.Screen, w, h, color.White, color.Black)
	path := filepath.Join(dir, name+".svg")
	if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("rsvg-convert", "-o", filepath.Join(dir, name+".png"), path).CombinedOutput(); err != nil {
		t.Log("rsvg-convert:", err, string(out))
	}
}

// Pictures of screens, for looking at and for the README: STOOP_PICTURES=dir.
func TestPictures(t *testing.T) {
	if os.Getenv("STOOP_PICTURES") == "" {
		t.Skip("STOOP_PICTURES names no folder to put pictures in")
	}
	d, _ := open(t, 120, 40)
	picture(t, d, 120, 40, "first")
	d.Keys("e", "e")
	picture(t, d, 120, 40, "alert")
	d.Keys("enter")
	picture(t, d, 120, 40, "drilled")
	d.Keys("p")
	picture(t, d, 120, 40, "tree")
	d.Keys("esc", "esc", "f")
	d.Type("evt.type = execve and proc.")
	picture(t, d, 120, 40, "filter")
	d.Keys("ctrl+u")
	d.Type("evt.type = execve and and")
	picture(t, d, 120, 40, "error")
	d.Keys("esc", "?")
	picture(t, d, 120, 40, "help")
	d.Keys("esc", "/")
	d.Type("shadow")
	d.Keys("enter", "tab", "tab")
	picture(t, d, 120, 40, "search")

	d, _ = open(t, 200, 50)
	d.Keys("e", "e", "enter", "w")
	picture(t, d, 200, 50, "wide")
	d.Keys("p")
	picture(t, d, 200, 50, "wide-tree")
	d, _ = open(t, 80, 24)
	picture(t, d, 80, 24, "small")
	d, _ = open(t, 60, 15)
	picture(t, d, 60, 15, "least")
	d, _ = open(t, 120, 40, func(o *Options) { o.Theme = "gyrfalcon" })
	d.Keys("e", "e", "enter")
	picture(t, d, 120, 40, "light")
}
