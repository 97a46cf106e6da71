package filter

import (
	"maps"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Candidate is one way to go on at the cursor: Text takes the place of the
// bytes from From to To.
type Candidate struct {
	Text     string
	Kind     CandidateKind
	Doc      string // one line; may be empty
	From, To int
}

// CandidateKind says what a candidate is.
type CandidateKind uint8

// The kinds of candidates.
const (
	CandField CandidateKind = iota
	CandMacro
	CandTransformer
	CandOperator
	CandModifier
	CandValue
	CandKeyword // and, or, not
)

func (k CandidateKind) String() string {
	return [...]string{"field", "macro", "transformer", "operator", "modifier", "value", "keyword"}[k]
}

// Completer proposes how to go on in a condition.
type Completer struct {
	Reg    *event.Registry
	Macros []string
	// Values returns values of a field that have been seen, the most useful
	// first; nil when nothing is known.
	Values func(f *event.Field, prefix string) []string
}

// Complete proposes candidates for the text with the cursor before byte
// cursor. What is right of the cursor does not matter. There are none where
// the text is wrong before the cursor, or where anything may stand.
func (c *Completer) Complete(text string, cursor int) []Candidate {
	cursor = max(0, min(cursor, len(text)))
	s := &typist{src: text[:cursor]}
	s.read()
	found := &proposals{word: s.src[s.from:], from: s.from, to: cursor}
	switch s.want {
	case wantOperand:
		c.operands(found, s)
	case wantOperator:
		c.operators(found, s.field(c.Reg))
	case wantText, wantItem:
		c.values(found, s)
	case wantList:
		found.put("(", CandKeyword, "a list of values")
	case wantLink:
		found.put("and", CandKeyword, "both must hold")
		found.put("or", CandKeyword, "one must hold")
		if s.depth > 0 {
			found.put(")", CandKeyword, "end of the group")
		}
	}
	return found.ranked()
}

func (c *Completer) operands(found *proposals, s *typist) {
	for _, f := range c.Reg.All() {
		if f.Flags.Has(event.TableOnly) || f.Flags.Has(event.PrintOnly) || f.Flags.Has(event.Deprecated) {
			continue
		}
		doc, _, _ := strings.Cut(f.Doc, ". ")
		text := f.Name
		if f.Arg&event.ArgRequired != 0 {
			text += "["
		}
		found.put(text, CandField, doc)
	}
	c.arguments(found)
	for _, t := range transformers {
		found.put(t+"(", CandTransformer, transformerDocs[t])
	}
	if s.inTransform {
		return
	}
	for _, m := range c.Macros {
		found.put(m, CandMacro, "")
	}
	found.put("not", CandKeyword, "what follows must not hold")
}

// arguments proposes the names of event arguments behind evt.arg and evt.rawarg.
func (c *Completer) arguments(found *proposals) {
	for _, name := range []string{"evt.arg", "evt.rawarg"} {
		if !strings.HasPrefix(found.word, name+".") {
			continue
		}
		types := map[string][]string{}
		for t := range event.NumTypes {
			for _, p := range event.Type(t).Info().Params {
				types[p.Name] = append(types[p.Name], event.Type(t).String())
			}
		}
		params := slices.Sorted(maps.Keys(types))
		for _, p := range params {
			of := types[p]
			doc := "of " + strings.Join(of[:min(4, len(of))], ", ")
			if len(of) > 4 {
				doc += ", …"
			}
			found.put(name+"."+p, CandField, doc)
		}
	}
}

func (c *Completer) operators(found *proposals, f *event.Field) {
	names := Operators()
	if f != nil {
		names = OperatorsFor(f)
	}
	for _, name := range names {
		if name != "==" {
			found.put(name, CandOperator, operatorDocs[name])
		}
	}
}

func (c *Completer) values(found *proposals, s *typist) {
	f := s.field(c.Reg)
	if f != nil {
		for _, v := range c.known(f, found.word) {
			found.put(quoteValue(v), CandValue, "")
		}
	}
	if s.want == wantText {
		if s.op.class() == stringOp && strings.HasSuffix(s.src[:s.from], " ") {
			for m := ModOneOf; m <= ModAllOf; m++ {
				found.put(m.String()+" (", CandModifier, modDocs[m])
			}
		}
	}
}

func (c *Completer) known(f *event.Field, word string) []string {
	values := f.Values
	switch {
	case f.Name == "evt.type" || f.Name == "syscall.type":
		values = typeNames()
	case f.Kind == event.Bool:
		values = []string{"true", "false"}
	}
	if c.Values != nil {
		values = append(c.Values(f, strings.Trim(word, `"'`)), values...)
	}
	return values
}

// quoteValue writes a value so that it can stand in a condition.
func quoteValue(v string) string {
	if v != "" && bareString(v) == len(v) && escape(v, false) == v {
		return v
	}
	return quoteExact(v)
}

// proposals collects candidates for one word.
type proposals struct {
	word     string
	from, to int
	list     []ranked
}

type ranked struct {
	Candidate
	rank int
}

// put adds a candidate that the word may be the beginning of: of the whole,
// of one of its dotted parts, or of a part of those.
func (p *proposals) put(text string, kind CandidateKind, doc string) {
	word, in := lower(p.word), lower(text)
	rank := 0
	switch at := strings.Index(in, word); {
	case at < 0:
		word, in = strings.TrimLeft(word, `"'`), strings.TrimLeft(in, `"'`)
		if !strings.HasPrefix(in, word) {
			return
		}
	case at == 0:
	case in[at-1] == '.':
		rank = 1
	default:
		if len(word) < 2 {
			return
		}
		rank = 2
	}
	if text == p.word {
		return
	}
	p.list = append(p.list, ranked{Candidate{Text: text, Kind: kind, Doc: doc, From: p.from, To: p.to}, rank})
}

func (p *proposals) ranked() []Candidate {
	slices.SortStableFunc(p.list, func(a, b ranked) int { return a.rank - b.rank })
	out := make([]Candidate, 0, len(p.list))
	seen := map[string]bool{}
	for _, r := range p.list {
		if !seen[r.Text] {
			seen[r.Text] = true
			out = append(out, r.Candidate)
		}
	}
	return out
}

var transformerDocs = map[string]string{
	"tolower": "in small letters", "toupper": "in capitals", "b64": "decoded from base64", "basename": "what is behind the last slash",
	"len": "length of a text or list", "join": "a list's members with a text between them", "concat": "several texts as one", "getopt": "short options of a command line",
}

var operatorDocs = map[string]string{
	"exists": "has a value", "=": "equal", "!=": "has a value, and a different one", "<": "less", "<=": "less or equal", ">": "greater", ">=": "greater or equal",
	"contains": "has the text in it", "icontains": "the same, in any case", "bcontains": "has the bytes in it, written in hex",
	"startswith": "begins with", "bstartswith": "begins with the bytes, written in hex", "endswith": "ends with",
	"glob": "matches a pattern with * and ?", "iglob": "the same, in any case", "regex": "matches a POSIX expression as a whole",
	"in": "is one of; of a list, all are", "intersects": "one of the list is one of", "pmatch": "is one of the paths, or below one",
}

var modDocs = map[Mod]string{ModOneOf: "for exactly one of", ModAnyOf: "for at least one of", ModAllOf: "for all of"}
