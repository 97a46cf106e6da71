package indicator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/rules"
)

func TestRead(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{
			"plain", "# a feed\n192.0.2.7 # master of the botnet\n198.51.100.0/24\nevil[.]example\nhxxps://bad.example:8443/x?y\n/tmp/.x/kinsing\n" + strings.Repeat("ab", 32) + "\n2001:DB8::7\n192.0.2.9:4444\n",
			"address 192.0.2.7 (master of the botnet); network 198.51.100.0/24 (); domain evil.example (); domain bad.example (); path /tmp/.x/kinsing (); hash " + strings.Repeat("ab", 32) + " (); address 2001:db8::7 (); address 192.0.2.9 ()",
		},
		{
			"csv", "# exported\n\"first_seen\",\"ioc_value\",\"ioc_type\",\"malware\",\"reporter\"\n2026-01-01,192.0.2.8:80,ip:port,Mirai,someone\n2026-01-01,\"a.example\",domain,\"Kinsing, loader\",someone\n",
			"address 192.0.2.8 (Mirai by someone); domain a.example (Kinsing, loader by someone)",
		},
		{"csv with its header in a comment", "# value,description\n192.0.2.1,x\n", "address 192.0.2.1 (x)"},
		{
			"stix", `{"type":"bundle","objects":[{"type":"identity","id":"identity--1","name":"CERT"},
				{"type":"indicator","name":"C2","created_by_ref":"identity--1","pattern_type":"stix","pattern":"[ipv4-addr:value = '192.0.2.3'] OR [domain-name:value IN ('b.example', 'c.example')]"},
				{"type":"indicator","name":"old","revoked":true,"pattern":"[ipv4-addr:value = '192.0.2.4']"},
				{"type":"indicator","name":"dropper","pattern":"[file:hashes.'SHA-256' = '` + strings.Repeat("0f", 32) + `']"},
				{"type":"indicator","name":"both","pattern":"[ipv4-addr:value = '192.0.2.5' AND network-traffic:dst_port = 80]"}]}`,
			"address 192.0.2.3 (C2 by CERT); domain b.example (C2 by CERT); domain c.example (C2 by CERT); hash " + strings.Repeat("0f", 32) + " (dropper)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := Read("x", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, in := range l.Indicators {
				by := in.Desc
				if in.Source != "" {
					by += " by " + in.Source
				}
				have = append(have, fmt.Sprintf("%s %s (%s)", in.Kind, in.Value, by))
			}
			if got := strings.Join(have, "; "); got != tt.want {
				t.Errorf("have %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWhatIsSkippedIsSaid(t *testing.T) {
	l, err := Read("x", []byte("192.0.2.1\nno such thing\n/\n0.0.0.0/0\n"))
	if err != nil || l.Left != 3 || l.Skipped[0].Line != 2 {
		t.Errorf("skipped %d (%v), error %v", l.Left, l.Skipped, err)
	}
	l, err = Read("x", []byte(strings.Repeat("0f", 16)+"\nno such thing\n"))
	want := `1 entries were left out, the first on line 2: "no such thing" is no address, network, domain, whole path or hash`
	if err != nil || l.LeftOut() != want {
		t.Errorf("left out: %s, error %v", l.LeftOut(), err)
	}
	for name, text := range map[string]string{"nothing": "", "words": "hello world\n", "other JSON": `{"a":1}`, "broken JSON": `{"type":`} {
		if _, err := Read("x", []byte(text)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

// TestRulesLoad has the loader read the rules of a list whose texts are hostile.
func TestRulesLoad(t *testing.T) {
	text := "192.0.2.7 # 100% \"bad\": %proc.name {x} \x1b[31m\n192.0.2.0/25\nevil.example # 100%\n/tmp/a b\"c\\d\n" + strings.Repeat("ab", 32) + "\n" + strings.Repeat("cd", 16) + "\n"
	set := loaded(t, text)
	var conditions []string
	for _, r := range set.Rules {
		conditions = append(conditions, r.Condition)
	}
	slices.Sort(conditions)
	hash, md5 := strings.Repeat("ab", 32), strings.Repeat("cd", 16)
	const started = `(evt.type in (exe_hash, execve, execveat, procexit) and proc.exe_`
	want := []string{
		started + `md5 in ("` + md5 + `") or fd.md5 in ("` + md5 + `")) or ` + started + `sha256 in ("` + hash + `") or fd.sha256 in ("` + hash + `"))`,
		`(evt.type in (execve, execveat) and proc.exepath in ("/tmp/a b\"c\\d") or evt.type in (open, openat, openat2, creat) and fd.name in ("/tmp/a b\"c\\d"))`,
		`evt.type = connect and (fd.rip.name in ("evil.example") or fd.rip.name endswith anyof (".evil.example"))`,
		`evt.type in (connect, accept, accept4) and fd.rip in ("192.0.2.7")`,
		`evt.type in (connect, accept, accept4) and fd.rnet in ("192.0.2.0/25")`,
	}
	if !slices.Equal(conditions, want) {
		t.Errorf("the conditions are\n%s\nwant\n%s", strings.Join(conditions, "\n"), strings.Join(want, "\n"))
	}
}

func loaded(t testing.TB, text string) *rules.Set {
	t.Helper()
	l, err := Read("feed.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	set, report := rules.Load([]rules.File{f}, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatalf("%v\n%s", err, f.Text)
	}
	return set
}

// TestManyDescriptions: a feed with a description for each value does not
// become a rule for each.
func TestManyDescriptions(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "10.%d.%d.1 # number %d\n", i/200, i%200, i)
	}
	if n := len(loaded(t, b.String()).Rules); n != maxGroups+1 {
		t.Errorf("%d rules", n)
	}
}

// FuzzRead: whatever is read becomes rules that load.
func FuzzRead(f *testing.F) {
	f.Add([]byte("192.0.2.1 # x\nevil.example\n/tmp/x\n"))
	f.Add([]byte("/tmp/x\\\n/tmp/\\\"y\n")) // a backslash at the end, and before a quote
	f.Add([]byte("# value,description\n192.0.2.1,\"x\n"))
	f.Add([]byte(`{"type":"bundle","objects":[{"type":"indicator","name":"C2","pattern":"[ipv4-addr:value = '192.0.2.3'] OR [file:name = '/x\\'y']"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, err := Read("x", text); err == nil && len(text) < 1<<16 {
			file, err := l.File()
			if err != nil {
				t.Fatal(err)
			}
			if _, report := rules.Load([]rules.File{file}, rules.Options{}); report.Err() != nil {
				t.Fatalf("%v\n%s", report.Err(), file.Text)
			}
		}
	})
}
