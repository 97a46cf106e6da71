package house

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Module is the import path that the rooms are under.
const Module = "github.com/stoop-project/stoop"

// maxLines is how long a file may be that people write.
const maxLines = 500

// arrows says which rooms of ours each room may import, beside its own
// packages: the design's "imports point one way". A package belongs to the
// room with the longest name that is its path or a parent of it.
var arrows = map[string][]string{
	"internal/event":     {},
	"internal/filter":    {"internal/event"},
	"internal/dashboard": {"internal/filter", "internal/event", safetext},
	"internal/store":     {"internal/dashboard", "internal/filter", "internal/event"},
	"internal/trail":     {"internal/filter", "internal/event", safetext},
	"internal/places":    {"internal/trail", "internal/source", "internal/store", "internal/profile", "internal/filter", "internal/event", safetext},
	"internal/compare":   {"internal/store", "internal/dashboard", "internal/filter", "internal/event"}, // its test counts with a store
	"internal/rules":     {"internal/filter", "internal/event"},
	"internal/summary":   {"internal/profile", "internal/filter", "internal/event"}, // its test reads documents
	"internal/pivot":     {"internal/reread", "internal/source", "internal/store", "internal/filter", "internal/event"},
	"internal/source":    {"internal/dashboard", "internal/filter", "internal/event"},
	"internal/profile":   {"internal/filter", "internal/event"},
	"internal/recording": {"internal/source", "internal/profile", "internal/filter", "internal/event", safetext},
	"internal/remote":    {"internal/source", "internal/profile", "internal/filter", "internal/event", safetext},
	"internal/detect":    {"internal/rules", "internal/trail", "internal/source", "internal/profile", "internal/filter", "internal/event"},
	"internal/keep":      {"internal/recording", "internal/source", "internal/profile", "internal/event"},
	"internal/receive":   {"internal/source", "internal/profile", "internal/event"},
	"internal/queue":     {"internal/journal", "internal/store", "internal/dashboard", "internal/filter", "internal/event", safetext}, // its test counts with a store
	"internal/journal":   {"internal/spool"},
	"internal/respond":   {"internal/reread", "internal/filter", "internal/event"},
	"internal/casefile":  {"internal/journal", "internal/spool", "internal/trail", "internal/event", safetext},
	"internal/notify":    {"internal/config", "internal/rules", "internal/spool", "internal/source", "internal/filter", "internal/event", safetext},
	"query":              {"internal/queue", "internal/source", "internal/store", "internal/dashboard", "internal/profile", "internal/config", "internal/spool", "internal/filter", "internal/event", safetext},
	"live":               {"bpf", "internal/source", "internal/profile", "internal/filter", "internal/event", safetext},
	"tui": {
		"internal/casefile", "internal/picture", "internal/queue", "internal/trail", "internal/places", "internal/compare", "internal/rules", "internal/store",
		"internal/source", "internal/respond",
		"internal/dashboard", "internal/pivot", "internal/summary", "internal/filter", "internal/event",
		safetext, "themes",
	},

	// Leaves.
	"bpf":               {},
	"internal/reread":   {},
	"themes":            {},
	safetext:            {},
	"internal/demo":     {"internal/recording", "internal/source", "internal/filter", "internal/event"}, // its test looks at what it holds
	"internal/config":   {safetext},
	"internal/spool":    {},
	"internal/evidence": {},
	"internal/picture":  {},
	"internal/testdata": {},
	"internal/house":    {},

	// cmd wires everything, test may look at everything.
	"cmd":  {anyRoom},
	"test": {anyRoom},
	"hack": {anyRoom},
}

const (
	safetext = "internal/safetext"
	anyRoom  = "*"
)

// alsoInTests may be imported by every room's tests: the helpers that find
// data, run containers and stand beside what is tested.
var alsoInTests = []string{"internal/testdata", "test"}

// Check walks the module in fsys and returns what breaks its rules, a line
// each, sorted.
func Check(fsys fs.FS) ([]string, error) {
	c := &checker{fsys: fsys, packages: map[string]bool{}}
	err := fs.WalkDir(fsys, ".", c.visit)
	for dir, documented := range c.packages {
		if !documented {
			c.report(dir, "has no doc.go that says what the package is")
		}
	}
	slices.Sort(c.faults)
	return c.faults, err
}

type checker struct {
	fsys     fs.FS
	packages map[string]bool // folder -> it has a doc.go
	faults   []string
}

func (c *checker) report(where, format string, args ...any) {
	c.faults = append(c.faults, where+": "+fmt.Sprintf(format, args...))
}

func (c *checker) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	base := path.Base(name)
	if entry.IsDir() {
		if name != "." && (base == "testdata" && name != "internal/testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
			return fs.SkipDir
		}
		if name != "." && exists(c.fsys, path.Join(name, "go.mod")) {
			return fs.SkipDir // a module of its own
		}
		return nil
	}
	if path.Ext(name) != ".go" {
		return nil
	}
	return c.file(name)
}

// file checks one Go file.
func (c *checker) file(name string) error {
	text, err := fs.ReadFile(c.fsys, name)
	if err != nil {
		return err
	}
	dir, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	if !test {
		c.packages[dir] = c.packages[dir] || path.Base(name) == "doc.go"
	}
	if n := bytes.Count(text, []byte("\n")); n > maxLines && !generated(text) {
		c.report(name, "has %d lines; a file of more than %d is more than one concern", n, maxLines)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return err
	}
	from := roomOf(dir)
	if from == "" {
		c.report(name, "is in no room that internal/house knows")
		return nil
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		ours, ok := strings.CutPrefix(imported, Module+"/")
		if ok && !mayImport(from, roomOf(ours), test) {
			c.report(name, "%s may not import %s", from, ours)
		}
	}
	return nil
}

// roomOf returns the room of a package's folder, "" if it is in none.
func roomOf(dir string) string {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := arrows[dir]; ok {
			return dir
		}
	}
	return ""
}

func mayImport(from, to string, test bool) bool {
	allowed := arrows[from]
	return from == to || slices.Contains(allowed, to) || slices.Contains(allowed, anyRoom) ||
		test && slices.Contains(alsoInTests, to)
}

// generatedMark is the line by which Go's tools know generated files.
var generatedMark = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func generated(text []byte) bool { return generatedMark.Match(text) }

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
