package filter

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

const (
	benchEvents = 10_000_000
	benchProcs  = 50_000
	benchPaths  = 200_000
	benchConts  = 400
	benchChunk  = 1 << 16
)

// benchWorld is 10 M events over 50,000 processes with a command line each,
// 200,000 paths and 400 containers.
var benchWorld = sync.OnceValue(func() []*event.Batch {
	t := event.NewTables()
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range benchConts {
		t.Conts.Add(event.Container{ID: t.Strings.Add(fmt.Sprintf("%012x", i*7919))})
	}
	for i := range benchProcs {
		args := fmt.Sprintf("--config\x00/etc/service/%d.conf\x00--listen\x000.0.0.0:%d\x00--label\x00app=web-%d\x00", i, i%60000, i)
		t.Procs.Add(event.Proc{
			PID: int32(i), Known: event.KnowPID, Name: t.Strings.Add(fmt.Sprintf("svc-%d", i%997)), Exe: t.Strings.Add(fmt.Sprintf("/usr/bin/svc-%d", i%997)),
			Args: t.Strings.Add(args), Cont: event.ContID(1 + i%benchConts), Parent: event.ProcID(i / 2),
		})
	}
	for i := range benchPaths {
		t.Objs.Add(event.Object{Kind: event.ObjFile, Name: t.Strings.Add(fmt.Sprintf("/var/lib/data/%d/file-%d.db", i%1000, i))})
	}
	kinds := make([]event.Type, 0, len(benchTypes))
	for _, name := range benchTypes {
		k, _ := event.TypeOf(name)
		kinds = append(kinds, k)
	}
	var batches []*event.Batch
	for at := 0; at < benchEvents; at += benchChunk {
		n := min(benchChunk, benchEvents-at)
		b := event.NewBatch(t, uint64(at+1), n)
		for range n {
			b.Append(event.Event{
				Type: kinds[rng.IntN(len(kinds))], Proc: event.ProcID(1 + rng.IntN(benchProcs)), Obj: event.ObjID(1 + rng.IntN(benchPaths)),
				Res: int64(rng.IntN(3)) - 1, Bits: event.HasRes, FD: int32(rng.IntN(100)), TID: uint32(rng.IntN(5000)), Dur: -1,
			}, nil)
		}
		batches = append(batches, b)
	}
	return batches
})

var benchTypes = []string{"openat", "read", "write", "close", "execve", "connect", "fstat", "mmap", "unlinkat", "accept4"}

// BenchmarkSelect times a filter over 10 M events on one core: cold compiles
// it anew each time, so that nothing about the dimensions is known; warm has
// the dimensions decided.
func BenchmarkSelect(b *testing.B) {
	for _, c := range []struct{ name, src string }{
		{"name,type,container", "proc.name in (svc-7, svc-8, svc-9) and evt.type = execve and container.id = 000000001eef"},
		{"type or container", "evt.type in (execve, connect) or container.id = 000000001eef"},
		{"not name", "not proc.name = svc-7"},
		{"cmdline substring", "proc.cmdline contains 'app=web-4999'"},
		{"cmdline regex", "proc.cmdline regex '.*app=web-4[0-9]99 .*'"},
		{"path prefix", "fd.name pmatch (/var/lib/data/77)"},
		{"result", "evt.rawres < 0"},
		{"any ancestor", "proc.aname = svc-7"},
		{"six leaves", "evt.type = openat and fd.name startswith /var and evt.rawres >= 0 and proc.name != svc-1 and (fd.num > 50 or thread.tid < 100)"},
	} {
		batches := benchWorld()
		sel := make([]uint64, benchChunk/64)
		pass := func(f *Filter) {
			for _, batch := range batches {
				for i := range sel {
					sel[i] = ^uint64(0)
				}
				f.Select(batch, sel)
			}
		}
		for _, mode := range []string{"cold", "warm"} {
			b.Run(c.name+"/"+mode, func(b *testing.B) {
				f, err := Compile(c.src, event.Fields)
				if err != nil {
					b.Fatal(err)
				}
				pass(f)
				for b.Loop() {
					if mode == "cold" {
						f, _ = Compile(c.src, event.Fields)
					}
					pass(f)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchEvents, "ns/event")
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	const src = "(evt.type in (open, openat) and fd.name startswith '/etc/') or (proc.aname[2] = sh and not container.id = host and len(proc.args) > 3)"
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
