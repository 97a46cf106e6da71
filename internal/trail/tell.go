package trail

import (
	bytes "bytes"
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

//go:embed story/*.yaml
var tellingFiles embed.FS

// telling says of which events a sentence is made, and how it reads.
type telling struct {
	Tell       string   `yaml:"tell"`
	When       string   `yaml:"when"`
	After      []string `yaml:"after"` // only of a process of which one of these was told
	Kin        bool     `yaml:"kin"`   // after: or of one that the same parent started with it, as in a pipe
	Say        string   `yaml:"say"`
	Many       string   `yaml:"many"` // "": say, with how many behind it
	By         []string `yaml:"by"`
	Of         string   `yaml:"of"`
	Sum        string   `yaml:"sum"`
	Before     string   `yaml:"before"`      // what {before} says of the sentence that it comes after
	Role       string   `yaml:"role"`        // what else is known of such events: started, wrote, connected, began to connect
	Tactic     string   `yaml:"tactic"`      // MITRE ATT&CK's name
	ManyTactic string   `yaml:"many tactic"` // that of many of them, as in a scan
	Notable    bool     `yaml:"notable"`     // worth an alert: it is said when no rule fired on it
	Inferred   bool     `yaml:"inferred"`    // the events do not say so: it is concluded

	filter    *filter.Filter
	by        []field
	of, sum   field
	say, many *phrase
	before    *phrase
}

// roles are what a telling may say that its events are.
var roles = map[string]bool{"": true, "started": true, "wrote": true, "connected": true, "began to connect": true}

// tellings are those of the story folder, in their order. They are ours: an
// error in them is a defect, which the tests find.
var tellings = sync.OnceValue(func() []*telling {
	all, err := readTellings(tellingFiles)
	if err != nil {
		panic(err)
	}
	return all
})

// byType are the tellings that may hold for events of each type.
var byType = sync.OnceValue(func() *[event.NumTypes][]*telling {
	var of [event.NumTypes][]*telling
	for _, t := range tellings() {
		types := t.filter.Types()
		for _, typ := range types.List() {
			of[typ] = append(of[typ], t)
		}
	}
	return &of
})

// tellingsOf returns those that may hold for an event. Of a document's type its
// row may not say all.
func tellingsOf(r event.Row) []*telling {
	if r.B.Bits[r.I]&event.HasDoc != 0 || int(r.Type) >= event.NumTypes {
		return tellings()
	}
	return byType()[r.Type]
}

func readTellings(fsys fs.FS) (all []*telling, err error) {
	names, err := fs.Glob(fsys, "story/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		var some []*telling
		if err := d.Decode(&some); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, t := range some {
			if err := t.compile(); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, t.Tell, err)
			}
		}
		all = append(all, some...)
	}
	return all, nil
}

func (t *telling) compile() (err error) {
	if !roles[t.Role] {
		return fmt.Errorf("there is no role %q", t.Role)
	}
	if t.filter, err = filter.Compile(t.When, event.Fields); err != nil {
		return err
	}
	if t.say, err = newPhrase(t.Say); err != nil {
		return err
	}
	if t.Many != "" {
		if t.many, err = newPhrase(t.Many); err != nil {
			return err
		}
	}
	if t.Before != "" {
		if t.before, err = newPhrase(t.Before); err != nil {
			return err
		}
	}
	for _, name := range t.By {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			return err
		}
		t.by = append(t.by, field{Field: f, Arg: arg})
	}
	if t.Of != "" {
		if t.of.Field, t.of.Arg, err = event.Fields.Parse(t.Of); err != nil {
			return err
		}
	}
	if t.Sum != "" {
		t.sum.Field, t.sum.Arg, err = event.Fields.Parse(t.Sum)
	}
	return err
}

// phrase is a text with fields of an event in it, and with {names} of what only
// the story knows.
type phrase struct {
	parts []*event.Format // nil stands for the name of the same place
	names []string
}

func newPhrase(text string) (*phrase, error) {
	p := &phrase{}
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		f, err := event.ParseFormat(before, event.Fields)
		if err != nil {
			return nil, err
		}
		p.parts, p.names = append(p.parts, f), append(p.names, "")
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		switch name {
		case "count", "distinct", "sum", "before", "parent", "server", "connection":
		default:
			closed = false
		}
		if !closed {
			return nil, fmt.Errorf("there is nothing to say for {%s", rest)
		}
		p.parts, p.names, text = append(p.parts, nil), append(p.names, name), after
	}
	return p, nil
}

// with fills a phrase. A value is never looked into: a file may be called
// {count}.
func (p *phrase) with(values map[string]string, r event.Row) string {
	var b []byte
	for i, f := range p.parts {
		if f == nil {
			b = append(b, spoken(values, p.names[i], r)...)
			continue
		}
		b = f.Append(b, r)
	}
	return string(b)
}

// spoken is what stands for a name in a phrase about an event.
func spoken(values map[string]string, name string, r event.Row) string {
	switch name {
	case "parent":
		return cmp.Or(text(r, fieldParent), "a process that is not known")
	case "server":
		return withName(cmp.Or(text(r, fieldServer), event.NotAvailable), ofServer.of(r))
	case "connection":
		return withName(cmp.Or(text(r, fieldPeer), event.NotAvailable), Named(r))
	}
	return values[name]
}

// String fills a phrase in which nothing stands that only a story knows.
func (p *phrase) String(r event.Row) string { return p.with(nil, r) }

var (
	fieldServer = mustField("fd.sip")
	fieldParent = mustField("proc.pname")
)
