package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query"
)

// sourceFlags are the flags of every verb that opens sources.
type sourceFlags struct {
	Sources []string `arg:"" optional:"" name:"source" help:"live, demo, es://host:9200/falco-* or another SIEM, a file, or - for standard input; several are merged by time." predictor:"source"`
	SIEM    []string `name:"siem" placeholder:"NAME" help:"A server of the configuration, by its name or NAME/index-pattern (docs/siem.md)."`

	Filter string  `short:"f" placeholder:"EXPR" help:"Only events that this Falco condition holds for."`
	Since  timeArg `placeholder:"TIME" help:"From this time on: 15:04, 2006-01-02T15:04:05Z, or 10m for ten minutes ago."`
	Until  timeArg `placeholder:"TIME" help:"Up to this time."`
	Before span    `placeholder:"SPAN" help:"live: begin with what the flight recorder holds of this span."`

	Fly       string   `placeholder:"SELECTOR" help:"live: record every system call of these containers: ids, names, pods or namespace/pod with * and ?, separated by commas; host; all."`
	Ring      byteSize `placeholder:"SIZE" help:"live: flight recorder's bulk ring of a container (8MiB)."`
	DeedsRing byteSize `placeholder:"SIZE" help:"live: flight recorder's deeds ring of a container (1MiB)."`
	Payload   *int     `placeholder:"BYTES" help:"live: bytes kept of what a recorded container reads and writes; 0 for none (256)."`
	Durations bool     `help:"live: measure how long system calls take."`
	Compat    bool     `help:"live: watch 32-bit calls too, at a price for every call."`
	Resolve   bool     `help:"Look names of addresses up in the DNS, which others can see."`

	ShowSecrets bool `help:"Do not mask passwords, tokens and keys."`
}

// byteSize is a size on the command line: 8MiB, 64k, 1048576.
type byteSize int64

// UnmarshalText reads a size.
func (s *byteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > 1<<50 {
		return fmt.Errorf("%q is not a size; write 8MiB, 64KiB or a number of bytes", text)
	}
	*s = byteSize(n)
	return nil
}

// errNoSource is returned when no source was named and none goes by itself.
var errNoSource = errors.New("name a source: stoop --help lists them")

// compileFilter compiles a -f expression; its error is the user's.
func compileFilter(text string) (*filter.Filter, error) {
	if text == "" {
		return nil, nil
	}
	f, err := filter.Compile(text, event.Fields)
	if err != nil {
		return nil, filterError(text, err)
	}
	return f, nil
}

// request is what the flags ask of a source.
func (f *sourceFlags) request() (source.Request, error) {
	cond, err := compileFilter(f.Filter)
	if err != nil {
		return source.Request{}, err
	}
	now := time.Now()
	req := source.Request{Filter: cond, Since: f.Since.at(now), Until: f.Until.at(now), Before: time.Duration(f.Before)}
	if !req.Since.IsZero() && !req.Until.IsZero() && req.Until.Before(req.Since) {
		return req, usageError{fmt.Errorf("--until %s is before --since %s", f.Until.text, f.Since.text)}
	}
	return req, nil
}

// names are the sources that were named.
func (f *sourceFlags) names() []string {
	names := slices.Clone(f.Sources)
	for _, name := range f.SIEM {
		names = append(names, "siem://"+name)
	}
	return names
}

// open opens the sources that were named; with none, live where that works.
func (f *sourceFlags) open(a *app) ([]source.Source, error) {
	names := f.names()
	if len(names) == 0 {
		if runtime.GOOS != "linux" || os.Geteuid() != 0 {
			return nil, usageError{errNoSource}
		}
		names = []string{"live"}
	}
	if err := f.check(); err != nil {
		return nil, usageError{err}
	}
	opt := source.Options{
		Fly: f.Fly, BulkRing: int(f.Ring), DeedsRing: int(f.DeedsRing), Payload: -1,
		Durations: f.Durations, Compat: f.Compat, Resolve: f.Resolve,
	}
	if f.Payload != nil {
		opt.Payload = *f.Payload
	}
	registry := a.sources()
	var opened []source.Source
	for _, name := range names {
		src, err := registry.Open(a.ctx, name, opt)
		if err != nil {
			closeAll(opened)
			return nil, err
		}
		opened = append(opened, src)
	}
	if err := f.fit(opened); err != nil {
		closeAll(opened)
		return nil, usageError{err}
	}
	query.Together(a.ctx, opened)
	return opened, nil
}

