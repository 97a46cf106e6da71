package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/siem"
	screen "github.com/stoop-project/stoop/test/terminal"
)

// What is decided about a group on the screen reaches all of its alerts that the
// SIEM holds, though only a page of them was fetched: where Kibana looks for it,
// and in one record that others read. No other group's alert is touched, and
// what comes later is open.
func TestQueueSpreadsOnScreen(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	const group, other = 7_000, 40
	begin := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	alert := func(id string, at time.Time, parent string) []byte {
		return fmt.Appendf(nil, `{"@timestamp":%q,"kibana.alert.rule.name":"Shell","kibana.alert.uuid":%q,"kibana.alert.severity":"high","kibana.alert.workflow_status":"open","process":{"name":"bash","parent":{"name":%q}},"orchestrator":{"namespace":"shop","resource":{"name":"web-7d9c5f6b8-x2k8p"}}}`,
			at.Format(time.RFC3339Nano), id, parent)
	}
	var docs [][]byte
	for i := range group {
		docs = append(docs, alert(fmt.Sprint("a", i), begin.Add(time.Duration(i)*time.Second), "runc"))
	}
	for i := range other {
		docs = append(docs, alert(fmt.Sprint("b", i), begin.Add(time.Duration(i)*time.Minute), "sshd"))
	}
	index := s.Index(t, `{"mappings":{"dynamic_templates":[{"strings":{"match_mapping_type":"string","mapping":{"type":"keyword"}}}],"properties":{"kibana.alert.workflow_status_updated_at":{"type":"date"}}}}`, docs...)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{s.Address(index), "--theme", "peregrine"}, "\n"), "TERM=xterm-256color", "STOOP_USER=ann")
	term, err := screen.Start(cmd, 160, 50)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	step := func(keys string, want ...string) {
		t.Helper()
		if err := term.Type(keys); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if err := term.Wait(w, 2*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	}
	step("", "7,040")
	step("Q", "7,040 alerts in 2 groups", "7.0k")
	step("j", "40 counted there") // fewer are worth more
	step("k", "7,000 counted there")
	step("c", "close as")
	step("2", "written into 7,000 alerts; kept in stoop-queue of")

	states := func() (n map[string]int) {
		n = make(map[string]int)
		var answer struct {
			Aggregations struct {
				By struct {
					Buckets []struct {
						Key string `json:"key"`
						N   int    `json:"doc_count"`
					} `json:"buckets"`
				} `json:"by"`
			} `json:"aggregations"`
		}
		body := s.Do(t, "POST", "/"+index+"/_search", []byte(`{"size":0,"aggs":{"by":{"terms":{"field":"kibana.alert.workflow_status"}}}}`))
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
		for _, b := range answer.Aggregations.By.Buckets {
			n[b.Key] = b.N
		}
		return n
	}
	if n := states(); n["closed"] != group || n["open"] != other {
		t.Errorf("the SIEM has %v", n)
	}

	// The next alert of the group is open in the SIEM; in the queue the group was
	// closed as what stays closed.
	s.Add(t, index, alert("late", begin.Add(24*time.Hour), "runc"))
	if n := states(); n["open"] != other+1 {
		t.Errorf("the SIEM has %v", n)
	}
	for _, q := range queueOf(t, s.Address(index), "--all") {
		if want := map[int]string{group + 1: "closed", other: "open"}[q.Count]; q.State != want || want == "closed" && q.Since != 1 {
			t.Errorf("another screen sees %+v", q)
		}
	}
}
