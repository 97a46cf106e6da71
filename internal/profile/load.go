package profile

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
	"go.yaml.in/yaml/v3"
)

//go:embed profiles/*.yaml
var files embed.FS

// file is a profile as it is written.
type file struct {
	Name    string              `yaml:"name"`
	About   string              `yaml:"about"`
	Order   int                 `yaml:"order"`
	Origin  string              `yaml:"origin"`
	Like    string              `yaml:"like"` // a profile whose map goes behind this one's
	Fields  string              `yaml:"fields"`
	Lost    string              `yaml:"lost"`
	Cut     string              `yaml:"cut"`
	Needs   []yaml.Node         `yaml:"needs"`
	Within  []Within            `yaml:"within"`
	Roots   []string            `yaml:"roots"`
	Map     yaml.Node           `yaml:"map"`
	Aliases map[string]string   `yaml:"aliases"`
	Labels  map[string]string   `yaml:"labels"`
	Told    string              `yaml:"told"`
	Write   yaml.Node           `yaml:"write"`
	Parts   map[string][]string `yaml:"parts"`
}

// Set is a collection of profiles, in the order in which they are tried.
type Set struct {
	profiles []*Profile
}

// builtIn reads the profiles that are built in, once.
var builtIn = sync.OnceValue(func() *Set {
	s, err := loadFS(files, "profiles", "", &Set{})
	if err != nil {
		panic("profile: " + err.Error())
	}
	return s
})

// Load returns the built-in profiles and those in the files *.yaml of a folder,
// which are tried first; one of the name of a built-in profile takes its place.
// A folder that does not exist has none. What is wrong is said with file and
// line; the set has all that is right.
func Load(dir string) (*Set, error) {
	if _, err := os.Stat(dir); dir == "" || errors.Is(err, fs.ErrNotExist) {
		return builtIn(), nil
	}
	s := &Set{profiles: slices.Clone(builtIn().profiles)}
	own, err := loadFS(os.DirFS(dir), ".", dir, s)
	s.profiles = slices.DeleteFunc(s.profiles, func(p *Profile) bool { return own.ByName(p.Name) != nil })
	s.profiles = append(own.profiles, s.profiles...)
	return s, err
}

// loadFS reads the profiles of a folder. dir is what their files' names are
// to begin with; base has others that they may be like.
func loadFS(fsys fs.FS, sub, dir string, base *Set) (s *Set, err error) {
	s = &Set{}
	names, err := fs.Glob(fsys, strings.TrimPrefix(sub+"/*.yaml", "./"))
	if err != nil {
		return s, err
	}
	var faults []error
	var loaded []*loader
	for _, name := range names {
		l, err := loadFile(fsys, name, dir)
		if err == nil && slices.ContainsFunc(loaded, func(o *loader) bool { return o.p.Name == l.p.Name }) {
			err = fmt.Errorf("%s: another file has a profile of the name %s", l.file, l.p.Name)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		loaded = append(loaded, l)
	}
	for _, l := range loaded {
		if err := l.finish(loaded, base); err != nil {
			faults = append(faults, err)
			continue
		}
		s.profiles = append(s.profiles, l.p)
	}
	slices.SortStableFunc(s.profiles, func(a, b *Profile) int { return cmp.Compare(a.order, b.order) })
	return s, errors.Join(faults...)
}

// loadFile reads one profile.
func loadFile(fsys fs.FS, name, dir string) (*loader, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return parse(name, data)
	}
	l, err := parse(filepath.Join(dir, name), data)
	if err == nil {
		l.p.File = l.file
	}
	return l, err
}

// All returns the profiles in the order in which they are tried.
func (s *Set) All() []*Profile { return s.profiles }

// ByName returns the profile of a name, nil when there is none.
func (s *Set) ByName(name string) *Profile {
	for _, p := range s.profiles {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// maxFile bounds a profile's file.
const maxFile = 1 << 20

// parse reads a profile. An error begins with the file's name and the line.
func parse(name string, data []byte) (*loader, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: it is longer than %d bytes", name, maxFile)
	}
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("there is nothing in it")
		}
		return nil, yamlError(name, err)
	}
	l := &loader{file: name, like: f.Like, told: f.Told}
	l.p = l.profile(&f)
	return l, l.err
}

// finish puts the places of the profile that this one is like behind its own,
// and makes the tables.
func (l *loader) finish(others []*loader, base *Set) error {
	named := func(name string) *Profile {
		for _, o := range others {
			if o.p.Name == name {
				return o.p
			}
		}
		return base.ByName(name)
	}
	if l.like != "" {
		like := named(l.like)
		if like == nil || like == l.p {
			return fmt.Errorf("%s: it is like %q, but there is no such profile", l.file, l.like)
		}
		l.p.behind(like)
	}
	if l.told != "" {
		other := named(l.told)
		if other == nil {
			return fmt.Errorf("%s: what alerts told is read as %q does, but there is no such profile", l.file, l.told)
		}
		l.p.told = other.labels
	}
	l.p.index()
	return nil
}

