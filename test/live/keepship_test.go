//go:build linux

package livetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/siem"
)

// TestWatchShipsTrails has the trail of an alert shipped to a server, and kept as
// a recording, of a container whose every call is recorded.
func TestWatchShipsTrails(t *testing.T) {
	lab.NeedRoot(t)
	server := siem.Shared(t, siem.ES8)
	server.Env(t)
	dir := t.TempDir()
	rules, trails := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "trails")
	text := "- rule: Log removed\n  desc: d\n  condition: evt.type in (unlink, unlinkat) and fd.name endswith .log and container.id != host\n  output: removed %fd.name\n  priority: ERROR\n"
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	to := server.Address(fmt.Sprintf("stoop-trail-%d", time.Now().UnixNano()))
	t.Setenv("STOOP_CRI_SOCKET", lab.Containerd(t).Socket)
	r := start(t, "watch", "live", "-r", rules, "--fly", "all", "--keep", trails, "--keep-to", to, "--spool", filepath.Join(dir, "spool"), "--keep-after", "1s", "-o", "json")
	r.attached(t)
	c := lab.Pod(t, lab.PodSpec{Namespace: "shop", Pod: "web-0"})
	// All is recorded soon after a container is there; until then reads are not.
	c.Do(t, "sh", "-c", "mkdir /tmp/hidden; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do cat /etc/hostname >/tmp/x.log; sleep 0.5; done; rm /tmp/x.log")
	type row struct {
		ID    string `json:"alert.id"`
		Trail string `json:"alert.trail"`
		Rule  string `json:"alert.rule"`
		Type  string `json:"evt.type"`
		Proc  string `json:"proc.name"`
		Pod   string `json:"k8s.pod.name"`
		Args  string `json:"evt.args"`
	}
	read := func(from string) (rows []row) {
		out, err := exec.Command(stoopPath(t), "print", from, "-o", "json", "-f", "alert.trail exists").Output()
		if err != nil {
			return nil // there is nothing yet
		}
		for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
			var one row
			if err := d.Decode(&one); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, one)
		}
		return rows
	}
	whole := func(rows []row) (missing []string) {
		found := map[string]bool{}
		for _, one := range rows {
			found["alert"] = found["alert"] || one.Rule == "Log removed" && one.ID != "" && one.ID == one.Trail
			found["mkdir"] = found["mkdir"] || strings.Contains(one.Args, "/tmp/hidden")
			found["read"] = found["read"] || one.Proc == "cat" && (one.Type == "read" || one.Type == "sendfile")
		}
		for _, what := range []string{"alert", "mkdir", "read"} {
			if !found[what] {
				missing = append(missing, what)
			}
		}
		return missing
	}
	var shipped []row
	if !eventually(time.Minute, func() bool { shipped = read(to); return len(whole(shipped)) == 0 }) {
		t.Fatalf("the server has no %v in %d events: %s", whole(shipped), len(shipped), r.stderr.String())
	}
	r.stop(t)
	for _, one := range shipped {
		if one.Pod != "web-0" || one.Trail != shipped[0].Trail {
			t.Errorf("%+v is in the trail", one)
		}
	}
	files, err := filepath.Glob(filepath.Join(trails, "*.stoop"))
	if err != nil || len(files) != 1 {
		t.Fatalf("trails are %v, %v", files, err)
	}
	if kept := read(files[0]); len(whole(kept)) > 0 {
		t.Errorf("the recording has no %v in %d events", whole(kept), len(kept))
	}
}
