//go:build linux

package container

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// dockerAsker asks Docker, or podman in Docker's words, by its HTTP API.
type dockerAsker struct {
	name, path string
	http       *http.Client
}

func newDocker(name, socket string) *dockerAsker {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: askTimeout}).DialContext(ctx, "unix", socket)
	}
	return &dockerAsker{name, socket, &http.Client{
		Transport:     &http.Transport{DialContext: dial, MaxIdleConns: 2, IdleConnTimeout: time.Minute},
		Timeout:       askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (d *dockerAsker) Name() string { return d.name }

// inspected is what is read of GET /containers/ID/json (Docker Engine API).
type inspected struct {
	ID, Name, Created string
	State             struct {
		Pid       int
		StartedAt string
	}
	Image  string // digest
	Config struct {
		User        string
		Env         []string
		Image       string
		Labels      map[string]string
		Healthcheck *struct{ Test []string }
	}
	HostConfig struct {
		Privileged                    bool
		PidMode, NetworkMode, IpcMode string
	}
	Mounts []struct {
		Source, Destination, Mode, Propagation string
		RW                                     bool
	}
	NetworkSettings struct {
		IPAddress string
		Networks  map[string]struct{ IPAddress string }
	}
}

func (d *dockerAsker) Ask(ctx context.Context, id string) (*Meta, error) {
	var c inspected
	if err := d.get(ctx, "/containers/"+url.PathEscape(id)+"/json", &c); err != nil {
		return nil, err
	}
	m := &Meta{
		Runtime: d.name, Name: strings.TrimPrefix(c.Name, "/"), Image: c.Config.Image, ImageID: c.Image,
		Labels: c.Config.Labels, Env: c.Config.Env, User: c.Config.User, InitPID: c.State.Pid,
		Created: parseTime(c.Created), Started: parseTime(c.State.StartedAt),
		Privileged: c.HostConfig.Privileged, SecurityKnown: true,
		HostPID: c.HostConfig.PidMode == "host", HostNetwork: c.HostConfig.NetworkMode == "host", HostIPC: c.HostConfig.IpcMode == "host",
		IP: c.NetworkSettings.IPAddress,
	}
	for _, n := range c.NetworkSettings.Networks {
		if m.IP == "" {
			m.IP = n.IPAddress
		}
	}
	if h := c.Config.Healthcheck; h != nil && len(h.Test) > 1 {
		m.Health = strings.Join(h.Test[1:], " ")
	}
	for _, mt := range c.Mounts {
		m.Mounts = append(m.Mounts, Mount{mt.Source, mt.Destination, mt.Mode, mt.Propagation, mt.RW})
	}
	d.image(ctx, m)
	return m, nil
}

// image asks for the digest that the image was pulled by, and for its name
// when the container was started by its id.
func (d *dockerAsker) image(ctx context.Context, m *Meta) {
	if m.ImageID == "" {
		return
	}
	var img struct {
		RepoTags, RepoDigests []string
	}
	if d.get(ctx, "/images/"+url.PathEscape(m.ImageID)+"/json", &img) != nil {
		return
	}
	if len(img.RepoDigests) > 0 {
		_, m.Digest, _ = strings.Cut(img.RepoDigests[0], "@")
	}
	if isDigest(m.Image) && len(img.RepoTags) > 0 {
		m.Image = img.RepoTags[0]
	}
}

func (d *dockerAsker) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.name+path, nil)
	if err != nil {
		return err
	}
	res, err := d.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound:
		return ErrNotFound
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s answers %s", d.name, path, res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(into)
}

func parseTime(s string) int64 {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 {
		return 0
	}
	return t.UnixNano()
}
