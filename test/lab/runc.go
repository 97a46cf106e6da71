//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// RuncSpec says what plain runc is to run, with no daemon above it.
type RuncSpec struct {
	Spec

	ID          string // default random, 64 hex digits
	CgroupsPath string // default: runc's own choice, a cgroup named like the id
}

// The part of the OCI runtime specification's config.json that is used here.
type (
	ociConfig struct {
		Version     string            `json:"ociVersion"`
		Process     ociProcess        `json:"process"`
		Root        ociRoot           `json:"root"`
		Hostname    string            `json:"hostname"`
		Mounts      []ociMount        `json:"mounts"`
		Annotations map[string]string `json:"annotations,omitempty"`
		Linux       ociLinux          `json:"linux"`
	}
	ociProcess struct {
		User            ociUser             `json:"user"`
		Args            []string            `json:"args"`
		Env             []string            `json:"env"`
		Cwd             string              `json:"cwd"`
		Capabilities    map[string][]string `json:"capabilities"`
		NoNewPrivileges bool                `json:"noNewPrivileges"`
	}
	ociUser struct {
		UID int `json:"uid"`
		GID int `json:"gid"`
	}
	ociRoot struct {
		Path string `json:"path"`
	}
	ociMount struct {
		Destination string   `json:"destination"`
		Type        string   `json:"type"`
		Source      string   `json:"source"`
		Options     []string `json:"options,omitempty"`
	}
	ociNamespace struct {
		Type string `json:"type"`
	}
	ociLinux struct {
		CgroupsPath string         `json:"cgroupsPath,omitempty"`
		Namespaces  []ociNamespace `json:"namespaces"`
	}
)

// defaultCapabilities are those that container runtimes leave by default.
var defaultCapabilities = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
	"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
}

// privilegedCapabilities are added for a privileged container: what the tests
// of mounts, namespaces, bpf and perf events need.
var privilegedCapabilities = []string{
	"CAP_BPF", "CAP_DAC_READ_SEARCH", "CAP_IPC_LOCK", "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_SYS_ADMIN",
	"CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PTRACE",
}

// standardMounts are the mounts of every container.
var standardMounts = []ociMount{
	{"/proc", "proc", "proc", nil},
	{"/dev", "tmpfs", "tmpfs", []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{"/dev/pts", "devpts", "devpts", []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
	{"/dev/shm", "tmpfs", "shm", []string{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
	{"/sys", "bind", "/sys", []string{"rbind", "nosuid", "noexec", "nodev", "ro"}},
}

func (s *RuncSpec) config() ociConfig {
	capabilities := defaultCapabilities
	if s.Privileged {
		capabilities = append(append([]string(nil), capabilities...), privilegedCapabilities...)
	}
	mounts := append([]ociMount(nil), standardMounts...)
	for _, m := range s.Mounts {
		access := "rw"
		if m.ReadOnly {
			access = "ro"
		}
		mounts = append(mounts, ociMount{m.Target, "bind", m.Source, []string{"rbind", access}})
	}
	return ociConfig{
		Version: "1.0.2",
		Process: ociProcess{
			Args: s.Command,
			Env:  append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, s.Env...),
			Cwd:  "/",
			Capabilities: map[string][]string{
				"bounding": capabilities, "effective": capabilities, "permitted": capabilities,
			},
		},
		Root:     ociRoot{Path: "rootfs"},
		Hostname: s.ID[:12],
		Mounts:   mounts,
		Linux: ociLinux{
			CgroupsPath: s.CgroupsPath,
			Namespaces:  []ociNamespace{{"pid"}, {"ipc"}, {"uts"}, {"mount"}},
		},
	}
}

// RunRunc starts a container with plain runc, in runc's default state
// directory, where a tool without a runtime's socket looks for it.
func RunRunc(ctx context.Context, spec RuncSpec) (_ *Container, err error) {
	reapStale()
	spec.setDefaults()
	if spec.ID == "" {
		spec.ID = NewID()
	}
	bundle, err := os.MkdirTemp("", dirPrefix+runcPrefix)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, deleteRunc(spec.ID, bundle))
		}
	}()
	if err := writeBundle(bundle, spec); err != nil {
		return nil, err
	}
	pidFile, logPath := filepath.Join(bundle, "pid"), filepath.Join(bundle, "log")
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	// Detached: the container keeps runc's own standard output, hence a file.
	cmd := exec.CommandContext(ctx, "runc", "run", "--detach", "--bundle", bundle, "--pid-file", pidFile, spec.ID)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(logPath)
		return nil, fmt.Errorf("runc run: %w: %s", err, said)
	}
	pid, err := readPid(pidFile)
	if err != nil {
		return nil, err
	}
	return &Container{
		Runtime: "runc",
		ID:      spec.ID,
		Name:    spec.Name,
		Pid:     pid,
		Bundle:  bundle,
		LogPath: logPath,
		exec: func(ctx context.Context, args []string) (Output, error) {
			return command(ctx, "runc", append([]string{"exec", spec.ID}, args...)...)
		},
		command: []string{"runc", "exec", spec.ID},
		stop:    func() error { return deleteRunc(spec.ID, bundle) },
	}, nil
}

func writeBundle(bundle string, spec RuncSpec) error {
	entries, err := busyboxEntries()
	if err != nil {
		return err
	}
	root := filepath.Join(bundle, "rootfs")
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	if err := writeTree(root, entries); err != nil {
		return err
	}
	config, err := json.MarshalIndent(spec.config(), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), config, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bundle, idFile), []byte(spec.ID), 0o600); err != nil {
		return err
	}
	return writeOwner(bundle)
}

// deleteRunc kills and removes a container, in whatever state it is.
func deleteRunc(id, bundle string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := mustCommand(ctx, "runc", "delete", "--force", id)
	unmountBelow(bundle)
	return errors.Join(err, os.RemoveAll(bundle))
}
