//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/load"
)

// lossRun is one load whose events are counted on both sides.
type lossRun struct {
	what    string
	mode    string
	rate    float64  // rounds a second; 0: as many as go
	watched []string // the kernel's names of the calls that are watched, which are the types' too
	seconds float64
	rules   string        // file of rules that are on
	stopped time.Duration // how long stoop is stopped meanwhile, to force a loss
}

var lossRuns = []lossRun{
	{"open+read+close at full speed, opens watched", "file", 0, []string{"openat"}, 10, "", 0},
	{"open+read+close at full speed, all three watched", "file", 0, []string{"openat", "read", "close"}, 10, "", 0},
	{"1,000,000 watched events a second", "watched", 1e6, []string{"getppid", "kill", "dup"}, 10, "", 0},
	{"the same, stoop stopped for 3 s", "watched", 1e6, []string{"getppid", "kill", "dup"}, 6, "", 3 * time.Second},
}

// lossCount is what a run came to.
type lossCount struct {
	made, kept, lost uint64
	rate             float64 // made each second
	busy             float64 // cores that stoop took
	peak             int64   // its greatest memory
}

func runLoss(ctx context.Context, b *bench) (s section, err error) {
	if os.Geteuid() != 0 {
		return section{notes: []string{"not measured: attaching to the kernel needs root"}}, nil
	}
	program, err := load.Build(b.dir)
	if err != nil {
		return section{notes: []string{"not measured: " + err.Error()}}, nil
	}
	own, err := newCage()
	if err != nil {
		return section{notes: []string{"not measured: " + err.Error()}}, nil
	}
	defer func() { err = errors.Join(err, own.close()) }()
	gen := &generator{program, own}

	counts := table{head: []string{"load", "seconds", "made", "made a second", "kept", "lost", "made - kept - lost", "stoop's share of a core", "its memory"}}
	var rows []figure
	for _, r := range lossRuns {
		c, err := r.count(ctx, b, gen)
		if err != nil {
			return s, fmt.Errorf("%s: %w", r.what, err)
		}
		missing := float64(c.made) - float64(c.kept) - float64(c.lost)
		counts.rows = append(counts.rows, []string{
			r.what, digits(r.duration(b)), grouped(float64(c.made)), grouped(c.rate), grouped(float64(c.kept)), grouped(float64(c.lost)),
			grouped(missing), asPercent(c.busy), asMB(float64(c.peak)),
		})
		if wanted := r.rate; wanted > 0 && r.stopped == 0 {
			rows = append(rows, figure{what: "made a second: " + r.what, got: sample{c.rate}, show: asCount, asked: atLeast(wanted * 0.99)})
		}
		if r.stopped == 0 {
			rows = append(rows, figure{what: "lost: " + r.what, got: sample{float64(c.lost)}, show: asCount, asked: none})
		}
		rows = append(rows, figure{what: "made - kept - lost: " + r.what, got: sample{missing}, show: asCount, asked: none})
	}
	return section{
		how: `A generator makes calls in a container of its own and counts them itself (*made*); ` + "`stoop record live`" + ` decodes
and stores them; its recording is read again and its events of the generator's threads are counted (*kept*). *Lost* is
what stoop says it lost of that container. In the last run stoop is stopped (SIGSTOP) until the kernel's buffer must run over.`,
		tables: []table{figures(rows...), counts},
	}, nil
}

func (r lossRun) duration(b *bench) float64 { return max(r.seconds*b.scale, 1) }

// count makes the load and counts both sides.
func (r lossRun) count(ctx context.Context, b *bench, gen *generator) (c lossCount, err error) {
	args := []string{"-f", "evt.type in (" + strings.Join(r.watched, ", ") + ")"}
	if r.rules != "" {
		args = []string{"-r", r.rules, "-f", args[1] + " or alert.rule exists"}
	}
	o, err := b.stoopLive(ctx, args...)
	if err != nil {
		return c, err
	}
	stopped := false
	defer func() {
		if !stopped {
			_, _, stopErr := o.stop()
			err = errors.Join(err, stopErr)
		}
		err = errors.Join(err, o.clean())
	}()
	args = []string{r.mode, "--duration", strconv.FormatFloat(r.duration(b), 'f', 2, 64), "--dir", b.dir}
	if r.rate > 0 {
		args = append(args, "--rate", strconv.FormatFloat(r.rate, 'f', 0, 64))
	}
	run, _, err := gen.start(ctx, args...)
	if err != nil {
		return c, err
	}
	before, err := o.cpu()
	if err != nil {
		return c, errors.Join(err, run.End())
	}
	if err := run.Begin(); err != nil {
		return c, err
	}
	if r.stopped > 0 {
		time.Sleep(time.Second)
		if err := pause(o, r.stopped); err != nil {
			return c, errors.Join(err, run.End())
		}
	}
	made, err := run.Wait()
	if err != nil {
		return c, err
	}
	after, err := o.cpu()
	if err != nil {
		return c, err
	}
	stopped = true
	if _, c.peak, err = o.stop(); err != nil {
		return c, err
	}
	c.made = made.Total(r.watched...)
	c.rate = float64(c.made) / made.Seconds
	c.busy = (after - before).Seconds() / made.Seconds
	c.lost = lostOf(o.errs.String(), gen.cage.id[:12])
	c.kept, err = keptIn(ctx, o.output, made.Tids, r.watched)
	return c, err
}

// pause stops a program for a while.
func pause(o *observer, span time.Duration) error {
	if err := o.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(span)
	return o.cmd.Process.Signal(syscall.SIGCONT)
}

var lostLine = regexp.MustCompile(`(?m)^live: lost (\d+) in the .+ of ([0-9a-f]{12})$`)

// lostOf adds up what stoop said at its end that it lost of a container.
func lostOf(said, container string) (n uint64) {
	for _, m := range lostLine.FindAllStringSubmatch(said, -1) {
		if count, err := strconv.ParseUint(m[1], 10, 64); err == nil && m[2] == container {
			n += count
		}
	}
	return n
}

// keptIn counts a recording's events of some threads and types.
func keptIn(ctx context.Context, path string, tids []int, names []string) (n uint64, err error) {
	s, err := recording.Open(ctx, path, source.Options{})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	wanted := make([]bool, event.NumTypes)
	for _, name := range names {
		t, ok := event.TypeOf(name)
		if !ok {
			return 0, fmt.Errorf("no event type %s", name)
		}
		wanted[t] = true
	}
	err = s.Run(ctx, source.Request{}, source.SinkFunc(func(b *event.Batch) {
		for i, t := range b.Type {
			if wanted[t] && slices.Contains(tids, int(b.TID[i])) {
				n++
			}
		}
	}))
	return n, err
}
