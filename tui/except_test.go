package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/rules"
)

const shadowRule = `- rule: Read sensitive file untrusted
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: o
  priority: WARNING
`

// What is picked is counted, copied, and written to a file that loads behind
// the rule's own.
func TestExcept(t *testing.T) {
	files := []rules.File{{Name: "rules.yaml", Text: []byte(shadowRule)}}
	set, report := rules.Load(files, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	path, reloaded := filepath.Join(t.TempDir(), "exceptions.yaml"), 0
	d, m := open(t, 120, 40, func(o *Options) {
		o.Tuning = Tuning{
			Set: func() *rules.Set { return set }, Files: func() ([]rules.File, error) { return files, nil }, Path: path,
			Reload: func() error { reloaded++; return nil },
		}
	})
	d.Keys("e", "e", "x")
	x, ok := m.over.(*except)
	if !ok || x.counted == nil || x.counted.silenced != 1 || x.counted.ofRule != 1 {
		t.Fatalf("the proposal: %+v\n%s", m.over, d.Text())
	}
	d.Keys("space", "j", "space", "j", "space", "y")
	if text := d.Text(); !strings.Contains(text, "copied the exception") || !strings.Contains(text, "- [/etc/shadow]") {
		t.Errorf("after picking one field:\n%s", text)
	}
	click(d, x.list.X+8, x.list.Y+1) // a click picks too
	if on := x.p.Picks[1].On; x.at != 1 {
		t.Errorf("a click on the second field: at %d, %v", x.at, on)
	}
	click(d, x.list.X+8, x.list.Y+1)
	d.Keys("w")
	if m.over != nil || reloaded != 1 || !strings.Contains(m.toast.text, "it applies now") {
		t.Errorf("open: %v, the rules were read anew %d times: %s", m.over != nil, reloaded, m.toast.text)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set, report = rules.Load(append(files, rules.File{Name: path, Text: text}), rules.Options{})
	if err := report.Err(); err != nil || len(set.Rules[0].Exceptions) != 1 {
		t.Errorf("%v in\n%s", err, text)
	}
}

// Nothing is proposed for what is no alert, and nothing written without a
// field or a file.
func TestExceptRefuses(t *testing.T) {
	d, m := open(t, 120, 40)
	d.Keys("home", "x")
	if m.over != nil || !strings.Contains(m.toast.text, "this event is none") {
		t.Errorf("for an event: %v, %q", m.over, m.toast.text)
	}
	d.Keys("e", "x", "w")
	if m.over == nil || !strings.Contains(m.toast.text, "no file for exceptions") {
		t.Errorf("without a file: %v, %q", m.over, m.toast.text)
	}
	x := m.over.(*except)
	for i := range x.p.Picks {
		x.p.Picks[i].On = false
	}
	d.Keys("y")
	if m.toast.text != "no field is picked" {
		t.Errorf("without a field: %q", m.toast.text)
	}
	d.Keys("esc")
	if m.over != nil {
		t.Error("esc does not close it")
	}
}

// What sources hold and was not fetched is counted too. The keys in the head are
// clicked.
func TestExceptCountsWhatIsThere(t *testing.T) {
	s := &silo{archive: newArchive()}
	d, m := openOn(t, s, 120, 40)
	d.Keys("f")
	d.Type("alert.rule exists")
	d.Keys("enter")
	if !d.Settle(changedMsg{}, func() bool { return m.level().view.Len() == 6 && m.level().next == nil }) {
		t.Fatal("the alerts did not come")
	}
	d.Keys("home", "down", "x")
	x, ok := m.over.(*except)
	if !ok || !d.Settle(changedMsg{}, func() bool { return x.counted != nil }) {
		t.Fatalf("the proposal: %+v", m.over)
	}
	d.Draw()
	if text := d.Text(); !strings.Contains(text, "silences 1 of this rule's 1 alert (1 fetched)") {
		t.Errorf("it says %q:\n%s", x.says(), text)
	}
	s.mu.Lock()
	s.fail = errors.New("no shards")
	s.mu.Unlock()
	picks := x.keys.places[0]
	click(d, picks.X, picks.Y)
	if !d.Settle(changedMsg{}, func() bool { return x.counted != nil && x.counted.there.err != nil }) {
		t.Fatal("a click on the key does not pick")
	}
	d.Draw()
	if text := d.Text(); !strings.Contains(text, "what was not fetched could not be counted: archive: no shards") {
		t.Errorf("it says %q:\n%s", x.says(), text)
	}
	closes := x.keys.places[3]
	click(d, closes.X+1, closes.Y)
	if m.over != nil {
		t.Error("a click on esc does not close it")
	}
}
