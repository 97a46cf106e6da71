//go:build linux

package container

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
)

// Meta is what a runtime says of a container. What it does not say is empty.
type Meta struct {
	Runtime, Name                        string
	Image, ImageID, Digest               string
	Pod, PodUID, Namespace               string
	Sandbox, PodIP, PodCNI, IP, User     string
	Labels, PodLabels                    map[string]string
	Env                                  []string // NAME=value
	Mounts                               []Mount
	Health, Live, Ready                  string
	InitPID                              int
	Created, Started                     int64 // ns since 1970
	Privileged, SecurityKnown            bool
	HostPID, HostNetwork, HostIPC, IsPod bool
}

// Mount is a directory or file from outside.
type Mount struct {
	Source, Destination, Mode, Propagation string
	Writable                               bool
}

// Bounds on what is kept.
const (
	maxText   = 1024 // bytes of one name, label or variable
	maxList   = 256  // members of one list
	maxMounts = 128
)

// Labels of Kubernetes on containers, where a runtime gives no other place
// (k8s.io/kubernetes pkg/kubelet/types).
const (
	labelPod       = "io.kubernetes.pod.name"
	labelNamespace = "io.kubernetes.pod.namespace"
	labelUID       = "io.kubernetes.pod.uid"
	labelContainer = "io.kubernetes.container.name"
)

// fill writes what is known into a container's row.
func (m *Meta) fill(row *event.Container, str func(string) event.Str) {
	put := func(dst *event.Str, s string) {
		if s != "" {
			*dst = str(bounded(s))
		}
	}
	m.fromLabels()
	for _, p := range []struct {
		dst *event.Str
		s   string
	}{
		{&row.Name, m.Name},
		{&row.Runtime, m.Runtime},
		{&row.Image, m.Image},
		{&row.ImageID, m.ImageID},
		{&row.Digest, m.Digest},
		{&row.Pod, m.Pod},
		{&row.PodUID, m.PodUID},
		{&row.Namespace, m.Namespace},
		{&row.PodSandbox, m.Sandbox},
		{&row.PodIP, m.PodIP},
		{&row.IP, m.IP},
		{&row.User, m.User},
		{&row.Health, m.Health},
		{&row.Live, m.Live},
		{&row.Ready, m.Ready},
	} {
		put(p.dst, p.s)
	}
	repo, tag, digest := SplitImage(m.Image)
	put(&row.Repo, repo)
	put(&row.Tag, tag)
	if m.Digest == "" {
		put(&row.Digest, digest)
	}
	if len(m.PodCNI) <= 16<<10 && m.PodCNI != "" {
		row.PodCNI = str(m.PodCNI)
	}
	list := func(dst *event.Str, l []string) {
		if len(l) > 0 {
			*dst = str(terminated(l))
		}
	}
	list(&row.Labels, pairs(m.Labels))
	list(&row.PodLabels, pairs(m.PodLabels))
	list(&row.Env, maskEnv(m.Env))
	list(&row.Mounts, mountList(m.Mounts))
	row.Created, row.Started = m.Created, m.Started
	if m.InitPID > 0 {
		row.InitPID = int32(m.InitPID)
	}
	row.Flags &^= event.ContInferred
	for _, f := range []struct {
		on   bool
		flag event.ContFlags
	}{
		{m.SecurityKnown, event.ContSecurityKnown},
		{m.Privileged, event.ContPrivileged},
		{m.HostPID, event.ContHostPID},
		{m.HostNetwork, event.ContHostNetwork},
		{m.HostIPC, event.ContHostIPC},
		{m.IsPod, event.ContSandbox},
	} {
		if f.on {
			row.Flags |= f.flag
		}
	}
}

// fromLabels takes from the labels what was not said elsewhere.
func (m *Meta) fromLabels() {
	for _, p := range []struct {
		dst   *string
		label string
	}{{&m.Pod, labelPod}, {&m.Namespace, labelNamespace}, {&m.PodUID, labelUID}} {
		if *p.dst == "" {
			*p.dst = m.Labels[p.label]
		}
	}
	if n := m.Labels[labelContainer]; n != "" {
		m.Name = n
	}
}

// SplitImage takes an image's name apart: registry/path:tag@digest. A port in
// the registry's name is no tag; an image that is only a digest has no name.
func SplitImage(image string) (repo, tag, digest string) {
	repo, digest, _ = strings.Cut(image, "@")
	if strings.HasPrefix(repo, "sha256:") || isID(repo) {
		return "", "", repo
	}
	if i := strings.LastIndexByte(repo, ':'); i > strings.LastIndexByte(repo, '/') {
		repo, tag = repo[:i], repo[i+1:]
	}
	return repo, tag, digest
}

func bounded(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) <= maxText {
		return s
	}
	for n := maxText; n > maxText-4; n-- {
		if utf8.RuneStart(s[n]) {
			return s[:n]
		}
	}
	return s[:maxText]
}

func terminated(l []string) string {
	var b strings.Builder
	for i, s := range l {
		if i == maxList {
			break
		}
		b.WriteString(bounded(s))
		b.WriteByte(0)
	}
	return b.String()
}

func pairs(m map[string]string) []string {
	l := make([]string, 0, len(m))
	for k, v := range m {
		l = append(l, k+"="+v)
	}
	sort.Strings(l)
	return l
}

// secretNames are parts of names whose values are masked.
var secretNames = []string{"pass", "pwd", "secret", "token", "key", "credential", "auth", "private", "cookie", "session", "dsn", "connection"}

// maskEnv masks the values of variables that are named like secrets, and
// passwords in addresses.
func maskEnv(env []string) []string {
	out := make([]string, 0, min(len(env), maxList))
	for _, e := range env {
		if len(out) == maxList {
			break
		}
		name, value, _ := strings.Cut(e, "=")
		lower := strings.ToLower(name)
		for _, s := range secretNames {
			if strings.Contains(lower, s) {
				value = "***"
				break
			}
		}
		if i := strings.Index(value, "://"); i >= 0 {
			if at := strings.IndexByte(value[i:], '@'); at > 0 {
				if c := strings.IndexByte(value[i+3:i+at], ':'); c >= 0 {
					value = value[:i+3+c+1] + "***" + value[i+at:]
				}
			}
		}
		out = append(out, name+"="+value)
	}
	return out
}

func mountList(mounts []Mount) []string {
	var l []string
	for _, m := range mounts {
		if len(l) == maxMounts {
			break
		}
		rw := "false"
		if m.Writable {
			rw = "true"
		}
		l = append(l, strings.Join([]string{m.Source, m.Destination, m.Mode, rw, m.Propagation}, ":"))
	}
	return l
}
