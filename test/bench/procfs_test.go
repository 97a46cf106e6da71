//go:build linux

package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestParseMemory(t *testing.T) {
	m, err := parseMemory("Name:\tVmRSS: 9 kB\nVmHWM:\t   2048 kB\nVmRSS:\t    1024 kB\nRssAnon:\t     512 kB\nRssFile:\t 512 kB\n")
	if want := (memory{now: 1 << 20, peak: 2 << 20, own: 512 << 10}); err != nil || m != want {
		t.Errorf("%+v, %v; want %+v", m, err, want)
	}
	if _, err := parseMemory("Name:\tkthreadd\n"); err == nil {
		t.Error("a kernel thread has no memory of its own")
	}
}

// A process's name may have blanks and brackets in it.
func TestParseCPU(t *testing.T) {
	got, err := parseCPU("7 (a b) c) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 9 9 20 0 1 0 5 1 1")
	if want := 1750 * time.Millisecond; err != nil || got != want {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := parseCPU("7 (a) S 1"); err == nil {
		t.Error("a short line was read")
	}
}

func TestBusyTime(t *testing.T) {
	got, err := busyTime("cpu  100 10 50 9999 77 3 2 5 0 0\ncpu0 1 1 1 1\n")
	if want := 1700 * time.Millisecond; err != nil || got != want {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := busyTime("intr 5\n"); err == nil {
		t.Error("what is no line of processors was read")
	}
}

// What is read of this process agrees with what it does.
func TestOwnProcess(t *testing.T) {
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	held := make([]byte, 64<<20)
	for spent := ownTime(); ownTime()-spent < 100*time.Millisecond; {
		for i := range held {
			held[i]++
		}
	}
	after, err := cpuOf(os.Getpid())
	if err != nil || after-before < 80*time.Millisecond {
		t.Errorf("100 ms of work are %v, %v", after-before, err)
	}
	m, err := memoryOf(os.Getpid())
	if err != nil || m.now < 64<<20 || m.peak < m.now || m.own < 64<<20 {
		t.Errorf("with 64 MB held: %+v, %v", m, err)
	}
	_ = held[0]
}

func TestTimed(t *testing.T) {
	s, err := timed(exec.CommandContext(context.Background(), "sh", "-c", "sleep 0.1; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
	if err != nil || s.wall < 100*time.Millisecond || s.cpu <= 0 || s.cpu > s.wall {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := timed(exec.CommandContext(context.Background(), "false")); err == nil {
		t.Error("a failure is none")
	}
}
