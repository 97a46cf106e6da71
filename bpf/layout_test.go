//go:build linux

package bpf

import (
	"testing"

	"github.com/cilium/ebpf/btf"
)

// TestLayout compares what the readers in parts.go and record.go expect with the
// structures in the compiled object.
func TestLayout(t *testing.T) {
	spec, err := LoadKernel()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		size    uint32
		offsets map[string]uint32
	}{
		{"rec_hdr", HeaderSize, map[string]uint32{
			"len": 0, "nr": 4, "kind": 6, "version": 7, "time": 8, "cgroup": 16, "start": 24, "pid": 32, "tid": 36,
			"ret": 40, "exec_id": 48, "cpu": 52, "flags": 54, "uid": 56, "nargs": 60, "nparts": 61, "lost_parts": 62,
		}},
		{"part_hdr", partHeadSize, map[string]uint32{"tag": 0, "role": 1, "flags": 2, "aux": 3, "len": 4}},
		{"part_file", 40, map[string]uint32{
			"ino": 0, "dev": 8, "fd": 12, "flags": 16, "mode": 20, "type": 22, "marks": 23, "uid": 24, "gid": 28, "magic": 32, "rdev": 36,
		}},
		{"part_sock", 64, map[string]uint32{
			"family": 0, "type": 2, "proto": 4, "state": 6, "sport": 8, "dport": 10, "netns": 12, "saddr": 16, "daddr": 32, "ino": 48, "peer": 56,
		}},
		{"part_creds", 40, map[string]uint32{
			"uid": 0, "gid": 4, "euid": 8, "egid": 12, "suid": 16, "sgid": 20, "fsuid": 24, "fsgid": 28, "loginuid": 32, "sessionid": 36,
		}},
		{"part_caps", 40, map[string]uint32{"inheritable": 0, "permitted": 8, "effective": 16, "bounding": 24, "ambient": 32}},
		{"part_task", 56, map[string]uint32{
			"comm": 0, "ppid": 16, "pgid": 20, "sid": 24, "vpid": 28, "vtid": 32, "vpgid": 36, "vsid": 40, "tty": 44, "parent_start": 48,
		}},
		{"part_ns", 32, map[string]uint32{
			"mnt": 0, "pid": 4, "net": 8, "uts": 12, "ipc": 16, "user": 20, "cgroup": 24, "pid_for_children": 28,
		}},
		{"part_child", 40, map[string]uint32{
			"start": 0, "cgroup": 8, "pid": 16, "tid": 20, "vpid": 24, "vtid": 28, "pidns": 32, "exec_id": 36,
		}},
		{"part_exe", 32, map[string]uint32{"ctime": 0, "mtime": 8, "old_tid": 16, "argc": 20, "envc": 24}},
		{"part_uring", 56, map[string]uint32{
			"ctx": 0, "req": 8, "user_data": 16, "off": 24, "fd": 32, "flags": 36, "req_flags": 40, "len": 44, "opcode": 48,
		}},
		{"part_exit", 24, map[string]uint32{"code": 0, "live": 4, "utime": 8, "stime": 16}},
	} {
		var s *btf.Struct
		if err := spec.Types.TypeByName(tt.name, &s); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if s.Size != tt.size {
			t.Errorf("struct %s has %d bytes, its reader expects %d", tt.name, s.Size, tt.size)
		}
		members := make(map[string]uint32)
		for _, m := range s.Members {
			members[m.Name] = m.Offset.Bytes()
		}
		for name, want := range tt.offsets {
			if at, ok := members[name]; !ok || at != want {
				t.Errorf("%s.%s is at %d, its reader looks at %d", tt.name, name, at, want)
			}
		}
	}
}

// TestSettingsFitMaps holds that what Go writes into the maps has their size.
func TestSettingsFitMaps(t *testing.T) {
	spec, err := LoadKernel()
	if err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]uint32{KernelMapCalls: 16, KernelMapCalls32: 16, KernelMapConfig: 32, KernelMapSeats: 8, KernelMapLosses: 24} {
		if got := spec.Maps[name].ValueSize; got != size {
			t.Errorf("map %s has values of %d bytes, Go writes %d", name, got, size)
		}
	}
	if got := spec.Maps[KernelMapCalls].MaxEntries; got != MaxCalls {
		t.Errorf("map calls has %d entries, MaxCalls is %d", got, MaxCalls)
	}
}
