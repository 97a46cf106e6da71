package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/siem"
)

// queued is a group as the queue prints it.
type queued struct {
	ID, Rule, Workload, State, Verdict, Owner, Note, Filter string
	Count                                                   int
	Since                                                   int   `json:"since_closed"`
	LastNS                                                  int64 `json:"last_rawtime"`
	Alerts                                                  map[string]int
}

// queueOf reads the queue that a command line prints.
func queueOf(t *testing.T, args ...string) (all []queued) {
	t.Helper()
	code, out, errs := stoop(t, append([]string{"queue", "-o", "json"}, args...)...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for line := range strings.Lines(out) {
		var q queued
		if err := json.Unmarshal([]byte(line), &q); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, q)
	}
	return all
}

// shells writes n Falco alerts of a Deployment's pods, whose pods change, and
// returns the file.
func shells(t *testing.T, n int, from time.Time) string {
	t.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `{"time":%q,"rule":"Terminal shell in container","priority":"Notice","source":"syscall","output":"o","output_fields":{"container.id":"%012x","container.image.repository":"shop/web","container.image.tag":"2.4","k8s.ns.name":"shop","k8s.pod.name":"web-7d9c5f6b8-x2k%c%c","proc.name":"sh","proc.pname":"runc"}}`+"\n",
			from.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), i%5+1, 'b', "bcdfg"[i%5])
	}
	path := filepath.Join(t.TempDir(), "alerts.json")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var shift = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// From the first look to the next shift: what is decided stays, and what comes
// later shows.
func TestQueue(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("STOOP_USER", "ann")
	file := shells(t, 300, shift)
	all := queueOf(t, file)
	if len(all) != 1 || all[0].Count != 300 || all[0].Workload != "shop/web" || all[0].State != "open" {
		t.Fatalf("%+v", all)
	}
	id := all[0].ID
	if code, out, errs := stoop(t, "print", file, "-f", all[0].Filter, "-o", "csv", "--columns", "evt.rawtime"); code != exitOK || strings.Count(out, "\n") != 301 {
		t.Errorf("the group's filter finds %d lines: %s", strings.Count(out, "\n"), errs)
	}
	code, out, errs := stoop(t, "queue", "set", id, file, "--state", "closed", "--verdict", "true-positive", "--note", "ops at work\x1b[2J")
	if code != exitOK || !strings.Contains(out, id+" is closed, true-positive; kept in ") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if open := queueOf(t, file); len(open) != 0 {
		t.Errorf("it is closed, and still there: %+v", open)
	}
	if closed := queueOf(t, file, "--state", "closed"); len(closed) != 1 || closed[0].Note != "ops at work\x1b[2J" {
		t.Errorf("%+v", closed)
	}
	later := shells(t, 10, shift.Add(time.Hour))
	if again := queueOf(t, file, later); len(again) != 1 || again[0].State != "open" || again[0].Since != 10 || again[0].Count != 310 {
		t.Errorf("the next shift sees %+v", again)
	}
	if code, _, errs := stoop(t, "queue", "set", id, "--verdict", "benign", "--state", "closed", "--owner", "bob"); code != exitOK {
		t.Fatal(errs)
	}
	code, out, errs = stoop(t, "queue", file, later, "--all")
	if code != exitOK || !strings.Contains(out, "benign") || !strings.Contains(out, "bob") || strings.Contains(out, "\x1b") || !strings.Contains(errs, "310 alerts in 1 group, 0 open, 0 acknowledged, 1 closed") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
}

// The demo has its alerts by the rules that go by themselves, and a sequence
// stands above single alerts of the same priority.
func TestQueueDemo(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	all := queueOf(t, "demo")
	if len(all) < 10 || all[0].Workload != "shop/web" {
		t.Errorf("%d groups, the first %+v", len(all), all[0])
	}
	code, out, errs := stoop(t, "print", "demo", "--story", fmt.Sprint(all[0].LastNS))
	if code != exitOK || !strings.Contains(out, all[0].Rule) {
		t.Errorf("the newest alert of %s has no story: %s%s", all[0].Rule, out, errs)
	}
}

