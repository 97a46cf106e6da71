package trail

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

//go:embed story/*.yaml
var tellingFiles embed.FS

// telling says of which events a sentence is made, and how it reads.
type telling struct {
	Tell   string   `yaml:"tell"`
	When   string   `yaml:"when"`
	Say    string   `yaml:"say"`
	Many   string   `yaml:"many"` // "": say, with how many behind it
	By     []string `yaml:"by"`
	Of     string   `yaml:"of"`
	Tactic string   `yaml:"tactic"` // MITRE ATT&CK's name

	filter *filter.Filter
	by     []field
	of     field
}

// tellings are those of the story folder, in their order. They are ours: an
// error in them is a defect, which the tests find.
var tellings = sync.OnceValue(func() []*telling {
	all, err := readTellings(tellingFiles)
	if err != nil {
		panic(err)
	}
	return all
})

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
	if t.filter, err = filter.Compile(t.When, event.Fields); err != nil {
		return err
	}
	for _, text := range []string{t.Say, t.Many} {
		if _, err := event.ParseFormat(text, event.Fields); err != nil {
			return err
		}
	}
	for _, name := range t.By {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			return err
		}
		t.by = append(t.by, field{f, arg})
	}
	if t.Of != "" {
		t.of.f, t.of.arg, err = event.Fields.Parse(t.Of)
	}
	return err
}

// key is what the events of one sentence agree in.
func (t *telling) key(r event.Row, n *Node) string {
	key := fmt.Appendf(nil, "%s\x00%d\x00%d", t.Tell, n.Process.PID, n.Process.Start)
	for _, f := range t.by {
		key = append(key, 0)
		key = append(key, text(r, f)...)
	}
	return string(key)
}
