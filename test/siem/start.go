package siem

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// shared are the servers that this process has asked for.
var shared struct {
	sync.Mutex
	m map[Flavor]*sharedServer
}

type sharedServer struct {
	server *Server
	leave  func() // says that this process needs it no more; kept until the process ends
	err    error
}

// Shared returns the server of a flavor that all tests of the run share. Where
// the machine lacks what it takes the test is skipped with a reason.
func Shared(t testing.TB, f Flavor) *Server {
	t.Helper()
	jdk := f.need(t)
	shared.Lock()
	defer shared.Unlock()
	known := shared.m[f]
	if known == nil {
		known = &sharedServer{}
		known.err = known.join(f, jdk)
		if shared.m == nil {
			shared.m = make(map[Flavor]*sharedServer)
		}
		shared.m[f] = known
	}
	if known.err != nil {
		t.Fatal(known.err)
	}
	return known.server
}

// join finds the shared server or starts it.
func (known *sharedServer) join(f Flavor, jdk string) error {
	scripts, home, err := layOut(f, jdk)
	if err != nil {
		return err
	}
	folder := filepath.Join(filepath.Dir(scripts), "shared-"+string(f))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	// As long as somebody holds it, the server stays. While its keeper ends
	// the server, this waits.
	if known.leave, err = share(filepath.Join(folder, "users")); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(folder, "start.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if s, err := found(f, folder, home); err == nil && s.alive() == nil {
		known.server = s
		return nil
	}
	known.server, err = launch(f, jdk, scripts, home, folder)
	return err
}

// found reads where the shared server is.
func found(f Flavor, folder, home string) (*Server, error) {
	text, err := os.ReadFile(filepath.Join(folder, "state.json"))
	if err != nil {
		return nil, err
	}
	var p place
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, err
	}
	return p.server(f, home)
}

// launch starts the shared server under its keeper and writes down where it is.
func launch(f Flavor, jdk, scripts, home, folder string) (*Server, error) {
	p, err := newPlace(f)
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(filepath.Join(folder, "data")); err != nil {
		return nil, err
	}
	log := filepath.Join(folder, "log")
	keeper := exec.Command(filepath.Join(scripts, "keep.sh"), folder, string(f))
	keeper.Env = p.environ(f, jdk, home, "")
	keeper.SysProcAttr = apart()
	if err := keeper.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = keeper.Wait(); close(ended) }()
	s, err := p.server(f, home)
	if err == nil {
		err = s.wait(ended, log)
	}
	if err != nil {
		_ = keeper.Process.Signal(os.Interrupt)
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return s, os.WriteFile(filepath.Join(folder, "state.json"), text, 0o600)
}
