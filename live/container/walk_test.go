//go:build linux

package container

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
)

// cgroupDir makes a directory that stands for a cgroup, and returns its key.
func cgroupDir(t *testing.T, dir, procs string) uint64 {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(procs), 0o644); err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// A container is known by its directory, whoever lives in it.
func TestLook(t *testing.T) {
	root := t.TempDir()
	key := cgroupDir(t, filepath.Join(root, "docker", idA), "")
	inner := cgroupDir(t, filepath.Join(root, "docker", idA, "system.slice"), "")
	service := cgroupDir(t, filepath.Join(root, "system.slice", "sshd.service"), "")
	c := New(event.NewTables(), oneKey(0), Options{Root: root, Runtimes: []Asker{}, States: []string{}})
	defer c.Close()
	c.Look()
	for k, want := range map[uint64]string{key: idA[:12], inner: idA[:12], service: ""} {
		if got := c.IDOf(k); got != want {
			t.Errorf("%d is of %q, want %q", k, got, want)
		}
	}
	if list := c.Containers(); len(list) != 1 || list[0].Key != key {
		t.Errorf("have %+v, want one of key %d", list, key)
	}

	// It ends, and is told of as long as its rings live.
	if err := os.RemoveAll(filepath.Join(root, "docker", idA)); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(checkEvery)
	c.Update(now)
	c.Update(now.Add(keepEnded))
	if c.IDOf(key) == "" || c.IDOf(inner) == "" || c.Containers()[0].Ended != now {
		t.Errorf("it was forgotten at once: %+v", c.Containers())
	}
	c.Update(now.Add(keepEnded + checkEvery + 1))
	if c.IDOf(key) != "" || c.IDOf(inner) != "" {
		t.Error("it is known for ever")
	}
}

// What the directory told of the cgroups gives way to what a process tells.
func TestLookThenProcess(t *testing.T) {
	root, tables := t.TempDir(), event.NewTables()
	key := cgroupDir(t, filepath.Join(root, "docker", idA), "")
	proc := fakeProc(t, "3:memory:/docker/"+idA+"\n2:pids:/docker/"+idA+"\n")
	c := New(tables, oneKey(key), Options{Root: root, Proc: proc, Runtimes: []Asker{}, States: []string{}})
	defer c.Close()
	c.Look()
	for _, test := range []struct {
		pid  uint32
		want string
	}{
		{0, "unified=/docker/" + idA},
		{11, "unified=/docker/" + idA}, // gone
		{10, "memory=/docker/" + idA + " pids=/docker/" + idA},
		{0, "memory=/docker/" + idA + " pids=/docker/" + idA},
	} {
		if _, got := c.Of(key, test.pid); tables.Text(got) != test.want {
			t.Errorf("pid %d: cgroups are %q, want %q", test.pid, tables.Text(got), test.want)
		}
	}
}

func TestUnringed(t *testing.T) {
	root, proc := t.TempDir(), t.TempDir()
	for pid, numbers := range map[string]string{"10": "10", "20": "20\t1"} {
		if err := os.MkdirAll(filepath.Join(proc, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(proc, pid, "status"), []byte("Name:\tx\nNSpid:\t"+numbers+"\nNSsid:\t1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	id := func(c string) string { return c + idA[1:] }
	sharing := cgroupDir(t, filepath.Join(root, id("0")), "10\n11\n")
	cgroupDir(t, filepath.Join(root, id("1")), "20\n") // of a pid namespace of its own: the kernel takes a ring
	empty := cgroupDir(t, filepath.Join(root, id("2")), "")
	ringed := cgroupDir(t, filepath.Join(root, id("3")), "")
	cgroupDir(t, filepath.Join(root, id("4")), "99\n") // gone
	c := New(event.NewTables(), oneKey(0), Options{Root: root, Proc: proc, Runtimes: []Asker{}, States: []string{}})
	defer c.Close()
	c.Look()
	got := c.Unringed(func(key uint64) bool { return key == ringed })
	want := []uint64{sharing, empty}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("have %v, want %v", got, want)
	}
}
