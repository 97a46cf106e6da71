//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// recorder is the command that records while the story is played.
type recorder struct {
	cmd   *exec.Cmd
	ended chan error
}

// startRecorder runs a command of the shell. STOOP_CRI_SOCKET tells stoop of
// the private containerd's socket.
func startRecorder(command, socket string) (*recorder, error) {
	cmd := exec.Command("sh", "-c", "exec "+command)
	cmd.Env = append(os.Environ(), "STOOP_CRI_SOCKET="+socket)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is ours to pass on
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &recorder{cmd: cmd, ended: make(chan error, 1)}
	go func() { r.ended <- cmd.Wait() }()
	return r, nil
}

// running fails if the recorder has ended by itself.
func (r *recorder) running() error {
	select {
	case err := <-r.ended:
		r.ended <- err
		return fmt.Errorf("the recorder ended too early: %w", errors.Join(err, context.Canceled))
	default:
		return nil
	}
}

// stop interrupts the recorder and waits until it has written all.
func (r *recorder) stop() error {
	if err := r.running(); err != nil {
		return err
	}
	_ = r.cmd.Process.Signal(syscall.SIGINT)
	select {
	case err := <-r.ended:
		return err
	case <-time.After(20 * time.Second):
		_ = r.cmd.Process.Kill()
		return errors.New("the recorder did not end within 20 s of SIGINT")
	}
}

// stoopCommand is the recorder for --stoop and --out. What the machine does
// beside the containers is nobody's business.
func stoopCommand(stoop, out string) string {
	return quote(stoop) + " record live -f 'container.id != host' --to " + quote(out)
}

// quote makes one word of a text for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
