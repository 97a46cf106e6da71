package event

import (
	"path"
	"strconv"
	"strings"
)

// The container (Falco's container plugin, plugins/container/src/caps/extract
// of falcosecurity/plugins). What a runtime has not told yet is missing, and is
// filled in later.
var containerFields = append(group("container", HomeCont, FromLive|FromFalco, []Field{
	{Name: "container.id", Kind: String, Flags: KernelTest, Doc: "First 12 hex digits of the container's id; host for what runs in none.", Read: contStr(func(c *Container) Str { return c.ID })},
	{Name: "container.full_id", Kind: String, Doc: "The container's id in full, 64 hex digits.", Read: contStr(func(c *Container) Str { return c.FullID })},
	{
		Name: "container.name", Kind: String, Doc: "Name of the container; host for what runs in none.",
		Read: func(r Row, _ Arg) (Value, bool) {
			if c := r.C(); c.Name != NoStr || !c.IsHost() {
				return r.Str(c.Name)
			}
			return StringValue(HostID), true
		},
	},
	{Name: "container.type", Kind: String, Doc: "Runtime that the container belongs to.", Values: []string{"containerd", "cri-o", "docker", "podman", "runc", HostID}, Read: readRuntime},
	{Name: "container.image", Kind: String, Doc: "Image as it was asked for: docker.io/library/nginx:1.27.", Read: contStrHost(func(c *Container) Str { return c.Image })},
	{Name: "container.image.id", Kind: String, Doc: "Id of the image.", Read: contStr(func(c *Container) Str { return c.ImageID })},
	{Name: "container.image.repository", Kind: String, Doc: "Image without tag and digest: docker.io/library/nginx. Empty for the host.", Read: contStrHost(func(c *Container) Str { return c.Repo })},
	{Name: "container.image.tag", Kind: String, Doc: "Tag of the image. Empty for the host.", Read: contStrHost(func(c *Container) Str { return c.Tag })},
	{Name: "container.image.digest", Kind: String, Doc: "Digest of the image in its registry: sha256:…", Read: contStr(func(c *Container) Str { return c.Digest })},
	{Name: "container.privileged", Kind: Bool, Doc: "Whether the container runs privileged.", Read: contFlag(ContPrivileged)},
	{Name: "container.host_pid", Kind: Bool, Doc: "Whether the container shares the host's pid namespace.", Read: contFlag(ContHostPID)},
	{Name: "container.host_network", Kind: Bool, Doc: "Whether the container shares the host's network.", Read: contFlag(ContHostNetwork)},
	{Name: "container.host_ipc", Kind: Bool, Doc: "Whether the container shares the host's IPC namespace.", Read: contFlag(ContHostIPC)},
	{
		Name: "container.mounts", Kind: String, Doc: "All mounts, each source:destination:mode:writable:propagation, joined by commas.",
		Read: func(r Row, _ Arg) (Value, bool) {
			m := r.C().Mounts
			return StringValue(strings.Join(splitNUL(r.T.Text(m)), ",")), m != NoStr
		},
	},
	mountField(Field{Name: "container.mount", Doc: "One mount, source:destination:mode:writable:propagation; none when there is no such."}, wholeMount),
	mountField(Field{Name: "container.mount.source", Doc: "Source of one mount; the pattern is for the destination."}, 0),
	mountField(Field{Name: "container.mount.dest", Doc: "Destination of one mount."}, 1),
	mountField(Field{Name: "container.mount.mode", Doc: "Mode of one mount."}, 2),
	mountField(Field{Name: "container.mount.rdwr", Doc: "Whether one mount can be written, true or false."}, 3),
	mountField(Field{Name: "container.mount.propagation", Doc: "Propagation of one mount: rprivate, …"}, 4),
	{Name: "container.healthcheck", Kind: String, Flags: Deprecated, Doc: "Command that tells whether the container is healthy.", Read: contStr(func(c *Container) Str { return c.Health })},
	{Name: "container.liveness_probe", Kind: String, Flags: Deprecated, Doc: "Command that tells whether the container is alive.", Read: contStr(func(c *Container) Str { return c.Live })},
	{Name: "container.readiness_probe", Kind: String, Flags: Deprecated, Doc: "Command that tells whether the container is ready.", Read: contStr(func(c *Container) Str { return c.Ready })},
	{Name: "container.ip", Kind: String, Doc: "The container's or its pod's first IPv4 address.", Read: firstStr(func(c *Container) Str { return c.IP }, podIP)},
	{Name: "container.cni.json", Kind: String, Doc: "What the network plugin said of the pod's interfaces, JSON.", Read: contStr(podCNI)},
	{Name: "container.label", Kind: String, Arg: ArgKey | ArgRequired, Doc: "Value of the container's label in brackets: container.label[app].", Read: oneLabel(contLabels)},
	{Name: "container.labels", Kind: String, Doc: "All labels of the container: name:value, name:value.", Read: allLabels(contLabels)},
}), append(group("container", HomeProc, FromLive|FromFalco, []Field{
	{
		Name: "container.start_ts", Kind: Time, Unit: "ns", Doc: "When the container began: when its pid namespace's first process was made, else what the runtime says.",
		Read: func(r Row, _ Arg) (Value, bool) {
			ns := startOf(r)
			return TimeValue(ns), ns != 0
		},
	},
}), append(group("container", HomeEvent, FromLive|FromFalco, []Field{
	{
		Name: "container.duration", Kind: Duration, Unit: "ns", Doc: "How old the container was when the event happened.",
		Read: func(r Row, _ Arg) (Value, bool) {
			ns := startOf(r)
			return DurationValue(r.B.Time[r.I] - ns), ns != 0
		},
	},
}), group("proc", HomeProc, FromFalco, []Field{
	{Name: "proc.is_container_healthcheck", Kind: Bool, Flags: Deprecated, Why: whyProbe, Doc: "Whether the process is the container's health check."},
	{Name: "proc.is_container_liveness_probe", Kind: Bool, Flags: Deprecated, Why: whyProbe, Doc: "Whether the process is the container's liveness probe."},
	{Name: "proc.is_container_readiness_probe", Kind: Bool, Flags: Deprecated, Why: whyProbe, Doc: "Whether the process is the container's readiness probe."},
})...)...)...)

