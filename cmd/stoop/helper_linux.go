package main

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/stoop-project/stoop/live"
	"github.com/stoop-project/stoop/live/probe"
)

// helper serves when this process was started to let kernel links go after
// the one that attached them has given the prompt back; it does not return
// then.
func helper() { probe.Helper() }

// keepPrivileges lets the live source keep what root may do.
func keepPrivileges() { live.KeepPrivileges() }

// foreignFolder reports whether a file's folder is somebody else's, so that
// without root's rights no further file can be made in it.
func foreignFolder(file string) bool {
	info, err := os.Stat(filepath.Dir(file))
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) != os.Geteuid()
}
