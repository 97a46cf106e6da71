//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/test/lab"
)

// intruder is the address of everything that is the intruder's: loopback, but
// not the shop's.
const intruder = "127.0.0.66"

// stage is all that the story needs, standing ready.
type stage struct {
	cri         *lab.CRI
	web, worker *lab.Container
	webURL      string
	shells      *net.TCPListener
	names       map[string]string // what story.go calls addresses and ports
	beacons     atomic.Int64      // how often the intruder's program called

	closers []func() error
}

// listen takes the wished port, or any if that is taken.
func listen(address string, port int) (*net.TCPListener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		l, err = net.Listen("tcp", net.JoinHostPort(address, "0"))
	}
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

func portOf(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

// setStage starts the intruder's servers, containerd and the two pods.
func setStage(ctx context.Context, pace float64) (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
			s = nil
		}
	}()
	if err := s.startIntruder(); err != nil {
		return s, err
	}
	if s.cri, err = lab.StartCRI(ctx); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.cri.Close)
	return s, s.startPods(ctx, pace)
}

// startIntruder starts the listener for the shell, the server of files and the
// one that the fetched program calls.
func (s *stage) startIntruder() error {
	dir, err := os.MkdirTemp("", "incident-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	updater, err := buildUpdater(dir)
	if err != nil {
		return err
	}
	if s.shells, err = listen(intruder, 4444); err != nil {
		return err
	}
	s.closers = append(s.closers, s.shells.Close)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /updater", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "updater", time.Time{}, bytes.NewReader(updater))
	})
	filePort, err := s.serve(8000, mux)
	if err != nil {
		return err
	}
	beaconPort, err := s.serve(9001, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.beacons.Add(1) }))
	if err != nil {
		return err
	}
	s.names = map[string]string{
		"intruder": intruder, "shell-port": portOf(s.shells), "file-port": filePort, "beacon-port": beaconPort,
	}
	return nil
}

func (s *stage) serve(port int, handler http.Handler) (string, error) {
	l, err := listen(intruder, port)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	s.closers = append(s.closers, server.Close)
	go func() { _ = server.Serve(l) }()
	return portOf(l), nil
}

func (s *stage) startPods(ctx context.Context, pace float64) error {
	root, err := shopRoot()
	if err != nil {
		return err
	}
	// The service binds the port itself; this only finds one that is free.
	probe, err := listen("127.0.0.1", 8080)
	if err != nil {
		return err
	}
	port := portOf(probe)
	if err := probe.Close(); err != nil {
		return err
	}
	s.webURL = "http://127.0.0.1:" + port

	seconds := func(d time.Duration) string {
		return strconv.FormatFloat(scaled(d, pace).Seconds(), 'f', 3, 64)
	}
	usr := []lab.Mount{{Source: "/usr", Target: "/usr", ReadOnly: true}}
	pod := func(name, container, image string, command ...string) (*lab.Container, error) {
		return s.cri.RunPod(ctx, lab.PodSpec{
			Namespace: "shop", Pod: name, Labels: map[string]string{"app": container, "team": "shop"},
			Spec: lab.Spec{
				Name: container, Mounts: usr, Command: command,
				Image: lab.Image{Ref: image, Root: root, Labels: map[string]string{"org.opencontainers.image.title": container}},
			},
		})
	}
	// -I -S: nothing of this machine's Python set-up is read.
	if s.web, err = pod("web-0", "web", webImage,
		"/usr/bin/python3", "-I", "-S", "/app/service.py", "127.0.0.1", port, seconds(7*time.Second)); err != nil {
		return err
	}
	if s.worker, err = pod("worker-0", "worker", workerImage,
		"/bin/sh", "/app/worker.sh", s.webURL, seconds(1500*time.Millisecond)); err != nil {
		return err
	}
	return s.waitForService(ctx)
}

func (s *stage) waitForService(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := get(ctx, s.webURL+"/healthz")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(s.web.LogPath)
			return fmt.Errorf("the service does not answer: %w\n%s", err, log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// close takes everything down, the last first.
func (s *stage) close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
