//go:build linux

package container

import "strings"

// Identity is what a cgroup's path says of a container.
type Identity struct {
	ID      string // 64 hex digits, or a shorter name of a known form
	Runtime string // containerd, cri-o, docker, podman; "" when the path does not tell
}

// Confirmed reports whether the id alone is proof enough: runtimes make them of
// 256 random bits, people and init systems do not.
func (i Identity) Confirmed() bool { return isID(i.ID) }

// forms are how runtimes name the last part of a container's cgroup, without
// ".scope". The first that matches counts; runtime "-" is a helper process of
// the runtime beside the container: part of the host.
var forms = []struct{ prefix, runtime string }{
	{"cri-containerd-", "containerd"},
	{"crio-conmon-", "-"},
	{"crio-", "cri-o"},
	{"docker-", "docker"},
	{"libpod-conmon-", "-"},
	{"conmon-", "-"},
	{"libpod-payload-", "podman"},
	{"libpod-", "podman"},
	{"nerdctl-", "containerd"},
	{"buildah-", "podman"},
}

// parents are directories whose name tells the runtime of the ids in them.
var parents = map[string]string{
	"docker": "docker", "libpod_parent": "podman", "k8s.io": "containerd", "moby": "docker", "default": "containerd",
}

// Identify finds the container in a cgroup's path: the innermost part that
// names one. Both cgroup drivers are known:
//
//	/kubepods/besteffort/podUID/ID
//	/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID.slice/cri-containerd-ID.scope
//	/kubepods-besteffort-podUID.slice:cri-containerd:ID
//	/system.slice/docker-ID.scope/init.scope
//
// The result is empty when no part names one.
func Identify(path string) Identity {
	parts := strings.Split(path, "/")
	for n := len(parts) - 1; n > 0; n-- {
		id, ok := identifyPart(parts[n])
		if !ok {
			continue
		}
		if id.Runtime == "-" {
			return Identity{}
		}
		if id.Runtime == "" {
			id.Runtime = parents[parts[n-1]]
		}
		return id
	}
	return Identity{}
}

func identifyPart(part string) (Identity, bool) {
	name := strings.TrimSuffix(part, ".scope")
	if i := strings.LastIndexByte(name, ':'); i >= 0 { // SLICE:PREFIX:ID, taken literally by a cgroupfs driver
		prefix, id := name[:i], name[i+1:]
		if !isID(id) {
			return Identity{}, false
		}
		prefix = prefix[strings.LastIndexByte(prefix, ':')+1:] + "-"
		for _, f := range forms {
			if f.prefix == prefix {
				return Identity{id, f.runtime}, true
			}
		}
		return Identity{id, ""}, true
	}
	for _, f := range forms {
		if id, ok := strings.CutPrefix(name, f.prefix); ok && isID(id) {
			return Identity{id, f.runtime}, true
		}
	}
	if isID(name) {
		return Identity{name, ""}, true
	}
	return Identity{}, false
}

// isID reports whether s is a container id: 64 hex digits in lower case.
func isID(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// identifyFile finds the container in a /proc/PID/cgroup: hierarchies in which
// the runtime made no cgroup do not name it.
func identifyFile(text string) (Identity, []string) {
	var best Identity
	var paths []string
	for line := range strings.SplitSeq(text, "\n") {
		_, rest, _ := strings.Cut(line, ":")
		_, path, ok := strings.Cut(rest, ":")
		if !ok || path == "/" {
			continue
		}
		paths = append(paths, path)
		if id := Identify(path); best.ID == "" || id.ID != "" && best.Runtime == "" {
			if id.ID != "" {
				best = id
			}
		}
	}
	return best, paths
}
