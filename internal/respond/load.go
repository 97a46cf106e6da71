package respond

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/reread"
)

//go:embed responses.yaml
var builtIn []byte

// Schema is the JSON schema (draft 2020-12) of a file of responses, for editors.
//
//go:embed responses.schema.json
var Schema []byte

// Table is a collection of responses, in the order in which they are shown.
type Table struct{ all []*Response }

// All returns the responses.
func (t *Table) All() []*Response { return t.all }

// BuiltIn are the responses that are there by themselves.
var BuiltIn = mustParse(builtIn)

func mustParse(text []byte) *Table {
	t, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return t
}

// Folder is where a user's own responses are. It is read again when a file in it
// has changed. Its methods may be called from any goroutine.
type Folder struct{ files *reread.Folder[Table] }

// NewFolder returns a folder; "" is one that has only the built-in responses.
func NewFolder(dir string) *Folder { return &Folder{reread.New(dir, Load)} }

// Table returns the responses as the files have them now (see [Load]). While a
// file is wrong after a change, all is as it was before, and what is wrong with it
// is said.
func (f *Folder) Table() (*Table, error) {
	t, _, err := f.files.Get()
	return t, err
}

// Load returns the built-in responses and those of a folder's files, *.yaml; one
// of the name of a built-in one takes its place. What is wrong with a file is in
// the error, and the other files are read.
func Load(dir string) (*Table, error) {
	all, err := reread.Over(BuiltIn.all, dir, func(path string) ([]*Response, error) {
		t, err := LoadFile(path)
		if err != nil {
			return nil, err
		}
		return t.all, nil
	}, func(r *Response) string { return r.Name })
	return &Table{all}, err
}

// Bounds of a file.
const (
	maxFile      = 1 << 20
	maxResponses = 100
)

// LoadFile reads a file of responses. An error says where in it something is
// wrong.
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
		return nil, fmt.Errorf("%s: more than 1 MiB are too many for responses", name)
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return t, nil
}

// Parse reads responses. An error begins with the line of what is wrong.
func Parse(text []byte) (*Table, error) {
	var doc []yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("1: a list of responses is needed: %w", err)
	}
	if len(doc) == 0 || len(doc) > maxResponses {
		return nil, fmt.Errorf("1: a file has 1 to %d responses; this one has %d", maxResponses, len(doc))
	}
	t := new(Table)
	for i := range doc {
		r, err := parse(&doc[i])
		if err == nil && slices.ContainsFunc(t.all, func(have *Response) bool { return have.Name == r.Name }) {
			err = errors.New("there are two of this name")
		}
		if err != nil {
			return nil, fmt.Errorf("%d: response %q: %w", doc[i].Line, r.Name, err)
		}
		t.all = append(t.all, r)
	}
	return t, nil
}

// word is what a response may be called.
var word = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// parse reads one response.
func parse(node *yaml.Node) (*Response, error) {
	r := new(Response)
	if err := known(node); err != nil {
		return r, err
	}
	if err := node.Decode(r); err != nil {
		return r, err
	}
	if !word.MatchString(r.Name) {
		return r, errors.New("a name has up to 32 of a-z, 0-9, - and _")
	}
	if r.Title == "" || r.Text == "" {
		return r, errors.New("title and text are needed")
	}
	if r.When != "" {
		f, err := filter.Compile(r.When, event.Fields)
		if err != nil {
			return r, fmt.Errorf("when: %w", err)
		}
		r.when = f
	}
	for _, text := range []string{r.Title + r.About + r.Costs, r.Text, r.Undo} {
		if err := plain(text); err != nil {
			return r, err
		}
	}
	return r, errors.Join(checkHoles(r.Text), checkHoles(r.Undo))
}

// known refuses words that no response has.
func known(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return errors.New("a response is a mapping: name, title, text")
	}
	for i := 0; i < len(node.Content); i += 2 {
		if key := node.Content[i].Value; !slices.Contains([]string{"name", "title", "about", "when", "costs", "text", "undo"}, key) {
			return fmt.Errorf("there is no %q: name, title, about, when, costs, text, undo", key)
		}
	}
	return nil
}

// controls are what a terminal would act upon when the text is pasted.
var controls = regexp.MustCompile(`[^\n\t\pL\pM\pN\pP\pS\pZ]`)

func plain(text string) error {
	if c := controls.FindString(text); c != "" {
		return fmt.Errorf("%q may not stand in a text that is pasted into a terminal", c)
	}
	return nil
}

// checkHoles refuses places for values that there are not, and those where a
// quoted value would not stay one word.
func checkHoles(text string) error {
	for _, at := range hole.FindAllStringSubmatchIndex(text, -1) {
		whole, name, kind := text[at[0]:at[1]], text[at[2]:at[3]], text[at[4]:at[5]]
		if _, _, err := event.Fields.Parse(name); err != nil {
			return fmt.Errorf("%s: %w", whole, err)
		}
		f, ok := forms[kind]
		if !ok {
			return fmt.Errorf("%s: there is no form %q: %s", whole, kind, formNames())
		}
		if in := inside(text[:at[0]]); f.quote && in != "" {
			return fmt.Errorf("%s stands in %s, where its value could become a command: it is quoted where it is filled in, so put it where a word of the shell stands", whole, in)
		}
	}
	return nil
}
