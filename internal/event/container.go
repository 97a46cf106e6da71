package event

// HostID is the container id of what runs in no container.
const HostID = "host"

// Container is a container and the pod it belongs to. What is not known yet is
// [NoStr] and may be filled in later ([Dim.Set]); events refer to the row and
// so show it from then on.
type Container struct {
	ID      Str // first 12 hex digits, or "host"
	FullID  Str
	Name    Str // Kubernetes container name, or the runtime's
	Runtime Str // containerd, cri-o, docker, podman, runc
	Image   Str // as given: docker.io/shop/web:2.4.1
	Repo    Str // docker.io/shop/web
	Tag     Str
	Digest  Str // sha256:…
	ImageID Str

	Pod, PodUID, Namespace Str
	PodSandbox             Str // sandbox id, full
	PodLabels              Str // name=value, each ended by a NUL, sorted
	PodIP                  Str
	PodCNI                 Str // the sandbox's CNI result, JSON
	Labels                 Str // of the container; as PodLabels
	Env                    Str // as PodLabels; kept masked
	Mounts                 Str // source:destination:mode:rw:propagation, each ended by a NUL
	IP                     Str
	User                   Str // the image's or the pod's user
	Health, Live, Ready    Str // probe commands

	CgroupID uint64 // the kernel key that events carry, 0 when unknown
	InitPID  int32
	Started  int64 // ns since 1970
	Created  int64 // ns since 1970
	Exited   int64 // ns since 1970, 0 while it runs
	Flags    ContFlags
}

// ContFlags are facts of a container.
type ContFlags uint16

// The facts. Privileged and the namespaces hold only with ContSecurityKnown.
const (
	ContPrivileged ContFlags = 1 << iota
	ContSecurityKnown
	ContHostPID
	ContHostNetwork
	ContHostIPC
	ContSandbox  // the pod's pause container
	ContHost     // the host itself
	ContInferred // known only by the id in a cgroup path
)

// IsHost reports whether the row stands for the host.
func (c *Container) IsHost() bool { return c.Flags&ContHost != 0 }
