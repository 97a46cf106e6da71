package rules

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// loaderCase is one of Falco's own tests of its rule loader.
type loaderCase struct {
	Test    string
	YAML    []string // several: a later one may be what the first is appended to
	Asserts []string // TRUE:load_rules, FALSE:check_warning_message, …
	Err     []string // parts of the messages, as C++ writes them
}

// exceptionBase is what Falco's tests of exception values append to.
const exceptionBase = `
- rule: test_rule
  desc: test rule
  condition: evt.type = open
  output: command=%proc.cmdline
  priority: INFO
`

// Falco's own cases: what loads there loads here, with the same words.
func TestFalcoCases(t *testing.T) {
	for _, c := range testdata.Lines[loaderCase](t, "filter/rule_loader.jsonl") {
		t.Run(c.Test, func(t *testing.T) {
			text := c.YAML[0]
			if strings.HasPrefix(text, "\n  exceptions:") {
				text = exceptionBase + text
			}
			_, report := Load([]File{{Name: "rules.yaml", Text: []byte(text)}}, Options{})
			said := messages(report)
			for _, a := range c.Asserts {
				want := strings.HasPrefix(a, "TRUE:")
				switch what := a[strings.Index(a, ":")+1:]; what {
				case "load_rules":
					if got := report.Err() == nil; got != want {
						t.Errorf("loads: %v, want %v: %v", got, want, report.Err())
					}
				case "has_warnings":
					if got := len(report.Warnings) > 0; got != want {
						t.Errorf("has warnings: %v, want %v: %q", got, want, said)
					}
				case "check_error_message", "check_warning_message":
					problems := report.Warnings
					if what == "check_error_message" {
						problems = report.Errors
					}
					for _, part := range c.Err {
						if got := anySays(problems, cText(t, part)); got != want {
							t.Errorf("%s %s: %v, want %v: %q", what, part, got, want, said)
						}
					}
					if len(c.Err) == 0 && len(problems) > 0 != want {
						t.Errorf("%s: %v, want %v: %q", what, !want, want, said)
					}
				default:
					t.Fatalf("unknown assertion %q", a)
				}
			}
		})
	}
}

// cText reads C++ string literals, several in a row being one.
func cText(t *testing.T, s string) (text string) {
	t.Helper()
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		lit, err := strconv.QuotedPrefix(s)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		part, err := strconv.Unquote(lit)
		if err != nil {
			t.Fatalf("%q: %v", lit, err)
		}
		text, s = text+part, s[len(lit):]
	}
	return text
}

func anySays(problems []*Problem, part string) bool {
	for _, p := range problems {
		if strings.Contains(p.Msg, part) {
			return true
		}
	}
	return false
}

func messages(r *Report) (all []string) {
	for _, p := range append(r.Errors, r.Warnings...) {
		all = append(all, p.Error())
	}
	return all
}

// Falco's stable rules and those for Kubernetes audit load as they are.
func TestFalcoRules(t *testing.T) {
	for _, tt := range []struct {
		file  string
		rules int
	}{{"rules/falco_rules.yaml", 25}, {"rules/k8s_audit_rules.yaml", 35}} {
		text, err := os.ReadFile(testdata.Path(t, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		set, report := Load([]File{{Name: tt.file, Text: text}}, Options{Falco: true})
		if err := report.Err(); err != nil {
			t.Errorf("%s: %q", tt.file, messages(report))
		}
		if len(set.Rules) < tt.rules {
			t.Errorf("%s: %d rules, want at least %d", tt.file, len(set.Rules), tt.rules)
		}
		for _, w := range report.Warnings {
			t.Log(w)
		}
		for _, r := range set.Rules {
			if r.Expr == nil || r.Format == nil || r.Desc == "" || len(r.Tags) == 0 {
				t.Errorf("%s: %+v is not whole", tt.file, r)
			}
		}
	}
}
