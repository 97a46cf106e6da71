package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/query/ship"
)

const filebeatFile = "../../deploy/filebeat/filebeat.yml"

// filebeat is what of a configuration of Filebeat the example uses. Filebeat's
// reference names the settings: filestream input, its ndjson parser, the
// fingerprint processor, the Elasticsearch output.
type filebeat struct {
	Inputs []struct {
		Type    string
		ID      string
		Paths   []string
		NoHost  bool `yaml:"publisher_pipeline.disable_host"`
		Parsers []struct {
			NDJSON *struct {
				Target    *string
				Overwrite bool `yaml:"overwrite_keys"`
				ErrorKey  bool `yaml:"add_error_key"`
			} `yaml:"ndjson"`
		}
		Processors []struct {
			Fingerprint *struct {
				Fields []string
				Target string `yaml:"target_field"`
			}
		}
	} `yaml:"filebeat.inputs"`
	Output struct {
		Hosts  []string
		APIKey string `yaml:"api_key"`
		Index  string
	} `yaml:"output.elasticsearch"`
	Template *bool `yaml:"setup.template.enabled"`
	ILM      *bool `yaml:"setup.ilm.enabled"`
}

// The example for Filebeat is one that it reads, and ships what stoop writes:
// each file, closed ones too, and each document under an id of its own.
func TestFilebeatExample(t *testing.T) {
	text, err := os.ReadFile(filebeatFile)
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	var c filebeat
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if len(c.Inputs) != 1 || len(c.Inputs[0].Parsers) != 1 || len(c.Inputs[0].Processors) != 1 {
		t.Fatalf("%+v", c)
	}
	in := c.Inputs[0]
	if in.Type != "filestream" || in.ID == "" || !in.NoHost || len(in.Paths) != 1 {
		t.Errorf("the input is %+v", in)
	}
	parser := in.Parsers[0].NDJSON
	if parser == nil || parser.Target == nil || *parser.Target != "" || !parser.Overwrite || !parser.ErrorKey {
		t.Errorf("documents do not come to the root as they are: %+v", parser)
	}
	off := false
	if c.Output.Index != ship.DefaultStream || len(c.Output.Hosts) == 0 || !strings.HasPrefix(c.Output.APIKey, "${") ||
		!reflect.DeepEqual(c.Template, &off) || !reflect.DeepEqual(c.ILM, &off) {
		t.Errorf("the output is %+v, template %v, ILM %v", c.Output, c.Template, c.ILM)
	}
	id := in.Processors[0].Fingerprint
	if id == nil || id.Target != "@metadata._id" || len(id.Fields) == 0 {
		t.Fatalf("the id is made by %+v", id)
	}
	dir := t.TempDir()
	for name, from := range map[string]string{"demo": "demo", "alerts": alerts} {
		path := filepath.Join(dir, name+".ndjson")
		code, _, errs := stoop(t, "record", from, "--to", path, "--rotate", "100kB,1h", "--keep-files", "1000")
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, errs)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 4 {
		t.Fatalf("%d files: %v", len(entries), err)
	}
	ids := make(map[string]string)
	for _, e := range entries {
		if ok, err := filepath.Match(filepath.Base(in.Paths[0]), e.Name()); !ok {
			t.Errorf("%s is not read from %s: %v", e.Name(), in.Paths[0], err)
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			key, err := fingerprint(line, id.Fields)
			if err != nil {
				t.Fatalf("%s: %v in %s", e.Name(), err, line)
			}
			if other := ids[key]; other != "" {
				t.Fatalf("%s\nand\n%s\nhave one id", other, line)
			}
			ids[key] = string(line)
		}
	}
}

// fingerprint is what an id is made of: fields that all must be there.
func fingerprint(line []byte, fields []string) (key string, err error) {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return "", err
	}
	for _, field := range append([]string{"@timestamp", "ecs.version"}, fields...) {
		var v any = doc
		for word := range strings.SplitSeq(field, ".") {
			object, _ := v.(map[string]any)
			next, ok := object[word]
			if !ok {
				return "", fmt.Errorf("there is no %s", field)
			}
			v = next
		}
		if slices.Contains(fields, field) {
			key += fmt.Sprint(v) + "\n"
		}
	}
	return key, nil
}

// The documentation shows the example as it is.
func TestFilebeatInDocs(t *testing.T) {
	example, err := os.ReadFile(filebeatFile)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/ship.md")
	if err != nil {
		t.Fatal(err)
	}
	_, settings, _ := bytes.Cut(example, []byte("filebeat.inputs:"))
	if !bytes.Contains(page, append([]byte("```yaml\nfilebeat.inputs:"), settings...)) {
		t.Errorf("docs/ship.md has another configuration than %s", filebeatFile)
	}
}
