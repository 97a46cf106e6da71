package detect

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stoop-project/stoop/internal/rules"
)

// How many rules fire on an event is said by Falco's configuration, where its
// rules are taken, and by who asks otherwise before that.
func TestMatching(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const rule = "- {rule: %s, desc: d, condition: evt.type = execve, output: o, priority: NOTICE}\n"
	write("r.yaml", fmt.Sprintf(rule+rule, "A", "B"))
	config := rules.FalcoConfig
	rules.FalcoConfig = filepath.Join(dir, "falco.yaml")
	t.Cleanup(func() { rules.FalcoConfig = config })
	falco := func(matching string) {
		t.Helper()
		write("falco.yaml", "rules_files: ['"+filepath.Join(dir, "r.yaml")+"']\n"+matching)
	}
	for _, tt := range []struct {
		config, asked string
		fire          uint64
	}{
		{"", "", 1},
		{"rule_matching: first\n", "", 1},
		{"rule_matching: all\n", "", 2},
		{"rule_matching: all\n", "first", 1},
		{"", "all", 2},
	} {
		falco(tt.config)
		d, _, err := Open([]string{rules.FalcoWord}, Options{Matching: tt.asked})
		if err != nil {
			t.Fatal(err)
		}
		s := newScene()
		d.Sink(&got{}).Batch(s.executed(s.sh))
		if n := d.Stats().Alerts; n != tt.fire {
			t.Errorf("config %q, asked %q: %d alerts, want %d", tt.config, tt.asked, n, tt.fire)
		}
	}

	// It is read anew with the rules.
	falco("")
	d, _, err := Open([]string{rules.FalcoWord}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	falco("rule_matching: all\n")
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	s := newScene()
	d.Sink(&got{}).Batch(s.executed(s.sh))
	if n := d.Stats().Alerts; n != 2 {
		t.Errorf("after reading it anew: %d alerts, want 2", n)
	}
}
