package tui

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/rules"
)

// theRule is the rule of an alert of the scene.
const theRule = `
- rule: Read sensitive file untrusted
  desc: A file that holds secrets was read.
  condition: evt.type in (open, openat) and fd.name = /etc/shadow and user.uid != 0
  output: x
  priority: WARNING
  tags: [mitre_credential_access, T1555]
  guide:
    investigate: [Who is logged in.]
    respond: [Change the passwords.]
`

func TestAnatomyOfAnAlert(t *testing.T) {
	set, report := rules.Load([]rules.File{{Name: "rule.yaml", Text: []byte(theRule)}}, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	d, m := open(t, 200, 80, func(o *Options) {
		o.Catalog = rules.NewCatalog(func() []*rules.Set { return []*rules.Set{set} })
	})
	d.Keys("e", "e")
	var got []string
	for _, l := range m.detail.lines {
		switch {
		case l.head != "":
			got = append(got, "["+l.head+"]")
		case l.more:
			got[len(got)-1] += l.value
		default:
			got = append(got, l.name+": "+l.value)
		}
	}
	all := strings.Join(got, "\n")
	from := 0
	for _, want := range []string{
		"what happened: cat (started by bash) opened /etc/shadow", "alert.rule: Read sensitive file untrusted",
		"tactic: Credential Access", "technique: T1555  Credentials from Password Stores", "about: A file that holds secrets was read.",
		"fd.name: /etc/shadow", "lineage: systemd (1) → ", "[seen here]", "1 alert of this rule, all in this container",
		"[1 earlier alert of this container]", "Notice  Redirect STDOUT/STDIN to Network Connection in Container", "[what to do]", "investigate: • Who is logged in.", "respond: • Change the passwords.", "[alert]",
	} {
		at := strings.Index(all[from:], want)
		if at < 0 {
			t.Fatalf("no %q behind the one before, in\n%s", want, all)
		}
		from += at
	}
}

// Where there are few lines for them, details begin at their beginning.
func TestDetailsBeginWithWhatHappened(t *testing.T) {
	d, m := open(t, 80, 24, func(o *Options) { o.Made = func() uint64 { return 6 } })
	d.Keys("e", "e", "d")
	text := d.Text()
	if _, below, _ := strings.Cut(text, " details "); !strings.Contains(below, "what happened") {
		t.Errorf("what happened is not to be seen:\n%s", text)
	}
	if !strings.Contains(text, "in 280 + 6 alerts ·") {
		t.Errorf("the alerts that were made here are not counted:\n%s", text)
	}
	if d.Keys("tab"); !strings.Contains(d.Text(), m.detail.lines[m.detail.at].name) {
		t.Errorf("the line under the cursor is not to be seen:\n%s", d.Text())
	}
}
