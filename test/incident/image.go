//go:build linux

package main

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/stoop-project/stoop/test/lab"
)

//go:embed files
var files embed.FS

// The images of the two pods.
const (
	webImage    = "docker.io/shop/web:2.4.1"
	workerImage = "docker.io/shop/worker:1.8.0"
)

// shopFiles are the files of the images beside the root for the host's /usr: a
// path, and its text or the embedded file after "@".
var shopFiles = []struct{ path, text string }{
	{"app/service.py", "@service.py"},
	{"app/rotate.sh", "@rotate.sh"},
	{"app/worker.sh", "@worker.sh"},
	{"etc/hosts", "127.0.0.1 localhost\n"},
	{"etc/passwd", "root:x:0:0:root:/root:/bin/bash\nshop:x:1000:1000:shop:/home/shop:/bin/sh\nsshd:x:104:65534::/run/sshd:/usr/sbin/nologin\n"},
	{"etc/group", "root:x:0:\nshop:x:1000:\n"},
	{"etc/shadow", "root:*:20000:0:99999:7:::\nshop:!:20000:0:99999:7:::\n"},
	{"etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
	{"etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n"},
	{"etc/ssh/sshd_config", "@sshd_config"},
	{"etc/apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n"},
	{"etc/apt/sources.list.d/.keep", ""},
	{"root/.bash_history", "ls\nexit\n"},
	{"var/lib/shop/catalog.json", `[{"name":"tea","price":3},{"name":"cup","price":7},{"name":"pot","price":19}]` + "\n"},
	{"var/lib/shop/orders.csv", "1,tea,2\n2,cup,4\n"},
	{"var/lib/shop/backup/.keep", ""},
	{"var/lib/worker/.keep", ""},
	{"var/log/auth.log", "sshd[88]: Server listening on 0.0.0.0 port 22.\n"},
	{"var/log/shop/access.log", ""},
	{"var/log/shop/jobs.log", ""},
}

// shopRoot returns the root of both images: its own /etc and /var, and the
// places where the host's /usr is mounted.
func shopRoot() ([]lab.File, error) {
	root := lab.HostRoot()
	made := map[string]bool{}
	for _, d := range root {
		made[d.Path] = true
	}
	add := func(f lab.File) {
		for i, c := range f.Path {
			if dir := f.Path[:i]; c == '/' && !made[dir] {
				made[dir] = true
				root = append(root, lab.File{Path: dir, Mode: os.ModeDir | 0o755})
			}
		}
		root = append(root, f)
	}
	for _, f := range shopFiles {
		body := []byte(f.text)
		if name, ok := strings.CutPrefix(f.text, "@"); ok {
			var err error
			if body, err = files.ReadFile("files/" + name); err != nil {
				return nil, err
			}
		}
		mode := os.FileMode(0o644)
		if f.path == "etc/shadow" {
			mode = 0o640
		}
		add(lab.File{Path: f.path, Mode: mode, Body: body})
	}
	link, err := blasLink()
	if err != nil {
		return nil, err
	}
	add(link)
	return root, nil
}

// blasLink returns the link of /etc/alternatives through which Debian's nmap
// finds libblas; without it nmap ends with 127 before it scans.
func blasLink() (lab.File, error) {
	found, err := filepath.Glob("/usr/lib/*/blas/libblas.so.3")
	if err != nil || len(found) == 0 {
		return lab.File{}, fmt.Errorf("libblas.so.3, which nmap needs, is not below /usr/lib: run hack/deps.sh")
	}
	multiarch := filepath.Base(filepath.Dir(filepath.Dir(found[0])))
	return lab.File{
		Path: "etc/alternatives/libblas.so.3-" + multiarch, Mode: os.ModeSymlink, Link: found[0],
	}, nil
}

// buildUpdater compiles what the intruder's server hands out.
func buildUpdater(dir string) ([]byte, error) {
	source, err := files.ReadFile("files/updater.c")
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(dir, "updater.c"), filepath.Join(dir, "updater")
	if err := os.WriteFile(in, source, 0o600); err != nil {
		return nil, err
	}
	if said, err := exec.Command("cc", "-O2", "-static", "-s", "-o", out, in).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cc: %w: %s", err, said)
	}
	return os.ReadFile(out)
}
