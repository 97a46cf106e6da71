package event_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/testdata"
)

// kernelName are the kernel's names of calls that its tracepoints spell
// otherwise.
var kernelName = map[string]string{
	"stat": "newstat", "lstat": "newlstat", "fstat": "newfstat", "uname": "newuname", "umount2": "umount", "sendfile": "sendfile64",
	"pread": "pread64", "pwrite": "pwrite64", "prlimit": "prlimit64",
}

var formatField = regexp.MustCompile(`field:([^;]*?)(\w+);`)

// TestRegisters holds the registers of the arguments against the running
// kernel's description of its system calls.
func TestRegisters(t *testing.T) {
	const dir = "/sys/kernel/tracing/events/syscalls"
	if runtime.GOARCH != "amd64" {
		t.Skip("the numbers are amd64's")
	}
	if _, err := os.Stat(filepath.Join(dir, "sys_enter_openat")); err != nil {
		testdata.Skipf(t, "no tracepoints: %v; mount tracefs and be root", err)
	}
	checked := 0
	for n := range int(event.FirstOwn) {
		info := event.Type(n).Info()
		name := info.Name
		if k := kernelName[name]; k != "" {
			name = k
		}
		format, err := os.ReadFile(filepath.Join(dir, "sys_enter_"+name, "format"))
		if err != nil {
			continue // not in this kernel
		}
		var ctypes []string
		for _, m := range formatField.FindAllStringSubmatch(string(format), -1) {
			if !strings.HasPrefix(m[2], "common_") && m[2] != "__syscall_nr" {
				ctypes = append(ctypes, m[1])
			}
		}
		for _, p := range info.Params {
			if p.Reg < 0 {
				continue
			}
			checked++
			if p.Reg >= len(ctypes) {
				t.Errorf("%s: argument %s is in register %d of %d", info.Name, p.Name, p.Reg, len(ctypes))
				continue
			}
			pointer := strings.Contains(ctypes[p.Reg], "*")
			switch p.Kind {
			case event.ParamPath, event.ParamText, event.ParamBytes:
				// prctl's second argument is a text for some options only.
				if !pointer && p.Name != "arg2_str" {
					t.Errorf("%s: %s is no pointer but %s", info.Name, p.Name, ctypes[p.Reg])
				}
			case event.ParamFD, event.ParamFlags, event.ParamEnum, event.ParamPID, event.ParamUID, event.ParamSig, event.ParamOct, event.ParamInt:
				if pointer {
					t.Errorf("%s: %s is a pointer, %s", info.Name, p.Name, ctypes[p.Reg])
				}
			}
		}
	}
	if checked < 500 {
		t.Errorf("%d arguments were checked, want at least 500", checked)
	}
}