// behind puts the places of another profile behind those of this one, and takes
// over what it says of fields by their own names.
func (p *Profile) behind(other *Profile) {
	for _, name := range other.named {
		own, ok := p.places[name]
		if !ok {
			p.names = append(p.names, name)
		}
		if !slices.ContainsFunc(own, func(pl place) bool { return pl.alone }) {
			p.places[name] = append(own, other.own[name]...)
		}
	}
	if p.fields == "" {
		p.fields, p.lost, p.aliases = other.fields, other.lost, other.aliases
	}
	if p.labels == nil {
		p.labels = other.labels
	}
}

// yamlError writes what the YAML package complains of as file:line: reason.
func yamlError(name string, err error) error {
	text := err.Error()
	var te *yaml.TypeError
	if errors.As(err, &te) {
		text = strings.Join(te.Errors, "; ")
	}
	text = strings.TrimPrefix(text, "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		return fmt.Errorf("%s:%s", name, strings.Replace(rest, " in type profile.file", "", 1))
	}
	return fmt.Errorf("%s: %s", name, text)
}

// loader makes a profile of a file, and keeps the first error.
type loader struct {
	file string
	like string
	told string
	p    *Profile
	err  error
}

func (l *loader) fail(n *yaml.Node, format string, args ...any) {
	if l.err == nil {
		line := 1
		if n != nil && n.Line > 0 {
			line = n.Line
		}
		l.err = fmt.Errorf("%s:%d: %s", l.file, line, fmt.Sprintf(format, args...))
	}
}

func (l *loader) profile(f *file) *Profile {
	p := &Profile{
		Name: f.Name, About: f.About, Within: f.Within, order: f.Order, fields: f.Fields, lost: f.Lost, labels: f.Labels,
		places: make(map[string][]place), aliases: make(map[string][]string), origin: event.FromFalco,
	}
	if f.Cut != "" {
		p.cut = []byte(f.Cut + `"`)
	}
	switch f.Origin {
	case "", "reports":
	case "audit":
		p.origin = event.FromAudit
	case "falco":
		p.origin = event.FromFalco | event.FromAudit
	default:
		l.fail(nil, "origin is %q, not reports, audit or falco", f.Origin)
	}
	if f.Name == "" || f.About == "" {
		l.fail(nil, "a profile has a name and says in about what its documents are")
	}
	for _, w := range f.Within {
		if (w.Object == "") == (w.Text == "") {
			l.fail(nil, "a place in within is an object or a text")
		}
	}
	for _, n := range f.Needs {
		p.needs = append(p.needs, l.need(&n))
	}
	if len(p.needs) == 0 {
		l.fail(nil, "a profile has needs: what is in its documents, and not in others")
	}
	if len(p.needs) > maxNeeds || len(p.Within) > maxWithin {
		l.fail(nil, "a profile has at most %d needs and %d places in within", maxNeeds, maxWithin)
	}
	for other, field := range f.Aliases {
		l.field(nil, field)
		p.aliases[field] = append(p.aliases[field], other)
	}
	for _, names := range p.aliases {
		slices.Sort(names)
	}
	l.pairs(&f.Map, func(key, v *yaml.Node) {
		for _, pl := range l.placesAt(v) {
			for _, name := range l.expand(key, f.Parts) {
				l.field(key, name)
				if _, ok := p.places[name]; !ok {
					p.names = append(p.names, name)
				}
				p.places[name] = append(p.places[name], pl.part(key.Value, name).rooted(f.Roots)...)
			}
		}
	})
	l.pairs(&f.Write, func(key, v *yaml.Node) {
		l.field(v, v.Value)
		p.write = append(p.write, ecsMember{path: key.Value, name: v.Value})
	})
	p.named, p.own = slices.Clone(p.names), maps.Clone(p.places)
	return p
}

// pairs goes through a mapping in its order.
func (l *loader) pairs(n *yaml.Node, yield func(key, v *yaml.Node)) {
	if n.Kind == 0 {
		return
	}
	if n.Kind != yaml.MappingNode {
		l.fail(n, "a table is expected here")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		yield(n.Content[i], n.Content[i+1])
	}
}

// field checks that there is such a field.
func (l *loader) field(n *yaml.Node, name string) {
	base, arg, has := strings.Cut(name, "[")
	f, _ := event.Fields.Lookup(base)
	switch {
	case f == nil:
		l.fail(n, "there is no field %s (stoop fields lists them)", base)
	case has && (!strings.HasSuffix(arg, "]") || f.Arg&(event.ArgIndex|event.ArgKey) == 0):
		l.fail(n, "field %s takes no argument", base)
	}
}
