package rules

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/filter"
)

// source is the text of a condition or an output: what files say, piece by
// piece, since later items may append to it.
type source []piece

type piece struct {
	text string
	it   *item
	node *yaml.Node
}

// piece returns the text of a key as a piece of a source.
func (it *item) piece(key string) (piece, error) {
	n, err := it.value(key)
	if err != nil {
		return piece{}, err
	}
	return piece{text: n.Value, it: it, node: n}, nil
}

// String joins the pieces with blanks, as Falco does.
func (s source) String() string {
	texts := make([]string, len(s))
	for i, p := range s {
		texts[i] = p.text
	}
	return strings.Join(texts, " ")
}

// problem makes a problem of an error of package filter.
func (s source) problem(code Code, err error) *Problem {
	p := s[0].it.fail(s[0].node, code, "%v", err)
	var e *filter.Error
	if errors.As(err, &e) {
		p.Msg, p.Hint = e.Msg, e.Hint
		if e.Found != "" {
			p.Msg += ", found " + e.Found
		}
	}
	return p
}

// parse reads a condition: lists are replaced in its text first.
func (l *loader) parse(text string) (filter.Expr, error) {
	text, used := l.flat.Expand(text)
	for _, name := range used {
		d, _ := l.lists.get(name)
		d.used = true
	}
	return filter.Parse(text)
}
