package siem

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// Index makes an index with a name that tells nothing, loads documents into it
// and returns its name. settings is the body of its creation, such as
// {"mappings":{…}}; "" leaves all to the server. It goes with the test.
func (s *Server) Index(t testing.TB, settings string, docs ...[]byte) string {
	t.Helper()
	index := newName()
	if settings == "" {
		settings = "{}"
	}
	s.Do(t, "PUT", "/"+index, []byte(settings))
	t.Cleanup(func() { _, _, _ = s.ask("DELETE", "/"+index, nil) })
	s.Add(t, index, docs...)
	return index
}

func newName() string { return "x" + strings.ToLower(rand.Text())[:12] }

// Add loads documents into an index and makes them visible.
func (s *Server) Add(t testing.TB, index string, docs ...[]byte) {
	t.Helper()
	if err := s.add(index, docs); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) add(index string, docs [][]byte) error {
	const most = 4 << 20 // bytes a request
	var body bytes.Buffer
	for i, doc := range docs {
		body.WriteString("{\"create\":{}}\n")
		body.Write(bytes.TrimSpace(doc))
		body.WriteByte('\n')
		if body.Len() > most || i == len(docs)-1 {
			if err := s.bulk(index, body.Bytes()); err != nil {
				return err
			}
			body.Reset()
		}
	}
	_, _, err := s.ask("POST", "/"+index+"/_refresh", nil)
	return err
}

func (s *Server) bulk(index string, body []byte) error {
	text, status, err := s.ask("POST", "/"+index+"/_bulk", body)
	if err != nil || status > 299 {
		return fmt.Errorf("bulk: %d %w %s", status, err, text)
	}
	var answer struct {
		Errors bool `json:"errors"`
		Items  []map[string]struct {
			Error json.RawMessage `json:"error"`
		} `json:"items"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	for i, item := range answer.Items {
		for _, result := range item {
			if result.Error != nil {
				return fmt.Errorf("document %d was refused: %s", i, result.Error)
			}
		}
	}
	return nil
}

// lenient are the settings that are tried in turn for documents of a shape: as
// the server likes it; with dots in names that mean nothing, since Falco has
// container.image beside container.image.tag; with objects that are one field,
// as Elastic's own packages have those of the Kubernetes audit log.
func (s *Server) lenient() []string {
	flat := "flattened"
	if s.Flavor == OS {
		flat = "flat_object"
	}
	var templates []string
	for _, name := range []string{"output_fields", "requestObject", "responseObject"} {
		templates = append(templates, fmt.Sprintf(`{%q:{"match":%q,"mapping":{"type":%q}}}`, name, name, flat))
	}
	return []string{
		"{}",
		`{"mappings":{"subobjects":false}}`,
		`{"mappings":{"dynamic_templates":[` + strings.Join(templates, ",") + `]}}`,
	}
}

// Shape is a file of the test data in an index of its own.
type Shape struct {
	Name  string // falco-logzio/type-falco.derived
	Index string // a name that tells nothing
	Docs  [][]byte
}

// Shapes loads each file of the data's siem folder into an index.
func (s *Server) Shapes(t testing.TB) []Shape {
	t.Helper()
	root := testdata.Path(t, "siem")
	var all []Shape
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".ndjson" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		shape := Shape{Name: filepath.ToSlash(strings.TrimSuffix(name, ".ndjson"))}
		for line := range bytes.Lines(text) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				shape.Docs = append(shape.Docs, line)
			}
		}
		var refused error
		for _, settings := range s.lenient() {
			shape.Index = newName()
			if _, status, err := s.ask("PUT", "/"+shape.Index, []byte(settings)); err != nil || status > 299 {
				continue // a mapping that this server does not know
			}
			t.Cleanup(func() { _, _, _ = s.ask("DELETE", "/"+shape.Index, nil) })
			if refused = s.add(shape.Index, shape.Docs); refused == nil {
				all = append(all, shape)
				return nil
			}
		}
		return fmt.Errorf("%s: %w", name, refused)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal(fmt.Errorf("%s holds no files of documents", root))
	}
	return all
}
