package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A sequence's alert tells its steps wherever it is printed: below its row, in
// its object, in columns, and in what watch writes, which reads again as it was.
func TestChainsArePrinted(t *testing.T) {
	rules := watchRules(t)
	const chosen = "alert.rule startswith 'Network tool'"
	code, table, errs := stoop(t, "print", "demo", "-r", rules, "-f", chosen)
	if code != exitOK {
		t.Fatal(errs)
	}
	for _, want := range []string{"\n    +0s · tool · execve /usr/bin/nc.traditional · web · nc.traditional -e /bin/bash", " · shell · execution · Shell of a network tool · web · "} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
	if _, columns, _ := stoop(t, "print", "demo", "-r", rules, "-f", chosen, "--columns", "alert.rule,alert.reason,alert.steps"); strings.Contains(columns, "\n  ") ||
		!strings.Contains(columns, "nc.traditional (started by sh) ran nc.traditional") || !strings.Contains(columns, "(+0s · tool · ") {
		t.Errorf("columns are %s", columns)
	}
	if _, text, _ := stoop(t, "watch", "demo", "-r", rules, "-f", chosen); !strings.Contains(text, "Netcat became a shell") || !strings.Contains(text, "\n    +0s · tool · ") {
		t.Errorf("watch writes %s", text)
	}
	_, written, _ := stoop(t, "watch", "demo", "-r", rules, "-f", chosen, "-o", "json")
	_, again, errs := stoop(t, "print", fileOf(t, written), "-o", "json")
	_, first, _ := stoop(t, "print", "demo", "-r", rules, "-f", chosen, "-o", "json")
	if a, b := chains(t, first), chains(t, again); a == "" || a != b {
		t.Errorf("%s: printed as\n%s\nwritten by watch and read again it is\n%s", errs, a, b)
	}
}

// fileOf is a file with a text.
func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alerts.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// chains are what each of some JSON rows says of its id, its reason and its steps.
func chains(t *testing.T, text string) string {
	t.Helper()
	var all strings.Builder
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		var row struct {
			ID     string `json:"alert.id"`
			Reason string `json:"alert.reason"`
			Chain  struct {
				Type  string
				Steps []struct{ Step, Time string }
			} `json:"alert.sequence"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		if row.ID == "" || row.Reason == "" || len(row.Chain.Steps) != 2 {
			t.Errorf("a row has not all: %+v", row)
		}
		out, _ := json.Marshal(row)
		all.Write(append(out, '\n'))
	}
	return all.String()
}

// JSON from outside is written anew: texts masked and safe, the rest as it was.
func TestAppendClean(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":[1,2.50,{"b":null,"c":[]},true,false],"d":{}}`: `{"a":[1,2.50,{"b":null,"c":[]},true,false],"d":{}}`,
		`"--password=hunter22"`:                              `"--password=********"`,
		`{"proc.cmdline":"a --password=hunter22"}`:           `{"proc.cmdline":"a --password=********"}`,
		`[`:     "",
		`{"a":`: "",
	} {
		got, ok := appendClean(nil, json.RawMessage(in), clean(true))
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("%s is written as %s, %v", in, got, ok)
		}
	}
}
