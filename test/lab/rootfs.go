//go:build linux

package lab

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// fsEntry is one file, directory or symbolic link of a container's root.
type fsEntry struct {
	path string // relative, without a leading slash
	mode os.FileMode
	body []byte // of a regular file
	link string // target of a symbolic link
}

// baseDirs exist in every root: mount points, and the places that programs expect.
var baseDirs = []struct {
	path string
	mode os.FileMode
}{
	{"bin", 0o755},
	{"dev", 0o755},
	{"etc", 0o755},
	{"home", 0o755},
	{"proc", 0o555},
	{"root", 0o700},
	{"run", 0o755},
	{"sys", 0o555},
	{"tmp", os.ModeSticky | 0o777},
	{"usr", 0o755},
	{"var", 0o755},
	{"var/log", 0o755},
}

var baseFiles = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
	"etc/group":  "root:x:0:\nnogroup:x:65534:\n",
	"etc/hosts":  "127.0.0.1 localhost\n",
}

// busyboxEntries returns the root of the busybox image: the static program, a
// link for each of its applets, and the base directories and files.
var busyboxEntries = sync.OnceValues(func() ([]fsEntry, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return nil, fmt.Errorf("busybox: %w (hack/deps.sh installs busybox-static)", err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := checkStatic(program); err != nil {
		return nil, fmt.Errorf("%s: %w (hack/deps.sh installs busybox-static)", path, err)
	}
	applets, err := exec.Command(path, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list: %w", path, err)
	}

	var entries []fsEntry
	for _, d := range baseDirs {
		entries = append(entries, fsEntry{path: d.path, mode: os.ModeDir | d.mode})
	}
	for _, name := range []string{"etc/group", "etc/hosts", "etc/passwd"} {
		entries = append(entries, fsEntry{path: name, mode: 0o644, body: []byte(baseFiles[name])})
	}
	entries = append(entries, fsEntry{path: "bin/busybox", mode: 0o755, body: program})
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			entries = append(entries, fsEntry{path: "bin/" + applet, mode: os.ModeSymlink, link: "busybox"})
		}
	}
	return entries, nil
})

// checkStatic fails if the program asks for a dynamic loader, which an image
// without libraries does not have.
func checkStatic(program []byte) error {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return err
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("is dynamically linked, a static one is needed")
		}
	}
	return nil
}

// writeTree makes the entries below dir, which must exist.
func writeTree(dir string, entries []fsEntry) error {
	for _, e := range entries {
		path := filepath.Join(dir, e.path)
		var err error
		switch {
		case e.mode.IsDir():
			if err = os.MkdirAll(path, 0o755); err == nil {
				err = os.Chmod(path, e.mode)
			}
		case e.mode&os.ModeSymlink != 0:
			err = os.Symlink(e.link, path)
		default:
			err = os.WriteFile(path, e.body, e.mode)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tarTree returns the entries as an uncompressed tar, all owned by root, with
// no times, so that one root always has one digest.
func tarTree(entries []fsEntry) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		h := &tar.Header{Name: e.path, Mode: int64(e.mode.Perm()), Typeflag: tar.TypeReg, Size: int64(len(e.body))}
		if e.mode&os.ModeSticky != 0 {
			h.Mode |= 0o1000
		}
		switch {
		case e.mode.IsDir():
			h.Typeflag, h.Name = tar.TypeDir, e.path+"/"
		case e.mode&os.ModeSymlink != 0:
			h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, e.link, 0o777
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
