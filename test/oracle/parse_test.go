package oracle

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseLine(t *testing.T) {
	for _, tt := range []struct {
		line string
		want Record
	}{
		{
			`24555 1795471307.775769 openat(AT_FDCWD</tmp>, "/usr/lib/x", O_RDONLY|O_CLOEXEC) = 3</usr/lib/x> <0.000066>`,
			Record{
				Pid: 24555, Time: time.Unix(1795471307, 775769000), Duration: 66 * time.Microsecond, Name: "openat",
				Args:   []Arg{"AT_FDCWD</tmp>", `"/usr/lib/x"`, "O_RDONLY|O_CLOEXEC"},
				Return: Return{Text: "3</usr/lib/x>", Int: 3},
			},
		},
		{
			`7 access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory) <0.000062>`,
			Record{
				Pid: 7, Duration: 62 * time.Microsecond, Name: "access", Args: []Arg{`"/etc/ld.so.preload"`, "R_OK"},
				Return: Return{Text: "-1", Int: -1, Note: "No such file or directory"}, Errno: "ENOENT",
			},
		},
		{
			`getpid()        = 24553`,
			Record{Name: "getpid", Return: Return{Text: "24553", Int: 24553}},
		},
		{
			`9 memfd_create("mm", MFD_CLOEXEC) = 16</memfd:mm>(deleted) <0.000025>`,
			Record{
				Pid: 9, Duration: 25 * time.Microsecond, Name: "memfd_create", Args: []Arg{`"mm"`, "MFD_CLOEXEC"},
				Return: Return{Text: "16</memfd:mm>(deleted)", Int: 16},
			},
		},
		{
			`9 poll([{fd=3<TCP:[127.0.0.1:1->127.0.0.1:2]>, events=POLLIN}], 1, 0) = 0 (Timeout)`,
			Record{
				Pid: 9, Name: "poll", Args: []Arg{"[{fd=3<TCP:[127.0.0.1:1->127.0.0.1:2]>, events=POLLIN}]", "1", "0"},
				Return: Return{Text: "0", Note: "Timeout"},
			},
		},
		{
			`9 fcntl(3</a b>, F_GETFD) = 0x1 (flags FD_CLOEXEC)`,
			Record{Pid: 9, Name: "fcntl", Args: []Arg{"3</a b>", "F_GETFD"}, Return: Return{Text: "0x1", Int: 1, Note: "flags FD_CLOEXEC"}},
		},
		{
			`9 accept4(3<UNIX-STREAM:[1, "/run/a]> b"]>, NULL, NULL, 0) = 4<UNIX-STREAM:[2->3, "/run/a]> b"]>`,
			Record{
				Pid: 9, Name: "accept4", Args: []Arg{`3<UNIX-STREAM:[1, "/run/a]> b"]>`, "NULL", "NULL", "0"},
				Return: Return{Text: `4<UNIX-STREAM:[2->3, "/run/a]> b"]>`, Int: 4},
			},
		},
		{
			`9 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 24555`,
			Record{
				Pid: 9, Name: "wait4", Args: []Arg{"-1", "[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]", "0", "NULL"},
				Return: Return{Text: "24555", Int: 24555},
			},
		},
		{
			`9 write(1</dev/null<char 1:3>>, "a\"), (\n <unfinished ...>", 9) = 9`,
			Record{
				Pid: 9, Name: "write", Args: []Arg{"1</dev/null<char 1:3>>", `"a\"), (\n <unfinished ...>"`, "9"},
				Return: Return{Text: "9", Int: 9},
			},
		},
		{
			`9 execve("/bin/true", ["true"], 0x7ffc /* 30 vars */) = 0`,
			Record{Pid: 9, Name: "execve", Args: []Arg{`"/bin/true"`, `["true"]`, "0x7ffc /* 30 vars */"}, Return: Return{Text: "0"}},
		},
		{
			`9 mmap(NULL, 1<<12, PROT_READ, MAP_PRIVATE, -1, 0) = 0x7f3fd4962000`,
			Record{
				Pid: 9, Name: "mmap", Args: []Arg{"NULL", "1<<12", "PROT_READ", "MAP_PRIVATE", "-1", "0"},
				Return: Return{Text: "0x7f3fd4962000", Int: 0x7f3fd4962000},
			},
		},
		{
			`9 restart_syscall(<... resuming interrupted read ...>) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)`,
			Record{
				Pid: 9, Name: "restart_syscall", Args: []Arg{"<... resuming interrupted read ...>"},
				Return: Return{Text: "?", Note: "To be restarted if SA_RESTART is set"}, Errno: "ERESTARTSYS",
			},
		},
		{
			`9 exit_group(0) = ?`,
			Record{Pid: 9, Name: "exit_group", Args: []Arg{"0"}, Return: Return{Text: "?"}},
		},
		{
			`9 read(0, <unfinished ...>) = ?`,
			Record{Pid: 9, Name: "read", Args: []Arg{"0"}, Return: Return{Text: "?"}, Unfinished: true},
		},
		{
			`9 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=24555} ---`,
			Record{Kind: Signal, Pid: 9, Name: "SIGCHLD", Args: []Arg{"{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=24555}"}},
		},
		{`9 --- stopped by SIGSTOP ---`, Record{Kind: Signal, Pid: 9, Name: "SIGSTOP"}},
		{`9 +++ exited with 127 +++`, Record{Kind: Exit, Pid: 9, Return: Return{Text: "127", Int: 127}}},
		{`9 +++ killed by SIGSEGV (core dumped) +++`, Record{Kind: Killed, Pid: 9, Name: "SIGSEGV", Return: Return{Note: "core dumped"}}},
		{`9 +++ superseded by execve in pid 12 +++`, Record{Kind: Gone, Pid: 9, Return: Return{Text: "12", Int: 12}}},
	} {
		records, err := Parse(strings.NewReader(tt.line + "\n"))
		if err != nil || len(records) != 1 {
			t.Errorf("%s: %d records, %v", tt.line, len(records), err)
			continue
		}
		if got := records[0]; !equal(got, tt.want) {
			t.Errorf("%s:\n got %#v\nwant %#v", tt.line, got, tt.want)
		}
	}
}

