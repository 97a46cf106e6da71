//go:build unix

package recording

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile/falcogen"
	"github.com/stoop-project/stoop/internal/source"
	"golang.org/x/sys/unix"
)

// size returns a number from the environment: the size of what is measured.
func size(b *testing.B, env string, otherwise int64) int64 {
	if v := os.Getenv(env); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			b.Fatalf("%s: %v", env, err)
		}
		return n
	}
	return otherwise
}

// cpu returns the processor time taken so far, by this process or its children.
func cpu(b *testing.B, who int) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// alerts makes a file of Falco's alerts, STOOP_BENCH_ALERTS bytes long (64 MiB).
func alerts(b *testing.B) (path string, bytes int64) {
	b.Helper()
	n := size(b, "STOOP_BENCH_ALERTS", 64<<20)
	path = filepath.Join(b.TempDir(), "alerts.ndjson")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if _, err := falcogen.New(1).Write(w, n); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	_ = f.Close()
	return path, n
}

// BenchmarkFalco reads alerts, rows included; jq reads the same file beside it.
// MB/cpu-s is the file's size by the processor time that reading took.
func BenchmarkFalco(b *testing.B) {
	path, n := alerts(b)
	measure := func(b *testing.B, who int, run func()) {
		b.SetBytes(n)
		var spent time.Duration
		for b.Loop() {
			before := cpu(b, who)
			run()
			spent += cpu(b, who) - before
		}
		b.ReportMetric(float64(n)*float64(b.N)/1e6/spent.Seconds(), "MB/cpu-s")
	}
	b.Run("stoop", func(b *testing.B) {
		measure(b, unix.RUSAGE_SELF, func() {
			s := open(b, path)
			events := 0
			run(b, s, func(bt *event.Batch) { events += bt.Len() })
			if st := s.Stats(); st.Bad != 0 || events == 0 {
				b.Fatalf("%d events, %+v", events, st)
			}
			_ = s.Close()
		})
	})
	b.Run("jq", func(b *testing.B) {
		jq, err := exec.LookPath("jq")
		if err != nil {
			b.Skip("jq is not installed")
		}
		measure(b, unix.RUSAGE_CHILDREN, func() {
			if out, err := exec.Command(jq, "-n", "reduce inputs as $x (0; .+1)", path).CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
		})
	})
}

func run(b *testing.B, s source.Source, sink source.SinkFunc) {
	if err := s.Run(b.Context(), source.Request{}, sink); err != nil {
		b.Fatal(err)
	}
}

// big writes a recording of STOOP_BENCH_EVENTS events (1 M).
func big(b *testing.B) (path string, events int) {
	b.Helper()
	n := int(size(b, "STOOP_BENCH_EVENTS", 1_000_000))
	path = filepath.Join(b.TempDir(), "big.stoop")
	w, err := Create(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	m := newMaker(1)
	m.grow(400, 50_000, 200_000)
	for left := n; left > 0; left -= 10_000 {
		m.grow(0, 1, 4)
		w.Batch(m.batch(min(left, 10_000), false))
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return path, n
}

// BenchmarkOpen opens a recording with 50,000 processes and 200,000 files and
// sockets: up to its first batch, and to its end.
func BenchmarkOpen(b *testing.B) {
	path, n := big(b)
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			s := open(b, path)
			ctx, cancel := context.WithCancel(b.Context())
			got := 0
			if err := s.Run(ctx, source.Request{}, source.SinkFunc(func(bt *event.Batch) { got += bt.Len(); cancel() })); err != nil || got == 0 {
				b.Fatal(err, got)
			}
			_ = s.Close()
		}
	})
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			s := open(b, path)
			got := 0
			run(b, s, func(bt *event.Batch) { got += bt.Len() })
			if got != n {
				b.Fatal(got)
			}
			_ = s.Close()
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
	})
}

// BenchmarkWrite records batches of 512 events, as a node makes them.
func BenchmarkWrite(b *testing.B) {
	m := newMaker(1)
	m.grow(400, 5_000, 20_000)
	batch := m.batch(512, false)
	w, err := Create(filepath.Join(b.TempDir(), "x"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		next := *batch
		w.Batch(&next)
		batch.Seq += 512
	}
	b.StopTimer()
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)*512/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
