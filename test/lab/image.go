//go:build linux

package lab

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"strings"
)

// Image names an image that the lab builds on the spot: no registry is
// asked for anything.
type Image struct {
	Ref    string            // whole reference with a tag: "docker.io/shop/web:2.4.1"
	Labels map[string]string // of the image's config
	Root   []File            // nil: that of busybox
}

// Busybox is the image of a spec that names none.
var Busybox = Image{Ref: "docker.io/library/busybox:1.35", Labels: map[string]string{"org.opencontainers.image.title": "busybox"}}

// pauseImage is the image of every pod's sandbox.
var pauseImage = Image{Ref: "registry.k8s.io/pause:3.9"}

// repository returns the reference without its tag.
func (im Image) repository() string {
	if i := strings.LastIndexByte(im.Ref, ':'); i > strings.LastIndexByte(im.Ref, '/') {
		return im.Ref[:i]
	}
	return im.Ref
}

type imageConfig struct {
	Created      string          `json:"created"`
	Architecture string          `json:"architecture"`
	OS           string          `json:"os"`
	Config       containerConfig `json:"config"`
	RootFS       rootFS          `json:"rootfs"`
}

type containerConfig struct {
	Env        []string          `json:"Env"`
	Entrypoint []string          `json:"Entrypoint,omitempty"`
	Cmd        []string          `json:"Cmd"`
	Labels     map[string]string `json:"Labels,omitempty"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type archiveManifest struct {
	Config   string   `json:"Config"`
	RepoTags []string `json:"RepoTags"`
	Layers   []string `json:"Layers"`
}

// idle keeps a container's init alive until it is killed.
var idle = []string{"/bin/sleep", "2147483647"}

// writeArchive writes the image as docker-archive (`docker save`), the form
// that `ctr images import`, `podman load` and `docker load` read.
func (im Image) writeArchive(w io.Writer) error {
	entries := im.Root
	if entries == nil {
		var err error
		if entries, err = busyboxEntries(); err != nil {
			return err
		}
	}
	layer, err := tarTree(entries)
	if err != nil {
		return err
	}
	labels := maps.Clone(im.Labels)
	config, err := json.Marshal(imageConfig{
		Created:      "1970-01-01T00:00:00Z",
		Architecture: runtime.GOARCH,
		OS:           "linux",
		Config: containerConfig{
			Env:    []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
			Cmd:    idle,
			Labels: labels,
		},
		RootFS: rootFS{Type: "layers", DiffIDs: []string{"sha256:" + sha256Hex(layer)}},
	})
	if err != nil {
		return err
	}
	configName := sha256Hex(config) + ".json"
	manifest, err := json.Marshal([]archiveManifest{{
		Config: configName, RepoTags: []string{im.Ref}, Layers: []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}

	out := tar.NewWriter(w)
	for _, f := range []struct {
		name string
		body []byte
	}{{"layer.tar", layer}, {configName, config}, {"manifest.json", manifest}} {
		if err := out.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.body))}); err != nil {
			return err
		}
		if _, err := out.Write(f.body); err != nil {
			return err
		}
	}
	return out.Close()
}

// archive writes the image to a file in dir and returns its path.
func (im Image) archive(dir string) (path string, err error) {
	f, err := os.CreateTemp(dir, "image-*.tar")
	if err != nil {
		return "", err
	}
	if err := errors.Join(im.writeArchive(f), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("image %s: %w", im.Ref, err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
