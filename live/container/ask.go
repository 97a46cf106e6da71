//go:build linux

package container

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrNotFound is the answer of a runtime that does not have a container.
var ErrNotFound = errors.New("no such container")

// Where runtimes listen, by the environment variable that names another place.
var socketPaths = []struct {
	env   string
	kind  string
	paths []string
}{
	{"STOOP_CRI_SOCKET", "cri", []string{
		"/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", "/run/crio/crio.sock",
		"/var/snap/microk8s/common/run/containerd.sock", "/run/k0s/containerd.sock",
	}},
	{"STOOP_DOCKER_SOCKET", "docker", []string{"/run/docker.sock", "/var/run/docker.sock"}},
	{"STOOP_PODMAN_SOCKET", "podman", []string{"/run/podman/podman.sock"}},
}

// Runtimes returns askers for the runtimes of this node: those behind the
// sockets that are there now, and last the bundles on disk. extra sockets, as
// "cri:/path", "docker:/path" or "podman:/path", come first.
func Runtimes(extra []string) []Asker {
	var all []Asker
	seen := make(map[string]bool)
	add := func(kind, path string) {
		target := path
		if st, err := os.Stat(path); err != nil || st.Mode()&os.ModeSocket == 0 {
			return
		}
		if r, err := os.Readlink(path); err == nil {
			target = r
		}
		if seen[kind+target] {
			return
		}
		seen[kind+target] = true
		switch kind {
		case "cri":
			all = append(all, newCRI(path))
		default:
			all = append(all, newDocker(kind, path))
		}
	}
	for _, e := range extra {
		if kind, path, ok := cutKind(e); ok {
			add(kind, path)
		}
	}
	for _, s := range socketPaths {
		if p := os.Getenv(s.env); p != "" {
			add(s.kind, p)
		}
		for _, p := range s.paths {
			add(s.kind, p)
		}
	}
	return append(all, &bundles{roots: bundleDirs, states: stateDirs, podman: podmanDirs})
}

func cutKind(s string) (kind, path string, ok bool) {
	for _, k := range []string{"cri", "docker", "podman"} {
		if len(s) > len(k)+1 && s[:len(k)+1] == k+":" {
			return k, s[len(k)+1:], true
		}
	}
	return "", "", false
}

// asker asks the runtimes about one container after the other, until the table
// is closed.
func (t *Table) asker() {
	for {
		select {
		case <-t.ctx.Done():
			return
		case r := <-t.ask:
			m := t.askAll(r)
			if m != nil {
				select {
				case t.told <- answer{r, m}:
				case <-t.ctx.Done():
				}
			}
			if r.tries == 0 {
				t.pending.Add(-1)
			}
			if m == nil || m.Started == 0 || m.InitPID == 0 {
				t.later(r) // it is being made: there will be more to know
			}
		}
	}
}

// later asks again after a while: a runtime may know a container only some time
// after its first process has run, and may have been restarting.
func (t *Table) later(r request) {
	if r.tries++; r.tries > maxTries {
		return
	}
	wait := min(retryFirst<<r.tries, retryMost)
	time.AfterFunc(wait, func() {
		select {
		case t.ask <- r:
		case <-t.ctx.Done():
		default:
		}
	})
}

// runtimes are those to ask now: sockets come and go with their daemons.
func (t *Table) runtimes() []Asker {
	t.runtimesMu.Lock()
	defer t.runtimesMu.Unlock()
	if t.opt.Runtimes != nil {
		return t.opt.Runtimes
	}
	if time.Since(t.looked) > lookEvery {
		t.looked, t.found = time.Now(), refresh(t.found, Runtimes(nil))
	}
	return t.found
}

const lookEvery = 5 * time.Second

// refresh takes the new list, but keeps connections that are there already.
func refresh(old, found []Asker) []Asker {
	for i, f := range found {
		for _, o := range old {
			if o.Name() == f.Name() && place(o) == place(f) {
				found[i] = o
			}
		}
	}
	return found
}

func place(a Asker) string {
	switch a := a.(type) {
	case *criAsker:
		return a.path
	case *dockerAsker:
		return a.path
	}
	return ""
}

// askAll returns the first answer. A runtime that does not have the container
// is no reason not to ask the next: Docker's containers are containerd's too,
// in a namespace that CRI does not show.
func (t *Table) askAll(r request) *Meta {
	for _, a := range t.runtimes() {
		ctx, cancel := context.WithTimeout(t.ctx, askTimeout)
		m, err := a.Ask(ctx, r.full)
		cancel()
		if err != nil || m == nil {
			continue
		}
		if m.Runtime == "" {
			m.Runtime = a.Name()
		}
		if r.runtime != "" && m.Runtime == bundleRuntime {
			m.Runtime = r.runtime
		}
		return m
	}
	return nil
}
