//go:build linux

package proc

import "github.com/stoop-project/stoop/internal/event"

// maxFDs bounds the descriptors that are kept of one process; the rest are not
// known when they are closed.
const maxFDs = 1 << 14

// fdTable is what the descriptors of a process refer to, by our own
// bookkeeping. It is shared after a fork until one side changes it.
type fdTable struct {
	fds    []fdEntry
	shared int32 // processes that hold it, less one
}

type fdEntry struct {
	obj     event.ObjID
	cloexec bool
}

// FD returns what a descriptor refers to, 0 when that is not known.
func (p *Process) FD(fd int32) event.ObjID {
	if p.fds == nil || fd < 0 || int(fd) >= len(p.fds.fds) {
		return 0
	}
	return p.fds.fds[fd].obj
}

// SetFD says what a descriptor refers to from now on; obj 0 closes it.
func (p *Process) SetFD(fd int32, obj event.ObjID, cloexec bool) {
	if fd < 0 || fd >= maxFDs {
		return
	}
	if p.fds != nil && int(fd) < len(p.fds.fds) && p.fds.fds[fd] == (fdEntry{obj, cloexec}) {
		return
	}
	if obj == 0 && (p.fds == nil || int(fd) >= len(p.fds.fds)) {
		return
	}
	t := p.ownFDs()
	for int(fd) >= len(t.fds) {
		t.fds = append(t.fds, fdEntry{})
	}
	t.fds[fd] = fdEntry{obj, cloexec}
}

// SeeFD notes what the kernel said that a descriptor refers to; whether it is
// closed by an exec stays as it was.
func (p *Process) SeeFD(fd int32, obj event.ObjID) {
	if fd < 0 || fd >= maxFDs {
		return
	}
	cloexec := false
	if p.fds != nil && int(fd) < len(p.fds.fds) {
		if e := p.fds.fds[fd]; e.obj == obj {
			return
		} else if e.obj != 0 {
			cloexec = e.cloexec
		}
	}
	p.SetFD(fd, obj, cloexec)
}

// CloseOnExec marks a descriptor (fcntl F_SETFD, ioctl FIOCLEX).
func (p *Process) CloseOnExec(fd int32, on bool) {
	if obj := p.FD(fd); obj != 0 {
		p.SetFD(fd, obj, on)
	}
}

// CloseRange closes first to last, or with mark set only marks them to be
// closed by an exec (close_range(2)).
func (p *Process) CloseRange(first, last uint32, mark bool) {
	if p.fds == nil || int(first) >= len(p.fds.fds) {
		return
	}
	t := p.ownFDs()
	for fd := int(first); fd < len(t.fds) && uint64(fd) <= uint64(last); fd++ {
		if mark {
			t.fds[fd].cloexec = true
		} else {
			t.fds[fd] = fdEntry{}
		}
	}
}

// FDFlags of the descriptors that an exec leaves open stay; the others go.
func (p *Process) execFDs() {
	if p.fds == nil {
		return
	}
	for fd, e := range p.fds.fds {
		if e.cloexec {
			p.ownFDs().fds[fd] = fdEntry{}
		}
	}
}

// ownFDs returns a table that p may change.
func (p *Process) ownFDs() *fdTable {
	switch {
	case p.fds == nil:
		p.fds = &fdTable{}
	case p.fds.shared > 0:
		p.fds.shared--
		p.fds = &fdTable{fds: append([]fdEntry(nil), p.fds.fds...)}
	}
	return p.fds
}

// shareFDs gives a forked child its parent's descriptors.
func (p *Process) shareFDs(child *Process) {
	if p.fds != nil {
		p.fds.shared++
		child.fds = p.fds
	}
}

func (p *Process) dropFDs() {
	if p.fds != nil && p.fds.shared > 0 {
		p.fds.shared--
	}
	p.fds = nil
}
