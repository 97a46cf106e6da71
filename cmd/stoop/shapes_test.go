package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/siem"
)

// shell is what an analyst asks of every index.
const shell = `alert.rule contains "shell"`

// printed is an event as stoop print -o json writes it.
type printed map[string]any

// key tells events apart: what raised them and when they happened.
func (e printed) key() string { return fmt.Sprint(e["alert.rule"], " at ", e["evt.time.iso8601"]) }

// printShell prints the alerts about shells of a source.
func printShell(t *testing.T, source string) map[string]printed {
	t.Helper()
	code, out, errs := stoop(t, "print", source, "-f", shell, "-o", "json")
	if code != exitOK {
		t.Fatalf("%s: exit %d: %s", source, code, errs)
	}
	all := make(map[string]printed)
	for line := range strings.Lines(out) {
		var e printed
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber() // times have more digits than a float
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%s: %v in %s", source, err, line)
		}
		if all[e.key()] != nil {
			t.Errorf("%s: %s is there twice", source, e.key())
		}
		all[e.key()] = e
	}
	return all
}

// The same alerts, as the ways of shipping them have left them in an index each,
// print as the same events. Nothing tells stoop which way it was: the indices'
// names are made of chance.
func TestEveryShapePrintsTheSame(t *testing.T) {
	want := printShell(t, testdata.Path(t, "siem/falco-raw/alerts.ndjson"))
	if len(want) != 5 {
		t.Fatalf("Falco's own file has %d alerts about shells", len(want))
	}
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		s.Env(t)
		compared := 0
		shapes := s.Shapes(t)
		for _, shape := range shapes {
			if shape.Name == "falco-raw/alerts" {
				shapes = append(shapes, inLog(t, s, shape))
			}
		}
		for _, shape := range shapes {
			if !strings.HasSuffix(shape.Name, ".derived") && shape.Name != "falco-raw/alerts" && shape.Name != "falco-log" || !strings.HasPrefix(shape.Name, "falco") {
				continue
			}
			compared++
			t.Run(shape.Name, func(t *testing.T) {
				got := printShell(t, s.Address(shape.Index))
				for key, w := range want {
					doc := documentOf(w, shape.Docs)
					g := got[key]
					delete(got, key)
					switch {
					case doc == nil && g == nil && shape.Name == "falco-elastic/pipeline.derived": // has ten of them
					case doc == nil:
						t.Errorf("%s is in no document", key)
					case g == nil:
						t.Errorf("%s is missing", key)
					default:
						sameFields(t, w, g, doc)
					}
				}
				for key := range got {
					t.Errorf("%s is there as well", key)
				}
			})
		}
		if compared != 10 {
			t.Errorf("%d shapes were compared", compared)
		}
	})
}

// inLog is the shape of alerts that Falco wrote to its container's output and a
// shipper took from there without reading them: JSON text in the member log.
func inLog(t *testing.T, s *siem.Server, raw siem.Shape) siem.Shape {
	t.Helper()
	of := siem.Shape{Name: "falco-log"}
	for _, doc := range raw.Docs {
		var alert struct{ Time string }
		if err := json.Unmarshal(doc, &alert); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(map[string]string{"@timestamp": alert.Time, "stream": "stdout", "log": string(doc) + "\n"})
		if err != nil {
			t.Fatal(err)
		}
		of.Docs = append(of.Docs, line)
	}
	of.Index = s.Index(t, "", of.Docs...)
	return of
}

// counted are fields that say which place an event has in what was read.
var counted = map[string]bool{"evt.num": true, "evt.reltime": true}

