package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/safetext"
)

// Options say how a case is exported.
type Options struct {
	ShowSecrets bool
	Now         time.Time

	// Merge writes one recording of the events of several, with secrets in
	// command lines and documents masked unless they are to be shown, and returns
	// how many events it has. nil leaves the recording out.
	Merge func(from []string, to string, showSecrets bool) (events int, err error)
}

// The files of an export.
const (
	markdownFile  = "case.md"
	jsonFile      = "case.json"
	stixFile      = "case.stix.json"
	recordingFile = "events.stoop"
	sumsFile      = "SHA256SUMS"
	picturesDir   = "pictures"
)

// Export writes the case into a folder, which must be empty or not there. What of
// the evidence is not what it was is in the Markdown, and in the error.
func (c *Case) Export(dir string, opt Options) (files []File, err error) {
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return nil, fmt.Errorf("%s is not empty: name a folder for the export alone", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, picturesDir), 0o700); err != nil {
		return nil, err
	}
	x := &export{c: c, dir: dir, opt: opt, entries: c.Entries(), wrong: c.Verify()}
	for _, step := range []func() error{x.pictures, x.recording, x.json, x.stix, x.markdown, x.sums} {
		if err := step(); err != nil {
			return x.files, err
		}
	}
	if len(x.wrong) > 0 {
		return x.files, fmt.Errorf("the export is whole, but its evidence is not: %s", strings.Join(x.wrong, "; "))
	}
	return x.files, nil
}

// export is one export.
type export struct {
	c       *Case
	dir     string
	opt     Options
	entries []Entry
	wrong   []string // with the evidence
	files   []File   // written so far
}

// text makes a text from outside fit to be handed on.
func (x *export) text(s string) string {
	if x.opt.ShowSecrets {
		return s
	}
	return safetext.Redact(s)
}

// fields are the fields of an event's entry, masked.
func (x *export) fields(e *Entry) map[string]any {
	var m map[string]any
	dec := json.NewDecoder(strings.NewReader(string(e.Event)))
	dec.UseNumber()
	if dec.Decode(&m) != nil {
		return nil
	}
	if !x.opt.ShowSecrets {
		withoutData(m)
	}
	for k, v := range m {
		m[k] = x.masked(v)
	}
	return m
}

// dataArg is the field of what was read or written.
const dataArg = "evt.arg.data"

// withoutData takes what was read or written out of an event's fields: anything
// may be in it.
func withoutData(m map[string]any) {
	data, _ := m[dataArg].(string)
	if data == "" {
		return
	}
	m[dataArg] = leftOut
	if args, ok := m["evt.args"].(string); ok {
		m["evt.args"] = strings.ReplaceAll(args, "data="+data, "data="+leftOut)
	}
	delete(m, "evt.buffer")
}

// leftOut stands where data was.
const leftOut = "(left out)"

func (x *export) masked(v any) any {
	switch v := v.(type) {
	case string:
		return x.text(v)
	case []any:
		for i := range v {
			v[i] = x.masked(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = x.masked(v[k])
		}
	}
	return v
}

// write writes a file of the export.
func (x *export) write(name string, text []byte) error {
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	f, err := sumOf(path, name)
	x.files = append(x.files, f)
	return err
}

// pictures copies the pictures. They were taken with secrets masked, unless the
// screen showed them.
func (x *export) pictures() error {
	for _, e := range x.entries {
		if e.Kind != Picture {
			continue
		}
		for _, f := range e.Files {
			text, err := os.ReadFile(filepath.Join(x.c.dir, f.Name))
			if err != nil {
				continue // Verify has said so
			}
			if err := x.write(picturesDir+"/"+f.Name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// recording writes the events of the marks and trails as one recording.
func (x *export) recording() error {
	if x.opt.Merge == nil {
		return nil
	}
	var from []string
	for _, e := range x.entries {
		if e.Kind != Mark && e.Kind != Trail {
			continue
		}
		for _, f := range e.Files {
			from = append(from, filepath.Join(x.c.dir, f.Name))
		}
	}
	if len(from) == 0 {
		return nil
	}
	path := filepath.Join(x.dir, recordingFile)
	n, err := x.opt.Merge(from, path, x.opt.ShowSecrets)
	if err != nil {
		return fmt.Errorf("the recording of the events was not written: %w", err)
	}
	f, err := sumOf(path, recordingFile)
	f.Events = n
	x.files = append(x.files, f)
	return err
}

// caseDoc is a case in JSON.
type caseDoc struct {
	Title    string     `json:"title"`
	Exported time.Time  `json:"exported"`
	Masked   bool       `json:"secrets_masked"`
	Entries  []entryDoc `json:"entries"`
	Evidence []File     `json:"evidence"`
	Wrong    []string   `json:"evidence_wrong,omitempty"`
}

type entryDoc struct {
	Entry
	Event map[string]any `json:"event,omitempty"`
}

// json writes the case as it is.
func (x *export) json() error {
	doc := caseDoc{Title: x.text(x.c.Title()), Exported: x.opt.Now.UTC(), Masked: !x.opt.ShowSecrets, Evidence: x.c.Files(), Wrong: x.wrong}
	for _, e := range x.entries {
		e.Title, e.Text, e.Filter = x.text(e.Title), x.text(e.Text), x.text(e.Filter)
		doc.Entries = append(doc.Entries, entryDoc{e, x.fields(&e)})
	}
	return x.writeJSON(jsonFile, doc)
}

// writeJSON writes a value, with every text fit for a terminal.
func (x *export) writeJSON(name string, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(safetext.NewJSONWriter(&b))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return x.write(name, []byte(b.String()))
}

// sums writes what sha256sum -c checks.
func (x *export) sums() error {
	var b strings.Builder
	files := slices.Clone(x.files)
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return x.write(sumsFile, []byte(b.String()))
}
