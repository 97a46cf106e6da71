//go:build linux

package livetest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// TestEvidence runs a program that was copied into a pod and deletes its file:
// it is kept by its hash all the same.
func TestEvidence(t *testing.T) {
	c := shopPod(t)
	dir := filepath.Join(t.TempDir(), "evidence")
	r := start(t, "print", "live", "-r", "stoop", "--evidence", dir, "-f", "alert.rule exists and container.id = "+c.ID[:12], "-o", "json")
	r.attached(t)
	text, err := os.ReadFile(c.HostPath("/bin/busybox"))
	if err != nil {
		t.Fatal(err)
	}
	c.Do(t, "sh", "-c", "cp /bin/busybox /tmp/sleep; /tmp/sleep 2 & sleep 0.2; rm /tmp/sleep; wait")
	r.object(t)
	sum := sha256.Sum256(text)
	kept := filepath.Join(dir, hex.EncodeToString(sum[:])+".sample")
	if !eventually(waitShort, func() bool { return exists(kept) }) {
		found, _ := filepath.Glob(filepath.Join(dir, "*"))
		t.Errorf("%s is not there, but %q: %s", kept, found, r.stderr.String())
	}
	r.stop(t)
}
