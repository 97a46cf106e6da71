//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// observer is a program that watches while a load is made.
type observer struct {
	cmd    *exec.Cmd
	errs   strings.Builder
	output string        // file it writes to, removed by clean; "" for none
	ended  chan struct{} // closed when the program has ended
	err    error         // how, after ended
}

// startObserver starts a program and waits for its end in the background.
func startObserver(cmd *exec.Cmd, output string) (*observer, error) {
	o := &observer{cmd: cmd, output: output, ended: make(chan struct{})}
	cmd.Stderr = &o.errs
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		o.err = cmd.Wait()
		close(o.ended)
	}()
	return o, nil
}

// wait waits until the program has ended by itself, and kills it otherwise.
func (o *observer) wait() error {
	select {
	case <-o.ended:
	case <-time.After(patience):
		_ = o.cmd.Process.Kill() // it may have ended in between
		<-o.ended
		return fmt.Errorf("%s did not end within %v: %s", o.cmd.Path, patience, strings.TrimSpace(o.errs.String()))
	}
	if o.err != nil {
		return fmt.Errorf("%s: %w: %s", o.cmd.Path, o.err, strings.TrimSpace(o.errs.String()))
	}
	return nil
}

// observe starts a program that attaches to the kernel, and waits until it has.
func observe(ctx context.Context, output, name string, args ...string) (*observer, error) {
	o, err := startObserver(exec.CommandContext(ctx, name, args...), output)
	if err != nil {
		return nil, err
	}
	if err := o.attached(); err != nil {
		_ = o.cmd.Process.Kill() // it may have ended
		return nil, errors.Join(err, o.wait())
	}
	return o, nil
}

// stoopLive starts `stoop record live`, which decodes and stores.
func (b *bench) stoopLive(ctx context.Context, args ...string) (*observer, error) {
	to := filepath.Join(b.dir, "live.stoop")
	return observe(ctx, to, b.stoop, append([]string{"record", "live", "--to", to, "--force", "--stats"}, args...)...)
}

// attached waits until the number of the program's links to the kernel has not
// changed for a while.
func (o *observer) attached() error {
	const calm = time.Second // a container's recorder comes after the deeds' programs
	had, since := 0, time.Now()
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		select {
		case <-o.ended:
			return fmt.Errorf("%s ended before it had attached", o.cmd.Path)
		default:
		}
		n, err := linksOf(o.cmd.Process.Pid)
		if err != nil {
			return err
		}
		if n != had {
			had, since = n, time.Now()
		}
		if had > 0 && time.Since(since) > calm {
			return nil
		}
	}
	return fmt.Errorf("%s was not attached within %v", o.cmd.Path, patience)
}

// linksOf counts a process's links of BPF programs to the kernel and its
// perf events, by its descriptors.
func linksOf(pid int) (n int, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, fd := range fds {
		to, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err == nil && (strings.Contains(to, "bpf_link") || strings.Contains(to, "bpf-link") || strings.Contains(to, "[perf_event]")) {
			n++
		}
	}
	return n, nil
}

// attachedElsewhere counts the links of all processes: before a watcher starts,
// none is of bench's making.
func attachedElsewhere() (n int) {
	all, _ := os.ReadDir("/proc")
	for _, p := range all {
		if pid, err := strconv.Atoi(p.Name()); err == nil {
			links, _ := linksOf(pid) // it may have ended, or be the kernel's
			n += links
		}
	}
	return n
}

// cpu returns the processor time that the program has taken so far.
func (o *observer) cpu() (time.Duration, error) { return cpuOf(o.cmd.Process.Pid) }

// stop ends the program as Ctrl-C does and returns how long it was until its
// shell would have had its prompt back, and what it held at most.
func (o *observer) stop() (took time.Duration, peak int64, err error) {
	began := time.Now()
	if err := o.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return 0, 0, err
	}
	err = o.wait()
	return time.Since(began), maxRSS(o.cmd.ProcessState), err
}

// clean waits until nothing of the program is attached any more, and removes
// what it wrote.
func (o *observer) clean() error {
	if o.output != "" {
		if err := os.RemoveAll(o.output); err != nil {
			return err
		}
	}
	return gone(o.cmd.Path)
}

// gone waits until no process runs a program: the helper that lets stoop's
// attachments go outlives it by seconds.
func gone(program string) error {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if !running(program) {
			return nil
		}
	}
	return fmt.Errorf("%s still runs, %v after it was ended", program, patience)
}

func running(program string) bool {
	all, _ := os.ReadDir("/proc")
	for _, p := range all {
		if _, err := strconv.Atoi(p.Name()); err != nil {
			continue
		}
		exe, err := os.Readlink(filepath.Join("/proc", p.Name(), "exe"))
		if err == nil && exe == program {
			return true
		}
	}
	return false
}

// straceOf attaches strace to a process and returns when it has it.
func straceOf(ctx context.Context, pid int, output string) (*observer, error) {
	o, err := startObserver(exec.CommandContext(ctx, "strace", "-f", "-e", "trace=openat", "-o", output, "-p", strconv.Itoa(pid)), output)
	if err != nil {
		return nil, err
	}
	traced := func(dir string) bool { return afterKey(dir+"/status", "TracerPid") != "0" }
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil || len(threads) == 0 {
			break
		}
		all := true
		for _, t := range threads {
			all = all && traced(t)
		}
		if all {
			return o, nil
		}
	}
	_ = o.cmd.Process.Kill() // it may have ended
	return nil, errors.Join(fmt.Errorf("strace has not attached to %d", pid), o.wait())
}
