package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/keep"
	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/trail"
)

// openCmd opens the trail of an alert that came from elsewhere.
type openCmd struct {
	Alert    string   `name:"id" placeholder:"ALERT" help:"Which alert: by its id, its time as print writes it, or its number. Of a file of several, or, without a file, among the sources."`
	At       moment   `placeholder:"TIME" help:"By hand, with --container: when it was (2006-01-02T15:04:05.999Z, or ns since 1970). With an alert: its time, where it has none."`
	Of       string   `name:"container" placeholder:"ID" help:"By hand, with --at: whose trail, by the container's id or its first digits, or host."`
	KeptIn   []string `name:"kept" placeholder:"DIR" help:"A folder of kept trails (watch --keep) to look in; may be given several times." predictor:"file"`
	Window   span     `placeholder:"SPAN" help:"Look this far before the alert and after it (30m)."`
	Print    bool     `help:"Print the trail's story instead of opening the screen; so it is where there is no terminal."`
	Markdown bool     `help:"Print it as Markdown."`
	Timeout  span     `placeholder:"SPAN" help:"Stop looking after this time."`

	sourceFlags
	screenFlags
}

// Help says what the arguments are.
func (c *openCmd) Help() string {
	return `It goes to what is named:

    stoop open ALERT.json SOURCE …                 the alert in a file, or - for standard input, and where to look
    stoop open --id ALERT SOURCE …                 an alert that is in one of the sources
    stoop open --at TIME --container ID SOURCE …   by hand

Without a source, the servers of the configuration are asked (docs/siem.md).`
}

// moment is a point in time that was meant to the last digit.
type moment struct{ time.Time }

// UnmarshalText reads a time.
func (m *moment) UnmarshalText(text []byte) error {
	if at, ok := exactTime(string(text)); ok {
		m.Time = at
		return nil
	}
	var t timeArg
	if err := t.UnmarshalText(text); err != nil {
		return err
	}
	m.Time = t.at(time.Now())
	return nil
}

// Run finds the alert, then its trail, and shows it.
func (c *openCmd) Run(a *app) error {
	file, err := c.arguments()
	if err != nil {
		return usageError{err}
	}
	if err := c.detect.open(a, &c.ruleFlags, byThemselves...); err != nil {
		return err
	}
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	o := &opening{openCmd: c, a: a}
	defer func() { closeAll(o.opened) }()
	if !c.Print && !c.Markdown && term.IsTerminal(int(a.out.Fd())) {
		return o.show(ctx, file)
	}
	if err := o.find(ctx, file); err != nil {
		return err
	}
	err = writeFound(a.out, o.found, c.Markdown)
	report(safetext.NewWriter(a.errs), o.opened, c.Stats)
	return err
}

// arguments takes the alert's file from among the sources; "" when there is none.
func (c *openCmd) arguments() (file string, err error) {
	byHand := c.Of != "" && c.Alert == ""
	switch {
	case c.Of != "" && c.At.IsZero():
		return "", errors.New("--container goes with --at: name the time too")
	case byHand:
	case c.Alert != "" && !looksLikeAlert(c.Sources):
		if slices.Contains(c.names(), "live") {
			return "", errors.New("live has no alerts of before, but what led to them: --at TIME --container ID live, or the alert's file and live")
		}
	case len(c.Sources) == 0:
		return "", errors.New("name an alert's JSON file, or - for standard input; --id ALERT of a source; or --at TIME --container ID")
	default:
		file, c.Sources = c.Sources[0], c.Sources[1:]
	}
	if len(c.names()) == 0 && len(c.KeptIn) == 0 {
		cfg, err := config.Load()
		if err != nil {
			return "", err
		}
		c.SIEM = cfg.Names()
	}
	if len(c.names()) == 0 && len(c.KeptIn) == 0 {
		return "", errors.New("name where to look: a recording, es://host:9200/stoop-trail, --kept DIR; the configuration has no server either (docs/siem.md)")
	}
	return file, c.check()
}

// looksLikeAlert reports whether the first source is the alert's file, when an
// alert is named too: there are others to look in, and it is JSON.
func looksLikeAlert(sources []string) bool {
	return len(sources) > 1 && (sources[0] == "-" || strings.HasSuffix(sources[0], ".json") || strings.HasSuffix(sources[0], ".ndjson"))
}

// opening is one trail that is opened.
type opening struct {
	*openCmd
	a *app

	mu     sync.Mutex
	opened []source.Source // that stay open as long as what was found is looked at

	alert event.Row
	found *places.Found
}

