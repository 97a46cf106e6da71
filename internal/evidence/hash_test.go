//go:build linux

package evidence

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// hashes keeps what a hasher told.
type hashes struct {
	sync.Mutex
	sums []string
}

func (h *hashes) tell(sum string, _ int64) {
	h.Lock()
	h.sums = append(h.sums, sum)
	h.Unlock()
}

// A deleted program is hashed through its process, and read once however often
// it runs.
func TestHash(t *testing.T) {
	p, want := run(t)
	h, got := NewHasher(HashOptions{}), &hashes{}
	h.Take(p, got.tell)
	h.Take(p, got.tell)
	h.Take(Program{PID: 1 << 29, Path: "/none"}, got.tell)
	h.Close()
	h.Take(p, got.tell)
	if len(got.sums) != 2 || got.sums[0] != want || got.sums[1] != want {
		t.Errorf("hashes are %v, want twice %s", got.sums, want)
	}
	if st := h.Stats(); st != (HashStats{Asked: 4, Hashed: 1, Known: 1, Gone: 1, Dropped: 1}) {
		t.Errorf("%+v", st)
	}
}

// The program of a process that has ended is found in the mounts of one beside
// it, but no other file that has its name by now.
func TestHashOfWhatHasEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dropped")
	copyOf := func(program string) Program {
		t.Helper()
		text, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return Program{Path: path, Ino: inode(f), Near: []int{1 << 29, os.Getpid()}}
	}
	program, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	p := copyOf(program)
	cmd := exec.Command(path)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	p.PID = cmd.Process.Pid
	h, got := NewHasher(HashOptions{}), &hashes{}
	h.Take(p, got.tell)
	other := p
	other.Ino++
	h.Take(other, got.tell)
	link := p
	link.Path = path + ".link"
	if err := os.Symlink("/proc/self/exe", link.Path); err != nil {
		t.Fatal(err)
	}
	h.Take(link, got.tell)
	h.Close()
	if st := h.Stats(); len(got.sums) != 1 || st.Hashed != 1 || st.Gone != 2 {
		t.Errorf("hashes are %v, %+v; want that of the file alone", got.sums, st)
	}
}

// More bytes than the rate allows are waited for, and larger files left out.
func TestHashBounds(t *testing.T) {
	p, _ := run(t)
	info, err := os.Stat("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	self := Program{PID: os.Getpid()}
	h, got := NewHasher(HashOptions{Rate: 1000, MaxFile: info.Size() - 1}), &hashes{}
	var waited time.Duration
	h.wait = func(d time.Duration) { waited += d }
	h.Take(self, got.tell)
	h.Take(p, got.tell)
	h.Close()
	if st := h.Stats(); st.TooLarge != 1 || st.Hashed != 1 || waited < time.Second {
		t.Errorf("%+v, waited %v; want this program left out and sleep waited for", st, waited)
	}
}
