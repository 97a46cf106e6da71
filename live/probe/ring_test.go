//go:build linux

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// own gives this test's cgroup a ring. Other processes share the cgroup, so
// counts are of the calls that the test makes in one thread.
func own(t *testing.T, p *Probe, kind RingKind) uint64 {
	t.Helper()
	key, err := p.Keys().OfPid(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Recorder().Give(key, kind); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRingKeepsTheNewest(t *testing.T) {
	p := open(t, Options{DeedsRing: 1}, Plan{Deeds: true})
	key := own(t, p, Deeds)
	p.Recorder().Ring(key, Deeds, func(r *Ring) { r.past = nil })
	const n = 5000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := uint32(unix.Gettid())
	dir := t.TempDir()
	for i := range n {
		unix.Mkdir(fmt.Sprintf("%s/%d", dir, i), 0o700)
		unix.Rmdir(fmt.Sprintf("%s/%d", dir, i))
	}
	ok := p.Recorder().Ring(key, Deeds, func(r *Ring) {
		if r.Size() != 256<<10 {
			t.Errorf("ring of %d bytes", r.Size())
		}
		next := 2*n - 1
		var newest []string
		var oldest uint64
		s := r.Scan(0, func(rec bpf.Record) bool {
			if oldest == 0 {
				oldest = rec.Time()
			}
			if rec.Tid() == tid && rec.Flags()&bpf.FlagDeed != 0 {
				part, _ := rec.Find(bpf.TagString, 0)
				if part.Data == nil {
					part, _ = rec.Find(bpf.TagString, 1) // mkdirat
				}
				newest = append(newest, filepath.Base(string(part.Data)))
			}
			return true
		})
		if s.Kept+s.Lost() != s.Made || s.Made < 2*n || s.Lost() == 0 {
			t.Errorf("kept %d, lost %d, made %d", s.Kept, s.Lost(), s.Made)
		}
		// an unbroken run up to the last deed
		for i := len(newest) - 1; i >= 0; i-- {
			if want := fmt.Sprint(next / 2); newest[i] != want {
				t.Fatalf("deed %d from the end is %q, want %q", len(newest)-1-i, newest[i], want)
			}
			next--
		}
		if len(newest) < 500 {
			t.Errorf("only %d deeds kept", len(newest))
		}
		// others of this cgroup may have written meanwhile
		at, ok := r.Reach()
		for pos := r.pos(); !ok || at != oldest; pos = r.pos() {
			oldest = 0
			r.Scan(0, func(rec bpf.Record) bool { oldest = rec.Time(); return false })
			if at, ok = r.Reach(); r.pos() == pos && (!ok || at != oldest) {
				t.Fatalf("reach %d %v, the oldest record is of %d", at, ok, oldest)
			}
		}
		r.Scan(s.Next, func(rec bpf.Record) bool {
			if rec.Tid() == tid {
				t.Error("a record after the end")
			}
			return true
		})
	})
	if !ok {
		t.Fatal("no ring")
	}
}

// TestDeedsReachBack holds the recorder's contract: at 50 deeds a second the
// default ring reaches back 10 minutes. The deeds come faster here.
func TestDeedsReachBack(t *testing.T) {
	p := open(t, Options{}, Plan{Deeds: true})
	key := own(t, p, Deeds)
	const n = 50 * 600
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := uint32(unix.Gettid())
	dir := t.TempDir()
	for i := range n / 3 {
		name := fmt.Sprintf("%s/a-file-of-some-service-%d.tmp", dir, i)
		fd, err := unix.Open(name, unix.O_CREAT|unix.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
		unix.Rename(name, name+"~")
		unix.Unlink(name + "~")
		if i%500 == 0 { // 15,000 deeds a second, or what a busy machine can take over
			for behind := true; behind; time.Sleep(gatherEvery) {
				p.Recorder().Ring(key, Deeds, func(r *Ring) { behind = r.pos()-r.past.upTo > uint64(r.Size()/2) })
			}
		}
	}
	p.Recorder().Ring(key, Deeds, func(r *Ring) {
		mine := 0
		s := r.Scan(0, func(rec bpf.Record) bool {
			if rec.Tid() == tid {
				mine++
			}
			return true
		})
		held := r.past.size + len(r.past.raw)
		t.Logf("%d deeds, %d bytes made, %d bytes archived", s.Kept, r.pos(), held)
		if mine < n || s.Kept+s.Lost() != s.Made {
			t.Errorf("%d of %d deeds, %d records lost", mine, n, s.Lost())
		}
		if held > 1<<20+blockBytes {
			t.Errorf("archive of %d bytes", held)
		}
		first := true
		at, _ := r.Reach()
		r.Scan(0, func(rec bpf.Record) bool {
			first = rec.Time() == at
			return false
		})
		if !first {
			t.Error("Reach is not the time of the first record")
		}
	})
}

// TestRingUnderFire scans while all CPUs write: what comes out must be whole.
func TestRingUnderFire(t *testing.T) {
	p := open(t, Options{BulkRing: 1}, Plan{})
	key := own(t, p, Bulk)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					unix.Faccessat(unix.AT_FDCWD, "/some/name/that/takes/room", 0, 0)
				}
			}
		})
	}
	scans, kept := 0, uint64(0)
	for end := time.Now().Add(time.Second); time.Now().Before(end); scans++ {
		p.Recorder().Ring(key, Bulk, func(r *Ring) {
			kept += r.Scan(0, func(rec bpf.Record) bool {
				c := rec.Parts()
				for c.Next() {
					if c.Tag == bpf.TagString && rec.Pid() == uint32(os.Getpid()) && bpf.Native.SyscallName(int(rec.Nr())) == "faccessat" &&
						string(c.Data) != "/some/name/that/takes/room" {
						t.Errorf("torn: %q", c.Data)
					}
				}
				if c.Err() != nil || rec.Flags()&bpf.FlagBulk == 0 {
					t.Errorf("torn: %v, flags %#x", c.Err(), rec.Flags())
				}
				return true
			}).Kept
		})
	}
	close(stop)
	wg.Wait()
	if kept == 0 {
		t.Error("nothing kept")
	}
	t.Logf("%d scans, %d records", scans, kept)
}

