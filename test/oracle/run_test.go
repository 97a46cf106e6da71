//go:build linux

package oracle

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestRun checks strace's records of real commands against what they did.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "ä <b> [c, \"d\"")
	if err := os.WriteFile(odd, []byte("seven\n\x00"), 0o640); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	records := Run(t, Options{Stdout: &stdout}, "sh", "-c", `cat "$1"; cat "$1.missing" 2>/dev/null; exit 5`, "sh", odd)

	var read, missing, exit bool
	execs := map[string]bool{}
	for _, r := range records {
		switch {
		case r.Kind == Exit && r.Return.Int == 5:
			exit = true
		case r.Name == "execve" && r.Errno == "":
			argv, _ := r.Args[1].Elems()
			name, _ := argv[0].Text()
			execs[name] = true
		case r.Name == "read":
			fd, _ := r.Args[0].FD()
			text, _ := r.Args[1].Text()
			read = read || fd.Path == odd && text == "seven\n\x00" && r.Return.Int == 7
		case r.Name == "openat":
			path, _ := r.Args[1].Text()
			missing = missing || path == odd+".missing" && r.Errno == "ENOENT"
		}
	}
	if !read || !missing || !exit || !execs["sh"] || !execs["cat"] {
		t.Errorf("read %v, missing %v, exit %v, execs %v", read, missing, exit, execs)
	}
	if stdout.String() != "seven\n\x00" {
		t.Errorf("the command printed %q", stdout.String())
	}
}

// TestAttach traces a shell that is already running, and a connection that its
// child then makes.
func TestAttach(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	shell := exec.Command("bash", "-c", "read line; (exec 3<>/dev/tcp/127.0.0.1/"+strconv.Itoa(port)+"); read line")
	stdin, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stdin.Close()
		_ = shell.Wait()
	}()

	tracer := Attach(t, Options{}, shell.Process.Pid)
	if _, err := stdin.Write([]byte("go\n")); err != nil {
		t.Fatal(err)
	}
	_ = listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil { // until the child has ended
		t.Error("the child sent something")
	}
	connects := Calls(tracer.Stop(t), "connect")
	if len(connects) != 1 {
		t.Fatalf("%d connects, want 1", len(connects))
	}
	addr, _ := connects[0].Args[1].Sockaddr()
	if connects[0].Pid == shell.Process.Pid || addr.Addr.String() != listener.Addr().String() || connects[0].Errno != "" {
		t.Errorf("%+v to %v", connects[0], addr)
	}
}
