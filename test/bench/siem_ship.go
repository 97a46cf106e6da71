//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/test/synth"
)

const (
	shippedEvents = 120_000
	shipStream    = "stoop-bench"
)

// bulkShape is how a bare loop sends documents.
type bulkShape struct {
	bytes  int // of a request
	flying int // requests at a time
}

func (b bulkShape) String() string { return fmt.Sprintf("%d MB, %d at a time", b.bytes>>20, b.flying) }

var bulkShapes = []bulkShape{{1 << 20, 1}, {1 << 20, 4}, {4 << 20, 1}, {4 << 20, 2}, {4 << 20, 4}, {8 << 20, 2}}

// ship measures how fast a recording reaches a data stream, beside the best of
// some bare loops that send the same documents, made before, with ids of the
// server's.
func (s *siemSuite) ship(ctx context.Context) ([]figure, error) {
	path, lines := filepath.Join(s.dir, "ship.stoop"), filepath.Join(s.dir, "ship.ndjson")
	events := s.scaled(shippedEvents)
	if err := writeShort(path, events); err != nil {
		return nil, err
	}
	defer os.Remove(path)
	if err := s.record(ctx, path, lines); err != nil {
		return nil, err
	}
	defer os.Remove(lines)
	// Makes the template and the stream, and warms the server up.
	if err := s.record(ctx, path, s.server.Address(shipStream), "--spool", filepath.Join(s.dir, "spool")); err != nil {
		return nil, err
	}
	best, rate, err := s.bestLoop(ctx, lines)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "bench: siem: a bare loop is fastest with %v: %.0f documents a second\n", best, rate)
	bodies, err := bulkBodies(lines, best.bytes)
	if err != nil {
		return nil, err
	}
	var bare, shipped sample
	rounds := 0
	err = interleave(ctx, min(s.rounds, siemRounds), []condition{
		{"the bare loop", func(int) error {
			took, err := s.sendAll(ctx, bodies, best.flying)
			bare = append(bare, float64(events)/took.Seconds())
			return err
		}},
		{"stoop", func(int) error {
			rounds++
			again := filepath.Join(s.dir, fmt.Sprintf("ship-%d.stoop", rounds)) // another recording: its events are new
			if err := writeShort(again, events); err != nil {
				return err
			}
			defer os.Remove(again)
			stream := fmt.Sprintf("%s-%d", shipStream, rounds)
			if err := s.begin(ctx, stream); err != nil {
				return err
			}
			began := time.Now()
			err := s.record(ctx, again, s.server.Address(stream), "--spool", filepath.Join(s.dir, "spool"))
			shipped = append(shipped, float64(events)/time.Since(began).Seconds())
			return err
		}},
	})
	return []figure{
		{what: "shipping, the best bare loop (" + best.String() + ")", got: bare, show: eventsPerSecond},
		{what: "shipping, stoop record, from start to end", got: shipped, show: eventsPerSecond},
		{what: "shipping, stoop record to the bare loop", got: ratios(shipped, bare), show: asRatio, asked: atLeast(0.8)},
	}, err
}

// begin has stoop make a stream, with an event in it: the bare loop's is there too
// before it is measured.
func (s *siemSuite) begin(ctx context.Context, stream string) error {
	path := filepath.Join(s.dir, "begin.stoop")
	if err := writeShort(path, 1); err != nil {
		return err
	}
	defer os.Remove(path)
	return s.record(ctx, path, s.server.Address(stream), "--spool", filepath.Join(s.dir, "spool"))
}

var eventsPerSecond = func(v float64) string { return grouped(v) + " events/s" }

// writeShort makes a recording of a node with few processes.
func writeShort(path string, events int) error {
	w, err := recording.Create(path, recording.Options{Meta: recording.Meta{Stoop: "bench"}})
	if err != nil {
		return err
	}
	shape := synth.Node()
	shape.Commands, shape.Paths = 2_000, 10_000
	feed := synth.New(shape)
	for made := 0; made < events; made += liveBatch {
		w.Batch(feed.Batch(min(liveBatch, events-made)))
	}
	return w.Close()
}

// record runs stoop record to its end.
func (s *siemSuite) record(ctx context.Context, from, to string, flags ...string) error {
	cmd := exec.CommandContext(ctx, s.stoop, append([]string{"record", from, "--to", to}, flags...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// bulkBodies makes requests of documents, one a line, that have no ids.
func bulkBodies(path string, size int) (bodies [][]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	var body bytes.Buffer
	for in.Scan() {
		body.WriteString("{\"create\":{}}\n")
		body.Write(in.Bytes())
		body.WriteByte('\n')
		if body.Len() >= size {
			bodies = append(bodies, bytes.Clone(body.Bytes()))
			body.Reset()
		}
	}
	if body.Len() > 0 {
		bodies = append(bodies, body.Bytes())
	}
	return bodies, in.Err()
}

// bestLoop finds the fastest way of sending the documents.
func (s *siemSuite) bestLoop(ctx context.Context, lines string) (best bulkShape, rate float64, err error) {
	for _, shape := range bulkShapes {
		bodies, err := bulkBodies(lines, shape.bytes)
		if err != nil {
			return best, 0, err
		}
		took, err := s.sendAll(ctx, bodies, shape.flying)
		if err != nil {
			return best, 0, err
		}
		if r := float64(s.scaled(shippedEvents)) / took.Seconds(); r > rate {
			best, rate = shape, r
		}
	}
	return best, rate, nil
}

// sendAll sends requests into a new index of the stream.
func (s *siemSuite) sendAll(ctx context.Context, bodies [][]byte, flying int) (time.Duration, error) {
	if err := s.rollOver(); err != nil {
		return 0, err
	}
	began := time.Now()
	tasks, sending := errgroup.WithContext(ctx)
	tasks.SetLimit(flying)
	for _, body := range bodies {
		if sending.Err() != nil {
			break
		}
		tasks.Go(func() error {
			answer, err := s.server.Ask(http.MethodPost, "/"+shipStream+"/_bulk?filter_path=errors", body)
			if err == nil && string(answer) != `{"errors":false}` {
				err = errors.New("the server refused documents")
			}
			return err
		})
	}
	err := tasks.Wait()
	return time.Since(began), err
}

func (s *siemSuite) rollOver() error {
	_, err := s.server.Ask(http.MethodPost, "/"+shipStream+"/_rollover", nil)
	return err
}