// TestBulkHasDurations sleeps and finds the time in the record.
func TestBulkHasDurations(t *testing.T) {
	p := open(t, Options{}, Plan{Durations: true})
	key := own(t, p, Bulk)
	const nap = 30 * time.Millisecond
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := uint32(unix.Gettid())
	ts := unix.NsecToTimespec(int64(nap))
	for err := error(unix.EINTR); errors.Is(err, unix.EINTR); { // by signals of Go's scheduler
		err = unix.Nanosleep(&ts, nil)
	}
	found := false
	var naps []time.Duration // and takes some of its own
	p.Recorder().Ring(key, Bulk, func(r *Ring) {
		r.Scan(0, func(rec bpf.Record) bool {
			if rec.Tid() == tid && bpf.Native.SyscallName(int(rec.Nr())) == "nanosleep" {
				part, _ := rec.Find(bpf.TagEnter, bpf.RoleTask)
				since, ok := bpf.ParseEnter(part.Data)
				took := time.Duration(rec.Time() - since)
				naps = append(naps, took)
				found = found || ok && took >= nap && took < nap+time.Second
			}
			return true
		})
	})
	if !found {
		t.Errorf("no record of the sleep with its duration, but %v", naps)
	}
}

// TestClaim holds that a container that nobody announced gets a ring in the
// kernel, and that what it did first is in it.
func TestClaim(t *testing.T) {
	p := open(t, Options{Pool: 2}, Plan{Deeds: true})
	waitPool(t, p, 2)
	// a pid namespace of its own is what makes a container for the kernel
	k := p.Keys()
	parent, err := k.Path(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(k.Root, parent, fmt.Sprintf("stoop-test-%d", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(dir)
	key, err := k.OfDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf("echo $$ >%s/cgroup.procs; exec unshare --pid --fork mkdir %s/first", dir, t.TempDir()))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var did []string
	if !p.Recorder().Ring(key, Deeds, func(r *Ring) {
		r.Scan(0, func(rec bpf.Record) bool {
			did = append(did, rec.Kind().String()+" "+bpf.Native.SyscallName(int(rec.Nr())))
			return true
		})
	}) {
		t.Fatal("the container has no ring")
	}
	if len(did) != 2 || did[0] != "exec syscall_65535" || !strings.HasPrefix(did[1], "syscall mkdir") { // or mkdirat
		t.Errorf("its first deeds: %q, want exec and mkdir", did)
	}
	if got := p.Recorder().Cgroups(Deeds); len(got) != 1 || got[0] != key {
		t.Errorf("cgroups with a ring: %v, want %d", got, key)
	}
	if err := p.Recorder().Drop(key, Deeds); err != nil {
		t.Error(err)
	}
	if p.Recorder().Ring(key, Deeds, func(*Ring) {}) {
		t.Error("the ring outlived Drop")
	}
}

func waitPool(t *testing.T, p *Probe, n int) {
	t.Helper()
	for range 500 {
		p.rec.mu.Lock()
		have := p.rec.pooled
		p.rec.mu.Unlock()
		if have >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the pool was not filled with %d rings", n)
}

// TestLossAccount overruns a small event buffer: kept + lost = made, where made
// is what the generator did, not what a probe counted.
func TestLossAccount(t *testing.T) {
	p := open(t, Options{EventBuffer: 64 << 10}, Plan{Syscalls: []string{"faccessat"}})
	const made = 50_000
	tids := make(chan uint32)
	go func() {
		runtime.LockOSThread()
		tid := uint32(unix.Gettid())
		for range made {
			unix.RawSyscall(unix.SYS_FACCESSAT, ^uintptr(99), 0, 0) // AT_FDCWD, no name
		}
		tids <- tid
	}()
	byTid := make(map[uint32]int)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Reader().Run(ctx, 200*time.Millisecond, func(recs []bpf.Record) error {
			for _, r := range recs {
				byTid[r.Tid()]++
			}
			return nil
		})
	}()
	tid := <-tids
	cancel()
	<-done
	kept := byTid[tid]
	others := 0
	for id, n := range byTid {
		if id != tid {
			others += n
		}
	}
	losses, err := p.Losses()
	if err != nil {
		t.Fatal(err)
	}
	key, _ := p.Keys().OfPid(os.Getpid())
	lost := int(losses.Cgroups[key].Full)
	if lost == 0 || kept == 0 {
		t.Errorf("kept %d, lost %d: the test wants both", kept, lost)
	}
	if others == 0 && kept+lost != made || kept+lost+others < made {
		t.Errorf("kept %d + lost %d (others %d) is not made %d", kept, lost, others, made)
	}
}
