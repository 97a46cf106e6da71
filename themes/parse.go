package themes

import (
	"errors"
	"fmt"
	"image/color"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxSize is the most that a theme file may have; ours have 2 KB.
const maxSize = 64 << 10

// file is a theme file as it is written.
type file struct {
	Summary    string
	Appearance string
	Extends    string
	Palette    map[string]any
	tables     map[string]map[string]any // tone, priority, …
}

// Error says what is wrong in a theme file: where, and what is expected there.
type Error struct {
	File string
	Line int    // from 1; 0 where a line says nothing
	Key  string // "tone.text"; "" for the file as a whole
	Msg  string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("theme " + e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		b.WriteString(": " + e.Key)
	}
	return b.String() + ": " + e.Msg
}

// parser reads one file; its errors know the text's lines.
type parser struct {
	name string // for errors
	text string
	file file
}

// parse reads a theme's text. base gives the theme that it extends by name.
func parse(name string, text []byte, base func(string) (*Theme, error)) (*Theme, error) {
	p := &parser{name: name, text: string(text)}
	if len(text) > maxSize {
		return nil, p.fail("", "has %d bytes, more than the %d that a theme may have", len(text), maxSize)
	}
	if err := p.decode(); err != nil {
		return nil, err
	}
	t := &Theme{Summary: p.file.Summary, colours: map[string]color.RGBA{}}
	known := map[string]bool{} // keys that have a colour or are left to the terminal
	if p.file.Extends != "" {
		b, err := base(p.file.Extends)
		if err != nil {
			return nil, p.fail("extends", "%v", err)
		}
		t.Dark, t.Ramp = b.Dark, b.Ramp
		maps.Copy(t.colours, b.colours)
		maps.Copy(known, keyNames)
	}
	if err := p.appearance(t); err != nil {
		return nil, err
	}
	if err := p.colours(t, known); err != nil {
		return nil, err
	}
	return t, p.complete(t, known)
}

// decode reads the TOML and refuses tables and keys that a theme does not have.
func (p *parser) decode() error {
	var top map[string]any
	if _, err := toml.Decode(p.text, &top); err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return &Error{File: p.name, Line: pe.Position.Line, Msg: pe.Message}
		}
		return p.fail("", "%v", err)
	}
	p.file.tables = map[string]map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(top)) {
		var ok bool
		want := "a text"
		switch key {
		case "summary":
			p.file.Summary, ok = top[key].(string)
		case "appearance":
			p.file.Appearance, ok = top[key].(string)
		case "extends":
			p.file.Extends, ok = top[key].(string)
		case "palette":
			want = "a table"
			p.file.Palette, ok = top[key].(map[string]any)
		default:
			if !slices.Contains(tables(), key) {
				return p.fail(key, "is not part of a theme; want summary, appearance, extends, [palette], [%s]", strings.Join(tables(), "], ["))
			}
			want = "a table"
			p.file.tables[key], ok = top[key].(map[string]any)
		}
		if !ok {
			return p.fail(key, "want %s", want)
		}
	}
	return nil
}

func (p *parser) appearance(t *Theme) error {
	switch p.file.Appearance {
	case "dark", "light":
		t.Dark = p.file.Appearance == "dark"
	case "":
		if p.file.Extends == "" {
			return p.fail("", `has no appearance; want appearance = "dark" or "light"`)
		}
	default:
		return p.fail("appearance", `is %q; want "dark" or "light"`, p.file.Appearance)
	}
	return nil
}

// colours fills t with the file's colours.
func (p *parser) colours(t *Theme, known map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(p.file.Palette)) {
		v, _ := p.file.Palette[name].(string)
		if _, ok := parseColour(v); !ok {
			return p.fail("palette."+name, `want a colour as "#rrggbb"`)
		}
	}
	for _, table := range tables() {
		for _, name := range slices.Sorted(maps.Keys(p.file.tables[table])) {
			key, v := table+"."+name, p.file.tables[table][name]
			switch {
			case key == "chart.ramp":
				if err := p.ramp(t, v); err != nil {
					return err
				}
				continue
			case !keyNames[key]:
				return p.fail(key, "is not a key of a theme; [%s] has %s", table, strings.Join(keysOf(table), ", "))
			case key == "tone.base" && v == "none":
				delete(t.colours, key)
			default:
				c, err := p.colour(key, v)
				if err != nil {
					return err
				}
				t.colours[key] = c
			}
			known[key] = true
		}
	}
	return nil
}

func (p *parser) ramp(t *Theme, v any) error {
	const key = "chart.ramp"
	list, _ := v.([]any)
	if len(list) != rampSteps {
		return p.fail(key, "want a list of %d colours, quiet to busy", rampSteps)
	}
	t.Ramp = nil
	for _, v := range list {
		c, err := p.colour(key, v)
		if err != nil {
			return err
		}
		t.Ramp = append(t.Ramp, c)
	}
	return nil
}

// colour reads a value: a colour, or a name from the palette.
func (p *parser) colour(key string, v any) (color.RGBA, error) {
	s, ok := v.(string)
	if !ok {
		return color.RGBA{}, p.fail(key, `want a text: "#rrggbb" or a name from [palette]`)
	}
	if named, ok := p.file.Palette[s].(string); ok {
		s = named
	}
	c, ok := parseColour(s)
	if !ok {
		return c, p.fail(key, `%q is no colour; want "#rrggbb"%s`, s, p.orNames())
	}
	return c, nil
}

func (p *parser) orNames() string {
	if len(p.file.Palette) == 0 {
		return ""
	}
	return " or a name from [palette]: " + strings.Join(slices.Sorted(maps.Keys(p.file.Palette)), ", ")
}

// complete says which keys have no colour.
func (p *parser) complete(t *Theme, known map[string]bool) error {
	var missing []string
	for _, k := range Keys {
		if !known[k.Name] {
			missing = append(missing, k.Name)
		}
	}
	if t.Ramp == nil {
		missing = append(missing, "chart.ramp")
	}
	if len(missing) > 0 {
		return p.fail("", `has no colour for %s; give them, or say extends = "peregrine"`, strings.Join(missing, ", "))
	}
	return nil
}

func (p *parser) fail(key, format string, args ...any) error {
	return &Error{File: p.name, Line: lineOf(p.text, key), Key: key, Msg: fmt.Sprintf(format, args...)}
}

// lineOf returns the line of text that gives "table.key" or "key" its value,
// or 0: the TOML library does not say.
func lineOf(text, key string) int {
	if key == "" {
		return 0
	}
	table, name, dotted := strings.Cut(key, ".")
	if !dotted {
		table, name = "", key
	}
	in := ""
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.Trim(strings.TrimSpace(strings.SplitN(line, "#", 2)[0]), "[] ")
			if in == key {
				return n + 1
			}
			continue
		}
		k, _, ok := strings.Cut(line, "=")
		if ok && in == table && strings.Trim(k, ` "'`) == name {
			return n + 1
		}
	}
	return 0
}

// tables returns the names of a theme's tables, in order.
func tables() []string {
	var out []string
	for _, k := range Keys {
		if table, _, _ := strings.Cut(k.Name, "."); !slices.Contains(out, table) {
			out = append(out, table)
		}
	}
	return out
}

// keysOf returns the keys of a table, in order.
func keysOf(table string) []string {
	var out []string
	for _, k := range Keys {
		if name, ok := strings.CutPrefix(k.Name, table+"."); ok {
			out = append(out, name)
		}
	}
	if table == "chart" {
		out = append(out, "ramp")
	}
	return out
}
