//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// lead and tail are the ordinary life before and after the story.
const (
	lead = 6 * time.Second
	tail = 3 * time.Second
)

type options struct {
	record   string
	timeline string
	pace     float64

	// ready waits until the recorder of a pid records; nil: it does at once.
	ready func(ctx context.Context, pid int) error
}

func main() {
	var o options
	var stoop, out, from string
	flag.StringVar(&stoop, "stoop", "", "also record, with this stoop program (needs --out)")
	flag.StringVar(&out, "out", "", "where stoop's recording goes")
	flag.StringVar(&o.record, "record", "", "also record, with this shell command; it is ended by SIGINT")
	flag.StringVar(&from, "publish", "", "play nothing: make the demo of this recording (needs --out)")
	flag.StringVar(&o.timeline, "timeline", "", "also write the timeline to this file, as lines of JSON")
	flag.Float64Var(&o.pace, "pace", 1, "multiplies all pauses: 1 is a person's")
	flag.Parse()
	switch {
	case flag.NArg() > 0:
		usage("unexpected argument %q", flag.Arg(0))
	case (stoop == "" && from == "") != (out == ""):
		usage("--out belongs to --stoop or --publish")
	case from != "" && (stoop != "" || o.record != ""):
		usage("--publish plays nothing that could be recorded")
	case stoop != "" && o.record != "":
		usage("--stoop and --record exclude each other")
	case !(o.pace >= 0 && o.pace <= 100):
		usage("--pace is not within 0 and 100")
	}
	if stoop != "" {
		o.record = stoopCommand(stoop, out)
	}
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if from != "" {
		err = publish(ctx, from, out)
	} else {
		err = run(ctx, o, os.Stdout)
	}
	end()
	if err != nil {
		fmt.Fprintln(os.Stderr, "incident:", err)
		os.Exit(1)
	}
}

func usage(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "incident: "+format+"\n", args...)
	flag.Usage()
	os.Exit(2)
}

// run sets the stage, plays the story and takes all down again.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("starting pods needs root: run it with sudo")
	}
	s, err := setStage(ctx, o.pace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()

	if o.record != "" {
		recorder, startErr := startRecorder(o.record, s.cri.Socket)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, recorder.stop()) }()
		if o.ready != nil {
			if err := o.ready(ctx, recorder.cmd.Process.Pid); err != nil {
				return err
			}
		}
	}
	lines := io.Discard
	if o.timeline != "" {
		f, createErr := os.Create(o.timeline)
		if createErr != nil {
			return createErr
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		lines = f
	}

	describe(out, s)
	n := startNoise(ctx, s.webURL, s.worker, o.pace)
	defer n.stop()
	if err := sleep(ctx, scaled(lead, o.pace)); err != nil {
		return err
	}
	encoder := json.NewEncoder(lines)
	err = play(ctx, s, o.pace, func(e entry) {
		fmt.Fprintf(out, "%s  %-11s  %-50s  %s\n", e.Time.Format("15:04:05.000000"), e.Act, e.Sent, strings.Join(e.Expect, ", "))
		err = errors.Join(err, encoder.Encode(e))
	})
	if err != nil {
		return err
	}
	if err := sleep(ctx, scaled(tail, o.pace)); err != nil {
		return err
	}
	fmt.Fprintf(out, "\naround it: %d requests, %d probes; the fetched program called %d times\n",
		n.requests.Load(), n.probes.Load(), s.beacons.Load())
	return nil
}

// describe prints who is who.
func describe(out io.Writer, s *stage) {
	for _, c := range []struct {
		role string
		id   string
		pid  int
		pod  string
	}{
		{"victim", s.web.ID, s.web.Pid, s.web.Pod.Namespace + "/" + s.web.Pod.Name + "/" + s.web.Name + " " + s.web.Image.Ref},
		{"neighbour", s.worker.ID, s.worker.Pid, s.worker.Pod.Namespace + "/" + s.worker.Pod.Name + "/" + s.worker.Name + " " + s.worker.Image.Ref},
	} {
		fmt.Fprintf(out, "%-10s %.12s  pid %d  %s\n", c.role, c.id, c.pid, c.pod)
	}
	fmt.Fprintf(out, "service    %s\nintruder   %s\n\n", s.webURL, intruder)
}
