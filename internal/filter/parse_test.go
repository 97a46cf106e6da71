package filter

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

type parseCase struct {
	Test, Expr, Expect, Error, Positions string
	AsString                             string `json:"as_string"`
}

// TestParseFalco runs the cases of Falco's own parser tests.
func TestParseFalco(t *testing.T) {
	for i, c := range testdata.Lines[parseCase](t, "filter/parse.jsonl") {
		t.Run(fmt.Sprintf("%d/%s", i+1, c.Test), func(t *testing.T) {
			e, err := Parse(c.Expr)
			if c.Expect == "reject" {
				if err == nil {
					t.Fatalf("%q was accepted as %s", c.Expr, e)
				}
				var fe *Error
				if !errors.As(err, &fe) || fe.Msg == "" {
					t.Fatalf("%q: error %v (%T) has no message", c.Expr, err, err)
				}
				if c.Error != "" && fe.Msg != c.Error {
					t.Errorf("%q: error %q, want %q", c.Expr, fe.Msg, c.Error)
				}
				return
			}
			if err != nil {
				t.Fatalf("%q was refused: %v", c.Expr, err)
			}
			if got := e.String(); c.AsString != "" && got != c.AsString {
				t.Errorf("%q: as string %q, want %q", c.Expr, got, c.AsString)
			}
			if got := positions(e); c.Positions != "" && got != c.Positions {
				t.Errorf("%q: positions\n %s, want\n %s", c.Expr, got, c.Positions)
			}
			// Falco also tries each with blanks of several kinds around it.
			if strings.Contains(c.Expr, `\ "`) {
				return
			}
			for _, blank := range []string{" ", "\n", "\t"} {
				src := strings.ReplaceAll(" "+c.Expr+" ", " ", blank)
				if _, err := Parse(src); err != nil {
					t.Errorf("%q was refused: %v", src, err)
				}
			}
		})
	}
}

// positions writes the nodes of e with their places as Falco's test does.
func positions(e Expr) string {
	var b strings.Builder
	put := func(kind string, p Pos) { fmt.Fprintf(&b, "%s%d %d %d", kind, p.Index, p.Line, p.Col) }
	var operand func(Operand)
	operand = func(o Operand) {
		switch o := o.(type) {
		case *Field:
			put("field", o.Pos)
		case *Transform:
			put("transformer", o.Pos)
			for _, a := range o.Args {
				operand(a)
			}
		case *Value:
			put("value", o.Pos)
		case *List:
			put("list", o.Pos)
		case *Tuple:
			put("transformer_list", o.Pos)
		}
	}
	Walk(e, func(e Expr) bool {
		switch e := e.(type) {
		case *And:
			put("and", e.Pos)
		case *Or:
			put("or", e.Pos)
		case *Not:
			put("not", e.Pos)
		case *Macro:
			put("identifier", e.Pos)
		case *Check:
			if e.Right == nil {
				put("unary", e.Pos)
				operand(e.Left)
				break
			}
			put("binary", e.Pos)
			operand(e.Left)
			operand(e.Right)
		}
		return true
	})
	return b.String()
}

func TestParseTree(t *testing.T) {
	for src, want := range map[string]string{
		"a and b or c":                                  "((a and b) or c)",
		"a and(b or c)":                                 "(a and (b or c))",
		"not not not a":                                 "not a",
		"not(a)or b":                                    "(not a or b)",
		"proc.name=sh":                                  "proc.name = sh",
		"proc.name == 'a b'":                            `proc.name = "a b"`,
		"proc.name in (sh, 'a b' ,\"c\")":               `proc.name in (sh, "a b", c)`,
		"proc.name in shells":                           "proc.name in shells",
		"proc.name startswith anyof (a, b)":             "proc.name startswith anyof (a, b)",
		"proc.name = anyof and x":                       "(proc.name = anyof and x)",
		"proc.name = anyof anyof":                       "proc.name = anyof anyof",
		"proc.name = oneof and(x)":                      "(proc.name = oneof and x)",
		`proc.name = "\x41\xff"`:                        `proc.name = "A\xff"`,
		`fd.name = "a\nb"`:                              `fd.name = "a\nb"`,
		"join(':', (fd.name, tolower(fd.name), 3)) = a": "join(:,(fd.name, tolower(fd.name), 3)) = a",
		"proc.name = val(proc.pname)":                   "proc.name = val(proc.pname)",
		"proc.pid>=0x1f":                                "proc.pid >= 0x1f",
		"proc.aname[2] exists":                          "proc.aname[2] exists",
		"len(proc.args) > 3 and evt.type=execve":        "(len(proc.args) > 3 and evt.type = execve)",
	} {
		e, err := Parse(src)
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		if got := e.String(); got != want {
			t.Errorf("%q: %s, want %s", src, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", "line 1, column 1: filter input string is empty"},
		{"proc.name = ", "line 1, column 13: expected a string value or a field with a valid transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt', found the end"},
		{"a and\n (b or c", "line 2, column 9: expected a ')' token, found the end"},
		{"proc.name startwith sh", "did you mean 'startswith'?"},
		{"proc.name = sh proc.pid = 3", "line 1, column 16: unexpected token after 'sh', expecting 'or', 'and', found \"proc.pid\""},
		{"proc.name = 'sh", "line 1, column 13: expected a string value: this quoted string has no end"},
		{`proc.name = "a\qb"`, `line 1, column 15: unsupported string escape sequence: \q`},
		{`proc.name = "a\x4"`, `line 1, column 15: invalid \x escape: expected two hexadecimal digits`},
		{strings.Repeat("(", 101) + "a" + strings.Repeat(")", 101), "line 1, column 102: exceeded max depth limit of 100"},
		{"a = b", "unexpected token after 'a', expecting 'or', 'and', found \"=\""},
	} {
		_, err := Parse(c.src)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.src, err, c.want)
		}
	}
}

