//go:build linux

package rulestest

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/own"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live"
	"github.com/stoop-project/stoop/live/probe"
	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/terminal"
)

func TestMain(m *testing.M) {
	probe.Helper()
	live.KeepPrivileges() // the tests go on to start containers
	os.Exit(lab.Run(m))
}

// fired are the rules that fired, by the scene that they fired in.
type fired struct {
	src source.Source
	sync.Mutex
	byScene map[string][]string
}

func (f *fired) Batch(b *event.Batch) {
	f.Lock()
	defer f.Unlock()
	for i := range b.Len() {
		rule, ok := text(b, i, "alert.rule")
		if !ok {
			continue
		}
		name, ok := text(b, i, "proc.env[SCENE]")
		if !ok {
			name, _ = text(b, i, "proc.aenv[SCENE]")
		}
		f.byScene[name] = append(f.byScene[name], rule)
	}
}

func (f *fired) in(scene string) []string {
	f.Lock()
	defer f.Unlock()
	return slices.Clone(f.byScene[scene])
}

// watch makes alerts of what happens on this node until the test ends, with
// all of our rules, those that are off too.
func watch(t *testing.T) *fired {
	t.Helper()
	files := own.Files()
	for i := range files {
		files[i].Text = []byte(strings.ReplaceAll(string(files[i].Text), "\n  enabled: false\n", "\n  enabled: true\n"))
	}
	set, report := rules.Load(files, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	d, err := detect.New(set, detect.Options{Matching: "all"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STOOP_CRI_SOCKET", lab.Containerd(t).Socket)
	src, err := live.Open(t.Context(), "live", source.Options{Payload: -1}) // names come from answers that were read
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := d.Events(nil)
	if err != nil {
		t.Fatal(err)
	}
	got := &fired{src: src, byScene: map[string][]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- src.Run(ctx, source.Request{Filter: wanted, Names: d.AsksNames()}, d.Sink(got)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = src.Close()
	})
	for begin := time.Now(); src.(*live.Live).Stats().Taken == 0; time.Sleep(20 * time.Millisecond) {
		if p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{}); err == nil {
			_, _ = p.Wait()
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("no record within a minute of attaching")
		}
	}
	return got
}

// listen accepts connections until the test ends, says something into each,
// and returns the port.
func listen(t *testing.T, say string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Write([]byte(say))
				_ = c.SetReadDeadline(time.Now().Add(time.Second))
				for buf := make([]byte, 512); ; {
					if _, err := c.Read(buf); err != nil {
						return
					}
				}
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// answer serves DNS at 127.0.0.77: a name of n bytes in its question is
// 127.0.1.n, so that two names are two addresses.
func answer(t *testing.T) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.77:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		for buf := make([]byte, 512); ; {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			reply := slices.Clone(buf[:n])
			reply[2], reply[3], reply[7] = 0x81, 0x80, 1
			reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 1, byte(n))
			_, _ = c.WriteTo(reply, from)
		}
	}()
}

const askAndConnect = `import socket, sys
q = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
for part in sys.argv[1].split("."):
    q += bytes([len(part)]) + part.encode()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.77", 53))
s.send(q + b"\0\0\1\0\1")
address = socket.inet_ntoa(s.recv(512)[-4:])
try:
    socket.create_connection((address, 3333), 1)
except OSError:
    pass
`

// play runs a pod in which all scenes are played, one after the other.
func play(t *testing.T, scenes []scene) *lab.Container {
	t.Helper()
	root := lab.HostRoot()
	for _, dir := range []string{"srv", "scenes", "etc/ssh", "etc/apt", "var/log", "run/secrets", "run/secrets/kubernetes.io", "run/secrets/kubernetes.io/serviceaccount"} {
		if !slices.ContainsFunc(root, func(f lab.File) bool { return f.Path == dir }) {
			root = append(root, lab.File{Path: dir, Mode: os.ModeDir | 0o755})
		}
	}
	script := renamed
	add := func(name, body string) {
		root = append(root, lab.File{Path: "scenes/" + name, Mode: 0o644, Body: []byte("cd /srv/app\n" + body + "\n")})
		script += fmt.Sprintf("SCENE=%s timeout 8 /bin/bash /scenes/%[1]s >/dev/null 2>&1 </dev/null\n", name)
	}
	for i, s := range scenes {
		add(fmt.Sprintf("%02d-deed", i), s.deed)
		add(fmt.Sprintf("%02d-harmless", i), s.harmless)
	}
	for path, body := range map[string]string{
		"scenes/all": script, "srv/dns.py": askAndConnect,
		"etc/passwd": "root:x:0:0:root:/root:/bin/bash\n", "etc/shadow": "root:*:20000:0:99999:7:::\n", "etc/group": "root:x:0:\n",
		"var/log/entered.log": "line\n", "var/lib/entered": "x\n",
		"etc/ssh/sshd_config": "PermitRootLogin no\n", "etc/apt/sources.list": "deb http://deb.debian.org/debian bookworm main\n",
		"run/secrets/kubernetes.io/serviceaccount/token": "t\n", "run/secrets/kubernetes.io/serviceaccount/ca.crt": "c\n",
	} {
		root = append(root, lab.File{Path: path, Mode: 0o644, Body: []byte(body)})
	}
	return lab.Pod(t, lab.PodSpec{Spec: lab.Spec{
		Name: "scenes", Privileged: true, Command: []string{"/bin/sleep", "1000"},
		Env:    []string{"PORT=" + listen(t, "id\nexit\n"), "QUIET=" + listen(t, "")},
		Mounts: []lab.Mount{{Source: "/usr", Target: "/usr", ReadOnly: true}},
		Image:  lab.Image{Ref: "docker.io/scenes/all:1", Root: root},
	}})
}

