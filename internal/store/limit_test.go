package store

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// A full store that was told a limit leaves the runtime room for garbage.
func TestLimitGivesWay(t *testing.T) {
	was := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(was)
	defer limit.Store(0)
	percent := debug.SetGCPercent(100)
	defer debug.SetGCPercent(percent)
	LimitMemory(64 << 20)
	base := limit.Load()
	held := make([]byte, 110<<20) // what lives besides the events leaves no room
	runtime.GC()
	giveWay(breath)
	for givingWay.Load() {
		runtime.Gosched()
	}
	runtime.KeepAlive(held)
	if got := debug.SetMemoryLimit(-1); got != base+base/8 {
		t.Errorf("the limit is %d, want an eighth above %d", got, base)
	}
	runtime.GC()
	giveWay(breath)
	for givingWay.Load() {
		runtime.Gosched()
	}
	if got := debug.SetMemoryLimit(-1); got != base {
		t.Errorf("the limit is %d, want %d again", got, base)
	}
}

// The first collection comes late, the next as ever.
func TestStartAhead(t *testing.T) {
	t.Setenv("GOGC", "")
	was := debug.SetGCPercent(100)
	defer debug.SetGCPercent(was)
	startAhead()
	if got := percent(); got != 800 {
		t.Fatalf("at the start the heap may grow by %d %%, want 800", got)
	}
	for until := time.Now().Add(30 * time.Second); percent() != 100; time.Sleep(time.Millisecond) {
		runtime.GC()
		if time.Now().After(until) {
			t.Fatal("the first collection changed nothing")
		}
	}
}

func percent() int {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64())
}
