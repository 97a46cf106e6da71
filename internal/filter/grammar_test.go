package filter

import (
	"strings"
	"testing"
)

// accepted and refused hold a line a condition: corners of the grammar where
// Falco's parser could be followed wrongly.
const accepted = `
a.b = not
a.b = a.c
a.g in (1, 'a', b.c)
((macro) and (or_macro))
not(a)and(not(b))
notz and not not_macro
x.y = 0a!@#456:/\.;!$%^&*[]{}|
x.y = !0.1222e+10
x.y[0a!@#456:/\.;!$%^&*(){}|] = v
x.y[+0.25e+10] = a
x.y[""] = empty
x.y['a aa'] = a
x.y = 'several \' \\''
x.y = 'mixed "'
x.num < +1
x.num > 1.
x.list in (value, "value", 'value')
x.list in(value)
x.list innames
x.y existsand macro
x.y =>
x.y = b64 and(some_macro)
x.y = b64 or(some_macro)
x.y = b64(b64( x.z ) )
x.y pmatch b64(x.z)
join("-", ()) = x
join("-", (1, 0x2f, "a", len(x.y))) = x
concat(x.y, -1) exists
getopt(x.y, "a")['b'] exists
x.y = oneof not
x.y != allof (a) and b
x.y regex anyof ('a|b', c)
x.y bcontains anyof (ff00)
x.y = val(x.z[3])
`

const refused = `
a and b not
and a
or a
a not b
a notb
(a)andnot(b)
(a)ornot(b)
macro > 12
a.a invalidoperator xxx
a.b=/var/lo);g/httpd.log
x.y = a('")
x.y = "
x.y = "'
x.y = 'no end
x.y = 'mixed \"'
x.y = "\z"
x.y = "\x0"
x.y[[] = v
x.y[]] = v
x.y['''] = v
x.y[aaa"] = v
x.y[   v   ] = v
x.num > !0.1222e+10
x.num < 0xAAA.1
x.num <= a
x.num > '1'
x.list in (
x.list in (,)
x.list in (a b)
x.list = (value)
x.list startswith (value)
x.y ExIsTs
x.y !== v
x.y >
x.y glob
x.y globv
val(x.y) exists
b64(val(x.y)) exists
b64 (x.y) exists
b64,(x.y) exists
b64() exists
b64(x.y [1]) exists
tolower(x) = y
x.y = val(val(x.z))
x.y = val(x)
x.y = (b64(x.z))
x.y in (b64(x.z))
x.y >= oneof (1)
x.y in oneof (1)
x.y = oneof(1)
x. = a
.x = a
`

func TestGrammar(t *testing.T) {
	for _, src := range strings.Split(strings.TrimSpace(accepted), "\n") {
		if _, err := Parse(src); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
	for _, src := range strings.Split(strings.TrimSpace(refused), "\n") {
		if e, err := Parse(src); err == nil {
			t.Errorf("%s was read as %s", src, e)
		}
	}
}

// TestNesting checks that groups, negations and transformers nest as deep as
// said and that chains are not bounded.
func TestNesting(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("(", n) + "a" + strings.Repeat(")", n) }
	wrapped := func(n int) string { return strings.Repeat("tolower(", n) + "a.b" + strings.Repeat(")", n) + " = x" }
	for src, ok := range map[string]bool{
		nested(maxDepth): true, nested(maxDepth + 1): false,
		wrapped(maxDepth): true, wrapped(maxDepth + 1): false,
		strings.Repeat("not ", 5000) + "a":                  true,
		strings.Repeat("not(", maxDepth+1):                  false,
		"a" + strings.Repeat(" and b", 5000):                true,
		"a" + strings.Repeat(" or(b)", 5000):                true,
		"a.b in (x" + strings.Repeat(", x", 5000) + ")":     true,
		strings.Repeat("(", 1_000_000):                      false,
		"a.b = " + strings.Repeat("x", 1_000_000):           true,
		`a.b = "` + strings.Repeat(`\x41`, 200_000) + `"`:   true,
		"a.b glob '" + strings.Repeat("*a", 100_000) + "'":  true,
		"a.b exists" + strings.Repeat(" and", 1):            false,
		"a" + strings.Repeat(")", 1_000_000):                false,
		"join('-', (" + strings.Repeat("a.b, ", 10_000):     false,
		"a.b = oneof " + strings.Repeat("x", 100_000) + "(": false,
	} {
		if _, err := Parse(src); (err == nil) != ok {
			t.Errorf("%.40s… of %d bytes: %.200v", src, len(src), err)
		}
	}
}
