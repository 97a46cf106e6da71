//go:build linux

package probe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// keepLink takes a link over as a plain descriptor. The copy keeps the program
// attached when the link's own descriptors are closed, which therefore costs
// nothing.
func keepLink(l link.Link) (attachment, error) {
	own, ok := l.(interface{ FD() int })
	if !ok {
		l.Close()
		return attachment{}, errors.New("this kernel has no BPF links for it (5.15 is needed)")
	}
	fd, err := unix.FcntlInt(uintptr(own.FD()), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		l.Close()
		return attachment{}, err
	}
	return attachment{fd}, l.Close()
}

// releaser closes attachments one by one in the background.
type releaser struct {
	mu      sync.Mutex
	pending []leaving
	going   string     // the one that is being closed, "" for none
	gone    *sync.Cond // it is closed
	wake    chan struct{}
	stopped bool
}

// leaving is an attachment that nobody wants at the moment.
type leaving struct {
	name string
	attachment
}

func newReleaser() *releaser {
	r := &releaser{wake: make(chan struct{}, 1)}
	r.gone = sync.NewCond(&r.mu)
	go r.run()
	return r
}

func (r *releaser) release(name string, a attachment) {
	r.mu.Lock()
	r.pending = append(r.pending, leaving{name, a})
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// takeBack returns an attachment that is wanted again before it was closed. One
// that is being closed it waits for: a program that is attached twice tells
// things twice, and before 6.10 the kernel refuses it.
func (r *releaser) takeBack(name string) (a attachment, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.pending, func(l leaving) bool { return l.name == name }); i >= 0 {
		a = r.pending[i].attachment
		r.pending = slices.Delete(r.pending, i, i+1)
		return a, true
	}
	for r.going == name {
		r.gone.Wait()
	}
	return a, false
}

func (r *releaser) next() (fd int, ok, stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.going = ""
	r.gone.Broadcast()
	if len(r.pending) == 0 {
		return 0, false, r.stopped
	}
	fd, r.going = r.pending[0].fd, r.pending[0].name
	r.pending = r.pending[1:]
	return fd, true, false
}

func (r *releaser) run() {
	for range r.wake {
		for {
			fd, ok, stopped := r.next()
			if stopped {
				return
			}
			if !ok {
				break
			}
			unix.Close(fd)
		}
	}
}

// stop ends the background work and returns what it had not done.
func (r *releaser) stop() []int {
	r.mu.Lock()
	var rest []int
	for _, l := range r.pending {
		rest = append(rest, l.fd)
	}
	r.pending, r.stopped = nil, true
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return rest
}

// helperEnv marks the process that lets attachments go.
const helperEnv = "STOOP_DETACH_HELPER"

// Helper must be the first thing that main does. In the helper process it waits
// until its copies of the attachments are the last, closes them by exiting, which
// is all there is to do; elsewhere it returns at once.
func Helper() {
	if os.Getenv(helperEnv) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0) // closes them
	}
}

// handOver starts the helper with the descriptors and closes them here, which is
// then immediate: the helper's copies are the last.
func handOver(fds []int) error {
	if len(fds) == 0 {
		return nil
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	wait, last, err := os.Pipe() // at its end when ours are closed
	if err != nil {
		return err
	}
	defer last.Close()
	defer wait.Close()
	files := []uintptr{wait.Fd(), null.Fd(), null.Fd()}
	for _, fd := range fds {
		files = append(files, uintptr(fd))
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"stoop (detaching)"}, &syscall.ProcAttr{
		Env: []string{helperEnv + "=1"}, Files: files, Dir: "/", Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("/proc/self/exe: %w", err)
	}
	go func() { // no zombie, should we live on
		var st syscall.WaitStatus
		_, _ = syscall.Wait4(pid, &st, 0, nil)
	}()
	for _, fd := range fds {
		unix.Close(fd)
	}
	return nil
}
