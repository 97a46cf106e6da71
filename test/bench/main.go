//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// suite is a part of what bench measures.
type suite struct {
	name  string
	title string
	run   func(ctx context.Context, b *bench) (section, error)
}

// suites are all there are, in the document's order.
var suites []suite

func init() {
	suites = []suite{
		{"tax", "Tax: what watching costs", runTax},
		{"loss", "Loss: made, kept and lost", runLoss},
		{"store", "Store: events in memory", runStore},
		{"open", "Open: recordings and Falco's JSON", runOpen},
		{"rules", "Rules: the engine, a retro-hunt, and live", runRules},
		{"siem", "SIEM: pages, panels, export and following", runSIEM},
		{"screen", "Screen: from a key to a painted frame", runScreen},
		{"trail", "Trail: from an alert to what led to it", runTrail},
	}
}

// bench is what the suites share.
type bench struct {
	stoop  string  // the program that is measured
	dir    string  // for files, removed at the end
	rounds int     // of each comparison
	scale  float64 // of sizes; 1 is what the project asks for
	alerts int     // in the SIEM
}

// scaled returns a size by the scale, at least 1.
func (b *bench) scaled(n int) int { return max(1, int(float64(n)*b.scale)) }

func main() {
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if name := os.Getenv(childEnv); name != "" {
		err = runChild(ctx, name, os.Args[1:])
	} else {
		err = run(ctx, os.Args[1:])
	}
	end()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	out := flags.String("out", "docs/bench.md", "the document to bring up to date; empty for none")
	stoop := flags.String("stoop", "", "the stoop to measure, instead of building one")
	tmp := flags.String("dir", os.TempDir(), "where files are made: up to 4 GB")
	rounds := flags.Int("rounds", 7, "rounds of each comparison")
	scale := flags.Float64("scale", 1, "scale of the sizes, to try a suite out; only 1 is written to the document")
	alerts := flags.Int("alerts", siemAlerts, "alerts in the SIEM's index; 10000000 is what the project asks for")
	flags.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench [flags] [SUITE…]")
		for _, s := range suites {
			fmt.Fprintf(os.Stderr, "  %-8s %s\n", s.name, s.title)
		}
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := chosen(flags.Args())
	if err != nil {
		return err
	}
	if *rounds < 1 || !(*scale > 0 && *scale <= 1) {
		return errors.New("-rounds is at least 1, -scale above 0 and at most 1")
	}
	if *alerts < 10_000 {
		return errors.New("-alerts is at least 10000")
	}
	b := &bench{stoop: *stoop, rounds: *rounds, scale: *scale, alerts: *alerts}
	if b.dir, err = os.MkdirTemp(*tmp, "stoop-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.stoop == "" {
		if b.stoop, err = build(ctx, b.dir); err != nil {
			return err
		}
	}
	if *scale != 1 {
		*out = ""
	}
	return b.measure(ctx, wanted, *out)
}

// chosen returns the suites with these names, all when there are none.
func chosen(names []string) ([]suite, error) {
	if len(names) == 0 {
		return suites, nil
	}
	var all []suite
	for _, name := range names {
		s, ok := suiteNamed(name)
		if !ok {
			var known []string
			for _, s := range suites {
				known = append(known, s.name)
			}
			return nil, fmt.Errorf("no suite %q; there are %s", name, strings.Join(known, ", "))
		}
		if !slices.ContainsFunc(all, func(x suite) bool { return x.name == name }) {
			all = append(all, s)
		}
	}
	return all, nil
}

// build builds the stoop that is measured, as it is shipped.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "stoop")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/stoop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/stoop (run bench from the module's root): %w\n%s", err, out)
	}
	return path, nil
}

// measure runs suites, prints what they found, and writes it down after each.
func (b *bench) measure(ctx context.Context, wanted []suite, out string) error {
	var failed error
	for _, s := range wanted {
		fmt.Fprintf(os.Stderr, "bench: %s …\n", s.name)
		text, err := b.one(ctx, s)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		fmt.Printf("%s\n", text)
		if out == "" {
			continue
		}
		d, err := readDocument(out)
		if err != nil {
			return err
		}
		d.sections[s.name] = text
		if err := os.WriteFile(out, []byte(d.String()), 0o644); err != nil {
			return err
		}
	}
	return failed
}

func (b *bench) one(ctx context.Context, s suite) (string, error) {
	began := time.Now()
	w, err := newWatch()
	if err != nil {
		return "", err
	}
	found, err := s.run(ctx, b)
	if err != nil {
		return "", err
	}
	others, err := w.others()
	return found.markdown(s.title, machine(began, others)), err
}
