package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live"
	"github.com/stoop-project/stoop/live/container"
	"github.com/stoop-project/stoop/live/probe"
)

// examine asks the kernel and the container runtimes.
func examine(ctx context.Context) (all []finding) {
	report := probe.Look(false)
	for _, c := range report.Checks {
		all = append(all, finding{c.Name, c.OK, c.Needed, c.Detail, c.Remedy})
	}
	if report.Err() == nil {
		way := "one raw tracepoint sees all system calls; unwatched ones pay about 25 ns"
		if report.PerCall {
			way = "each watched system call has its own tracepoint; unwatched ones pay a few ns"
		}
		all = append(all, finding{name: "watching", ok: true, detail: way}, finding{
			name: "32-bit calls", ok: true, detail: "not watched (--compat watches them, at 25-35 ns for every call); a recorded container's are seen",
		})
	}
	return append(all, runtimes(ctx)...)
}

// nobody is an id that no container has.
const nobody = "0000000000000000000000000000000000000000000000000000000000000000"

// runtimes asks each container runtime for a container that is not there: one
// that answers says so.
func runtimes(ctx context.Context) (all []finding) {
	for _, r := range container.Runtimes(nil) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := r.Ask(ctx, nobody)
		cancel()
		f := finding{name: r.Name(), ok: errors.Is(err, container.ErrNotFound), detail: "answers"}
		if !f.ok {
			f.detail = "no answer"
			if err != nil {
				f.detail = err.Error()
			}
			f.remedy = "if it runs here, its containers are named from their bundles alone"
		}
		all = append(all, f)
	}
	return all
}

// The loops of benchTax: one call that nothing watches, and one that live
// watches.
var taxLoops = []struct {
	name  string
	calls int
	once  func() error
}{
	{"getppid (not watched)", 300_000, func() error { unix.Getppid(); return nil }},
	{"open+read+close of a file", 30_000, func() error {
		fd, err := unix.Open("/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		var buf [16]byte
		_, err = unix.Read(fd, buf[:])
		return errors.Join(err, unix.Close(fd))
	}},
}

const taxRounds = 7

// benchTax times loops of system calls with and without live, in turn. The
// loops run in a process of their own: what live does itself it does not watch.
func benchTax(ctx context.Context, out io.Writer) error {
	off := make([][]float64, len(taxLoops))
	on := make([][]float64, len(taxLoops))
	for range taxRounds {
		if err := timeLoops(ctx, off); err != nil {
			return err
		}
		if err := withLive(ctx, func() error { return timeLoops(ctx, on) }); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nns a turn, median of %d rounds in turn:  without  with live\n", taxRounds)
	for i, l := range taxLoops {
		a, b := median(off[i]), median(on[i])
		fmt.Fprintf(out, "  %-38s %8.0f %10.0f  (%+.0f ns, %.2f×)\n", l.name, a, b, b-a, b/a)
	}
	return nil
}

// taxLoopCmd runs the loops and prints what a turn of each takes, in ns.
type taxLoopCmd struct{}

// Run runs them.
func (taxLoopCmd) Run(a *app) error {
	for _, l := range taxLoops {
		start := time.Now()
		for range l.calls {
			if err := l.once(); err != nil {
				return err
			}
		}
		fmt.Fprintln(a.out, float64(time.Since(start))/float64(l.calls))
	}
	return nil
}

// timeLoops runs the loops in a child and notes its figures.
func timeLoops(ctx context.Context, into [][]float64) error {
	text, err := exec.CommandContext(ctx, "/proc/self/exe", "tax-loop").Output()
	if err != nil {
		return fmt.Errorf("run the loops: %w", err)
	}
	figures := strings.Fields(string(text))
	if len(figures) != len(into) {
		return fmt.Errorf("the loops say %q", text)
	}
	for i, figure := range figures {
		ns, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			return fmt.Errorf("the loops say %q", text)
		}
		into[i] = append(into[i], ns)
	}
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// withLive runs do while live runs with its defaults and its events are
// decoded and thrown away.
func withLive(ctx context.Context, do func() error) error {
	src, err := live.Open(ctx, "live", source.Options{Payload: -1})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	started, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- src.Run(ctx, source.Request{}, source.SinkFunc(func(*event.Batch) {
			select {
			case started <- struct{}{}:
			default:
			}
		}))
	}()
	select {
	case <-started:
		err = do()
	case err = <-done:
		done <- err
	case <-time.After(5 * time.Second):
		err = errors.New("live saw no event within 5 s")
	}
	cancel()
	return errors.Join(err, <-done, src.Close())
}
