package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The words that stand for rules in the values of -r.
const (
	OwnWord   = "stoop" // the rules that are built in
	FalcoWord = "falco" // those of Falco on this machine
	NoneWord  = "none"
)

// FalcoFiles are where rules of Falco are when its configuration does not say
// (rules_files of the falco.yaml that it brings along).
var FalcoFiles = []string{"/etc/falco/falco_rules.yaml", "/etc/falco/falco_rules.local.yaml", "/etc/falco/rules.d"}

// IndicatorsPrefix before a path makes it one of a list of indicators.
const IndicatorsPrefix = "indicators:"

// ExceptionsPrefix before a path makes it one of a file that changes rules, those
// that are there; it may be missing.
const ExceptionsPrefix = "exceptions:"

// Indicators makes a rule file of a list of indicators. Package indicator sets
// it: it is imported by who wants lists.
var Indicators func(name string, text []byte) (File, error)

// Own returns the files that are built in. Package own sets it: it is imported
// by who wants them.
var Own func() []File

// Find returns the files that the values of -r name, in their order: files,
// folders (their *.yaml and *.yml, sorted by name), the words above, and lists
// of indicators behind their prefix. A
// file that is named twice is read once.
func Find(args []string) ([]File, error) {
	f := &finder{seen: map[string]bool{}}
	for _, arg := range args {
		if err := f.add(arg); err != nil {
			return nil, err
		}
	}
	return f.files, nil
}

type finder struct {
	files []File
	seen  map[string]bool
}

func (f *finder) add(arg string) error {
	switch arg {
	case NoneWord:
		return nil
	case OwnWord:
		if Own == nil {
			return nil
		}
		for _, file := range Own() {
			if !f.seen[file.Name] {
				f.seen[file.Name] = true
				f.files = append(f.files, file)
			}
		}
		return nil
	case FalcoWord:
		return f.falco()
	}
	if list, ok := strings.CutPrefix(arg, IndicatorsPrefix); ok {
		return f.indicators(list)
	}
	if path, ok := strings.CutPrefix(arg, ExceptionsPrefix); ok {
		return f.exceptions(path)
	}
	return f.path(arg)
}

// exceptions adds a file that changes rules, unless it is one of the others.
func (f *finder) exceptions(path string) error {
	before := len(f.files)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := f.path(path); err != nil {
		return err
	}
	for i := range f.files[before:] {
		f.files[before+i].Beside = true
	}
	return nil
}

// indicators adds the rules of a list of indicators.
func (f *finder) indicators(path string) error {
	if f.seen[path] || Indicators == nil {
		return nil
	}
	f.seen[path] = true
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("indicators: %w", err)
	}
	file, err := Indicators(path, text)
	if err != nil {
		return err
	}
	f.files = append(f.files, file)
	return nil
}

// falco adds what is there of Falco's files.
func (f *finder) falco() error {
	files := FalcoFiles
	c, err := readFalcoConfig()
	if err != nil {
		return fmt.Errorf("rules: Falco's configuration: %w", err)
	}
	var choice *Choice
	if c != nil {
		if len(c.RulesFiles) > 0 {
			files = c.RulesFiles
		}
		if choice, err = c.choice(); err != nil {
			return fmt.Errorf("rules: %s: %w", FalcoConfig, err)
		}
	}
	before := len(f.files)
	for _, path := range files {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := f.path(path); err != nil {
			return err
		}
	}
	for i := range f.files[before:] {
		f.files[before+i].Choice = choice
	}
	return nil
}

// path adds a file or the files of a folder.
func (f *finder) path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	if info.IsDir() {
		return f.folder(path)
	}
	if !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0 && info.Mode()&fs.ModeCharDevice == 0 {
		return fmt.Errorf("rules: %s is no file", path)
	}
	if info.Size() > maxFile {
		return fmt.Errorf("rules: %s has %d MiB; rule files of up to %d MiB are read", path, info.Size()>>20, maxFile>>20)
	}
	return f.file(path)
}

func (f *finder) folder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	for _, e := range entries { // sorted by name
		if ext := filepath.Ext(e.Name()); e.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(ext)) {
			continue
		}
		if err := f.path(filepath.Join(path, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) file(path string) error {
	if f.seen[path] {
		return nil
	}
	f.seen[path] = true
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	f.files = append(f.files, File{Name: path, Text: text})
	return nil
}
