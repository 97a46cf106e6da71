package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/keep"
	"github.com/stoop-project/stoop/internal/receive"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/ship"
)

// keepFlags are the flags about the trails of alerts.
type keepFlags struct {
	Alerts     []string `sep:"none" placeholder:"FROM" help:"Take in the alerts of Falco on this node: a file of JSON lines, unix:PATH or http:HOST:PORT to receive them at; may be given several times (docs/flight-recorder.md)." predictor:"file"`
	Keep       string   `placeholder:"DIR" help:"live: keep each alert's trail, what its container did before and after, as a recording in this folder." predictor:"file"`
	KeepTo     string   `placeholder:"SIEM" help:"live: ship each alert's trail: es://host/stoop-trail, os://… or siem://NAME (docs/ship.md)."`
	KeepBefore span     `placeholder:"SPAN" help:"How far before the alert its trail begins; by itself as far as the flight recorder reaches."`
	KeepAfter  span     `default:"30s" placeholder:"SPAN" help:"How long after the alert its trail ends."`
	KeepAtOnce int      `default:"16" placeholder:"N" help:"How many trails are kept at a time."`
	KeepEach   byteSize `default:"256MiB" placeholder:"SIZE" help:"The most that one trail takes."`
	KeepFiles  int      `default:"1000" placeholder:"N" help:"How many trails the folder holds; the oldest are removed, but for NAME.keep.stoop."`
	KeepBytes  byteSize `default:"4GiB" placeholder:"SIZE" help:"What they take together."`
}

// keeping is what a verb keeps trails with; nothing, unless it was asked for.
type keeping struct {
	*keep.Keeper
	ship *ship.Shipper
}

// alertSources opens the places where alerts of others come from.
func (f *keepFlags) alertSources(ctx context.Context) (opened []source.Source, err error) {
	for _, arg := range f.Alerts {
		open := recording.Open
		if receive.Is(arg) {
			open = receive.Open
		}
		src, err := open(ctx, arg, source.Options{})
		if err != nil {
			closeAll(opened)
			return nil, fmt.Errorf("--alerts: %w", err)
		}
		opened = append(opened, followed{src})
	}
	return opened, nil
}

// followed is a source of alerts that go on, whatever else is asked for.
type followed struct{ source.Source }

func (f followed) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	return f.Source.Run(ctx, source.Request{Since: req.Since, Until: req.Until, Follow: true}, sink)
}

func (f followed) Info() source.Info {
	info := f.Source.Info()
	info.Live = true
	return info
}

// check refuses flags that go together with none that was given.
func (f *keepFlags) check() error {
	switch {
	case f.Keep == "" && f.KeepTo == "" && f.KeepBefore != 0:
		return errors.New("--keep-before goes with --keep or --keep-to")
	case f.KeepTo != "" && !ship.IsTarget(f.KeepTo):
		return fmt.Errorf("--keep-to %s: name a server; --keep DIR writes files", f.KeepTo)
	case f.KeepAfter < 0 || f.KeepAtOnce < 1 || f.KeepFiles < 1 || f.KeepEach < 1<<20 || f.KeepBytes < f.KeepEach:
		return errors.New("--keep-at-once and --keep-files are at least 1, --keep-each at least 1MiB, --keep-bytes at least --keep-each")
	}
	return nil
}

// open begins to keep trails of what the sources record.
func (f *keepFlags) open(a *app, sources []source.Source, redact bool) (*keeping, error) {
	x := &keeping{}
	if f.Keep == "" && f.KeepTo == "" {
		return x, nil
	}
	var recorders []source.Recorder
	for _, s := range sources {
		if r, ok := s.(source.Recorder); ok {
			recorders = append(recorders, r)
		}
	}
	if len(recorders) == 0 {
		return nil, usageError{errors.New("--keep is for live, which has a flight recorder")}
	}
	errs := safetext.NewWriter(a.errs)
	tell := func(n source.Note) { fmt.Fprintln(errs, noteLine("stoop", n)) }
	opt := keep.Options{
		Dir: f.Keep, Before: time.Duration(f.KeepBefore), After: time.Duration(f.KeepAfter), AtOnce: f.KeepAtOnce,
		Each: int64(f.KeepEach), Files: f.KeepFiles, Bytes: int64(f.KeepBytes), Meta: recording.Meta{Stoop: version},
		Lost: func() source.Stats { return source.Totals(sources) }, Tell: tell,
	}
	if f.KeepTo != "" {
		cfg, err := config.Load()
		if err != nil {
			return nil, err
		}
		at, stream, err := ship.Target(cfg, f.KeepTo)
		if err != nil {
			return nil, err
		}
		if x.ship, err = ship.Open(a.ctx, at, stream, ship.Options{Text: clean(redact), Tell: tell}); err != nil {
			return nil, err
		}
		if foreignFolder(x.ship.Stats().RefusedFile) {
			keepPrivileges() // files are made below the spool as long as it runs
		}
		opt.Ship = x.ship
	}
	var err error
	if x.Keeper, err = keep.New(recorders, opt); err != nil {
		return nil, err
	}
	if f.Keep != "" && foreignFolder(f.Keep+"/x") {
		keepPrivileges()
	}
	return x, nil
}

// sink has the trails of the alerts kept that come to a sink.
func (x *keeping) sink(to source.Sink) source.Sink {
	if x.Keeper == nil {
		return to
	}
	return x.Sink(to)
}

// openCommand returns the command that opens an alert's trail, "" when none is
// kept.
func (x *keeping) openCommand(alertID string) string {
	if x.Keeper == nil {
		return ""
	}
	t, ok := x.Trail(alertID)
	if !ok || t.Path == "" {
		return ""
	}
	path, err := filepath.Abs(t.Path)
	if err != nil {
		path = t.Path
	}
	command := "stoop open --id " + conn.ShellQuoted(alertID) + " " + conn.ShellQuoted(path)
	if runtime.GOOS == "linux" {
		return "sudo " + command
	}
	return command
}

// close ends the trails. It goes before the sources are closed.
func (x *keeping) close(ctx context.Context) error {
	if x.Keeper == nil {
		return nil
	}
	err := x.Keeper.Close()
	if x.ship != nil {
		err = errors.Join(err, x.ship.Close(graceful(ctx), shipPatience))
	}
	return err
}

// report prints what became of the alerts.
func (x *keeping) report(w io.Writer, all bool) {
	if x.Keeper == nil {
		return
	}
	s := x.Stats()
	fmt.Fprintf(w, "%d trails of %d alerts kept, %s events\n", s.Kept, s.Kept+s.Shared, humanize.Comma(int64(s.Events)))
	for _, row := range []struct {
		n    uint64
		what string
	}{
		{s.Refused, "alerts have no trail: too many were being kept, or the disk took none"},
		{s.Late, "alerts came more than ten minutes late, when the rings had forgotten them"},
		{s.Elsewhere, "alerts are about what is not on this node, or do not say about what"},
		{s.Foreign, "alerts are not in Falco's form, and have no trail"},
		{s.Lost, "events at most are missing from trails"},
		{s.Removed, "of the oldest trails were removed"},
	} {
		if row.n > 0 || all {
			fmt.Fprintf(w, "%d %s\n", row.n, row.what)
		}
	}
	if x.ship != nil {
		st := x.ship.Stats()
		fmt.Fprintf(w, "%d events of trails in %s, %d wait, %d lost\n", st.New+st.There, x.ship.Name(), st.Waiting, st.Lost)
	}
}
