//go:build linux

package container

import (
	"strings"
	"testing"
)

const (
	idA = "4a0e1f6f3b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6"
	uid = "0f6fd0b1-5d1f-4b8e-9d0b-3c1f6f4f2a11"
)

func TestIdentify(t *testing.T) {
	slice := "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + strings.ReplaceAll(uid, "-", "_") + ".slice/"
	tests := []struct {
		name, path  string
		id, runtime string
	}{
		{"containerd, cgroupfs", "/kubepods/besteffort/pod" + uid + "/" + idA, idA, ""},
		{"containerd, systemd", slice + "cri-containerd-" + idA + ".scope", idA, "containerd"},
		{"containerd, systemd's name with a cgroupfs driver", "/system.slice/containerd.service/kubepods-besteffort-podx.slice:cri-containerd:" + idA, idA, "containerd"},
		{"containerd without a kubelet", "/k8s.io/" + idA, idA, "containerd"},
		{"CRI-O", slice + "crio-" + idA + ".scope", idA, "cri-o"},
		{"CRI-O, v2, inside", slice + "crio-" + idA + ".scope/container", idA, "cri-o"},
		{"CRI-O's conmon is of the host", slice + "crio-conmon-" + idA + ".scope", "", ""},
		{"docker, cgroupfs", "/docker/" + idA, idA, "docker"},
		{"docker, systemd", "/system.slice/docker-" + idA + ".scope", idA, "docker"},
		{"an init system inside of docker", "/system.slice/docker-" + idA + ".scope/init.scope", idA, "docker"},
		{"docker inside of docker: the inner one", "/docker/" + strings.Repeat("0", 64) + "/docker/" + idA, idA, "docker"},
		{"podman, cgroupfs", "/libpod_parent/libpod-" + idA, idA, "podman"},
		{"podman, systemd, v2", "/machine.slice/libpod-" + idA + ".scope/container", idA, "podman"},
		{"podman's conmon", "/libpod_parent/conmon-" + idA, "", ""},
		{"podman's conmon, systemd", "/machine.slice/libpod-conmon-" + idA + ".scope", "", ""},
		{"runc", "/" + idA, idA, ""},
		{"a started cgroup before it", "/process_api/429da1447d047476046c0d499b3a830a/libpod_parent/libpod-" + idA, idA, "podman"},
		{"a session", "/user.slice/user-1000.slice/session-3.scope", "", ""},
		{"a service", "/system.slice/docker.service", "", ""},
		{"two levels that Falco takes for a container", "/process_api/429da1447d047476046c0d499b3a830a", "", ""},
		{"upper case", "/docker/" + strings.ToUpper(idA), "", ""},
		{"too short", "/docker/" + idA[:63], "", ""},
		{"too long", "/docker/" + idA + "0", "", ""},
		{"a name that looks like a runtime's", "/docker-web.scope", "", ""},
		{"the root", "/", "", ""},
		{"nothing", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Identify(test.path)
			if got.ID != test.id || got.Runtime != test.runtime {
				t.Errorf("have %q of %q, want %q of %q", got.ID, got.Runtime, test.id, test.runtime)
			}
		})
	}
}

func TestIdentifyFile(t *testing.T) {
	file := "12:memory:/user.slice/x\n8:pids:/libpod_parent/libpod-" + idA + "\n0::/\n"
	got, paths := identifyFile(file)
	if got.ID != idA || got.Runtime != "podman" || len(paths) != 2 {
		t.Errorf("have %+v, %q", got, paths)
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("8:pids:/kubepods/besteffort/pod" + uid + "/" + idA)
	f.Add("0::/a:b:" + idA + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if id, _ := identifyFile(text); id.ID != "" && !id.Confirmed() {
			t.Errorf("%q taken for an id", id.ID)
		}
	})
}

func TestSplitImage(t *testing.T) {
	digest := "sha256:" + idA
	for _, test := range []struct{ image, repo, tag, digest string }{
		{"docker.io/shop/web:2.4.1", "docker.io/shop/web", "2.4.1", ""},
		{"busybox", "busybox", "", ""},
		{"localhost:5000/web", "localhost:5000/web", "", ""},
		{"localhost:5000/web:1@" + digest, "localhost:5000/web", "1", digest},
		{digest, "", "", digest},
		{"", "", "", ""},
	} {
		if repo, tag, d := SplitImage(test.image); repo != test.repo || tag != test.tag || d != test.digest {
			t.Errorf("%q is %q, %q, %q", test.image, repo, tag, d)
		}
	}
}
