package event_test

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func TestFlagNames(t *testing.T) {
	for _, c := range []struct {
		set  string
		v    uint64
		want string
	}{
		{"open", 0, "O_RDONLY"},
		{"open", 2, "O_RDWR"},
		{"open", 1 | 0x40 | 0x200 | 0x80000, "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC"},
		{"open", 0x1000, "O_RDONLY|O_DSYNC"},
		{"open", 0x101000, "O_RDONLY|O_SYNC"},
		{"open", 0x10000, "O_RDONLY|O_DIRECTORY"},
		{"open", 0x410002, "O_RDWR|O_TMPFILE"},
		{"open", event.OpenCreated | 0x41, "O_WRONLY|O_CREAT|O_F_CREATED"},
		{"open", 1 << 40, "O_RDONLY|0x10000000000"},
		{"prot", 0, "PROT_NONE"},
		{"prot", 5, "PROT_READ|PROT_EXEC"},
		{"mmap", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS"},
		{"mmap", 3, "MAP_SHARED_VALIDATE"},
		{"clone", 0x11, "SIGCHLD"},
		{"clone", 0x10020000, "CLONE_NEWNS|CLONE_NEWUSER"},
		{"at", 0x200, "AT_REMOVEDIR"},
		{"at_access", 0x200, "AT_EACCESS"},
		{"at", 0, ""},
		{"sockflags", 0x80801, "SOCK_CLOEXEC|SOCK_NONBLOCK"},
		{"sockflags", 1, ""},
		{"no such set", 5, "0x5"},
	} {
		if got := event.FlagNames(c.set, c.v); got != c.want {
			t.Errorf("%s %#x is %q, want %q", c.set, c.v, got, c.want)
		}
	}
}

func TestEnumName(t *testing.T) {
	for _, c := range []struct {
		set  string
		v    uint64
		want string
	}{
		{"family", 2, "AF_INET"},
		{"family", 38, "AF_ALG"},
		{"family", 17, "AF_PACKET"},
		{"family", 999, ""},
		{"socktype", 1 | 0x80000, "SOCK_STREAM"},
		{"ptrace", 0x4206, "PTRACE_SEIZE"},
		{"ptrace", 0, "PTRACE_TRACEME"},
		{"ioctl", 0x5412, "TIOCSTI"},
		{"futex", 129, "FUTEX_WAKE"},
		{"bpf", 5, "BPF_PROG_LOAD"},
		{"prctl", 15, "PR_SET_NAME"},
		{"keyctl", 0, "KEYCTL_GET_KEYRING_ID"},
		{"uring_op", 18, "IORING_OP_OPENAT"},
		{"no such set", 1, ""},
	} {
		if got := event.EnumName(c.set, c.v); got != c.want {
			t.Errorf("%s %#x is %q, want %q", c.set, c.v, got, c.want)
		}
	}
}

func TestResultNames(t *testing.T) {
	for res, want := range map[int64]string{0: "", 3: "", -1: "EPERM", -2: "ENOENT", -115: "EINPROGRESS", -4095: "E4095", -4096: "", 0x7f0000000000: ""} {
		if got := event.ErrnoName(res); got != want {
			t.Errorf("result %d is %q, want %q", res, got, want)
		}
		if event.Failed(res) != (want != "") {
			t.Errorf("Failed(%d) = %v", res, event.Failed(res))
		}
	}
	for n, want := range map[int64]string{0: "", 9: "SIGKILL", 15: "SIGTERM", 31: "SIGSYS", 34: "SIGRT2", 64: "SIGRT32", 65: "", -1: ""} {
		if got := event.SignalName(n); got != want {
			t.Errorf("signal %d is %q, want %q", n, got, want)
		}
	}
	if got := event.CapNames(1<<40 | 1<<2 | 1<<63); got != "CAP_DAC_READ_SEARCH CAP_CHECKPOINT_RESTORE" {
		t.Errorf("capabilities are %q", got)
	}
}

// TestTypes checks the table of types as a whole.
func TestTypes(t *testing.T) {
	named := 0
	for i := range event.NumTypes {
		info := event.Type(i).Info()
		if info.Name == "" {
			continue
		}
		named++
		if got, ok := event.TypeOf(info.Name); !ok || got != event.Type(i) {
			t.Errorf("%s is number %d, not %d", info.Name, got, i)
		}
		seen, next := map[string]bool{}, 0
		for n := range info.Shown {
			s := &info.Shown[n]
			if seen[s.Name] {
				t.Errorf("%s has two arguments %s", info.Name, s.Name)
			}
			seen[s.Name] = true
			if s.Result() && n != 0 {
				t.Errorf("%s: the result is argument %d, want it first", info.Name, n)
			}
			if s.At < 0 {
				continue
			}
			if s.At != next || info.Params[s.At] != s.Param {
				t.Errorf("%s: argument %s is encoded at %d, want %d", info.Name, s.Name, s.At, next)
			}
			next++
		}
		if next != len(info.Params) {
			t.Errorf("%s shows %d of %d arguments", info.Name, next, len(info.Params))
		}
		if i < int(event.FirstOwn) && info.Category == "" {
			t.Errorf("%s has no category", info.Name)
		}
	}
	if named < 380 {
		t.Errorf("%d types, want at least 380", named)
	}
	for alias, want := range map[string]string{"pread64": "pread", "pwrite64": "pwrite", "prlimit64": "prlimit"} {
		if typ, ok := event.TypeOf(alias); !ok || typ.String() != want {
			t.Errorf("%s is %s, want %s", alias, typ, want)
		}
	}
	if event.Type(60000).String() != "unknown" {
		t.Error("a number beyond the table is not unknown")
	}
}

// TestFalcoArguments holds the order of some types' arguments against Falco's
// event table (libs driver/event_table.c).
func TestFalcoArguments(t *testing.T) {
	for typ, want := range map[string]string{
		"openat":    "fd dirfd name flags mode dev ino",
		"openat2":   "fd dirfd name flags mode resolve dev ino",
		"connect":   "res tuple fd addr",
		"accept4":   "fd tuple queuepct queuelen queuemax flags",
		"rename":    "res oldpath newpath",
		"renameat2": "res olddirfd oldpath newdirfd newpath flags",
		"symlinkat": "res target linkdirfd linkpath",
		"linkat":    "res olddir oldpath newdir newpath flags",
		"unlinkat":  "res dirfd name flags",
		"ptrace":    "res addr data request pid",
		"mount":     "res dev dir type flags",
		"dup3":      "res oldfd newfd flags",
		"chmod":     "res filename mode",
		"fchmodat":  "res dirfd filename mode",
		"socket":    "fd domain type proto flags",
		"kill":      "res pid sig",
		"bpf":       "fd cmd size",
		"procexit":  "status ret sig core reaper_tid",
	} {
		et, _ := event.TypeOf(typ)
		var got []string
		for _, s := range et.Info().Shown {
			got = append(got, s.Name)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s has %s, want %s", typ, s, want)
		}
	}
	et, _ := event.TypeOf("execve")
	for n, name := range []string{"res", "exe", "args", "tid", "pid", "ptid", "cwd"} {
		if got := et.Info().Shown[n].Name; got != name {
			t.Errorf("execve's argument %d is %s, want %s", n, got, name)
		}
	}
}