const whyProbe = "deprecated in Falco; processes are not matched with probe commands"

func contLabels(c *Container) Str { return c.Labels }
func podIP(c *Container) Str      { return c.PodIP }
func podCNI(c *Container) Str     { return c.PodCNI }

func readRuntime(r Row, _ Arg) (Value, bool) {
	c := r.C()
	if c.IsHost() {
		return StringValue(HostID), true
	}
	return r.Str(c.Runtime)
}

// startOf returns when the row's container began, 0 when that is not known or
// there is none. A container in the host's pid namespace began when the
// runtime says so.
func startOf(r Row) int64 {
	c, p := r.C(), r.P()
	switch {
	case c.IsHost() || c.ID == NoStr:
		return 0
	case p.Knows(KnowPidns) && (c.Started == 0 || c.Flags&ContHostPID == 0):
		return p.PidnsStart
	}
	return c.Started
}

func firstStr(gets ...func(*Container) Str) reader {
	return func(r Row, _ Arg) (Value, bool) {
		for _, get := range gets {
			if s := get(r.C()); s != NoStr {
				return r.Str(s)
			}
		}
		return Value{}, false
	}
}

// wholeMount asks mountField for all parts of a mount.
const wholeMount = -1

// mountField makes a field that reads one mount's part: of the mount of a
// number, or of the first whose source fits a pattern (for the field of the
// source: whose destination does).
func mountField(f Field, part int) Field {
	f.Kind, f.Arg = String, ArgIndex|ArgKey|ArgRequired
	f.Doc += " In brackets its number from 0, or a pattern for its source: " + f.Name + "[/var/run/*]."
	key := 0
	if part == 0 {
		key = 1
		f.Doc = strings.Replace(f.Doc, "a pattern for its source", "that pattern", 1)
	}
	f.Read = func(r Row, a Arg) (Value, bool) {
		mounts := r.C().Mounts
		if mounts == NoStr {
			return Value{}, false
		}
		mount, ok := findMount(splitNUL(r.T.Text(mounts)), a, key)
		if part == wholeMount {
			if !ok {
				mount = "none"
			}
			return StringValue(mount), true
		}
		fields := strings.Split(mount, ":")
		if !ok || part >= len(fields) {
			return Value{}, false
		}
		return StringValue(fields[part]), true
	}
	return f
}

func findMount(mounts []string, a Arg, key int) (string, bool) {
	if n, err := strconv.Atoi(a.Key); err == nil {
		if n < 0 || n >= len(mounts) {
			return "", false
		}
		return mounts[n], true
	}
	for _, m := range mounts {
		parts := strings.Split(m, ":")
		if key < len(parts) && globMatch(a.Key, parts[key]) {
			return m, true
		}
	}
	return "", false
}

// globMatch is fnmatch without flags: a star crosses slashes. A path without
// its slashes has nothing that path.Match would stop at.
func globMatch(pattern, name string) bool {
	flat := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(name))
	return ok && err == nil
}

// oneLabel reads the label in brackets.
func oneLabel(get func(*Container) Str) reader {
	return func(r Row, a Arg) (Value, bool) { return lookupNUL(r.T.Text(get(r.C())), a.Key) }
}

// allLabels writes labels as Falco does.
func allLabels(get func(*Container) Str) reader {
	return func(r Row, _ Arg) (Value, bool) {
		labels := splitNUL(r.T.Text(get(r.C())))
		for i, l := range labels {
			labels[i] = strings.Replace(l, "=", ":", 1)
		}
		return StringValue(strings.Join(labels, ", ")), get(r.C()) != NoStr
	}
}