// Of a long line only what is around the error is shown.
func TestCaretOfALongLine(t *testing.T) {
	src := strings.Repeat("proc.name=é and ", 500) + "proc.name ~ x" + strings.Repeat(" and a", 500)
	_, err := Parse(src)
	var fe *Error
	if !errors.As(err, &fe) {
		t.Fatalf("error is %v", err)
	}
	line, caret, _ := strings.Cut(fe.Caret(src), "\n")
	before, _, _ := strings.Cut(line, "~ x")
	if at := strings.Index(caret, "^"); at != len([]rune(before)) {
		t.Errorf("the caret stands wrong:\n%s\n%s", line, caret)
	}
	if n := len([]rune(line)); n > 130 || !strings.HasPrefix(line, "…") || !strings.HasSuffix(line, "…") {
		t.Errorf("%d characters are shown, want what is around the error: %s", n, line)
	}
}

func TestCaret(t *testing.T) {
	src := "a and\n\tproc.name ~ x\nor b"
	_, err := Parse(src)
	var fe *Error
	if !errors.As(err, &fe) {
		t.Fatal(err)
	}
	if got, want := fe.Caret(src), "\tproc.name ~ x\n\t          ^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestListsExpand(t *testing.T) {
	lists := Lists{"shells": {"sh", "bash"}, "none": {}, "spaced": {"a b", `"c d"`}}
	for src, want := range map[string]string{
		"proc.name in (shells)":             "proc.name in ( sh, bash )",
		"proc.name in shells and x":         "proc.name in (sh, bash) and x",
		"proc.name in (x, shells, y)":       "proc.name in (x, sh, bash , y)",
		"proc.name in (x, none)":            "proc.name in (x )",
		"proc.name in (none, x)":            "proc.name in (  x)",
		"proc.name in (none)":               "proc.name in (  )",
		"proc.name = anyof none":            "proc.name = anyof () ",
		"proc.name in (spaced)":             `proc.name in ( "a b", "c d" )`,
		"myshells or shells2 or shells.x=1": "myshells or shells2 or shells.x=1",
		"shellsshells":                      "shellsshells",
	} {
		got := lists.Expand(src).Text
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
	if used := lists.Expand("a.b in (shells, spaced)").Used; !reflect.DeepEqual(used, []string{"shells", "spaced"}) {
		t.Errorf("used %v", used)
	}
}

// An expansion knows where in the source each of its bytes was, and a list's
// items where their name stood.
func TestExpansionOrigin(t *testing.T) {
	lists := Lists{"shells": {"sh", "bash"}, "none": {}, "odd name": {"x"}}
	const src = "a.b in (shells) and c.d  in (y , none) and e.f in (odd name) and g.h in shells or i.j = k"
	x := lists.Expand(src)
	for word, origin := range map[string]string{"a.b": "a.b", "bash": "shells", "c.d": "c.d", "y ": "y ", "e.f": "e.f", "x )": "odd name", "(sh,": "shells", "i.j": "i.j"} {
		at := strings.LastIndex(x.Text, word)
		if want := strings.LastIndex(src, origin); at < 0 || x.Origin(at) != want {
			t.Errorf("%q at %d of %q comes from %d, want %d", word, at, x.Text, x.Origin(at), want)
		}
	}
	_, err := Options{Lists: lists}.Compile("t.name in (shells) and t.nam = x", oneEvent)
	if want := "line 1, column 24: filter_check called with nonexistent field t.nam (did you mean 't.name'?)"; errText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A rule's condition may nest deeper, and its places count from where it says.
func TestParseRule(t *testing.T) {
	deep := strings.Repeat("(", maxRuleDepth) + "a" + strings.Repeat(")", maxRuleDepth)
	e, err := ParseRule(deep, 5000)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.At().Index, 5000+maxRuleDepth; got != want {
		t.Errorf("the macro is at %d, want %d", got, want)
	}
	_, err = ParseRule("("+deep+")", 7)
	if want := "line 1, column 1002: exceeded max depth limit of 1000"; errText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	var fe *Error
	if errors.As(err, &fe) && fe.Pos.Index != 7+1001 {
		t.Errorf("the error is at %d", fe.Pos.Index)
	}
}

func TestMacrosResolve(t *testing.T) {
	m := Macros{
		"shell":   MustParse("proc.name in (sh, bash)"),
		"spawned": MustParse("evt.type = execve and shell"),
		"loop":    MustParse("a or loop"),
		"a":       MustParse("x.y exists"),
	}
	got, used, err := m.Resolve(MustParse("not spawned"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "not (evt.type = execve and proc.name in (sh, bash))"; got.String() != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !reflect.DeepEqual(used, []string{"shell", "spawned"}) {
		t.Errorf("used %v", used)
	}
	bomb := Macros{"m0": MustParse("a.b exists")}
	for i := range 40 {
		bomb[fmt.Sprint("m", i+1)] = MustParse(fmt.Sprintf("m%d and m%d", i, i))
	}
	if _, _, err := bomb.Resolve(MustParse("m40")); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("macros that double 40 times: %v", err)
	}
	tower := Macros{"m0": MustParse("a.b exists")}
	for i := range 5000 {
		tower[fmt.Sprint("m", i+1)] = MustParse(fmt.Sprintf("not m%d", i))
	}
	if _, _, err := tower.Resolve(MustParse("m5000")); err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Errorf("macros on top of each other 5000 times: %v", err)
	}
	if e, _, err := m.Resolve(MustParse("shell or not shell")); err != nil || e.(*Or).X[0] != e.(*Or).X[1].(*Not).X {
		t.Errorf("%v, %v: the condition is not shared", e, err)
	}
	for src, want := range map[string]string{
		"a and shel": "line 1, column 7: Undefined macro 'shel' used in filter. (did you mean 'shell'?)",
		"loop":       "line 1, column 1: reference loop in macro 'loop'",
	} {
		if _, _, err := m.Resolve(MustParse(src)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
	}
}

// FuzzParse checks that no text makes the parser crash, that places of errors
// lie in the text, and that Source parses to the same tree.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"proc.name = sh", "not(a)or b and(c)", "evt.arg[\"x y\"] in (a, 'b', \"c\\\"\")", "proc.name != oneof (a,b)",
		"getopt(proc.args, \"nt:\")[t] = 1", "join('-', (fd.name, 1, 'x')) = val(proc.name)", "a.b < -1.5e+3", "a.b in x",
		"not (not a.b exists)", "\"", "a.b = \"\\xff\\x00\"", "a.b = ''", "a.b[''] = ''", "len(a.b) > 0x1F",
		`a.b = "x\ "`, `a.b["\ "] in ("\ ", '\\\'')`, "a.b = \xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src)
		if err != nil {
			var fe *Error
			if !errors.As(err, &fe) {
				t.Fatalf("%T: %v", err, err)
			}
			if fe.Pos.Index < 0 || fe.Pos.Index > len(src) {
				t.Fatalf("place %d outside of %d bytes", fe.Pos.Index, len(src))
			}
			_ = fe.Caret(src)
			return
		}
		_ = e.String()
		again, err := Parse(Source(e))
		if err != nil {
			t.Fatalf("%q was written as %q: %v", src, Source(e), err)
		}
		if Source(again) != Source(e) || shape(again) != shape(e) {
			t.Fatalf("%q was written as %q, read as %q", src, Source(e), Source(again))
		}
	})
}

