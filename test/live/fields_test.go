//go:build linux

package livetest

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
)

// claim is what an oracle says of one field of one event.
type claim struct {
	event row
	want  string
	off   time.Duration // how far a time may be off: /proc counts in 10 ms
}

// fieldCheck collects the claims on all fields.
type fieldCheck struct {
	t      *testing.T
	claims map[string][]claim
}

func (f *fieldCheck) says(e row, fields ...string) {
	for i := 0; i+1 < len(fields); i += 2 {
		f.claims[fields[i]] = append(f.claims[fields[i]], claim{event: e, want: fields[i+1]})
	}
}

func (f *fieldCheck) saysAbout(e row, field string, ns int64) {
	f.claims[field] = append(f.claims[field], claim{e, strconv.FormatInt(ns, 10), 50 * time.Millisecond})
}

// TestRuleFields fills every field that Falco's stable rules use, and compares
// it with /proc, the runtime, and what the actor is known to do.
func TestRuleFields(t *testing.T) {
	c := actorPod(t)
	answerNames(t)
	w := watch(t, "", source.Options{Payload: -1}) // names come from answers that were read
	a := hire(t, c)
	for _, s := range []string{"open", "names", "exec", "tcp4", "signals", "dns"} {
		a.play(t, s)
	}
	in := func(r row) bool { return r.text(t, "container.id") == c.ID[:12] }
	find := func(typ string, fields ...string) row {
		t.Helper()
		return w.await(t, typ+" with "+strings.Join(fields, " "), func(r row) bool {
			if r.typ() != typ || !in(r) {
				return false
			}
			for i := 0; i+1 < len(fields); i += 2 {
				if r.text(t, fields[i]) != fields[i+1] {
					return false
				}
			}
			return true
		})
	}
	f := &fieldCheck{t, map[string][]claim{}}
	f.process(find("execve", "proc.pid", strconv.Itoa(a.pid)), readProc(t, a.pid))
	f.images(find, readProc(t, a.pid))
	f.files(find)
	f.sockets(find)

	begun := find("execve", "proc.pid", strconv.Itoa(a.pid))
	for name, want := range podWords(t, c) {
		f.says(begun, name, fmt.Sprint(want))
	}
	f.saysAbout(begun, "container.start_ts", readProc(t, c.Pid).start().UnixNano())

	f.settle(stableFields(t))
}

// TestLateWords looks at the first events of a pod that starts while stoop runs:
// the runtime tells of it when they have been handed on or are about to be.
func TestLateWords(t *testing.T) {
	w := watch(t, "", source.Options{})
	c := shopPod(t)
	first := w.await(t, "the first process of the pod", func(r row) bool {
		return r.typ() == "execve" && r.text(t, "proc.pid") == strconv.Itoa(c.Pid) && r.text(t, "container.id") == c.ID[:12]
	})
	for name, want := range podWords(t, c) {
		var have string
		if !eventually(waitShort, func() bool { have = first.text(t, name); return have == fmt.Sprint(want) }) {
			t.Errorf("%s is %s, the runtime says %v", name, have, want)
		}
	}
}

// process has what /proc says of the actor, which waits.
func (f *fieldCheck) process(e row, p procfs) {
	t := f.t
	f.says(e,
		"evt.type", "execve", "evt.res", "SUCCESS", "evt.rawres", "0",
		"proc.name", p.comm, "proc.exe", p.cmdline[0], "proc.exepath", p.exe, "proc.args", strings.Join(p.cmdline[1:], " "), "proc.cmdline", p.line(),
		"proc.cwd", strings.TrimSuffix(p.cwd, "/")+"/", "proc.tty", strconv.FormatInt(p.number(7), 10),
		"user.uid", strings.Fields(p.status["Uid"])[1], "group.gid", strings.Fields(p.status["Gid"])[1], "user.name", "root", "group.name", "root",
		"thread.cap_effective", capabilities(t, p.status["CapEff"]),
		"proc.is_exe_from_memfd", "false", "proc.is_exe_upper_layer", strconv.FormatBool(p.inUpper(t, p.exe)),
	)
	login := "-1"
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/loginuid", p.pid)); err == nil && strings.TrimSpace(string(b)) != "4294967295" {
		login = strings.TrimSpace(string(b))
	}
	f.says(e, "user.loginuid", login, "user.loginname", map[bool]string{true: notKnown, false: "root"}[login == "-1"])
	if sid := p.number(6); sid != 0 {
		f.says(e, "proc.sname", readProc(t, int(sid)).comm)
	}
	exe := p.executable(t)
	f.says(e, "proc.exe_ino.ctime", strconv.FormatInt(exe.Ctim.Nano(), 10), "proc.exe_ino.mtime", strconv.FormatInt(exe.Mtim.Nano(), 10))
	f.saysAbout(e, "proc.exe_ino.ctime_duration_proc_start", p.start().UnixNano()-exe.Ctim.Nano())
	f.saysAbout(e, "proc.duration", e.b.Time[e.i]-p.start().UnixNano())
}

