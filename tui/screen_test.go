package tui

import (
	"context"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
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
		Sources: []source.Source{src}, Theme: "peregrine", Dashboards: dashboard.Folder(t.TempDir()), By: "ann",
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
