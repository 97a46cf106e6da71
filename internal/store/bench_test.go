package store_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/synth"
)

// batches makes n events in batches of the size that a busy live source has.
func batches(n, size int) (all []*event.Batch) {
	f := synth.New(synth.Node())
	for ; n > 0; n -= size {
		all = append(all, f.Batch(size))
	}
	return all
}

func BenchmarkAppend(b *testing.B) {
	all := batches(1_000_000, 4096)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		s := store.New(2 << 30)
		for _, batch := range all {
			s.Batch(batch)
			n += batch.Len()
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

func BenchmarkFilterCold(b *testing.B) {
	const events = 10_000_000
	s := store.New(2 << 30)
	f := synth.New(synth.Node())
	for n := 0; n < events; n += 8192 {
		s.Batch(f.Batch(8192))
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("%d events: store says %d MB, heap in use %d MB", s.Stats().Events, s.Stats().Bytes>>20, m.HeapInuse>>20)
	for name, text := range map[string]string{
		"names, types, containers": `proc.name in (bash, curl) and evt.type in (openat, connect) and container.id != host`,
		"substring of command":     `proc.cmdline contains "/etc/nginx/9"`,
		"substring of path":        `fd.name contains "file-1234"`,
		"descriptor":               `fd.num > 30 and evt.type = read`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cond, err := filter.Compile(text, event.Fields) // compiled anew: nothing remembered
				if err != nil {
					b.Fatal(err)
				}
				v := s.View(cond)
				if !v.Update(context.Background(), time.Hour) {
					b.Fatal("not done")
				}
			}
		})
	}
}

// BenchmarkContainers counts 10 M events' containers, first all of them and
// then, as the screen does, over again.
func BenchmarkContainers(b *testing.B) {
	s := store.New(4 << 30)
	f := synth.New(synth.Node())
	for n := 0; n < 10_000_000; n += 8192 {
		s.Batch(f.Batch(8192))
	}
	st := s.Stats()
	for b.Loop() {
		s.Containers().Update(context.Background())
		s.Rates(st.Oldest, st.Newest+1, 9)
	}
}