// TestEachRule plays each rule's deed, with renamed programs, and what looks
// like it, in one container under one watch.
func TestEachRule(t *testing.T) {
	lab.NeedRoot(t)
	lab.Need(t, "bash", "perl", "python3", "nc.traditional", "curl", "wget")
	scenes := slices.Concat(shellScenes, traceScenes, persistenceScenes, executionScenes, credentialScenes, escapeScenes, otherScenes)
	answer(t)
	c := play(t, scenes)
	got := watch(t)
	c.Do(t, "/bin/bash", "/scenes/all")
	for _, s := range fromOutside {
		for kind, line := range map[string]string{"deed": s.deed, "harmless": s.harmless} {
			if line != "" {
				c.Do(t, append([]string{"/usr/bin/env", "SCENE=" + s.rule + kind}, strings.Fields(line)...)...)
			}
		}
	}
	for _, s := range onTerminal {
		typed(t, c, s.rule+"deed", s.deed)
		typed(t, c, s.rule+"harmless", s.harmless)
	}
	got.await(t, c)
	for _, s := range slices.Concat(fromOutside, onTerminal) {
		t.Run(s.rule, func(t *testing.T) {
			if fired := got.in(s.rule + "deed"); !slices.Contains(fired, s.rule) {
				t.Errorf("did not fire; these did: %q", fired)
			}
			if slices.Contains(got.in(s.rule+"harmless"), s.rule) {
				t.Error("fired for what is harmless")
			}
		})
	}
	for i, s := range scenes {
		t.Run(s.rule, func(t *testing.T) {
			if s.call != "" && !traced(s.call) {
				t.Logf("this kernel does not have %s", s.call)
				return
			}
			deed, harmless := got.in(fmt.Sprintf("%02d-deed", i)), got.in(fmt.Sprintf("%02d-harmless", i))
			if !slices.Contains(deed, s.rule) {
				t.Errorf("did not fire; these did: %q", slices.Compact(slices.Sorted(slices.Values(deed))))
			}
			if slices.Contains(harmless, s.rule) {
				t.Error("fired for what is harmless")
			}
		})
	}
}

// typed runs a program in a container on a terminal, as kubectl exec -it does,
// until an end of file is typed.
func typed(t *testing.T, c *lab.Container, scene, program string) {
	t.Helper()
	cmd := c.Command(t.Context(), "/usr/bin/env", "SCENE="+scene, program)
	at := slices.Index(cmd.Args, "exec")
	cmd.Args = slices.Insert(cmd.Args, at+1, "--tty")
	screen, err := terminal.Start(cmd, 80, 24)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	// Whoever reads is there some time after the terminal is.
	for end := time.Now().Add(time.Minute); ; {
		_ = screen.Type("<c-d>") // fails once there is nobody
		if _, err = screen.Exit(time.Second); err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// traced reports whether the kernel has a call: one that was built without
// modules has none that loads them.
func traced(call string) bool {
	_, err := os.Stat("/sys/kernel/tracing/events/syscalls/sys_exit_" + call)
	return err == nil
}

// await has one thing more happen in the container and waits for its alert: what
// was done before it came before it.
func (f *fired) await(t *testing.T, c *lab.Container) {
	t.Helper()
	c.Do(t, "/usr/bin/env", "SCENE=the last", "/bin/sh")
	for begin := time.Now(); len(f.in("the last")) == 0; time.Sleep(100 * time.Millisecond) {
		if time.Since(begin) > 2*time.Minute {
			t.Fatalf("the last thing that was done has no alert; lost: %+v", f.src.Stats().Lost)
		}
	}
	if lost := f.src.Stats().Lost; len(lost) > 0 {
		t.Logf("events were lost on the way: %+v", lost)
	}
}
