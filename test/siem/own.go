package siem

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// instance is a server that one test, or one program, has for itself.
type instance struct {
	jdk, scripts, home, dir string
	place                   place
	more                    []string // environment
	cmd                     *exec.Cmd
	ended                   chan struct{}
}

// Own starts a server for one test, which may kill and restart it. It ends with
// the test.
func Own(t testing.TB, f Flavor) *Server {
	t.Helper()
	s, err := newOwn(f, f.need(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill(t) })
	s.Start(t)
	return s
}

// Measured starts a server to measure: with a heap of 1 GB and as Java runs
// best. Its data are in a folder, which stays when the server is stopped.
func Measured(f Flavor, dir string) (s *Server, stop func(), err error) {
	jdk, reason, _ := f.lacks()
	if reason != "" {
		return nil, nil, errors.New(reason)
	}
	if s, err = newOwn(f, jdk, dir); err != nil {
		return nil, nil, err
	}
	s.own.more = []string{"HEAP=1g", "JAVA_OPTS="}
	if err = s.start(); err != nil {
		return nil, nil, errors.Join(err, s.end(os.Kill))
	}
	return s, func() { _ = s.end(os.Kill) }, nil
}

func newOwn(f Flavor, jdk, dir string) (*Server, error) {
	scripts, home, err := layOut(f, jdk)
	if err != nil {
		return nil, err
	}
	p, err := newPlace(f)
	if err != nil {
		return nil, err
	}
	s, err := p.server(f, home)
	if err != nil {
		return nil, err
	}
	s.own = &instance{jdk: jdk, scripts: scripts, home: home, dir: dir, place: p}
	return s, nil
}

// Start starts a server of one's own again, with its port and its data, and
// waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mine(t)
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) start() error {
	own := s.own
	log, err := os.OpenFile(filepath.Join(own.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	own.cmd = exec.Command(filepath.Join(own.scripts, "run.sh"), string(s.Flavor))
	own.cmd.Env = append(own.place.environ(s.Flavor, own.jdk, own.home, filepath.Join(own.dir, "data")), own.more...)
	own.cmd.Stdout, own.cmd.Stderr = log, log
	if err := own.cmd.Start(); err != nil {
		own.cmd = nil
		return err
	}
	own.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(own.cmd, own.ended)
	return s.wait(own.ended, log.Name())
}

// Kill ends a server of one's own at once, as losing a node does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.mine(t)
	if err := s.end(os.Kill); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) end(sig os.Signal) error {
	own := s.own
	if own.cmd == nil {
		return nil
	}
	if err := own.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-own.ended
	own.cmd = nil
	return nil
}

func (s *Server) mine(t testing.TB) {
	t.Helper()
	if s.own == nil {
		t.Fatal("this server is shared: only one of Own may be killed")
	}
}
