package tui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/synth"
	"github.com/stoop-project/stoop/test/terminal"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// asMain names the variable under which the test binary is a small stoop of
// its own: what the end-to-end tests run in a terminal.
const asMain = "STOOP_TUI_TEST_MAIN"

func TestMain(m *testing.M) {
	switch os.Getenv(asMain) {
	case "":
		typingPause, panelsEvery = 0, 0 // the driver would sit them out
		os.Exit(m.Run())
	case "scene":
		runMain(&tuitest.Source{Name: "scene", Batches: []*event.Batch{tuitest.Scene()}}, 0)
	case "whole":
		runWhole(os.Getenv("HOME"))
	case "idle":
		runMain(&tuitest.Source{Name: "live", IsLive: true, Batches: []*event.Batch{tuitest.Scene()}}, 0)
	case "load":
		runMain(&load{held: 200_000, rate: 50_000}, 1<<30)
	}
}

func runMain(src source.Source, budget int64) {
	err := Run(context.Background(), Options{
		Sources: []source.Source{src}, Store: store.New(budget), Theme: "peregrine", Zone: time.UTC,
		Now: func() time.Time { return tuitest.Start },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runWhole shows the scene with a place for everything that a user keeps, in a
// folder.
func runWhole(home string) {
	opt := Options{
		Sources: []source.Source{&tuitest.Source{Name: "scene", Batches: []*event.Batch{tuitest.Scene()}}}, Theme: "peregrine", By: "ann",
		Now: func() time.Time { return tuitest.Start.Add(time.Minute) }, Zone: time.FixedZone("EET", 2*3600),
	}
	err := os.Chdir(home)
	whole(&opt)
	if name := os.Getenv("STOOP_TUI_TEST_CASE"); name != "" && err == nil {
		opt.Cases.Case, err = casefile.Open(name, "ann", true)
	}
	if err == nil {
		err = Run(context.Background(), opt)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// whole has everything that a user keeps in the folder where it is run.
func whole(o *Options) {
	inCase("walk.case")(o)
	o.Dashboards, o.Desk = ".", queue.OpenFile("desk")
}

// load is a live source that brings held events at once and then rate events
// each second.
type load struct {
	tuitest.Source
	held, rate int
}

func (l *load) Info() source.Info {
	return source.Info{Name: "load", Scheme: "test", Live: true, Events: -1}
}

func (l *load) Run(ctx context.Context, _ source.Request, sink source.Sink) error {
	feed := synth.New(synth.Node())
	for n := 0; n < l.held; n += 1 << 15 {
		sink.Batch(feed.Batch(1 << 15))
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for l.rate > 0 {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b := feed.Batch(l.rate / 100)
			l.Count(func(s *source.Stats) { s.Taken += uint64(b.Len()) })
			sink.Batch(b)
		}
	}
	<-ctx.Done()
	return nil
}

// start runs the test binary as a stoop in a terminal.
func start(t *testing.T, main string, w, h int, env ...string) stoopTerminal {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{asMain + "=" + main, "TERM=xterm-256color", "COLORTERM=truecolor", "HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, env...)
	term, err := terminal.Start(cmd, w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.Close)
	return stoopTerminal{term, t}
}

// stoopTerminal is a terminal in which what goes wrong fails the test.
type stoopTerminal struct {
	*terminal.Terminal
	t *testing.T
}

// patience is how long something on the screen is waited for, on however busy
// a machine.
const patience = 60 * time.Second

func (s stoopTerminal) wait(text string) {
	s.t.Helper()
	if err := s.Wait(text, patience); err != nil {
		s.t.Fatal(err)
	}
}

func (s stoopTerminal) press(keys string) {
	s.t.Helper()
	if err := s.Type(keys); err != nil {
		s.t.Fatal(err)
	}
}

// settle waits until nothing was written for a while.
func (s stoopTerminal) settle(quiet time.Duration) {
	s.t.Helper()
	if err := s.Settle(quiet, patience); err != nil {
		s.t.Fatal(err)
	}
}

// changed waits until more than before bytes were written.
func (s stoopTerminal) changed(before int64) {
	s.t.Helper()
	if err := s.WaitFor("change", patience, func(string) bool { return s.Written() > before }); err != nil {
		s.t.Fatal(err)
	}
}

// quit presses q and waits for a good end.
func (s stoopTerminal) quit() {
	s.t.Helper()
	s.press("q")
	if code, err := s.Exit(hangs); code != 0 || err != nil {
		s.t.Fatalf("it ended with %d, %v:\n%s", code, err, s.Text())
	}
}
