//go:build linux

package evidence

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// run starts a copy of sleep, and deletes its file.
func run(t *testing.T) (p Program, hash string) {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dropped")
	if err := os.WriteFile(path, text, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	return Program{PID: cmd.Process.Pid, Path: path, Rule: "a rule", Container: "0123456789ab", Time: time.Now()}, hex.EncodeToString(sum[:])
}

func open(t *testing.T, opt Options) *Keeper {
	t.Helper()
	k, err := Open(t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// lines reads evidence.jsonl.
func lines(t *testing.T, k *Keeper) (list []line) {
	t.Helper()
	f, err := os.Open(filepath.Join(k.dir, "evidence.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
	return list
}

func close1(t *testing.T, k *Keeper) {
	t.Helper()
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDeletedFileIsKept(t *testing.T) {
	p, hash := run(t)
	k := open(t, Options{})
	k.Take(p)
	k.Take(p)
	close1(t, k)
	if st := k.Stats(); st != (Stats{Asked: 2, Hashed: 2, Kept: 1, Known: 1}) {
		t.Errorf("counted %+v", st)
	}
	path := filepath.Join(k.dir, hash+".sample")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != hash {
		t.Error("the file is not what was run")
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o400 {
		t.Errorf("its mode is %v, error %v", info.Mode(), err)
	}
	said := lines(t, k)
	if len(said) != 2 || said[0].SHA256 != hash || said[0].File != hash+".sample" || said[0].Rule != "a rule" || said[0].PID != p.PID {
		t.Errorf("the list says %+v", said)
	}
}

// TestFileInMemory runs a program that has no name.
func TestFileInMemory(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.MemfdCreate("job", 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "job")
	if _, err := f.Write(text); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/fd/3", "60")
	cmd.ExtraFiles = []*os.File{f}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = f.Close()
	k := open(t, Options{})
	k.Take(Program{PID: cmd.Process.Pid, Path: "/memfd:job"})
	close1(t, k)
	sum := sha256.Sum256(text)
	if said := lines(t, k); len(said) != 1 || said[0].SHA256 != hex.EncodeToString(sum[:]) || said[0].File == "" {
		t.Errorf("the list says %+v, counted %+v", said, k.Stats())
	}
}

func TestBounds(t *testing.T) {
	p, hash := run(t)
	for name, tt := range map[string]struct {
		opt    Options
		sha256 string
	}{
		"a file that is too large":   {Options{MaxFile: 100}, hash},
		"a folder that is full":      {Options{MaxTotal: 100}, hash},
		"a file too large to hash":   {Options{MaxHash: 100}, ""},
		"a folder that has no limit": {Options{}, hash},
	} {
		k := open(t, tt.opt)
		k.Take(p)
		close1(t, k)
		said := lines(t, k)
		bounded := tt.opt != (Options{})
		if len(said) != 1 || said[0].SHA256 != tt.sha256 || (said[0].File == "") != bounded || (k.Stats().TooLarge == 1) != bounded {
			t.Errorf("%s: the list says %+v, counted %+v", name, said, k.Stats())
		}
	}
}

func TestAnotherProgramIsNotTaken(t *testing.T) {
	p, _ := run(t)
	k := open(t, Options{})
	p.Path = "/tmp/other"
	k.Take(p) // the pid belongs to another program by now
	p.PID = 1 << 22
	k.Take(p) // nobody has it
	close1(t, k)
	k.Take(p)
	if st := k.Stats(); st != (Stats{Asked: 3, Gone: 2, Dropped: 1}) {
		t.Errorf("counted %+v", st)
	}
}
