package notify

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/stoop-project/stoop/internal/safetext"
)

//go:embed templates
var templates embed.FS

// funcs are what templates may call.
var funcs = template.FuncMap{
	"join": func(vs []Value) string {
		texts := make([]string, len(vs))
		for i, v := range vs {
			texts[i] = v.String()
		}
		return strings.Join(texts, ", ")
	},
	"time": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") },
}

// builtin makes messages where the user has no template.
var builtin = template.Must(template.New("message.tmpl").Funcs(funcs).ParseFS(templates, "templates/message.tmpl"))

// maxTemplate bounds a template's file.
const maxTemplate = 1 << 20

// Template reads a template: a text that is a message's body, or definitions of
// "title", "body", "digest-title" and "digest"; those that it has not are the
// built-in ones. "" is those.
func Template(path string) (*template.Template, error) {
	if path == "" {
		return builtin, nil
	}
	st, err := os.Stat(path)
	if err == nil && st.Size() > maxTemplate {
		err = fmt.Errorf("%s: a template of %d bytes is too large", path, st.Size())
	}
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTemplate(filepath.Base(path), string(text))
}

// parseTemplate parses a template and tries it.
func parseTemplate(name, text string) (*template.Template, error) {
	t, err := template.Must(builtin.Clone()).New(name).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template %w", err)
	}
	if strings.TrimSpace(t.Root.String()) != "" {
		if _, err := t.AddParseTree("body", t.Tree); err != nil {
			return nil, err
		}
	}
	g := &group{alert: &Alert{Rule: "a rule"}, count: 1}
	if _, err := render(t, plain, true, g); err != nil {
		return nil, err
	}
	_, err = render(t, plain, true, g, g)
	return t, err
}

// maxTitle bounds a message's title, in bytes.
const maxTitle = 250

// render makes the message of a group, or the digest of several.
func render(t *template.Template, d *dialect, redact bool, groups ...*group) (letter, error) {
	var data any
	l, title, body := letter{}, "title", "body"
	if len(groups) == 1 {
		m := groups[0].message(d, redact)
		l.Alerts, l.Severity, data = m.Count, m.Severity(), m
	} else {
		x := digestOf(groups, d, redact)
		l.Alerts, data = x.Count, x
		title, body = "digest-title", "digest"
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&limited{to: &b, left: maxTemplate}, title, data); err != nil {
		return l, fmt.Errorf("template %w", err)
	}
	l.Title = cut(safetext.Line(strings.TrimSpace(b.String())), maxTitle)
	b.Reset()
	if err := t.ExecuteTemplate(&limited{to: &b, left: maxTemplate}, body, data); err != nil {
		return l, fmt.Errorf("template %w", err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i, line := range lines {
		lines[i] = safetext.Line(strings.TrimRight(line, "\r"))
	}
	l.Body = fit(lines, d.most)
	return l, nil
}

// fit joins lines as far as there is room.
func fit(lines []string, most int) string {
	var b strings.Builder
	for i, line := range lines {
		if b.Len()+len(line)+1 > most-len("\n…") {
			if i == 0 {
				return cut(line, most-len("…"))
			}
			b.WriteString("\n…")
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	return b.String()
}

// letter is a message on its way.
type letter struct {
	Title    string `json:"title"`
	Body     string `json:"body"`
	Alerts   int    `json:"alerts"`
	Severity int    `json:"severity"`
}

// limited bounds what a template writes: one may loop.
type limited struct {
	to   *strings.Builder
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, fmt.Errorf("the message is longer than %d bytes", maxTemplate)
	}
	return l.to.Write(p)
}
