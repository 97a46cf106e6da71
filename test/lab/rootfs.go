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

// File is one file, directory or symbolic link of a container's root.
type File struct {
	Path string // relative, without a leading slash
	Mode os.FileMode
	Body []byte // of a regular file
	Link string // target of a symbolic link
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
var busyboxEntries = sync.OnceValues(func() ([]File, error) {
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

	var entries []File
	for _, d := range baseDirs {
		entries = append(entries, File{Path: d.path, Mode: os.ModeDir | d.mode})
	}
	for _, name := range []string{"etc/group", "etc/hosts", "etc/passwd"} {
		entries = append(entries, File{Path: name, Mode: 0o644, Body: []byte(baseFiles[name])})
	}
	entries = append(entries, File{Path: "bin/busybox", Mode: 0o755, Body: program})
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			entries = append(entries, File{Path: "bin/" + applet, Mode: os.ModeSymlink, Link: "busybox"})
		}
	}
	return entries, nil
})

// HostRoot returns a root for the host's /usr to be mounted into: the base
// directories, and the links of a merged /usr in the place of /bin and /lib.
func HostRoot() []File {
	var entries []File
	for _, d := range baseDirs {
		if d.path != "bin" {
			entries = append(entries, File{Path: d.path, Mode: os.ModeDir | d.mode})
		}
	}
	for _, name := range []string{"bin", "lib", "lib64", "sbin"} {
		entries = append(entries, File{Path: name, Mode: os.ModeSymlink, Link: "usr/" + name})
	}
	return entries
}

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
func writeTree(dir string, entries []File) error {
	for _, e := range entries {
		path := filepath.Join(dir, e.Path)
		var err error
		switch {
		case e.Mode.IsDir():
			if err = os.MkdirAll(path, 0o755); err == nil {
				err = os.Chmod(path, e.Mode)
			}
		case e.Mode&os.ModeSymlink != 0:
			err = os.Symlink(e.Link, path)
		default:
			err = os.WriteFile(path, e.Body, e.Mode)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tarTree returns the entries as an uncompressed tar, all owned by root, with
// no times, so that one root always has one digest.
func tarTree(entries []File) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		h := &tar.Header{Name: e.Path, Mode: int64(e.Mode.Perm()), Typeflag: tar.TypeReg, Size: int64(len(e.Body))}
		if e.Mode&os.ModeSticky != 0 {
			h.Mode |= 0o1000
		}
		switch {
		case e.Mode.IsDir():
			h.Typeflag, h.Name = tar.TypeDir, e.Path+"/"
		case e.Mode&os.ModeSymlink != 0:
			h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, e.Link, 0o777
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.Body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
