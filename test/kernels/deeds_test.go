//go:build linux

package kernels

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
)

// container is the one of guest/watch, as container.id has it.
const container = "5f0d1c0ffee0"

// fields are an event's values by field, as text; an absent one has none.
type fields map[string]string

func (f fields) String() string {
	return fmt.Sprintf("%s %s %s by %s", f["evt.type"], f["evt.res"], f["fd.name"], f["proc.cmdline"])
}

// holds tells whether an event has all these values.
func (f fields) holds(want fields) bool {
	for name, value := range want {
		if f[name] != value {
			return false
		}
	}
	return true
}

// deed is a part of guest/deeds: the event that is known by these values must
// be there once, and have those others. A value "=x" is the oracle's of the name x.
type deed struct {
	key, has fields
}

var deeds = []deed{
	{
		fields{"evt.type": "execve", "proc.cmdline": "cat distinctive"},
		fields{
			"evt.res": "SUCCESS", "proc.name": "cat", "proc.exepath": "/bin/busybox", "proc.pname": "sh", "proc.cwd": "/srv/",
			"proc.ppid": "=shell", "proc.pvpid": "=shell", "proc.sid": "=sid", "proc.tty": "0", "user.uid": "0", "group.gid": "0",
			"user.loginuid": "-1", "proc.exe_ino": "=exe_ino", "proc.exe_ino.mtime": "=exe_mtime", "proc.exe_ino.ctime": "=exe_ctime",
			"proc.is_exe_upper_layer": "false", "proc.is_exe_lower_layer": "false", "thread.cap_effective": "=caps",
		},
	},
	{
		fields{"evt.type": "openat", "fd.name": "/srv/distinctive"},
		fields{
			"evt.res": "SUCCESS", "proc.name": "cat", "fd.type": "file", "fd.ino": "=open_ino", "fs.path.name": "/srv/distinctive",
			"fd.is_upper_layer": "false", "fd.is_lower_layer": "false", "proc.cmdline": "cat distinctive", "proc.ppid": "=shell",
		},
	},
	{
		fields{"evt.type": "openat", "proc.cmdline": "cat absent-file"},
		fields{"evt.res": "ENOENT", "evt.rawres": "-2", "evt.arg.name": "/srv/absent-file", "fd.name": "/srv/absent-file"},
	},
	{fields{"evt.type": "openat", "fd.name": "/srv/made"}, fields{"evt.res": "SUCCESS", "proc.name": "touch"}},
	{fields{"evt.type": "rename", "proc.name": "mv"}, fields{"evt.res": "SUCCESS", "fs.path.source": "/srv/made", "fs.path.target": "/srv/moved"}},
	{fields{"evt.type": "unlink", "proc.name": "rm"}, fields{"evt.res": "SUCCESS", "fs.path.name": "/srv/moved"}},
	{fields{"evt.type": "mkdir", "proc.name": "mkdir"}, fields{"evt.res": "SUCCESS", "fs.path.name": "/srv/folder"}},
	{
		fields{"evt.type": "openat", "fd.name": "/srv/folder"},
		fields{"evt.res": "SUCCESS", "evt.arg.flags": "O_RDONLY|O_NONBLOCK|O_DIRECTORY|O_CLOEXEC", "fd.type": "directory"},
	},
	{
		fields{"evt.type": "connect", "proc.cmdline": "nc 127.0.0.1 1"},
		fields{"evt.res": "ECONNREFUSED", "fd.type": "ipv4", "fd.name": "127.0.0.1:1", "fd.sip": "127.0.0.1", "fd.sport": "1"},
	},
	{
		fields{"evt.type": "connect", "proc.cmdline": "nc ::1 2"},
		fields{"evt.res": "ECONNREFUSED", "fd.type": "ipv6", "fd.sip": "::1", "fd.sport": "2"},
	},
	{
		fields{"evt.type": "connect", "proc.cmdline": "nc 127.0.0.1 7777"},
		fields{"evt.res": "SUCCESS", "fd.type": "ipv4", "fd.sip": "127.0.0.1", "fd.sport": "7777"},
	},
	{fields{"evt.type": "openat", "fd.name": "/srv/in-a-pid-namespace"}, fields{"evt.res": "SUCCESS", "proc.vpid": "1", "proc.pname": "unshare"}},
	{fields{"evt.type": "openat", "fd.name": "/srv/as-a-user"}, fields{"evt.res": "SUCCESS", "user.uid": "1234", "group.gid": "2345"}},
	{fields{"evt.type": "openat", "fd.name": "/srv/on-a-terminal"}, fields{"evt.res": "SUCCESS", "proc.tty": "=tty"}},
}

// atCalls are what arm64 has in the place of calls that it has not: its programs
// do the same deeds by these.
var atCalls = map[string]string{"rename": "renameat", "unlink": "unlinkat", "mkdir": "mkdirat"}

