package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/testdata"
)

// falcoRules loads Falco's stable rules.
func falcoRules(t testing.TB, names ...string) *rules.Set {
	t.Helper()
	var files []rules.File
	for _, name := range names {
		text, err := os.ReadFile(testdata.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rules.File{Name: name, Text: text})
	}
	set, report := rules.Load(files, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	return set
}

// calls is how often a busy node's events are of which type, of a thousand.
var calls = []struct {
	name string
	of   int
}{
	{"read", 190},
	{"write", 150},
	{"close", 110},
	{"openat", 110},
	{"fstat", 60},
	{"futex", 60},
	{"epoll_wait", 50},
	{"mmap", 40},
	{"newfstatat", 40},
	{"recvfrom", 40},
	{"sendto", 40},
	{"lseek", 20},
	{"fcntl", 20},
	{"connect", 15},
	{"accept4", 10},
	{"unlink", 10},
	{"rename", 5},
	{"mkdir", 5},
	{"dup2", 8},
	{"clone", 6},
	{"execve", 6},
	{"procexit", 5},
}

// node is the events of a busy node, in batches as a recording has them.
func node(n int) (batches []*event.Batch) {
	t := event.NewTables()
	rng := rand.New(rand.NewPCG(1, 2))
	str := t.Strings.Add
	var conts []event.ContID
	for i := range 60 {
		id := fmt.Sprintf("%012x", i*7919+1)
		if i == 0 {
			id = event.HostID
		}
		conts = append(conts, event.ContID(t.Conts.Add(event.Container{ID: str(id), Name: str("app"), Repo: str("docker.io/shop/app"), Flags: event.ContSecurityKnown})))
	}
	for i := range 20000 {
		t.Procs.Add(event.Proc{
			PID: int32(i + 1), Known: ^event.ProcKnown(0), Name: str(fmt.Sprintf("svc-%d", i%500)), Exe: str(fmt.Sprintf("/usr/bin/svc-%d", i%500)),
			ExePath: str(fmt.Sprintf("/usr/bin/svc-%d", i%500)), Args: str(fmt.Sprintf("--config\x00/etc/service/%d.conf\x00", i)), Cont: conts[i%len(conts)], Parent: event.ProcID(i / 3),
		})
	}
	for i := range 60000 {
		o := event.Object{Kind: event.ObjFile, Name: str(fmt.Sprintf("/var/lib/data/%d/file-%d.db", i%1000, i))}
		if i%20 == 0 {
			o.Name = str(fmt.Sprintf("/etc/app/%d.conf", i))
		}
		t.Objs.Add(o)
	}
	var kinds []event.Type
	for _, c := range calls {
		k, ok := event.TypeOf(c.name)
		if !ok {
			panic(c.name)
		}
		for range c.of {
			kinds = append(kinds, k)
		}
	}
	const size = 1 << 14
	for at := 0; at < n; at += size {
		b := event.NewBatch(t, uint64(at+1), size)
		for range min(size, n-at) {
			b.Append(event.Event{
				Time: 1, Type: kinds[rng.IntN(len(kinds))], Proc: event.ProcID(1 + rng.IntN(20000)), Obj: event.ObjID(1 + rng.IntN(60000)),
				Res: int64(rng.IntN(20)) - 1, Bits: event.HasRes, FD: int32(rng.IntN(100)), TID: uint32(1 + rng.IntN(20000)), Dur: -1,
			}, nil)
		}
		batches = append(batches, b)
	}
	return batches
}

func BenchmarkDetect(b *testing.B) {
	set := falcoRules(b, "rules/falco_rules.yaml")
	const n = 1_000_000
	batches := node(n)
	e := New(set, Options{Stats: os.Getenv("STATS") != ""})
	hits := 0
	pass := func() {
		for _, batch := range batches {
			e.Detect(batch, func(int, *rules.Rule) { hits++ })
		}
	}
	pass()
	b.Logf("%d rules, %d hits", e.Rules(), hits)
	b.ReportAllocs()
	for b.Loop() {
		pass()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
	if e.opt.Stats {
		for _, s := range e.Stats() {
			b.Logf("%-60s %8d fired %10d asked %8.1f ns", s.Rule.Name, s.Fired, s.Events, float64(s.Took.Nanoseconds())/float64(max(s.Events, 1)))
		}
	}
}
