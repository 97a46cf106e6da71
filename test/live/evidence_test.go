//go:build linux

package livetest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stoop-project/stoop/test/lab"
)

// TestEvidence runs a program whose file is deleted while it runs, and one that
// has none but memory: both are kept by their hash, and a list that knows the
// hashes has an alert made of each.
func TestEvidence(t *testing.T) {
	mount := lab.Mount{Source: buildHand(t), Target: "/hand", ReadOnly: true}
	c := lab.Pod(t, lab.PodSpec{Namespace: "shop", Pod: "web-0", Spec: lab.Spec{Name: "front", Mounts: []lab.Mount{mount}}})
	dir, feed := filepath.Join(t.TempDir(), "evidence"), filepath.Join(t.TempDir(), "feed.txt")
	var hashes [2]string
	for i, path := range []string{c.HostPath("/bin/busybox"), filepath.Join(mount.Source, "hand")} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		hashes[i] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	if err := os.WriteFile(feed, []byte(hashes[0]+" # deleted\n"+hashes[1]+" # in memory\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "watch", "live", "-r", "stoop", "--indicators", feed, "--evidence", dir, "-f", "container.id = "+c.ID[:12], "-o", "json")
	r.attached(t)
	alerts := r.alerts(t)
	c.Do(t, "sh", "-c", "cp /bin/busybox /tmp/sleep; /tmp/sleep 5 & sleep 0.2; rm /tmp/sleep; wait")
	c.Do(t, "/hand/hand", "memory", "moment")
	for _, hash := range hashes {
		kept := filepath.Join(dir, hash+".sample")
		if !eventually(waitShort, func() bool { return exists(kept) }) {
			found, _ := filepath.Glob(filepath.Join(dir, "*"))
			t.Errorf("%s is not there, but %q: %s", kept, found, r.stderr.String())
		}
	}
	known := map[string]bool{}
	for _, a := range alerts() {
		known[a.Rule] = true
	}
	for _, what := range []string{"deleted", "in memory"} {
		if rule := "Indicator of kind hash: " + what + " (feed.txt)"; !known[rule] {
			t.Errorf("there is no alert %q, but %v: %s", rule, known, r.stderr.String())
		}
	}
}