// forLive returns the flags that were given and that only a source which reads
// a kernel looks at.
func (f *sourceFlags) forLive() (given []string) {
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--before", f.Before != 0},
		{"--fly", f.Fly != ""},
		{"--ring", f.Ring != 0},
		{"--deeds-ring", f.DeedsRing != 0},
		{"--payload", f.Payload != nil},
		{"--durations", f.Durations},
		{"--compat", f.Compat},
	} {
		if flag.set {
			given = append(given, flag.name)
		}
	}
	return given
}

// fit refuses flags that none of the sources looks at.
func (f *sourceFlags) fit(sources []source.Source) error {
	given := f.forLive()
	if len(given) == 0 || slices.ContainsFunc(sources, func(s source.Source) bool { _, ok := s.(source.Recorder); return ok }) {
		return nil
	}
	are := "is"
	if len(given) > 1 {
		are = "are"
	}
	return fmt.Errorf("%s %s for live, the kernel of this node, not for %s", strings.Join(given, ", "), are, strings.Join(f.names(), ", "))
}

// Bounds of what the flight recorder may be told.
const (
	minRing    = 64 << 10
	maxRing    = 1 << 30
	maxPayload = 4096
)

// check refuses sizes that the flight recorder cannot keep.
func (f *sourceFlags) check() error {
	for flag, size := range map[string]byteSize{"--ring": f.Ring, "--deeds-ring": f.DeedsRing} {
		if size != 0 && (size < minRing || size > maxRing) {
			return fmt.Errorf("%s %s: a ring has between 64 KiB and 1 GiB", flag, humanize.IBytes(uint64(size)))
		}
	}
	if p := f.Payload; p != nil && (*p < 0 || *p > maxPayload) {
		return fmt.Errorf("--payload %d: between 0 and %d bytes are kept of each call", *p, maxPayload)
	}
	return nil
}

func closeAll(sources []source.Source) {
	for _, s := range sources {
		s.Close()
	}
}

// wanted keeps only events in a request's time and that its filter holds for:
// sources may let more through.
func wanted(req source.Request, next func(b *event.Batch, sel []uint64)) source.Sink {
	since, until := int64(0), int64(0)
	if !req.Since.IsZero() {
		since = req.Since.UnixNano()
	}
	if !req.Until.IsZero() {
		until = req.Until.UnixNano()
	}
	return source.SinkFunc(func(b *event.Batch) {
		sel := make([]uint64, (b.Len()+63)/64)
		inside := false
		for i, t := range b.Time {
			if t >= since && (until == 0 || t <= until) {
				sel[i/64] |= 1 << (i & 63)
				inside = true
			}
		}
		if !inside {
			return
		}
		if req.Filter != nil {
			req.Filter.Select(b, sel)
		}
		next(b, sel)
	})
}

// report prints what the user must know when a verb ends: losses and broken
// input always, all counts when they were asked for.
func report(w io.Writer, sources []source.Source, all bool) {
	for _, s := range sources {
		st, name := s.Stats(), s.Info().Name
		if all {
			fmt.Fprintf(w, "%s: %d events taken, %d passed on, %d not wanted, %d lost, %d broken\n",
				name, st.Taken, st.Passed, st.Dropped, st.LostTotal(), st.Bad)
		} else if st.LostTotal() > 0 || st.Bad > 0 {
			fmt.Fprintf(w, "%s: %d events lost, %d broken\n", name, st.LostTotal(), st.Bad)
		}
		for _, l := range st.Lost {
			where := l.Hop
			if l.Container != "" {
				where += " of " + l.Container
			}
			fmt.Fprintf(w, "%s: lost %d in the %s\n", name, l.Count, where)
		}
		for _, n := range st.Notes {
			if n.Level > source.NoteInfo || all {
				fmt.Fprintf(w, "%s\n", noteLine(name, n))
			}
		}
	}
}

func noteLine(name string, n source.Note) string {
	line := name
	switch {
	case strings.HasPrefix(n.Where, name):
		line = n.Where
	case n.Where != "":
		line += ":" + n.Where
	}
	line += ": " + n.Text
	if n.Remedy != "" {
		line += " — " + n.Remedy
	}
	return line
}
