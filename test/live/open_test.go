//go:build linux

package livetest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/terminal"
)

// The command that an alert comes with opens its trail while the one that told of
// it runs: what led to it is in the rings, and the rules find it there again.
func TestTrailOfAnAlertFromTheRings(t *testing.T) {
	c := shopPod(t)
	r := start(t, "watch", "live", "-r", "stoop", "-o", "json", "-f", "container.id = "+c.ID[:12])
	r.attached(t)
	c.Do(t, "sh", "-c", "echo 1 >/tmp/first; cp /bin/busybox /tmp/sleep; /tmp/sleep 0; rm /tmp/first")
	alert := r.object(t)
	command, _ := alert["stoop"].(map[string]any)["open"].(string)
	if !strings.HasPrefix(command, "sudo stoop open --at ") {
		t.Fatalf("the alert comes with %q", command)
	}
	story := runTold(t, command)
	for _, want := range []string{
		fmt.Sprint(alert["rule"]), "shop/web-0", "opened /tmp/first for writing", "ran sleep 0, which cp had written",
	} {
		if !strings.Contains(story, want) {
			t.Errorf("%q is missing in the trail that %q opens:\n%s", want, command, story)
		}
	}
	screen, err := terminal.Start(typing(t, command), 160, 45)
	if err != nil {
		t.Fatal(err)
	}
	if err := screen.WaitFor("the alert's trail", time.Minute, func(text string) bool {
		return strings.Contains(text, "▲ Program that came") && strings.Contains(text, "sleep 0") && strings.Contains(text, "/tmp/first")
	}); err != nil {
		t.Error(err)
	}
	screen.Close()
	r.stop(t)
	if _, told := typed(t, command); !strings.Contains(told, "no other stoop that runs on this node") {
		t.Errorf("once nobody records, %q says %q", command, told)
	}
}

// runTold runs the command of an alert as whoever reads it does: in a shell, by
// the names of the programs.
func runTold(t *testing.T, command string) string {
	t.Helper()
	out, errs := typed(t, command)
	if errs != "" {
		t.Errorf("%s: %s", command, errs)
	}
	return out
}

func typed(t *testing.T, command string) (out, errs string) {
	t.Helper()
	cmd := typing(t, command)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v: %s", command, err, &stderr)
	}
	return stdout.String(), stderr.String()
}

// typing is a shell that is told a command.
func typing(t *testing.T, command string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(stoopPath(t), filepath.Join(dir, "stoop")); err != nil {
		t.Fatal(err)
	}
	// The tests are root already, and not every machine has sudo.
	if err := os.WriteFile(filepath.Join(dir, "sudo"), []byte("#!/bin/sh\nexec \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "STOOP_CRI_SOCKET="+lab.Containerd(t).Socket, "TERM=xterm-256color")
	return cmd
}
