package rules

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/internal/filter"
)

// piece is a text as a file has it.
type piece struct {
	text string
	it   *item
	node *yaml.Node
}

// piece returns the text of a key.
func (it *item) piece(key string) (piece, error) {
	n, err := it.value(key)
	if err != nil {
		return piece{}, err
	}
	return piece{text: n.Value, it: it, node: n}, nil
}

// pieces is a condition or an output: what files say, piece by piece, since
// later items may append to it.
type pieces []piece

// String joins the pieces with blanks, as Falco does.
func (s pieces) String() string {
	texts := make([]string, len(s))
	for i, p := range s {
		texts[i] = p.text
	}
	return strings.Join(texts, " ")
}

// text is a condition on its way to a tree. It knows for each of its bytes
// where in which file that stands.
type text struct {
	owner *item
	src   string
	parts []part
	base  int // index of the first byte among those of all texts
	*filter.Expansion
}

// part is a stretch of a text that comes from a piece.
type part struct {
	at int // where it begins
	piece
}

// add appends what stands between pieces.
func (t *text) add(s string) { t.src += s }

// put appends a piece.
func (t *text) put(p piece) {
	t.parts = append(t.parts, part{len(t.src), p})
	t.src += p.text
}

// putAll appends pieces, joined with blanks.
func (t *text) putAll(s pieces) {
	for i, p := range s {
		if i > 0 {
			t.add(" ")
		}
		t.put(p)
	}
}

// maxGrown bounds what lists make of all conditions together, in bytes, and
// maxTrees how many parts all rules may have with their macros.
const (
	maxGrown = 8 << 20
	maxTrees = 1_000_000
)

// parse reads a condition: lists are replaced in its text first.
func (l *loader) parse(t *text) (filter.Expr, error) {
	if l.nextBase > maxGrown {
		return nil, t.owner.fail(t.owner.node, ErrCompileCondition, "the conditions have more than %d MiB with their lists", maxGrown>>20)
	}
	t.Expansion = l.expander.Expand(t.src)
	for _, name := range t.Used {
		d, _ := l.lists.get(name)
		d.used = true
	}
	t.base = l.nextBase
	l.nextBase += len(t.Text) + 1
	l.texts = append(l.texts, t)
	e, err := filter.ParseRule(t.Text, t.base)
	if err != nil {
		return nil, l.problem(t.owner, ErrCompileCondition, err)
	}
	return e, nil
}

// problem makes a problem of an item of an error of package filter, in
// whatever text that is.
func (l *loader) problem(it *item, code Code, err error) *Problem {
	var e *filter.Error
	if !errors.As(err, &e) {
		return it.fail(it.node, code, "%v", err)
	}
	p := l.at(it, code, e.Pos)
	p.Msg, p.Hint = e.Msg, e.Hint
	if e.Found != "" {
		p.Msg += ", found " + e.Found
	}
	return p
}

// at returns a problem of an item at a place of a condition: its own, or that
// of a macro that it uses.
func (l *loader) at(it *item, code Code, at filter.Pos) *Problem {
	i, found := slices.BinarySearchFunc(l.texts, at.Index, func(t *text, index int) int { return t.base - index })
	if !found {
		i--
	}
	t := l.texts[i]
	p := t.place(t.Origin(at.Index - t.base))
	p.Code, p.Item = code, it.label
	if t.owner.label != it.label {
		p.Item += ", in " + t.owner.label
	}
	return p
}

// place returns a problem at a byte of the text.
func (t *text) place(index int) *Problem {
	i, found := slices.BinarySearchFunc(t.parts, index, func(p part, index int) int { return p.at - index })
	if !found && i > 0 {
		i--
	}
	p := t.parts[i]
	at := p.it.file.within(p.node, p.text, max(0, index-p.at))
	return &Problem{At: at, Context: p.it.file.context(at)}
}
