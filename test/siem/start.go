package siem

import (
	"encoding/json"
	"errors"
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

// instance is a server that one test has for itself.
type instance struct {
	jdk, scripts, home, dir string
	place                   place
	cmd                     *exec.Cmd
	ended                   chan struct{}
}

// Own starts a server for one test, which may kill and restart it. It ends with
// the test.
func Own(t testing.TB, f Flavor) *Server {
	t.Helper()
	jdk := f.need(t)
	scripts, home, err := layOut(f, jdk)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlace(f)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.server(f, home)
	if err != nil {
		t.Fatal(err)
	}
	s.own = &instance{jdk: jdk, scripts: scripts, home: home, dir: t.TempDir(), place: p}
	t.Cleanup(func() { s.Kill(t) })
	s.Start(t)
	return s
}

// Start starts a server of one's own again, with its port and its data, and
// waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	own := s.mine(t)
	log, err := os.OpenFile(filepath.Join(own.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	own.cmd = exec.Command(filepath.Join(own.scripts, "run.sh"), string(s.Flavor))
	own.cmd.Env = own.place.environ(s.Flavor, own.jdk, own.home, filepath.Join(own.dir, "data"))
	own.cmd.Stdout, own.cmd.Stderr = log, log
	if err := own.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	own.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(own.cmd, own.ended)
	if err := s.wait(own.ended, log.Name()); err != nil {
		t.Fatal(err)
	}
}

// Kill ends a server of one's own at once, as losing a node does.
func (s *Server) Kill(t testing.TB) { s.end(t, os.Kill) }

func (s *Server) end(t testing.TB, sig os.Signal) {
	t.Helper()
	own := s.mine(t)
	if own.cmd == nil {
		return
	}
	if err := own.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-own.ended
	own.cmd = nil
}

func (s *Server) mine(t testing.TB) *instance {
	t.Helper()
	if s.own == nil {
		t.Fatal("this server is shared: only one of Own may be killed")
	}
	return s.own
}
