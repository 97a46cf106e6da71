//go:build linux

package container

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const maxAnswer = 4 << 20 // bytes of one answer of a runtime

// criAsker asks containerd or CRI-O by the Kubernetes CRI.
type criAsker struct {
	path string

	mu      sync.Mutex
	conn    *grpc.ClientConn
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
	name    string
}

func newCRI(path string) *criAsker {
	name := "containerd"
	if strings.Contains(path, "crio") {
		name = "cri-o"
	}
	return &criAsker{path: path, name: name}
}

func (c *criAsker) Name() string { return c.name }

// client connects at the first use.
func (c *criAsker) client() (cri.RuntimeServiceClient, cri.ImageServiceClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		conn, err := grpc.NewClient("unix://"+c.path,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
		if err != nil {
			return nil, nil, err
		}
		c.conn, c.runtime, c.images = conn, cri.NewRuntimeServiceClient(conn), cri.NewImageServiceClient(conn)
	}
	return c.runtime, c.images, nil
}

func (c *criAsker) Ask(ctx context.Context, id string) (*Meta, error) {
	rt, images, err := c.client()
	if err != nil {
		return nil, err
	}
	res, err := rt.ContainerStatus(ctx, &cri.ContainerStatusRequest{ContainerId: id, Verbose: true})
	if status.Code(err) == codes.NotFound {
		return c.askPod(ctx, rt, id)
	}
	if err != nil {
		return nil, err
	}
	m := &Meta{Runtime: c.name}
	c.fromStatus(m, res.GetStatus())
	var info criInfo
	_ = json.Unmarshal([]byte(res.GetInfo()["info"]), &info)
	info.into(m)
	if isDigest(m.Image) {
		c.nameImage(ctx, images, m)
	}
	if m.Sandbox != "" {
		if pod, err := c.askPod(ctx, rt, m.Sandbox); err == nil {
			m.PodLabels, m.PodIP, m.PodCNI = pod.PodLabels, pod.PodIP, pod.PodCNI
			m.IP = pod.PodIP
			m.HostNetwork, m.HostPID, m.HostIPC = pod.HostNetwork, pod.HostPID, pod.HostIPC
			if m.Pod == "" {
				m.Pod, m.Namespace, m.PodUID = pod.Pod, pod.Namespace, pod.PodUID
			}
		}
	}
	return m, nil
}

func (c *criAsker) fromStatus(m *Meta, s *cri.ContainerStatus) {
	m.Name = s.GetMetadata().GetName()
	m.Image = s.GetImage().GetImage()
	m.Labels = s.GetLabels()
	m.Created, m.Started = s.GetCreatedAt(), s.GetStartedAt()
	if ref := s.GetImageRef(); ref != "" {
		if _, digest, ok := strings.Cut(ref, "@"); ok {
			m.Digest = digest
		} else if isDigest(ref) {
			m.ImageID = ref
		}
		if m.Image == "" {
			m.Image = ref
		}
	}
	for _, mt := range s.GetMounts() {
		m.Mounts = append(m.Mounts, Mount{
			Source: mt.GetHostPath(), Destination: mt.GetContainerPath(), Writable: !mt.GetReadonly(),
			Propagation: propagation[mt.GetPropagation()],
		})
	}
	notes := s.GetAnnotations()
	m.Live, m.Ready = notes["io.kubernetes.container.livenessProbe"], notes["io.kubernetes.container.readinessProbe"]
}

var propagation = map[cri.MountPropagation]string{
	cri.MountPropagation_PROPAGATION_PRIVATE:           "private",
	cri.MountPropagation_PROPAGATION_HOST_TO_CONTAINER: "rslave",
	cri.MountPropagation_PROPAGATION_BIDIRECTIONAL:     "rshared",
}

// askPod asks about a pod's sandbox: the container that holds its namespaces.
func (c *criAsker) askPod(ctx context.Context, rt cri.RuntimeServiceClient, id string) (*Meta, error) {
	res, err := rt.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: id, Verbose: true})
	if status.Code(err) == codes.NotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	s := res.GetStatus()
	md := s.GetMetadata()
	m := &Meta{
		Runtime: c.name, Name: md.GetName(), Pod: md.GetName(), Namespace: md.GetNamespace(), PodUID: md.GetUid(),
		PodLabels: s.GetLabels(), Labels: s.GetLabels(), Sandbox: id, IsPod: true,
		PodIP: s.GetNetwork().GetIp(), IP: s.GetNetwork().GetIp(), Created: s.GetCreatedAt(), Started: s.GetCreatedAt(),
	}
	ns := s.GetLinux().GetNamespaces().GetOptions()
	m.HostPID = ns.GetPid() == cri.NamespaceMode_NODE
	m.HostNetwork = ns.GetNetwork() == cri.NamespaceMode_NODE
	m.HostIPC = ns.GetIpc() == cri.NamespaceMode_NODE
	var info criInfo
	_ = json.Unmarshal([]byte(res.GetInfo()["info"]), &info)
	info.into(m)
	m.Sandbox = id
	if len(info.CNI) > 0 {
		m.PodCNI = string(info.CNI)
	}
	return m, nil
}

// nameImage finds the name of an image that a container was started from by
// its digest.
func (c *criAsker) nameImage(ctx context.Context, images cri.ImageServiceClient, m *Meta) {
	res, err := images.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: m.Image}})
	if err != nil || res.GetImage() == nil {
		return
	}
	img := res.GetImage()
	m.ImageID = img.GetId()
	if tags := img.GetRepoTags(); len(tags) > 0 {
		m.Image = tags[0]
	}
	if d := img.GetRepoDigests(); len(d) > 0 && m.Digest == "" {
		_, m.Digest, _ = strings.Cut(d[0], "@")
	}
}

func isDigest(image string) bool { return strings.HasPrefix(image, "sha256:") || isID(image) }

// criInfo is what containerd and CRI-O add to a status when asked verbosely
// (containerd pkg/cri/server ContainerInfo, cri-o server/container_status.go).
type criInfo struct {
	SandboxID  string          `json:"sandboxID"`
	Pid        int             `json:"pid"`
	Spec       *ociSpec        `json:"runtimeSpec"`
	Image      string          `json:"image"`
	CNI        json.RawMessage `json:"cniResult"`
	Privileged *bool           `json:"privileged"` // CRI-O
	Config     struct {
		Linux struct {
			Security *struct {
				Privileged bool `json:"privileged"`
			} `json:"security_context"`
		} `json:"linux"`
	} `json:"config"`
}

func (i *criInfo) into(m *Meta) {
	m.Sandbox, m.InitPID = i.SandboxID, i.Pid
	if i.Spec != nil {
		i.Spec.into(m)
	}
	switch {
	case i.Privileged != nil:
		m.Privileged, m.SecurityKnown = *i.Privileged, true
	case i.Config.Linux.Security != nil:
		m.Privileged, m.SecurityKnown = i.Config.Linux.Security.Privileged, true
	}
	if m.Image == "" {
		m.Image = i.Image
	}
}