func TestQueueErrors(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	file := shells(t, 3, shift)
	for args, want := range map[string]string{
		"set|g-0000000000000000|--state|shut":              `"shut" is no state`,
		"set|g-0000000000000000":                           "say what was decided",
		"set|x|--state|open|--verdict|wrong":               `"wrong" is no verdict: true-positive`,
		"set|g-0000000000000000|" + file + "|--state|open": "no alert of these sources is of this group",
		"set|x|" + file + "|--state|open":                  "no alert of these sources has this id",
		file + "|--limit=-1":                               "cannot be negative",
		file + "|--state|shut":                             "shut",
		file + "|--desk|es://h:1/a*":                       "a",
	} {
		if code, _, errs := stoop(t, append([]string{"queue"}, strings.Split(args, "|")...)...); code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
}

// Elastic's alerts carry their state themselves: it is read from them, written
// into them, and what else was decided is beside them for everybody.
func TestQueueElastic(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	var docs [][]byte
	for i := range 20 {
		docs = append(docs, fmt.Appendf(nil, `{"@timestamp":"2026-03-01T08:00:%02dZ","kibana.alert.rule.name":"Shell","kibana.alert.uuid":"u%d","kibana.alert.severity":"high","kibana.alert.workflow_status":"open","process":{"name":"bash","parent":{"name":"sh"}},"orchestrator":{"namespace":"shop","resource":{"name":"web-7d9c5f6b8-x2k8p"}}}`, i, i))
	}
	index := s.Index(t, `{"mappings":{"dynamic_templates":[{"strings":{"match_mapping_type":"string","mapping":{"type":"keyword"}}}]}}`, docs...)
	address := s.Address(index)
	desk := s.Address(fmt.Sprintf("stoop-queue-%x", time.Now().UnixNano()))

	all := queueOf(t, address, "--desk", desk)
	if len(all) != 1 || all[0].Count != 20 || all[0].Alerts["open"] != 20 || all[0].Workload != "shop/web" {
		t.Fatalf("%+v", all)
	}
	if code, _, errs := stoop(t, "queue", "set", all[0].ID, address, "--desk", desk, "--owner", "ann", "--state", "acknowledged"); code != exitOK {
		t.Fatal(errs)
	}
	if seen := queueOf(t, address, "--desk", desk); seen[0].Owner != "ann" || seen[0].State != "acknowledged" || seen[0].Alerts["open"] != 20 {
		t.Errorf("the desk of an index alone: %+v", seen)
	}
	// The desk that goes with the SIEM writes into the alerts too.
	code, out, errs := stoop(t, "queue", "set", all[0].ID, address, "--state", "closed", "--verdict", "benign")
	if code != exitOK || !strings.Contains(out, "written into 20 alerts; kept in stoop-queue of ") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if seen := queueOf(t, address, "--desk", "local", "--all"); seen[0].State != "closed" || seen[0].Alerts["closed"] != 20 {
		t.Errorf("who has no desk sees %+v", seen)
	}
	code, _, errs = stoop(t, "queue", "set", all[0].ID, address, "--state", "open") // the index stays for others
	if code != exitOK {
		t.Error(errs)
	}
}

// The desk that the configuration names is the one that is used, unless the
// command line names another.
func TestQueueDeskOfConfig(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	t.Setenv("XDG_CONFIG_HOME", dir)
	desk := filepath.Join(dir, "desk.ndjson")
	if err := os.MkdirAll(filepath.Join(dir, "stoop"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stoop", "config.yaml"), []byte("desk: "+desk+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := shells(t, 3, shift)
	id := queueOf(t, file)[0].ID
	if code, _, errs := stoop(t, "queue", "set", id, file, "--state", "acknowledged"); code != exitOK {
		t.Fatal(errs)
	}
	if text, err := os.ReadFile(desk); err != nil || !strings.Contains(string(text), id) {
		t.Errorf("%s: %v", text, err)
	}
	if all := queueOf(t, file); all[0].State != "acknowledged" {
		t.Errorf("%+v", all)
	}
	if all := queueOf(t, file, "--desk", "local"); all[0].State != "open" {
		t.Errorf("the command line's desk: %+v", all)
	}
}