func equal(a, b Record) bool {
	return a.Kind == b.Kind && a.Pid == b.Pid && a.Time.Equal(b.Time) && a.Duration == b.Duration && a.Name == b.Name &&
		slices.Equal(a.Args, b.Args) && a.Return == b.Return && a.Errno == b.Errno && a.Unfinished == b.Unfinished
}

func TestParseJoins(t *testing.T) {
	records, err := Parse(strings.NewReader(`1 10.000001 read(0</dev/null<char 1:3>>,  <unfinished ...>
2 10.000002 getpid( <unfinished ...>
1 10.000003 <... read resumed>"", 1) = 0 <0.000040>
2 10.000004 <... getpid resumed>)       = 7 <0.000035>
3 10.000005 futex(0x5, FUTEX_WAIT, 1, NULL <unfinished ...>
2 10.000006 exit(0 <unfinished ...>
2 10.000007 <... exit resumed>)         = ?
2 10.000008 +++ exited with 0 +++
3 10.000009 +++ killed by SIGKILL +++
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{
		{
			Pid: 1, Time: time.Unix(10, 1000), Duration: 40 * time.Microsecond, Name: "read",
			Args: []Arg{"0</dev/null<char 1:3>>", `""`, "1"}, Return: Return{Text: "0"},
		},
		{Pid: 2, Time: time.Unix(10, 2000), Duration: 35 * time.Microsecond, Name: "getpid", Return: Return{Text: "7", Int: 7}},
		{
			Pid: 3, Time: time.Unix(10, 5000), Name: "futex", Args: []Arg{"0x5", "FUTEX_WAIT", "1", "NULL"},
			Return: Return{Text: "?"}, Unfinished: true,
		},
		{Pid: 2, Time: time.Unix(10, 6000), Name: "exit", Args: []Arg{"0"}, Return: Return{Text: "?"}},
		{Kind: Exit, Pid: 2, Time: time.Unix(10, 8000), Return: Return{Text: "0"}},
		{Kind: Killed, Pid: 3, Time: time.Unix(10, 9000), Name: "SIGKILL"},
	}
	if !slices.EqualFunc(records, want, equal) {
		t.Errorf("got\n%#v\nwant\n%#v", records, want)
	}
}

// TestParseDetached reads the ends of threads that strace let go.
func TestParseDetached(t *testing.T) {
	records, err := Parse(strings.NewReader(`1 10.000001 wait4(-1,  <detached ...>
2 10.000002 read(0,  <unfinished ...>
3 10.000003 getpid()                    = 3
2 10.000004 <... read resumed> <detached ...>
3 10.000005  <detached ...>
4 <detached ...>
5 10.000006 ???()                       = ?
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{
		{Pid: 1, Time: time.Unix(10, 1000), Name: "wait4", Args: []Arg{"-1"}, Return: Return{Text: "?"}, Unfinished: true},
		{Pid: 2, Time: time.Unix(10, 2000), Name: "read", Args: []Arg{"0"}, Return: Return{Text: "?"}, Unfinished: true},
		{Pid: 3, Time: time.Unix(10, 3000), Name: "getpid", Return: Return{Text: "3", Int: 3}},
	}
	if !slices.EqualFunc(records, want, equal) {
		t.Errorf("got\n%#v\nwant\n%#v", records, want)
	}
}

// TestParseExecInThread reads an execve that a thread other than the first made
// and that returned under the first one's id.
func TestParseExecInThread(t *testing.T) {
	for _, mark := range []string{"<unfinished ...>", "<pid changed to 1 ...>"} {
		records, err := Parse(strings.NewReader(`1 10.000001 futex(0x5, FUTEX_WAIT, 1, NULL <unfinished ...>
2 10.000002 execve("/bin/true", ["true"], [] ` + mark + `
1 10.000003 +++ superseded by execve in pid 2 +++
1 10.000004 <... execve resumed>)           = 0 <0.000100>
`))
		if err != nil {
			t.Fatal(err)
		}
		calls := Calls(records, "execve")
		if len(calls) != 1 || calls[0].Pid != 1 || calls[0].Return.Text != "0" || len(calls[0].Args) != 3 || calls[0].Unfinished {
			t.Errorf("%s: got %#v", mark, calls)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for line, want := range map[string]string{
		`1 read(0, "abc`:              "line 1: read: a string does not end",
		`1 read(0, [1) = 0`:           "line 1: read: a closing bracket matches none",
		`1 read(0, {1`:                "line 1: read: a bracket is not closed",
		`1 read(0)`:                   "line 1: read: no result",
		`1 read(0) = x`:               "line 1: read: its result \"x\" is no number",
		`1 read(0) = 0 <1.x>`:         "line 1: read: its duration",
		`1 <... read resumed>) = 0`:   "line 1: read resumes in thread 1 but never began",
		`strace: Process 12 attached`: "line 1: no system call",
		`1 +++ vanished +++`:          "line 1: unknown end",
		"1 read(0 <unfinished ...>\n1 <... write resumed>) = 0": "line 2: write resumes in thread 1 where read began",
	} {
		if _, err := Parse(strings.NewReader(line)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s…", line, err, want)
		}
	}
}

func TestText(t *testing.T) {
	for arg, want := range map[Arg]string{
		`"plain"`:              "plain",
		`"\303\274\n\t\0\\\""`: "ü\n\t\x00\\\"",
		`"\x50\x0a\xff"`:       "\x50\x0a\xff",
		`"\1\08"`:              "\x01\x008",
		`"cut"...`:             "cut",
		`@"abs"`:               "abs",
	} {
		if got, ok := arg.Text(); !ok || got != want {
			t.Errorf("%s: %q %v, want %q", arg, got, ok, want)
		}
	}
	for _, arg := range []Arg{"", "12", `"open`, `"a", "b"`, "NULL"} {
		if got, ok := arg.Text(); ok {
			t.Errorf("%s: is no string, but gave %q", arg, got)
		}
	}
	if !Arg(`"cut"...`).Cut() || Arg(`"whole..."`).Cut() {
		t.Error("Cut is wrong")
	}
}

func TestInt(t *testing.T) {
	for arg, want := range map[Arg]int64{
		"0": 0, "-1": -1, "0640": 0o640, "0x1f": 31, "NULL": 0, "AT_FDCWD</tmp>": -100,
		"7<pipe:[9]>": 7, "0xffffffffffffffff": -1,
	} {
		if got, ok := arg.Int(); !ok || got != want {
			t.Errorf("%s: %d %v, want %d", arg, got, ok, want)
		}
	}
	for _, arg := range []Arg{"", "O_RDONLY", "1_000", "<pipe>"} {
		if got, ok := arg.Int(); ok {
			t.Errorf("%s: is no number, but gave %d", arg, got)
		}
	}
}

func TestFD(t *testing.T) {
	for arg, want := range map[Arg]FD{
		"3":                             {Num: 3},
		"AT_FDCWD</tmp>":                {Num: -100, Path: "/tmp"},
		`13</tmp/a\74b\76[c>(deleted)`:  {Num: 13, Path: "/tmp/a<b>[c", Deleted: true},
		"0</dev/null<char 1:3>>":        {Num: 0, Path: "/dev/null", Kind: "char", Detail: "1:3"},
		"3<anon_inode:[eventpoll]>":     {Num: 3, Kind: "anon_inode", Detail: "eventpoll"},
		"5<TCPv6:[[::1]:1->[::1]:2]>":   {Num: 5, Kind: "TCPv6", Detail: "[::1]:1->[::1]:2"},
		"9<UNIX-STREAM:[67150->67151]>": {Num: 9, Kind: "UNIX-STREAM", Detail: "67150->67151"},
	} {
		if got, ok := arg.FD(); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", arg, got, ok, want)
		}
	}
	fd, _ := Arg("5<TCPv6:[[::1]:1->[::1]:2]>").FD()
	local, remote, ok := fd.Addrs()
	if !ok || local != netip.MustParseAddrPort("[::1]:1") || remote != netip.MustParseAddrPort("[::1]:2") {
		t.Errorf("addresses %v %v %v", local, remote, ok)
	}
}

func TestStructures(t *testing.T) {
	clone := Arg("{flags=CLONE_VM|CLONE_FS, exit_signal=0, stack={a=1, b=2}} => {parent_tid=[24554]}")
	if v, ok := clone.Field("stack"); !ok || v != "{a=1, b=2}" {
		t.Errorf("stack = %q %v", v, ok)
	}
	if v, _ := clone.Field("flags"); !slices.Equal(v.Flags(), []string{"CLONE_VM", "CLONE_FS"}) {
		t.Errorf("flags %q", v.Flags())
	}
	if _, ok := clone.Field("parent_tid"); ok {
		t.Error("a field of the result is found before the call")
	}
	if v, ok := clone.After().Field("parent_tid"); !ok || v != "[24554]" {
		t.Errorf("parent_tid = %q %v", v, ok)
	}
	if v := Arg("[128 => 16]").After(); v != "16" {
		t.Errorf("length after = %q", v)
	}
	if v, ok := Arg(`["a, b", "c]"]`).Elems(); !ok || !slices.Equal(v, []Arg{`"a, b"`, `"c]"`}) {
		t.Errorf("elements %q %v", v, ok)
	}
	for arg, want := range map[Arg]Sockaddr{
		`{sa_family=AF_INET, sin_port=htons(59213), sin_addr=inet_addr("127.0.0.1")}`: {
			Family: "AF_INET", Addr: netip.MustParseAddrPort("127.0.0.1:59213"), Complete: true,
		},
		`{sa_family=AF_INET6, sin6_port=htons(1), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}`: {
			Family: "AF_INET6", Addr: netip.MustParseAddrPort("[::1]:1"), Complete: true,
		},
		`{sa_family=AF_UNIX, sun_path="/run/x y"}`: {Family: "AF_UNIX", Path: "/run/x y", Complete: true},
		`{sa_family=AF_UNIX, sun_path=@"abs"}`:     {Family: "AF_UNIX", Path: "@abs", Complete: true},
		`{sa_family=AF_UNIX}`:                      {Family: "AF_UNIX"},
	} {
		if got, ok := arg.Sockaddr(); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", arg, got, ok, want)
		}
	}
}

// FuzzParse checks that no input breaks the parser, and that what it splits is
// the line again when put together.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`1 10.000001 openat(AT_FDCWD</tmp>, "/a\"b", O_RDONLY|O_CLOEXEC) = 3</a"b> <0.000066>`,
		`1 connect(4<TCP:[67145]>, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("1.2.3.4")}, 16) = -1 EINPROGRESS (x)`,
		"1 read(0,  <unfinished ...>\n1 <... read resumed>\"\", 1) = 0\n",
		`1 --- SIGCHLD {si_signo=SIGCHLD} ---`,
		`1 +++ killed by SIGKILL +++`,
		`1 write(1</dev/null<char 1:3>>, "\x0a"..., 4) = 4`,
		`1 accept4(3<UNIX-STREAM:[1, "/run/a"]>, NULL, NULL, 0) = 4`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		records, _ := Parse(strings.NewReader(text))
		for _, r := range records {
			var plain []string
			for _, a := range r.Args {
				a.Text()
				a.Int()
				a.FD()
				a.Elems()
				a.Sockaddr()
				a.After()
				plain = append(plain, string(a))
			}
			if r.Kind != Syscall || r.Name == "" || r.Unfinished || slices.Contains(plain, "") {
				continue
			}
			line := r.Name + "(" + strings.Join(plain, ", ") + ") = 0"
			again, err := parseRecord(line)
			if err != nil || !slices.Equal(again.Args, r.Args) {
				t.Errorf("%q splits into %q, then %q, %v", line, r.Args, again.Args, err)
			}
		}
	})
}
