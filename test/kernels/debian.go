package kernels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Release is one of Debian's, for one kind of processor. Its packages come from
// the mirror that this machine's apt is set up for, by an apt that has its lists
// to itself: the machine's own lists, architectures and packages stay as they are.
type Release struct {
	Name string // its codename: bookworm
	Arch Arch
}

// Kernel is a kernel that a machine can boot.
type Kernel struct {
	Arch    Arch
	Image   string // path of the bzImage or Image
	Overlay string // path of its overlay module, as the package has it; "" for none
}

var dependsOn = regexp.MustCompile(`(?m)^Depends: (linux-image-\S+)`)

// Kernel returns the kernel that a package depends on, such as that of
// linux-image-cloud-amd64.
func (r Release) Kernel(ctx context.Context, meta string) (Kernel, error) {
	var name string
	err := r.twice(ctx, func() error {
		shown, err := r.apt(ctx, "", "apt-cache", "--no-all-versions", "show", meta)
		if err != nil {
			return err
		}
		match := dependsOn.FindSubmatch(shown)
		if match == nil {
			return fmt.Errorf("package %s depends on no kernel", meta)
		}
		name = string(match[1])
		return nil
	})
	if err != nil {
		return Kernel{}, err
	}
	dir, err := r.Package(ctx, name, "boot/vmlinuz-*", "lib/modules/*/kernel/fs/overlayfs/overlay.ko*")
	if err != nil {
		return Kernel{}, err
	}
	images, _ := filepath.Glob(filepath.Join(dir, "vmlinuz-*"))
	overlays, _ := filepath.Glob(filepath.Join(dir, "overlay.ko*"))
	if len(images) != 1 || len(overlays) != 1 {
		return Kernel{}, fmt.Errorf("%s: %d kernels and %d overlay modules, want one of each", dir, len(images), len(overlays))
	}
	return Kernel{r.Arch, images[0], overlays[0]}, nil
}

// Package returns a folder with those files of a package whose paths match a
// pattern. It is downloaded once into the user's cache.
func (r Release) Package(ctx context.Context, name string, patterns ...string) (dir string, err error) {
	dir = filepath.Join(cache(), name+"_"+string(r.Arch))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	err = r.twice(ctx, func() error { return r.download(ctx, name, dir, patterns) })
	return dir, err
}

// download puts files of a package into a folder, all or nothing.
func (r Release) download(ctx context.Context, name, dir string, patterns []string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "download-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if _, err := r.apt(ctx, tmp, "apt-get", "download", "-qq", name); err != nil {
		return err
	}
	debs, _ := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if len(debs) != 1 {
		return fmt.Errorf("apt-get download %s left %d packages", name, len(debs))
	}
	into := filepath.Join(tmp, "files")
	if err := unpack(ctx, debs[0], into, patterns); err != nil {
		return err
	}
	if err := os.Rename(into, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// twice does what needs the release's lists, and once more with fresh ones when
// it failed: there were none, or the mirror has moved on.
func (r Release) twice(ctx context.Context, do func() error) error {
	if err := do(); err == nil {
		return nil
	}
	if err := r.update(ctx); err != nil {
		return err
	}
	return do()
}

func cache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "stoop-kernels")
}

// root is the folder of the release's own apt.
func (r Release) root() string {
	return filepath.Join(cache(), "apt-"+r.Name+"-"+string(r.Arch))
}

// update fetches the release's lists.
func (r Release) update(ctx context.Context) error {
	sources, err := r.sources(ctx)
	if err != nil {
		return err
	}
	for _, dir := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(r.root(), dir), 0o755); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{"state/status": "", "sources.list": sources} {
		if err := os.WriteFile(filepath.Join(r.root(), name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err = r.apt(ctx, "", "apt-get", "update", "-qq")
	return err
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

var codename = regexp.MustCompile(`(?m)^VERSION_CODENAME=(\S+)`)

// sources writes the release's sources.list: this machine's mirrors of its own
// release and of the security updates to it.
func (r Release) sources(ctx context.Context) (string, error) {
	system, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	own := codename.FindSubmatch(system)
	if own == nil || !bytes.Contains(system, []byte("\nID=debian\n")) {
		return "", errors.New("this system is not Debian, whose mirror the kernels come from")
	}
	targets, err := command(ctx, "", "apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
	if err != nil {
		return "", err
	}
	var list strings.Builder
	for _, suite := range []string{"", "-security"} {
		_, after, ok := strings.Cut("\n"+string(targets), "\n"+string(own[1])+suite+" ")
		if !ok {
			return "", fmt.Errorf("apt is set up for no %s%s: see /etc/apt/sources.list.d", own[1], suite)
		}
		uri, _, _ := strings.Cut(after, "\n")
		fmt.Fprintf(&list, "deb [signed-by=%s] %s %s%s main\n", keyring, uri, r.Name, suite)
	}
	return list.String(), nil
}

// apt runs one of apt's programs in a folder, on the release's own lists.
func (r Release) apt(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	root := r.root()
	for _, option := range []string{
		"Dir::Etc::SourceList=" + root + "/sources.list", "Dir::Etc::SourceParts=/dev/null",
		"Dir::State=" + root + "/state", "Dir::State::status=" + root + "/state/status", "Dir::Cache=" + root + "/cache",
		"APT::Architecture=" + string(r.Arch), "APT::Architectures=" + string(r.Arch),
		"APT::Sandbox::User=root", // the cache may be in a home that _apt cannot enter
		"Acquire::Languages=none", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
	} {
		args = append(args, "-o", option)
	}
	return command(ctx, dir, program, args...)
}

// command runs a program and returns what it prints; its complaints are the error.
func command(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", program, args[0], err, bytes.TrimSpace(complaints.Bytes()))
	}
	return out.Bytes(), nil
}