// images has the children of the actor, whose lineage /proc knows.
func (f *fieldCheck) images(find func(string, ...string) row, p procfs) {
	t := f.t
	memfd := find("execve", "proc.args", "hidden")
	f.says(memfd, "proc.is_exe_from_memfd", "true")
	copied := find("execve", "proc.args", "relative")
	f.says(copied, "proc.is_exe_upper_layer", strconv.FormatBool(p.inUpper(t, "/tmp/exec/true")), "proc.exepath", "/tmp/exec/true")
	other := find("execve", "proc.args", "other")
	f.says(other, "user.uid", "34", "group.gid", "12")
	// scene → child → image: 1 is what was before the scene's own fork, the actor twice.
	plain := find("execve", "proc.args", "one  two words -x")
	f.says(plain,
		"proc.pname", p.comm, "proc.pcmdline", p.line(), "proc.pexe", p.cmdline[0], "proc.pexepath", p.exe,
		"proc.aname[1]", p.comm, "proc.aname[2]", p.comm, "proc.aexepath[2]", p.exe, "proc.cmdline", "true one  two words -x",
	)
	// Above the actor is who started it, and may have ended; above that /proc tells.
	shim := p.ancestor(t, 1)
	var names []string
	for n := 3; n <= 7; n++ {
		name := plain.text(t, fmt.Sprintf("proc.aname[%d]", n))
		names = append(names, name)
	}
	if shim.comm == "" || !slices.Contains(names, shim.comm) {
		t.Errorf("the ancestors are %q, without %q", names, shim.comm)
	}
	all := plain.text(t, "proc.aname")
	for n := 1; n <= 7; n++ {
		field := fmt.Sprintf("proc.aname[%d]", n)
		if _, ok := f.claims[field]; !ok {
			f.claims[field] = nil // held above, all together
		}
		if name := plain.text(t, field); name != notKnown && !strings.Contains(all, name) {
			t.Errorf("%s is %s, proc.aname %s", field, name, all)
		}
	}
	f.claims["proc.aname"] = nil
}

// files has what actor/files.c does.
func (f *fieldCheck) files(find func(string, ...string) row) {
	made := find("openat", "fd.name", "/tmp/open/made", "evt.res", "SUCCESS")
	f.says(made, "evt.is_open_write", "true", "evt.is_open_read", "false", "fd.directory", "/tmp/open", "fd.filename", "made",
		"fd.typechar", "f", "fd.type", "file", "fd.nameraw", "made", "evt.rawarg.name", "made")
	f.says(find("openat", "evt.arg.name", "/tmp/open/file", "evt.is_open_write", "false"), "evt.is_open_read", "true")
	f.says(find("openat", "evt.rawarg.name", "absent"), "fd.nameraw", "absent", "evt.res", "ENOENT", "fd.num", "-1")
	f.says(find("symlinkat", "evt.res", "SUCCESS", "evt.rawarg.linkpath", "soft"), "evt.arg.linkpath", "/tmp/names/soft", "evt.arg.target", "/etc/passwd")
	f.says(find("renameat", "evt.res", "SUCCESS"), "evt.arg.oldpath", "/tmp/names/dir/hard3", "evt.arg.newpath", "/tmp/names/hard4")
	f.says(find("ptrace", "evt.rawarg.pid", "67108863"), "evt.arg.request", "PTRACE_ATTACH")
	if args := made.text(f.t, "evt.args"); !strings.Contains(args, "name=made(/tmp/open/made)") || !strings.Contains(args, "O_CREAT") {
		f.t.Errorf("evt.args is %s", args)
	}
	if flags := made.text(f.t, "evt.arg.flags"); !strings.Contains(flags, "O_WRONLY|O_CREAT|O_EXCL") {
		f.t.Errorf("evt.arg.flags is %s", flags)
	}
	after := find("openat", "evt.res", "EEXIST")
	first, _ := strconv.Atoi(made.text(f.t, "evt.num"))
	second, _ := strconv.Atoi(after.text(f.t, "evt.num"))
	if first <= 0 || second <= first {
		f.t.Errorf("evt.num is %d, and %d of a later event", first, second)
	}
	f.claims["evt.args"], f.claims["evt.arg.flags"], f.claims["evt.num"] = nil, nil, nil
}