// find finds the alert and its trail.
func (o *opening) find(ctx context.Context, file string) error {
	if file == "" && o.Alert != "" {
		return o.among(ctx)
	}
	opt := places.Options{Span: time.Duration(o.Window)}
	var err error
	if file == "" {
		o.alert = byHand(o.At.Time, o.Of)
	} else if o.alert, err = o.read(file); err != nil {
		return err
	} else if !o.At.IsZero() || o.Of != "" {
		s := trail.SubjectOf(o.alert)
		if !o.At.IsZero() {
			s.Time = o.At.UnixNano()
		}
		if o.Of != "" {
			s.Container = trail.ContainerID(o.Of)
		}
		opt.Subject = &s
	}
	at := o.alert.B.Time[o.alert.I]
	if opt.Subject != nil {
		at = opt.Subject.Time
	}
	if o.found, err = places.Find(ctx, o.alert, o.places(at), opt, nil); err != nil {
		return err
	}
	if file == "" {
		o.found.Point()
	}
	return nil
}

// show opens the screen on the alert's trail. What an alert says is enough to
// begin with; one that has to be looked for is found before.
func (o *opening) show(ctx context.Context, file string) (err error) {
	if file != "" {
		o.first, err = o.read(file)
	} else if err = o.find(ctx, file); err == nil {
		o.first = o.found.Trail.Alert
	}
	if at := o.At.Time; err == nil && file != "" && !at.IsZero() {
		o.first.B.Time[o.first.I] = at.UnixNano()
	}
	if err == nil && o.first.B.Time[o.first.I] == 0 {
		err = places.ErrNoTime
	}
	// A server hands on its newest events, which this one need not be among.
	o.alone = file != "" || slices.ContainsFunc(o.names(), func(name string) bool { return strings.Contains(name, "://") })
	if err != nil {
		return err
	}
	o.beside = o.folders()
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Newest = true
	o.opened = nil
	if slices.Contains(o.names(), "live") && req.Before == 0 {
		req.Before = time.Since(time.Unix(0, o.first.B.Time[o.first.I]).Add(-cmp.Or(time.Duration(o.Window), places.DefaultSpan)))
	}
	sources, err := o.sourceFlags.open(o.a)
	if err != nil {
		return err
	}
	return o.screen(o.a, sources, req, o.ShowSecrets)
}

// among finds an alert that is in the sources.
func (o *opening) among(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	if o.opened, err = o.open(o.a); err != nil {
		return err
	}
	st, _, hit, err := lookUp(ctx, o.a, &o.detect, o.Alert, req, o.opened)
	switch {
	case st == nil:
		return err
	case err != nil:
		return withAlerts(ctx, err, st)
	}
	o.alert = hit.Row()
	in := append(places.Of(st, o.opened), o.folders()...)
	o.found, err = places.Find(ctx, o.alert, in, places.Options{Span: time.Duration(o.Window)}, nil)
	return err
}

// read reads the alert from a file.
func (o *opening) read(file string) (event.Row, error) {
	in := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return event.Row{}, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, places.MaxAlert+1))
	if err != nil {
		return event.Row{}, err
	}
	rows, err := places.Read(text)
	switch {
	case len(rows) == 0:
		return event.Row{}, fmt.Errorf("%s holds no alert that can be read: %w", file, err)
	case err != nil:
		fmt.Fprintf(safetext.NewWriter(o.a.errs), "stoop: %s: %v\n", file, err)
	}
	return o.choose(file, rows)
}