// shape writes a tree with every text quoted, and no places.
func shape(e Expr) string {
	var b strings.Builder
	var operand func(Operand)
	operand = func(o Operand) {
		switch o := o.(type) {
		case *Field:
			fmt.Fprintf(&b, "F%q%q%v", o.Name, o.Arg, o.HasArg)
		case *Transform:
			fmt.Fprintf(&b, "T%q%q%v(", o.Name, o.Arg, o.HasArg)
			for _, a := range o.Args {
				operand(a)
			}
			b.WriteByte(')')
		case *Value:
			fmt.Fprintf(&b, "V%q", o.Text)
		case *List:
			b.WriteString("L(")
			for _, v := range o.Items {
				fmt.Fprintf(&b, "%q", v.Text)
			}
			b.WriteByte(')')
		case *Tuple:
			b.WriteString("U(")
			for _, a := range o.Items {
				operand(a)
			}
			b.WriteByte(')')
		}
	}
	depth := 0
	Walk(e, func(e Expr) bool {
		depth++
		switch e := e.(type) {
		case *And:
			fmt.Fprintf(&b, "and%d", len(e.X))
		case *Or:
			fmt.Fprintf(&b, "or%d", len(e.X))
		case *Not:
			b.WriteString("not")
		case *Macro:
			fmt.Fprintf(&b, "M%q", e.Name)
		case *Check:
			operand(e.Left)
			fmt.Fprintf(&b, "%s %s", e.Op, e.Mod)
			operand(e.Right)
		}
		return true
	})
	return b.String()
}