// sockets has what actor/net.c does.
func (f *fieldCheck) sockets(find func(string, ...string) row) {
	t := f.t
	f.says(find("socket", "evt.arg.domain", "AF_INET", "evt.res", "SUCCESS"), "evt.arg.domain", "AF_INET")
	client := find("connect", "evt.res", "SUCCESS", "fd.l4proto", "tcp", "fd.type", "ipv4")
	server := find("accept4", "evt.res", "SUCCESS", "fd.type", "ipv4")
	f.says(client,
		"fd.sip", "127.0.0.1", "fd.l4proto", "tcp", "fd.type", "ipv4", "fd.typechar", "4", "fd.connected", "true", "fd.name_changed", "true",
		"fd.lport", server.text(t, "fd.rport"), "fd.rport", server.text(t, "fd.lport"), "fd.sport", server.text(t, "fd.lport"),
		"fd.num", "4", "fd.name", "127.0.0.1:"+server.text(t, "fd.rport")+"->127.0.0.1:"+server.text(t, "fd.lport"),
	)
	f.says(find("connect", "evt.res", "ECONNREFUSED", "fd.sip", "127.9.9.9"), "fd.sip.name", "db.shop.test")
	// These are for filters only.
	for field, condition := range map[string]string{
		"fd.ip": "fd.ip = 127.0.0.1", "fd.net": "fd.net in (127.0.0.0/8)", "fd.snet": "fd.snet in (127.0.0.0/8) and not fd.snet in (10.0.0.0/8)",
	} {
		flt, err := filter.Compile(condition, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		if !flt.Match(client.b, client.i) {
			t.Errorf("%s does not hold for %s", condition, client.text(t, "fd.name"))
		}
		f.claims[field] = nil
	}
}

// settle compares all claims, and fails for a field that nobody claimed.
func (f *fieldCheck) settle(fields []string) {
	for _, name := range fields {
		claims, ok := f.claims[name]
		if !ok {
			f.t.Errorf("no oracle for %s", name)
		}
		for _, c := range claims {
			have := c.event.text(f.t, name)
			if have == c.want {
				continue
			}
			v, _ := c.event.field(f.t, name)
			want, err := strconv.ParseInt(c.want, 10, 64)
			if d := time.Duration(int64(v.Num) - want).Abs(); err == nil && have != notKnown && d <= c.off {
				continue
			}
			f.t.Errorf("%s of %s is %s (%d), the oracle says %s", name, c.event.typ(), have, int64(v.Num), c.want)
		}
	}
	f.t.Logf("%d fields compared", len(fields))
}

// stableFields are those that the stable rules use.
func stableFields(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(testdata.Path(t, "rules/fields-usage.json"))
	if err != nil {
		t.Fatal(err)
	}
	var usage []struct {
		Field  string `json:"field"`
		Checks int    `json:"stable_checks"`
		Rules  int    `json:"stable_rules"`
		Out    int    `json:"stable_out"`
	}
	if err := json.Unmarshal(b, &usage); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range usage {
		if u.Checks+u.Rules+u.Out > 0 {
			names = append(names, u.Field)
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d fields", len(names))
	}
	return names
}

// answerNames answers the actor's question for db.shop.test: 127.9.9.9.
func answerNames(t *testing.T) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.77:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			answer := slices.Clone(query[:n])
			answer[2], answer[3], answer[7] = 0x81, 0x80, 1 // a response with one record
			answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 9, 9, 9)
			_, _ = conn.WriteTo(answer, from)
		}
	}()
}