// sameFields compares what a shape tells of an alert with what Falco told. A
// field that is not there must be one that the profile does not find in the
// document, by stoop's own account of it, and be said to be not stored where the
// alert's own text names it; one that is cut must be said to be.
func sameFields(t *testing.T, want, got printed, doc []byte) {
	t.Helper()
	var found map[string]bool
	cut, lost := listed(got["stoop.cut_in"]), listed(got["stoop.not_stored"])
	for name, w := range want {
		g, ok := got[name]
		if counted[name] || ok && reflect.DeepEqual(g, w) {
			continue
		}
		if name == "proc.aname" && strings.HasPrefix(fmt.Sprint(w), fmt.Sprint(g)) {
			continue // all ancestors: as many as are stored, each of which is compared by itself
		}
		if start, is := strings.CutSuffix(fmt.Sprint(g), "[...]"); ok && is && cut[name] && got["stoop.cut"] == true && strings.HasPrefix(fmt.Sprint(w), start) {
			continue
		}
		if _, counts := g.(json.Number); counts && cut[name] {
			continue // of what is cut
		}
		if ok {
			t.Errorf("%s: %s is %v, Falco said %v", want.key(), name, g, w)
			continue
		}
		if told := strings.Contains(fmt.Sprint(want["alert.output"], " "), fmt.Sprint("=", w, " ")); told != lost[name] {
			t.Errorf("%s: %s is missing, and said to be not stored: %v; the text names it: %v", want.key(), name, lost[name], told)
		}
		if found == nil {
			found = fieldsFound(t, doc)
		}
		if found[name] {
			t.Errorf("%s: %s is missing, and profiles test finds it", want.key(), name)
		}
	}
}

func listed(v any) map[string]bool {
	all := make(map[string]bool)
	names, _ := v.([]any)
	for _, name := range names {
		all[fmt.Sprint(name)] = true
	}
	return all
}

// What falcosidekick cuts of a long alert is said to be cut, field by field, and the
// rest is the same.
func TestCutIsReported(t *testing.T) {
	const alert = `{%s"output":"o","priority":"Notice","rule":"A shell with a long line","time":"2026-11-23T20:02:01.5Z","source":"syscall","hostname":"vm","tags":["a","b"],
		"output_fields":{"proc.name":"bash","proc.cmdline":%q,"proc.pcmdline":"sh -c x","proc.pname":"sh","proc.exepath":"/bin/bash","user.name":"root"}}`
	line := "bash -c " + strings.Repeat("echo a;", 800)
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "x7")
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "\n", "")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	whole := printShell(t, file(fmt.Sprintf(alert, "", line)))
	cut := fmt.Sprintf(alert, `"uuid":"1",`, line[:507]+"[...]")
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	index := s.Index(t, "", []byte(strings.ReplaceAll(cut, "\n", "")))
	for _, source := range []string{file(cut), s.Address(index)} {
		for key, got := range printShell(t, source) {
			sameFields(t, whole[key], got, []byte(cut))
			if lines := listed(got["stoop.cut_in"]); !lines["proc.cmdline"] || lines["proc.pcmdline"] || len(whole) != 1 {
				t.Errorf("cut in %v", lines)
			}
		}
	}
}

// fieldsFound are the fields that stoop profiles test finds in a document.
func fieldsFound(t *testing.T, doc []byte) map[string]bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x7")
	if err := os.WriteFile(file, append(bytes.Clone(doc), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := stoop(t, "profiles", "test", file)
	_, list, ok := strings.Cut(out, "fields that were found, and in how many documents:\n")
	if code != exitOK || !ok {
		t.Fatalf("exit %d\n%s\n%s", code, out, errs)
	}
	found := make(map[string]bool)
	for line := range strings.Lines(list) {
		name, ok := strings.CutPrefix(line, "    ")
		if !ok {
			break
		}
		found[strings.Fields(name)[0]] = true
	}
	if len(found) < 5 {
		t.Fatalf("only %d fields are found in %s", len(found), doc)
	}
	return found
}

// documentOf finds the document that holds an alert's output, as a text of its
// own or within another.
func documentOf(e printed, docs [][]byte) []byte {
	for _, doc := range docs {
		var v any
		if json.Unmarshal(doc, &v) == nil && holds(v, e["alert.output"].(string)) {
			return doc
		}
	}
	return nil
}

func holds(v any, text string) bool {
	switch v := v.(type) {
	case string:
		var inner map[string]any
		return v == text || strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil && holds(inner, text)
	case map[string]any:
		for _, member := range v {
			if holds(member, text) {
				return true
			}
		}
	case []any:
		for _, member := range v {
			if holds(member, text) {
				return true
			}
		}
	}
	return false
}
