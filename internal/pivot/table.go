package pivot

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/reread"
)

//go:embed builtin/pivots.yaml
var files embed.FS

// Table is a collection of pivots, in the order in which they are shown.
type Table struct {
	pivots []*Pivot
}

// Bounds of what a file may ask for.
const (
	maxFile    = 1 << 20 // bytes
	maxPivots  = 100     // of a file
	maxFind    = 10      // conditions of a pivot
	maxWindows = 10
)

// builtIn reads the pivots that are built in, once.
var builtIn = sync.OnceValue(func() *Table {
	text, err := files.ReadFile("builtin/pivots.yaml")
	if err != nil {
		panic(err)
	}
	t, err := Parse(text)
	if err != nil {
		panic("pivot: builtin/pivots.yaml:" + err.Error())
	}
	return t
})

// Load returns the built-in pivots and, behind them, those in the files *.yaml
// of a folder; one of the name of another takes its place. A folder that does
// not exist has none. What is wrong is said with file and line; the table has
// all that is right.
func Load(dir string) (*Table, error) {
	all, err := reread.Over(builtIn().pivots, dir, func(path string) ([]*Pivot, error) {
		t, err := LoadFile(path)
		if err != nil {
			return nil, err
		}
		return t.pivots, nil
	}, func(p *Pivot) string { return p.Name })
	return &Table{pivots: all}, err
}

// LoadFile reads a file of pivots. An error says where in it something is wrong.
func LoadFile(name string) (*Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("more than 1 MiB are too many for pivots")}
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return t, nil
}

// All returns the pivots.
func (t *Table) All() []*Pivot { return t.pivots }

// Names lists the pivots' names.
func (t *Table) Names() []string {
	names := make([]string, len(t.pivots))
	for i, p := range t.pivots {
		names[i] = p.Name
	}
	return names
}

// Choose returns the pivots of some names, all of them for none. The error
// names one that there is not.
func (t *Table) Choose(names []string) ([]*Pivot, error) {
	if len(names) == 0 {
		return t.pivots, nil
	}
	var chosen []*Pivot
	for _, name := range names {
		i := slices.Index(t.Names(), strings.TrimSpace(name))
		if i < 0 {
			return nil, fmt.Errorf("there is no pivot %q; there are %s", name, strings.Join(t.Names(), ", "))
		}
		if !slices.Contains(chosen, t.pivots[i]) {
			chosen = append(chosen, t.pivots[i])
		}
	}
	return chosen, nil
}

// entry is a pivot as it is written.
type entry struct {
	Name   string   `yaml:"name"`
	Title  string   `yaml:"title"`
	About  string   `yaml:"about"`
	When   string   `yaml:"when"`
	Find   []string `yaml:"find"`
	Within []string `yaml:"within"`
}

// Parse reads a file of pivots. An error begins with the line: "12: …".
func Parse(text []byte) (*Table, error) {
	var nodes []yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&nodes); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("1: the file is empty: a list of pivots belongs in it")
		}
		return nil, yamlError(err)
	}
	if len(nodes) > maxPivots {
		return nil, fmt.Errorf("%d: more than %d pivots", nodes[maxPivots].Line, maxPivots)
	}
	t := &Table{}
	for i := range nodes {
		n := &nodes[i]
		p, err := parsePivot(n)
		if err != nil {
			return nil, err
		}
		if slices.Contains(t.Names(), p.Name) {
			return nil, fmt.Errorf("%d: there is a pivot %q above already", n.Line, p.Name)
		}
		t.pivots = append(t.pivots, p)
	}
	return t, nil
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

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

func parsePivot(n *yaml.Node) (*Pivot, error) {
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%d: a pivot has members: name, title, find, within", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch k := n.Content[i]; k.Value {
		case "name", "title", "about", "when", "find", "within":
		default:
			return nil, fmt.Errorf("%d: %q: a pivot has name, title, about, when, find and within", k.Line, k.Value)
		}
	}
	var e entry
	if err := n.Decode(&e); err != nil {
		return nil, yamlError(err)
	}
	p := &Pivot{Name: e.Name, Title: e.Title, About: e.About}
	switch {
	case !nameForm.MatchString(e.Name):
		return nil, fmt.Errorf("%d: name %q: a word of small letters, digits, - and _", line(n, "name", -1), e.Name)
	case e.Title == "":
		return nil, fmt.Errorf("%d: pivot %q has no title", n.Line, e.Name)
	case len(e.Find) == 0 || len(e.Find) > maxFind:
		return nil, fmt.Errorf("%d: pivot %q: find has between 1 and %d conditions", line(n, "find", -1), e.Name, maxFind)
	case len(e.Within) == 0 || len(e.Within) > maxWindows:
		return nil, fmt.Errorf("%d: pivot %q: within has between 1 and %d spans", line(n, "within", -1), e.Name, maxWindows)
	}
	return p, p.read(n, &e)
}

// read reads a pivot's conditions and spans.
func (p *Pivot) read(n *yaml.Node, e *entry) (err error) {
	if e.When != "" {
		if p.when, err = filter.Compile(e.When, event.Fields); err != nil {
			return fmt.Errorf("%d: pivot %q: when: %w", line(n, "when", -1), p.Name, err)
		}
	}
	for i, text := range e.Find {
		t, err := parseTemplate(text)
		if err != nil {
			return fmt.Errorf("%d: pivot %q: find: %w", line(n, "find", i), p.Name, err)
		}
		p.find = append(p.find, t)
	}
	for i, text := range e.Within {
		w, err := parseWindow(text)
		if err == nil && i > 0 {
			if last := p.windows[i-1]; w.Before < last.Before || w.After < last.After || w == last {
				err = fmt.Errorf("%s does not hold the span before it, %s: each is wider than the last", w, last)
			}
		}
		if err != nil {
			return fmt.Errorf("%d: pivot %q: within: %w", line(n, "within", i), p.Name, err)
		}
		p.windows = append(p.windows, w)
	}
	return nil
}

// line returns where a member of a pivot stands, or the i-th of its values.
func line(n *yaml.Node, member string, i int) int {
	for k := 0; k+1 < len(n.Content); k += 2 {
		if n.Content[k].Value != member {
			continue
		}
		if v := n.Content[k+1]; i >= 0 && i < len(v.Content) {
			return v.Content[i].Line
		}
		return n.Content[k].Line
	}
	return n.Line
}