// choose takes the alert that was named, or the only one.
func (o *opening) choose(file string, rows []event.Row) (event.Row, error) {
	var alerts, named, begins []event.Row
	for i, r := range rows {
		if r.Alert != 0 {
			alerts = append(alerts, r)
		}
		at, ok := exactTime(o.Alert)
		if o.Alert != "" && (idOf(r) == o.Alert || fmt.Sprint(i+1) == o.Alert || ok && at.UnixNano() == r.B.Time[r.I]) {
			named = append(named, r)
		}
		if len(o.Alert) >= leastPrefix && strings.HasPrefix(idOf(r), o.Alert) {
			begins = append(begins, r)
		}
	}
	if len(named) == 0 {
		named = begins
	}
	switch {
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		return event.Row{}, fmt.Errorf("%d documents of %s are named %s; by their numbers, or more of their ids, they are told apart", len(named), file, o.Alert)
	case o.Alert == "" && len(rows) == 1:
		return rows[0], nil
	case o.Alert == "" && len(alerts) == 1:
		return alerts[0], nil
	}
	why := fmt.Sprintf("%s holds %d documents, %d of them alerts: --id names one", file, len(rows), len(alerts))
	if o.Alert != "" {
		why = fmt.Sprintf("%s holds no alert that is named %s", file, o.Alert)
	}
	const most = 20
	var lines strings.Builder
	for i, r := range rows[:min(len(rows), most)] {
		fmt.Fprintf(&lines, "\n  %d  %s  %s", i+1, idOf(r), r.T.Text(r.A().Rule))
	}
	if n := len(rows); n > most {
		fmt.Fprintf(&lines, "\n  and %d more", n-most)
	}
	return event.Row{}, errors.New(why + lines.String())
}

// byHand is what is asked for where there is no alert: a container at a time.
func byHand(at time.Time, container string) event.Row {
	t := event.NewTables()
	c := event.ContID(t.Conts.Add(event.Container{ID: t.Strings.Add(trail.ContainerID(container))}))
	p := event.ProcID(t.Procs.Add(event.Proc{Cont: c}))
	b := event.NewBatch(t, 1, 1)
	b.Append(event.Event{Time: at.UnixNano(), Proc: p, FD: -1, Dur: -1, Bits: event.Inferred}, nil)
	return b.Row(0)
}

// places are where is looked: servers, what other sources hold, kept trails.
// Each is opened when it is asked, side by side with the others.
func (o *opening) places(at int64) (in []places.Place) {
	var files []string
	for _, name := range o.names() {
		if !strings.Contains(name, "://") {
			files = append(files, name)
			continue
		}
		in = append(in, places.Lazy(name, places.Index, func(ctx context.Context) (places.Place, error) {
			src, err := openSIEM(ctx, name, source.Options{Resolve: o.Resolve})
			if err != nil {
				return nil, err
			}
			o.keepOpen(src)
			return places.Of(nil, []source.Source{src})[0], nil
		}))
	}
	if len(files) > 0 {
		in = append(in, places.Lazy(strings.Join(files, ", "), places.File, func(ctx context.Context) (places.Place, error) {
			return o.files(ctx, files, at)
		}))
	}
	return append(in, o.folders()...)
}

// files reads sources that do not look for events themselves, around a time,
// and makes alerts of them by rules.
func (o *opening) files(ctx context.Context, names []string, at int64) (places.Place, error) {
	registry := o.a.sources()
	var sources []source.Source
	defer func() { closeAll(sources) }()
	for _, name := range names {
		src, err := registry.Open(ctx, name, source.Options{Payload: -1, Resolve: o.Resolve})
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	req := source.Request{Since: time.Unix(0, at).Add(-places.WideSpan), Until: time.Unix(0, at).Add(places.WideSpan)}
	if slices.Contains(names, "live") {
		req = past(req)
	}
	st, err := readHeld(ctx, req, sources, o.detect.sink)
	if err != nil {
		return nil, err
	}
	report(safetext.NewWriter(o.a.errs), sources, false)
	return places.Store(strings.Join(names, ", "), places.File, st, sources...), nil
}

// past is a request that has the node's flight recorder read, and ends now.
func past(req source.Request) source.Request {
	now := time.Now()
	req.Before = now.Sub(req.Since)
	if req.Until.After(now) {
		req.Until = now
	}
	return req
}

// folders are the folders of kept trails.
func (o *opening) folders() (in []places.Place) {
	for _, dir := range o.KeptIn {
		list := func() (all []places.KeptTrail, err error) {
			kept, _, err := keep.List(dir)
			for _, k := range kept {
				from := k.Since
				if from.IsZero() || !k.Asked.IsZero() && k.Asked.Before(from) {
					from = k.Asked
				}
				all = append(all, places.KeptTrail{Path: k.Path, Alert: k.Alert, Container: k.Container, From: from, To: k.Until})
			}
			return all, err
		}
		open := func(ctx context.Context, path string) (source.Source, error) {
			return recording.Open(ctx, path, source.Options{})
		}
		in = append(in, places.Folder(dir, list, open))
	}
	return in
}

// keepOpen has a source closed at the end.
func (o *opening) keepOpen(src source.Source) {
	o.mu.Lock()
	o.opened = append(o.opened, src)
	o.mu.Unlock()
}
