//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/profile/falcogen"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/test/synth"
)

// falcoBytes is the size of the file of Falco's alerts.
const falcoBytes = 1_000_000_000

func runOpen(ctx context.Context, b *bench) (section, error) {
	putAhead(os.Getpid())
	events := b.scaled(heldEvents)
	recorded := filepath.Join(b.dir, "node.stoop")
	recordedBytes, err := writeRecording(recorded, events)
	if err != nil {
		return section{}, err
	}
	paints, err := b.paintRecording(ctx, recorded, events)
	if err != nil {
		return section{}, err
	}
	if err := os.Remove(recorded); err != nil {
		return section{}, err
	}
	alerts := filepath.Join(b.dir, "alerts.ndjson")
	count, err := writeAlerts(alerts, int64(b.scaled(falcoBytes)))
	if err != nil {
		return section{}, err
	}
	reads, notes, err := b.readAlerts(ctx, alerts)
	if err != nil {
		return section{}, err
	}
	return section{
		how: fmt.Sprintf(`A recording of %s events (%s) is opened by `+"`stoop view`"+` in a terminal of %d×%d, from exec to the first
read of the terminal after which rows of events are on the screen. Warm is with the file in the page cache, cold after it
was put out of it. Falco's JSON is a file of %s made-up alerts (%s) of 400 containers, 50,000 command lines and 200,000
paths; each program reads all of it and prints the alerts of a process that no alert has. The rate is the file's size by
the processor time that the process took, start and end included. All of them run ahead of the machine's other programs
(niceness %d).`,
			grouped(float64(events)), asMB(float64(recordedBytes)), columns, lines, grouped(float64(count)), asMB(float64(b.scaled(falcoBytes))), highest),
		tables: []table{figures(append(paints, reads...)...)},
		notes:  notes,
	}, nil
}

// writeRecording makes a recording of a busy node's events and returns its size.
func writeRecording(path string, events int) (int64, error) {
	return writeRecordingOf(path, synth.Node(), events)
}

func writeRecordingOf(path string, shape synth.Shape, events int) (int64, error) {
	w, err := recording.Create(path, recording.Options{Meta: recording.Meta{Stoop: "bench"}})
	if err != nil {
		return 0, err
	}
	feed := synth.New(shape)
	for made := 0; made < events && w.Err() == nil; made += liveBatch {
		w.Batch(feed.Batch(min(liveBatch, events-made)))
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	if written, lost := w.Events(); lost > 0 || written != uint64(events) {
		return 0, fmt.Errorf("%s: %d of %d events were written, %d lost", path, written, events, lost)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// paintRecording measures how soon a recording is on the screen.
func (b *bench) paintRecording(ctx context.Context, path string, events int) ([]figure, error) {
	var warm, cold, whole sample
	all := grouped(float64(events)) + " events"
	complete := func(text string) bool { return strings.Contains(text, all) }
	once := func(evict bool, first *sample) func(int) error {
		return func(int) error {
			if evict {
				if err := forget(path); err != nil {
					return err
				}
			}
			p, err := paint(exec.CommandContext(ctx, b.stoop, "view", path), all, complete)
			*first = append(*first, float64(p.events))
			if !evict {
				whole = append(whole, float64(p.whole))
			}
			return err
		}
	}
	if err := once(false, &warm)(0); err != nil { // warms up
		return nil, err
	}
	warm, whole = nil, nil
	err := interleave(ctx, b.rounds, []condition{{"warm", once(false, &warm)}, {"cold", once(true, &cold)}})
	return []figure{
		{what: "recording, exec to first events painted, warm", got: warm, show: asMS, asked: atMost(300e6)},
		{what: "recording, exec to first events painted, cold", got: cold, show: asMS, asked: atMost(300e6)},
		{what: "recording, exec to all events counted on the screen, warm", got: whole, show: asMS},
	}, err
}

// forget puts a file out of the page cache.
func forget(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil { // dirty pages stay
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

func writeAlerts(path string, size int64) (alerts int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if alerts, err = falcogen.New(1).Write(w, size); err != nil {
		return 0, err
	}
	return alerts, w.Flush()
}

// readAlerts measures how fast stoop and jq read the same file.
func (b *bench) readAlerts(ctx context.Context, path string) (rows []figure, notes []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	var stoop, wall, jq sample
	conditions := []condition{{"stoop", func(int) error {
		s, err := timed(quiet(exec.CommandContext(ctx, b.stoop, "print", path, "-f", "proc.name = nobody", "-o", "json")))
		stoop = append(stoop, float64(info.Size())/s.cpu.Seconds())
		wall = append(wall, float64(info.Size())/s.wall.Seconds())
		return err
	}}}
	jqPath, missing := exec.LookPath("jq")
	if missing == nil {
		conditions = append(conditions, condition{"jq", func(int) error {
			s, err := timed(quiet(exec.CommandContext(ctx, jqPath, "-c", `select(.output_fields["proc.name"] == "nobody")`, path)))
			jq = append(jq, float64(info.Size())/s.cpu.Seconds())
			return err
		}})
	} else {
		notes = append(notes, "jq is not installed (hack/deps.sh does it), so stoop stands alone.")
	}
	// A round with jq takes half a minute.
	if err := interleave(ctx, max(min(b.rounds, 5)/2+1, 2), conditions); err != nil {
		return nil, nil, err
	}
	rows = []figure{
		{what: "Falco's JSON, stoop, a core", got: stoop, show: asMBs, asked: atLeast(200e6)},
		{what: "Falco's JSON, stoop, by the clock", got: wall, show: asMBs},
	}
	if missing == nil {
		rows = append(rows,
			figure{what: "Falco's JSON, jq, a core", got: jq, show: asMBs},
			figure{what: "stoop to jq", got: ratios(stoop, jq), show: asRatio})
	}
	return rows, notes, nil
}

// quiet gives a command nowhere to print to but its errors.
func quiet(cmd *exec.Cmd) *exec.Cmd {
	cmd.Stderr = os.Stderr
	return cmd
}
