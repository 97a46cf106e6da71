package kernels

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Kernel is a kernel that a machine can boot.
type Kernel struct {
	Image   string // path of the bzImage
	Overlay string // path of its overlay module, as the package has it; "" for none
}

var dependsOn = regexp.MustCompile(`(?m)^Depends: (linux-image-\S+)`)

// Debian returns the kernel that a package of Debian depends on, such as that of
// linux-image-cloud-amd64. It is downloaded once into the user's cache.
func Debian(ctx context.Context, meta string) (Kernel, error) {
	shown, err := exec.CommandContext(ctx, "apt-cache", "--no-all-versions", "show", meta).Output()
	if err != nil {
		return Kernel{}, fmt.Errorf("apt-cache does not know %s: %w: run apt-get update", meta, err)
	}
	match := dependsOn.FindSubmatch(shown)
	if match == nil {
		return Kernel{}, fmt.Errorf("package %s depends on no kernel", meta)
	}
	name := string(match[1])
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "stoop-kernels", name)
	if k, err := unpacked(dir); err == nil {
		return k, nil
	}
	if err := download(ctx, name, dir); err != nil {
		return Kernel{}, fmt.Errorf("fetch %s: %w", name, err)
	}
	return unpacked(dir)
}

// unpacked finds what download has put into a folder.
func unpacked(dir string) (Kernel, error) {
	images, _ := filepath.Glob(filepath.Join(dir, "vmlinuz-*"))
	overlays, _ := filepath.Glob(filepath.Join(dir, "overlay.ko*"))
	if len(images) != 1 || len(overlays) != 1 {
		return Kernel{}, fmt.Errorf("%s: %d kernels and %d overlay modules, want one of each", dir, len(images), len(overlays))
	}
	return Kernel{images[0], overlays[0]}, nil
}

// download puts a package's kernel and overlay module into a folder, all or
// nothing.
func download(ctx context.Context, name, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "download-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	get := exec.CommandContext(ctx, "apt-get", "download", "-qq", name)
	get.Dir = tmp
	if out, err := get.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download: %w: %s", err, bytes.TrimSpace(out))
	}
	debs, _ := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if len(debs) != 1 {
		return fmt.Errorf("apt-get download left %d packages", len(debs))
	}
	into := filepath.Join(tmp, "files")
	if err := os.Mkdir(into, 0o755); err != nil {
		return err
	}
	if err := unpack(ctx, debs[0], into); err != nil {
		return err
	}
	if err := os.Rename(into, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// unpack takes the kernel and the overlay module out of a package.
func unpack(ctx context.Context, deb, into string) error {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = keepKernel(tar.NewReader(out), into)
	_, drained := io.Copy(io.Discard, out)
	return cmp.Or(err, drained, cmd.Wait())
}

func keepKernel(all *tar.Reader, into string) error {
	for {
		h, err := all.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		base := filepath.Base(h.Name)
		if h.Typeflag != tar.TypeReg || !strings.HasPrefix(base, "vmlinuz-") && !strings.HasPrefix(base, "overlay.ko") {
			continue
		}
		f, err := os.Create(filepath.Join(into, base))
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
