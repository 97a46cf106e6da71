package summary

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Part is a piece of a summary: the value of a field, or words between values.
type Part struct {
	Text  string
	Field string // "" for words
}

// Reader reads a field of the event, named as in a filter; ok is false when it
// is missing.
type Reader func(name string) (value string, ok bool)

// Of tells an event, reading its fields by read: on one line, line breaks are
// blanks. It is nil where no kind tells anything.
func Of(row event.Row, read Reader) []Part {
	if row.B == nil {
		return nil
	}
	for i := range kinds {
		if k := &kinds[i]; k.when.Match(row.B, row.I) {
			if ps := k.tell(read); len(ps) > 0 {
				return ps
			}
		}
	}
	return nil
}

// Text is a summary as one text.
func Text(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Fields lists the fields of a summary, the most telling last.
func Fields(parts []Part) (names []string) {
	for _, p := range parts {
		if p.Field != "" {
			names = append(names, p.Field)
		}
	}
	return names
}

// kind is a line of the table.
type kind struct {
	when   *filter.Filter
	groups []group
}

// group is a part of a format: what stands outside of brackets, or in a pair.
type group struct {
	parts    []Part // of a field the text is empty
	optional bool
}

//go:embed kinds.tsv
var table string

var kinds = func() []kind {
	all, err := parse(table)
	if err != nil {
		panic(err) // a test reads it
	}
	return all
}()

// parse reads a table of kinds. An error begins with the line: "3: …".
func parse(text string) (all []kind, err error) {
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		cond, format, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("%d: a condition and a format, with a tab between", n+1)
		}
		k := kind{}
		if k.when, err = filter.Compile(cond, event.Fields); err != nil {
			return nil, fmt.Errorf("%d: %w", n+1, err)
		}
		if k.groups, err = parseFormat(format); err != nil {
			return nil, fmt.Errorf("%d: %w", n+1, err)
		}
		all = append(all, k)
	}
	return all, nil
}

// parseFormat reads a format.
func parseFormat(format string) (groups []group, err error) {
	for format != "" {
		g := group{}
		text := format
		if format[0] == '[' {
			end := strings.IndexByte(format, ']')
			if end < 0 {
				return nil, fmt.Errorf("%q is not closed", format)
			}
			g.optional, text, format = true, format[1:end], format[end+1:]
		} else if end := strings.IndexByte(format, '['); end >= 0 {
			text, format = format[:end], format[end:]
		} else {
			format = ""
		}
		for text != "" {
			words, rest, field := strings.Cut(text, "{")
			if words != "" {
				g.parts = append(g.parts, Part{Text: words})
			}
			if !field {
				break
			}
			name, after, closed := strings.Cut(rest, "}")
			if _, _, err := event.Fields.Parse(name); err != nil || !closed {
				return nil, fmt.Errorf("%q: %q is no field", text, name)
			}
			g.parts = append(g.parts, Part{Field: name})
			text = after
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// tell fills the format in; nil when a value that it cannot do without is
// missing, or it has none at all.
func (k *kind) tell(read Reader) (parts []Part) {
	values := 0
	for _, g := range k.groups {
		from := len(parts)
		for _, p := range g.parts {
			if p.Field != "" {
				v, ok := read(p.Field)
				if v = strings.Join(strings.Fields(v), " "); !ok || v == "" || v == event.NotAvailable {
					if !g.optional {
						return nil
					}
					parts = parts[:from]
					break
				}
				p.Text = v
				values++
			}
			parts = append(parts, p)
		}
	}
	if values == 0 {
		return nil
	}
	return parts
}
