package profile

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml
var files embed.FS

// Profile says how the documents of one kind map onto fields.
type Profile struct {
	Name    string            `yaml:"name"`
	About   string            `yaml:"about"`   // what the documents are, in the plural
	Fields  string            `yaml:"fields"`  // the member whose members are fields
	Lost    string            `yaml:"lost"`    // a member among the fields: events that the document's maker lost
	Needs   []string          `yaml:"needs"`   // the members by which such a document is known
	Members map[string]string `yaml:"members"` // field by member, of the document's other members
	Within  []Within          `yaml:"within"`  // where the document lies in others
	Aliases map[string]string `yaml:"aliases"` // field by another name of it
	Labels  map[string]string `yaml:"labels"`  // field by what it is called in an output's text

	reverse map[string][]string // the other names of a field
	shapes  [][]byte            // what one of must be in a document: the needs, each in quotes
}

// Within is one place where a document may lie in another. One of its members
// is set.
type Within struct {
	Object string `yaml:"object"` // a member that is the document
	Text   string `yaml:"text"`   // a member whose text is the document
}

// load reads the profiles once.
var load = sync.OnceValue(func() []*Profile {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err)
	}
	all := make([]*Profile, 0, len(names))
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		p := &Profile{}
		if err := yaml.Unmarshal(data, p); err != nil {
			panic(fmt.Sprintf("profile: %s: %v", name, err))
		}
		p.index()
		all = append(all, p)
	}
	return all
})

func (p *Profile) index() {
	p.reverse = make(map[string][]string)
	for other, field := range p.Aliases {
		p.reverse[field] = append(p.reverse[field], other)
	}
	for _, need := range p.Needs {
		p.shapes = append(p.shapes, []byte(need))
	}
}

// All returns the profiles, sorted by name. They are not to be changed.
func All() []*Profile { return load() }

// ByName returns the profile of a name, nil when there is none.
func ByName(name string) *Profile {
	for _, p := range All() {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Sniff returns the profile that reads a document, nil when none does.
func Sniff(doc []byte) *Profile {
	for _, p := range All() {
		if _, err := NewMapper(p, event.NewTables()).Map(doc); err == nil {
			return p
		}
	}
	return nil
}

// Origin says which fields the profile's documents can fill.
func (p *Profile) Origin() event.Origin { return event.FromFalco | event.FromAudit }

// likely reports whether a document may be of this kind, by a glance.
func (p *Profile) likely(doc []byte) bool {
	for _, need := range p.shapes {
		if !bytes.Contains(doc, need) {
			return false
		}
	}
	return true
}