// on returns the values as a kind of processor has them.
func (f fields) on(a Arch) fields {
	if at := atCalls[f["evt.type"]]; a == ARM64 && at != "" {
		f = maps.Clone(f)
		f["evt.type"] = at
	}
	return f
}

// overlayDeeds are those on an overlay, where the kernel's package has it.
var overlayDeeds = []deed{
	{
		fields{"evt.type": "openat", "fd.name": "/merged/cat", "proc.cmdline": "cat /merged/cat"},
		fields{"evt.res": "SUCCESS", "fd.is_lower_layer": "true", "fd.is_upper_layer": "false", "proc.exepath": "/merged/cat", "proc.is_exe_lower_layer": "true"},
	},
	{
		fields{"evt.type": "openat", "fd.name": "/merged/written", "proc.name": "touch"},
		fields{"evt.res": "SUCCESS", "fd.is_upper_layer": "true", "fd.is_lower_layer": "false"},
	},
	{
		fields{"evt.type": "openat", "fd.name": "/merged/written", "proc.name": "cat"},
		fields{"evt.res": "SUCCESS", "fd.is_upper_layer": "true", "proc.exepath": "/merged/cat", "proc.is_exe_upper_layer": "true", "proc.is_exe_lower_layer": "false"},
	},
}

// uringDeeds are those of ../live/actor/uring.c: no system call shows them.
var uringDeeds = []deed{
	{fields{"evt.type": "io_uring", "stoop.io_uring": "true", "evt.arg.op": "IORING_OP_NOP"}, fields{"evt.res": "SUCCESS"}},
	{fields{"evt.type": "openat", "stoop.io_uring": "true", "fd.name": "/tmp/uring/ring-made"}, fields{"evt.res": "SUCCESS"}},
	{fields{"evt.type": "openat", "stoop.io_uring": "true", "evt.arg.name": "/tmp/uring/absent"}, fields{"evt.res": "ENOENT"}},
	{fields{"evt.type": "unlinkat", "stoop.io_uring": "true"}, fields{"evt.res": "SUCCESS", "fs.path.name": "/tmp/uring/victim"}},
	{fields{"evt.type": "renameat2", "stoop.io_uring": "true"}, fields{"evt.res": "SUCCESS", "fs.path.source": "/tmp/uring/old", "fs.path.target": "/tmp/uring/new"}},
	{fields{"evt.type": "mkdirat", "stoop.io_uring": "true"}, fields{"evt.res": "SUCCESS", "fs.path.name": "/tmp/uring/made"}},
	{fields{"evt.type": "connect", "stoop.io_uring": "true"}, fields{"evt.res": "ECONNREFUSED", "fd.sip": "127.0.0.1", "fd.sport": "1"}},
}

// events reads a report of stoop print -o json.
func events(t *testing.T, r Report) (all []fields) {
	t.Helper()
	if r.Exit != 0 {
		t.Errorf("exit status %d", r.Exit)
	}
	for line := range strings.Lines(r.Text) {
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		var values map[string]any
		if err := d.Decode(&values); err != nil {
			t.Errorf("not an event: %v: %s", err, line)
			continue
		}
		e := fields{}
		for name, v := range values {
			if v != nil {
				e[name] = fmt.Sprint(v)
			}
		}
		all = append(all, e)
	}
	return all
}

// oracle reads the lines of guest/deeds: a name, then its value.
func oracle(r Report) map[string]string {
	values := map[string]string{}
	for sc := bufio.NewScanner(strings.NewReader(r.Text)); sc.Scan(); {
		name, value, _ := strings.Cut(sc.Text(), " ")
		values[name] = strings.TrimSpace(value)
	}
	return values
}

// check looks for each deed among the events of a kind of processor.
func check(t *testing.T, a Arch, all []fields, deeds []deed, always fields, oracle map[string]string) {
	t.Helper()
	for _, d := range deeds {
		var found []fields
		key := d.key.on(a)
		for _, e := range all {
			if e.holds(key) {
				found = append(found, e)
			}
		}
		if len(found) != 1 {
			t.Errorf("%d events with %v, want one: %v", len(found), map[string]string(key), found)
			continue
		}
		want := maps.Clone(always)
		maps.Copy(want, d.has)
		for name, value := range want {
			if ref, ok := strings.CutPrefix(value, "="); ok {
				if value = oracle[ref]; value == "" {
					t.Errorf("the oracle has no %s", ref)
				}
			}
			if got := asOracle(name, found[0][name]); got != value {
				t.Errorf("%s: %s is %q, want %q", found[0], name, got, value)
			}
		}
	}
}

// asOracle brings a field's value to the form that the oracle has.
func asOracle(name, value string) string {
	switch name {
	case "proc.exe_ino.mtime", "proc.exe_ino.ctime": // ns; stat -c has seconds
		if ns, err := strconv.ParseInt(value, 10, 64); err == nil {
			return strconv.FormatInt(ns/1e9, 10)
		}
	case "thread.cap_effective": // names; /proc/PID/status has bits
		return strconv.Itoa(len(strings.Fields(value)))
	}
	return value
}
