//go:build linux

package live

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/live/container"
	"github.com/stoop-project/stoop/live/proc"
)

// The rings live as long as the process that made them. So that another stoop
// can look back before its own start, each running one answers on a socket in
// shareDir, which only root can reach: a line of JSON asks; a line of JSON that
// names the containers and processes comes back, and after it raw records, each behind its
// length in four bytes.
const (
	shareTimeout = 5 * time.Second
	maxShared    = 1 << 30 // bytes taken from one other process
	maxAsked     = 4096    // bytes of a question
)

// shareDir is where running stoops listen.
var shareDir = "/run/stoop"

// question asks for the records of a container, "" for all, that are not older
// than Since, in ns of CLOCK_BOOTTIME.
type question struct {
	Container string `json:"container"`
	Since     uint64 `json:"since"`
}

// share listens for other stoops. Where it cannot, the rings are this
// process's alone.
func (l *Live) share() error {
	if err := os.MkdirAll(shareDir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(shareDir, strconv.Itoa(os.Getpid())+"-"+strconv.FormatInt(time.Now().UnixNano(), 36)+".sock")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return err
	}
	l.shared, l.sharedAt = ln, path
	go func() {
		for {
			conn, err := ln.AcceptUnix()
			if err != nil {
				return // closed
			}
			go l.answer(conn)
		}
	}()
	return nil
}

// answer sends one other stoop what it asks for.
func (l *Live) answer(conn *net.UnixConn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(shareTimeout))
	if uid, err := peerUID(conn); err != nil || uid != uint32(os.Geteuid()) {
		return
	}
	line, err := bufio.NewReaderSize(io.LimitReader(conn, maxAsked), maxAsked).ReadBytes('\n')
	var q question
	if err != nil || json.Unmarshal(line, &q) != nil {
		return
	}
	l.mu.Lock()
	records := l.collect(q.Container, q.Since, func(bpf.Record) bool { return false })
	told := names{Cgroups: l.conts.Export(keysOf(records)), Images: l.procs.Export(processesOf(records))}
	l.mu.Unlock()
	w := bufio.NewWriter(conn)
	if err := json.NewEncoder(w).Encode(told); err != nil {
		return
	}
	for _, r := range records {
		_, _ = w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(r))))
		if _, err := w.Write(r); err != nil {
			return
		}
	}
	_ = w.Flush()
}

func peerUID(conn *net.UnixConn) (uid uint32, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	if e := raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); e != nil {
		err = e
	}
	if err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

// others asks the other stoops of this node, and returns the records of the
// one that reaches back furthest: two of them have each call twice.
func (l *Live) others(ctx context.Context, q question) (best answered) {
	paths, _ := filepath.Glob(filepath.Join(shareDir, "*.sock"))
	for _, p := range paths {
		if p == l.sharedAt {
			continue
		}
		a, err := ask(ctx, p, q)
		if errors.Is(err, unix.ECONNREFUSED) {
			_ = os.Remove(p) // left by one that was killed
		}
		if len(a.records) > 0 && oldest(a.records) < oldest(best.records) {
			best = a
		}
	}
	return best
}

// answered is what another stoop has told.
type answered struct {
	names
	records [][]byte
}

// names is what the records of an answer do not tell themselves.
type names struct {
	Cgroups []container.Cgroup `json:"cgroups"`
	Images  []proc.Known       `json:"images"`
}

func processesOf(records [][]byte) map[proc.ID]bool {
	ids := make(map[proc.ID]bool)
	for _, b := range records {
		r := bpf.Record(b)
		ids[proc.ID{PID: r.Pid(), Start: r.Start()}] = true
	}
	return ids
}

func keysOf(records [][]byte) map[uint64]bool {
	keys := make(map[uint64]bool)
	for _, r := range records {
		keys[bpf.Record(r).Cgroup()] = true
	}
	return keys
}

func oldest(records [][]byte) uint64 {
	first := ^uint64(0)
	for _, r := range records {
		first = min(first, bpf.Record(r).Time())
	}
	return first
}

// ask takes the records of one other stoop. What arrived before an error is
// returned with it.
func ask(ctx context.Context, path string, q question) (a answered, err error) {
	conn, err := (&net.Dialer{Timeout: shareTimeout}).DialContext(ctx, "unix", path)
	if err != nil {
		return a, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(shareTimeout))
	line, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return a, err
	}
	r := bufio.NewReader(io.LimitReader(conn, maxShared))
	if line, err = r.ReadBytes('\n'); err != nil {
		return a, err
	}
	if err := json.Unmarshal(line, &a.names); err != nil {
		return a, err
	}
	a.records, err = readShared(r)
	return a, err
}

// readShared reads records, each behind its length, up to the end.
func readShared(r io.Reader) (records [][]byte, err error) {
	var head [4]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return records, nil
			}
			return records, err
		}
		n := binary.LittleEndian.Uint32(head[:])
		if n < bpf.HeaderSize || n > bpf.MaxRecord {
			return records, fmt.Errorf("a record of %d bytes", n)
		}
		rec := make([]byte, n)
		if _, err := io.ReadFull(r, rec); err != nil {
			return records, err
		}
		if _, err := bpf.Parse(rec); err != nil {
			return records, err
		}
		records = append(records, rec)
	}
}

// unshare stops listening.
func (l *Live) unshare() {
	if l.shared != nil {
		l.shared.Close() // removes the socket too
	}
}
