package dashboard

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

//go:embed builtin/*.yaml
var builtIn embed.FS

// Dashboard is a page of panels.
type Dashboard struct {
	Name   string   `yaml:"-"` // the file's, without .yaml
	Title  string   `yaml:"title"`
	About  string   `yaml:"about,omitempty"`
	Filter string   `yaml:"filter,omitempty"` // what all panels are about; "" for everything
	Panels []*Panel `yaml:"panels"`
}

// Folder is where dashboards are: a user's own, before those built in. "" has
// only these.
type Folder string

// maxFile bounds a dashboard's file, in bytes.
const maxFile = 1 << 20

// ErrNone is returned for a name that no dashboard has.
var ErrNone = errors.New("there is no such dashboard")

// Names lists the dashboards, sorted.
func (f Folder) Names() []string {
	names := map[string]bool{}
	found, _ := fs.Glob(builtIn, "builtin/*.yaml")
	if f != "" {
		own, _ := filepath.Glob(filepath.Join(string(f), "*.yaml"))
		for _, name := range own {
			found = append(found, filepath.ToSlash(name))
		}
	}
	for _, name := range found {
		names[strings.TrimSuffix(path.Base(name), ".yaml")] = true
	}
	all := make([]string, 0, len(names))
	for name := range names {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// Load reads a dashboard by name. An error says where in the file what is
// wrong; it is [ErrNone] when there is no such dashboard.
func (f Folder) Load(name string) (*Dashboard, error) {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("%s: %w; there are %s", name, ErrNone, strings.Join(f.Names(), ", "))
	}
	if f != "" {
		at := filepath.Join(string(f), name+".yaml")
		text, err := readBounded(at)
		switch {
		case err == nil:
			return parseNamed(at, name, text)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	text, err := builtIn.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%s: %w; there are %s", name, ErrNone, strings.Join(f.Names(), ", "))
	}
	return parseNamed(name, name, text)
}

func readBounded(file string) ([]byte, error) {
	st, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxFile {
		return nil, fmt.Errorf("%s: %d bytes are too many for a dashboard", file, st.Size())
	}
	return os.ReadFile(file)
}

func parseNamed(file, name string, text []byte) (*Dashboard, error) {
	d, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	d.Name = name
	return d, nil
}

// Save writes a dashboard into the folder, under its name, for the user to
// edit. It never writes over a file.
func (f Folder) Save(d *Dashboard) (file string, err error) {
	if f == "" {
		return "", errors.New("there is no folder for dashboards")
	}
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return "", err
	}
	file = filepath.Join(string(f), d.Name+".yaml")
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	enc := yaml.NewEncoder(out)
	enc.SetIndent(2)
	return file, errors.Join(enc.Encode(d), enc.Close(), out.Close())
}

// Parse reads a dashboard. An error begins with the line: "12: …".
func Parse(text []byte) (*Dashboard, error) {
	d := &Dashboard{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(d); err != nil {
		return nil, yamlError(err)
	}
	lines := panelLines(text)
	if len(d.Panels) == 0 {
		return nil, errors.New("1: a dashboard has panels")
	}
	if err := checkFilter(d.Filter); err != nil {
		return nil, fmt.Errorf("1: filter: %w", err)
	}
	for i, p := range d.Panels {
		line := 1
		if i < len(lines) {
			line = lines[i]
		}
		if p == nil {
			return nil, fmt.Errorf("%d: the panel is empty", line)
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%d: panel %q: %w", line, p.Title, err)
		}
	}
	return d, nil
}

// yamlError puts the line in front, as our own errors have it.
func yamlError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	text, _, _ = strings.Cut(text, "\n")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		return errors.New(rest)
	}
	return errors.New("1: " + text)
}

// panelLines returns the line on which each panel begins.
func panelLines(text []byte) (lines []int) {
	var doc yaml.Node
	if yaml.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value == "panels" {
			for _, p := range top[i+1].Content {
				lines = append(lines, p.Line)
			}
		}
	}
	return lines
}

func checkFilter(text string) error {
	if text == "" {
		return nil
	}
	_, err := filter.Compile(text, event.Fields)
	return err
}

// fieldCounts is how many fields each kind tells apart, at least and at most.
var fieldCounts = map[Kind][2]int{Stat: {0, 1}, Terms: {1, 1}, Trend: {0, 1}, Heat: {1, 1}, Table: {1, MaxFields}}

// check looks at what the file says of a panel, and finds its fields.
func (p *Panel) check() error {
	bounds, ok := fieldCounts[p.Kind]
	switch {
	case !ok:
		return fmt.Errorf("kind %q: there are %s", p.Kind, kindNames())
	case len(p.By) < bounds[0] || len(p.By) > bounds[1]:
		return fmt.Errorf("by: a panel of the kind %s has %s, this one has %d", p.Kind, fieldsText(bounds), len(p.By))
	case p.Limit < 0 || p.Limit > MaxLimit:
		return fmt.Errorf("limit %d: at most %d", p.Limit, MaxLimit)
	case p.Width < 0 || p.Width > Columns:
		return fmt.Errorf("width %d: at most %d", p.Width, Columns)
	case p.Height < 0 || p.Height > 100:
		return fmt.Errorf("height %d: at most 100", p.Height)
	}
	if err := checkFilter(p.Filter); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	p.fields, p.only = nil, nil
	if p.Only != "" {
		p.only = filter.Glob(p.Only)
	}
	for _, name := range p.By {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			return fmt.Errorf("by: %w", err)
		}
		p.fields = append(p.fields, Ref{f, arg})
	}
	return nil
}

func kindNames() string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

func fieldsText(bounds [2]int) string {
	switch {
	case bounds == [2]int{1, 1}:
		return "one field"
	case bounds[0] == 0:
		return fmt.Sprintf("at most %d field", bounds[1])
	}
	return fmt.Sprintf("%d to %d fields", bounds[0], bounds[1])
}

// Queries returns what the dashboard's panels ask within a span, of the events
// that a further filter holds for ("": all). An error is that filter's.
func (d *Dashboard) Queries(more string, span Span) ([]Query, error) {
	qs := make([]Query, len(d.Panels))
	for i, p := range d.Panels {
		qs[i] = Query{Panel: p, Span: span}
		if text := filter.All(d.Filter, p.Filter, more); text != "" {
			f, err := filter.Compile(text, event.Fields)
			if err != nil {
				return nil, err
			}
			qs[i].Filter = f
		}
	}
	return qs, nil
}

// Of makes a panel of parts that a program chose; it must be right.
func Of(p Panel) (*Panel, error) {
	p.By = slices.Clone(p.By)
	return &p, p.check()
}
