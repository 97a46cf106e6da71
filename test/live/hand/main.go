//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// deeds are what the hand can do, by name.
var deeds = map[string]func(args []string) error{
	"nothing":  func([]string) error { return nil },
	"pause":    func([]string) error { time.Sleep(time.Minute); return nil },
	"moment":   func([]string) error { time.Sleep(5 * time.Second); return nil },
	"read":     func(args []string) error { _, err := os.ReadFile(args[0]); return err },
	"empty":    func(args []string) error { return os.WriteFile(args[0], nil, 0o600) }, // opens with O_TRUNC
	"symlink":  func(args []string) error { return os.Symlink(args[0], args[1]) },
	"link":     func(args []string) error { return os.Link(args[0], args[1]) },
	"run":      func(args []string) error { return exec.Command(args[0], args[1:]...).Run() },
	"try":      func(args []string) error { _ = exec.Command(args[0], args[1:]...).Run(); return nil },
	"as":       runAs,
	"late":     readLate,
	"drop":     drop,
	"memory":   runFromMemory,
	"module":   loadModule,
	"traceme":  traceMe,
	"seize":    seize,
	"packet":   packetSocket,
	"redirect": redirect,
	"api":      callAPIServer,
	"outside":  connectOutside,
}

func main() {
	runtime.LockOSThread() // namespaces, users and tracing belong to threads
	deed := func([]string) error { return nil }
	if len(os.Args) > 1 {
		if deed = deeds[os.Args[1]]; deed == nil {
			fail(fmt.Errorf("no deed is called %q", os.Args[1]))
		}
	}
	if err := deed(os.Args[min(2, len(os.Args)):]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "hand:", err)
	os.Exit(1)
}

// runAs becomes a user and then another program.
func runAs(args []string) error {
	uid, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	if err := syscall.Setuid(uid); err != nil {
		return err
	}
	return syscall.Exec(args[1], args[1:], nil)
}

// readLate reads a file when the process is no longer new to Falco: after 5 s.
func readLate(args []string) error {
	time.Sleep(5500 * time.Millisecond)
	_, err := os.ReadFile(args[0])
	return err
}

// drop copies the hand to a path and becomes what it dropped.
func drop(args []string) error {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[0], self, 0o700); err != nil { //nolint:gosec // a program
		return err
	}
	return syscall.Exec(args[0], []string{args[0], "nothing"}, nil)
}

// runFromMemory becomes a program that no file system holds, which does what the
// arguments say.
func runFromMemory(args []string) error {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	fd, err := unix.MemfdCreate("", 0)
	if err != nil {
		return err
	}
	if _, err := unix.Write(fd, self); err != nil {
		return err
	}
	return syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), append([]string{"memory"}, args...), nil)
}

// loadModule asks for a module that is none; the kernel refuses it.
func loadModule([]string) error {
	if err := unix.InitModule([]byte("no module"), ""); err == nil {
		return fmt.Errorf("the kernel took a module that is none")
	}
	return nil
}

func traceMe([]string) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// seize attaches to a child.
func seize([]string) error {
	child := exec.Command("/proc/self/exe", "pause")
	if err := child.Start(); err != nil {
		return err
	}
	err := unix.PtraceSeize(child.Process.Pid)
	_ = child.Process.Kill()
	_ = child.Wait()
	return err
}
