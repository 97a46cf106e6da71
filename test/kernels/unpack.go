package kernels

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
)

// unpack takes those files out of a package of Debian's whose paths match a
// pattern, into a new folder that has no others in it.
func unpack(ctx context.Context, deb, into string, patterns []string) error {
	if err := os.Mkdir(into, 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = keep(tar.NewReader(out), into, patterns)
	_, drained := io.Copy(io.Discard, out)
	return cmp.Or(err, drained, cmd.Wait())
}

func keep(all *tar.Reader, into string, patterns []string) error {
	for {
		h, err := all.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(h.Name)
		wanted := slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, name); return ok })
		if h.Typeflag != tar.TypeReg || !wanted {
			continue
		}
		f, err := os.Create(filepath.Join(into, path.Base(name)))
		if err != nil {
			return err
		}
		if _, err = io.Copy(f, all); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
}
