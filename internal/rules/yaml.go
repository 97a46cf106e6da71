package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/filter"
)

// maxFile bounds the size of a file: YAML takes some hundred times its text in
// memory.
const maxFile = 16 << 20

// maxValues bounds how many values of lists and exceptions files may hold
// together. Aliases would let a small file hold any number.
const maxValues = 2_000_000

// file is a file that is being read.
type file struct {
	name   string
	text   []byte
	beside bool // see File.Beside
	choice *Choice
	starts []int // where lines begin, once somebody asked
}

// read reads the items of a file. An item with an error is reported, and the
// next one read.
func (l *loader) read(f *file) {
	top := &item{l: l, file: f}
	if len(f.text) > maxFile {
		l.note(top.fail(nil, ErrFileRead, "the file has %d MiB; rule files of up to %d MiB are read", len(f.text)>>20, maxFile>>20))
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(f.text))
	for {
		var doc yaml.Node
		err := decode(dec, &doc)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.note(top.yamlError(err))
			return
		}
		if len(doc.Content) == 0 || isNull(doc.Content[0]) {
			continue
		}
		root := deref(doc.Content[0])
		switch root.Kind {
		case yaml.SequenceNode:
		case yaml.MappingNode:
			l.note(top.fail(root, ErrYAMLValidate, "Rules content is not yaml array of objects").hint("begin each item with a dash: - rule: …"))
			continue
		default:
			l.note(top.fail(root, ErrYAMLValidate, "Rules content is not yaml").hint("a rule file is a list of items: - rule: …"))
			continue
		}
		for _, n := range root.Content {
			if n = deref(n); isNull(n) {
				continue
			}
			if err := l.readItem(f, n); err != nil {
				l.note(err)
			}
		}
	}
}

// decode is dec.Decode that makes an error of a panic, should the parser find
// one in a hostile file.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(doc)
}

// readItem reads one item by the table of kinds.
func (l *loader) readItem(f *file, n *yaml.Node) error {
	it := &item{l: l, file: f, node: n}
	if n.Kind != yaml.MappingNode {
		return it.fail(n, ErrYAMLValidate, "Unexpected element type. Each element should be a yaml associative array.")
	}
	for i := range kinds {
		if it.get(kinds[i].key) != nil {
			it.kind = &kinds[i]
			it.label = it.kind.word
			if n := it.get(it.kind.key); n.Kind == yaml.ScalarNode && n.Value != "" {
				it.named(n.Value)
			}
			it.checkKeys(append([]string{it.kind.key}, it.kind.keys...))
			return it.kind.read(l, it)
		}
	}
	p := it.fail(n, WarnUnknownItem, "Unknown top level item")
	if len(n.Content) > 0 {
		words := make([]string, len(kinds))
		for i := range kinds {
			words[i] = kinds[i].key
		}
		if near := filter.Nearest(n.Content[0].Value, words); near != "" {
			p.Hint = "did you mean '" + near + "'?"
		}
	}
	l.report.add(p)
	return nil
}

// yamlError makes a problem of an error of the YAML parser, which tells the
// line in its text.
func (it *item) yamlError(err error) *Problem {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	p := it.fail(nil, ErrYAMLParse, "%s", msg)
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		p.Msg = msg[len(m[0]):]
		p.At.Line, _ = strconv.Atoi(m[1])
		p.At.Col = 1
		p.Context = it.file.context(p.At)
	}
	return p
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// deref follows an alias to what it stands for.
func deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}
