//go:build linux

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// TestFloor attaches empty programs and lets them go, also when one of them
// cannot be attached.
func TestFloor(t *testing.T) {
	if os.Geteuid() != 0 {
		testdata.Skipf(t, "attaching to the kernel needs root")
	}
	links := func() int {
		n, err := linksOf(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := links()
	f, err := newFloor("sys_enter", "sys_exit", "syscalls/sys_exit_reboot")
	if err != nil {
		t.Fatal(err)
	}
	if n := links() - before; n < 3 {
		t.Errorf("%d links, want one for each point", n)
	}
	if n := attachedElsewhere(); n < 3 {
		t.Errorf("%d links of all processes", n)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
	if _, err := newFloor("sys_exit", "syscalls/sys_exit_dance"); err == nil || !strings.Contains(err.Error(), "sys_exit_dance") {
		t.Errorf("error %v, want one that names the point", err)
	}
	if n := links(); n != before {
		t.Errorf("%d links stay", n-before)
	}
}
