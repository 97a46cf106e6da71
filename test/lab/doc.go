// Package lab runs real containers on this machine for tests: pods through
// the CRI socket of a private containerd, plain runc containers, podman, and a
// private dockerd. What the runtime says of them (ids, pid, labels, digest) is
// the oracle for what stoop says.
//
//	func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }
//
//	func TestExec(t *testing.T) {
//		c := lab.Pod(t, lab.PodSpec{Namespace: "shop", Pod: "web-0"})
//		c.Do(t, "sh", "-c", "echo hello > /tmp/x")
//	}
//
// All of it needs root and Debian's containerd, docker.io, runc, podman and
// busybox-static (hack/deps.sh); [Need] and [NeedRoot] skip, saying why, and fail
// instead with STOOP_NO_SKIP=1. Images are made from busybox-static: no registry is asked.
// Pods and containers use the host's network. A container ends with its test;
// what a killed test binary leaves is cleared by the next one.
//
// # Where a container's cgroup is
//
// The lines of /proc/PID/cgroup of a container's init, on a machine with v1
// controllers and an additional, empty v2 hierarchy ("hybrid"). UID is the
// pod's, ID has 64 hex digits:
//
//	containerd, CRI  8:pids:/kubepods/besteffort/podUID/ID
//	                 0::/kubepods/besteffort/podUID/ID
//	its sandbox      the same with the sandbox's id
//	plain runc       8:pids:/ID
//	                 0::/ID
//	podman           8:pids:/libpod_parent/libpod-ID
//	                 0::/libpod_parent/libpod-ID
//	its conmon       8:pids:/libpod_parent/conmon, and nothing in v2
//	docker           8:pids:/docker/ID
//	                 0::/docker/ID
//
// The pod's directory is what the CRI client (kubelet, here the lab) asks for
// as cgroup_parent; without it containerd uses /k8s.io/ID. Where no absolute
// path is asked for (plain runc, podman called by hand), a controller in which
// the caller is not at the root prefixes the caller's path:
//
//	4:memory:/process_api/429da1447d047476046c0d499b3a830a/ID
//
// so an id is the last element of the path, not the first hex string in it.
// The v2 line names the container in hybrid mode too: bpf_get_current_cgroup_id
// tells containers apart here.
//
// With systemd as the cgroup driver, which no machine of ours runs, the same
// paths are, by runc's rules for cgroupsPath "SLICE:PREFIX:ID":
//
//	containerd, CRI  /kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID.slice/cri-containerd-ID.scope
//	                 (the dashes of UID are written as underscores)
//	CRI-O            …/crio-ID.scope, with conmon in …/crio-conmon-ID.scope
//	podman           /machine.slice/libpod-ID.scope, v2: …/libpod-ID.scope/container
//	docker           /system.slice/docker-ID.scope
//
// # Where its OCI configuration is
//
// [Container.Bundle] is the directory of config.json: STATE/io.containerd.runtime.v2.task/k8s.io/ID
// for containerd (by default STATE is /run/containerd), STORAGE/vfs-containers/ID/userdata
// for podman (overlay-containers with the overlay driver),
// EXEC-ROOT/containerd/daemon/io.containerd.runtime.v2.task/moby/ID for docker with
// a containerd of its own (by default EXEC-ROOT is /run/docker), and any directory for
// runc, whose /run/runc/ID/state.json names it ("bundle=" among config.labels).
package lab
