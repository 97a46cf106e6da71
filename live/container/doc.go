// Package container tells which container a process is in, and what the
// container is.
//
// The first comes from the cgroup alone, at once: [Identify] knows how the
// runtimes and cgroup drivers name cgroups. What looks like a container is
// believed when its name holds a 64-digit id, or when a runtime's state
// directory confirms it; all else is the host.
//
// The second is asked of the runtime that made the container, in the
// background: containerd and CRI-O through the CRI socket, Docker and podman
// through their HTTP API, and where no socket answers from the OCI bundle on
// disk. The rows of events that were stored meanwhile show it once it is there.
//
// Labels, names and mounts were chosen by whoever started the container, and
// sockets may be slow or dead: every answer is bounded in size and time.
package container
