package filter

import (
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// oneEvent has fields that are always the same, or always missing.
var oneEvent = func() *event.Registry {
	always := func(v event.Value) func(event.Row, event.Arg) (event.Value, bool) {
		return func(event.Row, event.Arg) (event.Value, bool) { return v, true }
	}
	list := func(texts ...string) event.Value {
		v := event.Value{Kind: event.String, List: []event.Value{}}
		for _, s := range texts {
			v.List = append(v.List, event.StringValue(s))
		}
		return v
	}
	addr := func(k event.Kind, s string) event.Value {
		return event.Value{Kind: k, Addr: netip.MustParseAddr(s)}
	}
	fields := []event.Field{
		{Name: "t.name", Kind: event.String, Read: always(event.StringValue("myexe"))},
		{Name: "t.path", Kind: event.String, Read: always(event.StringValue("/tmp/Bad\xff/q"))},
		{Name: "t.lines", Kind: event.String, Read: always(event.StringValue("a\nb"))},
		{Name: "t.b", Kind: event.String, Read: always(event.StringValue("aGVsbG8="))},
		{Name: "t.neg", Kind: event.Int, Read: always(event.IntValue(-2))},
		{Name: "t.big", Kind: event.Uint, Read: always(event.UintValue(math.MaxUint64))},
		{Name: "t.mode", Kind: event.Uint, Read: always(event.UintValue(0o644))},
		{Name: "t.half", Kind: event.Double, Read: always(event.DoubleValue(0.5))},
		{Name: "t.yes", Kind: event.Bool, Read: always(event.BoolValue(true))},
		{Name: "t.port", Kind: event.Port, Read: always(event.PortValue(443))},
		{Name: "t.ip", Kind: event.IP, Read: always(addr(event.IP, "10.1.2.3"))},
		{Name: "t.net", Kind: event.Net, Read: always(addr(event.Net, "10.1.2.3"))},
		{Name: "t.six", Kind: event.Net, Read: always(addr(event.Net, "fe80::1"))},
		{Name: "t.ends", Kind: event.IP, Flags: event.FilterOnly, Read: always(event.Value{Kind: event.IP, List: []event.Value{addr(event.IP, "10.0.0.1"), addr(event.IP, "10.0.0.2")}})},
		{Name: "t.anc", Kind: event.String, Arg: event.ArgIndex, Read: always(list("sh", "systemd"))},
		{Name: "t.list", Kind: event.String, Flags: event.IsList, Read: always(list("a", "b"))},
		{Name: "t.other", Kind: event.String, Flags: event.IsList, Read: always(list("a", "b", "c"))},
		{Name: "t.none", Kind: event.String, Flags: event.IsList, Read: always(list())},
		{Name: "t.argv", Kind: event.String, Flags: event.IsList, Read: always(list("-nt", "x", "--long", "-q", "-o"))},
		{Name: "t.args", Kind: event.String, Read: always(event.StringValue("-nt x -- -q"))},
		{Name: "t.buf", Kind: event.Bytes, Read: always(event.BytesValue([]byte("\x00\x01\xca\xfe")))},
		{Name: "t.dyn", Kind: event.None, Read: always(event.IntValue(10))},
		{Name: "t.missing", Kind: event.String, Read: func(event.Row, event.Arg) (event.Value, bool) { return event.Value{}, false }},
		{Name: "t.nolist", Kind: event.String, Flags: event.IsList, Read: func(event.Row, event.Arg) (event.Value, bool) { return event.Value{}, false }},
	}
	for i := range fields {
		fields[i].Home = event.HomeEvent
	}
	return event.NewRegistry(fields)
}()

// TestSemantics lists what holds and what does not. Most lines are from
// Falco's tests of its operators and from its reference.
func TestSemantics(t *testing.T) {
	b := event.NewBatch(event.NewTables(), 1, 1)
	b.Append(event.Event{Dur: -1, FD: -1}, nil)
	run := func(src string, want bool) {
		f, err := Compile(src, oneEvent)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			return
		}
		if got := f.Match(b, 0); got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
	}
	for _, src := range strings.Split(strings.TrimSpace(holds), "\n") {
		run(src, true)
	}
	for _, src := range strings.Split(strings.TrimSpace(fails), "\n") {
		run(src, false)
	}
}

const holds = `
t.name = myexe
t.name != bash
t.name >= 5
t.name icontains YEX
t.name startswith ''
t.name iglob MY*
t.name glob m[x-z]exe
t.name glob m[!a-c]e?e
t.name glob '*[[:alpha:]]'
t.name glob m\yexe
t.name regex 'm[xy]+e.*'
t.name regex myexe
t.name regex '^myexe$'
t.name in (a, myexe)
t.name intersects (a, myexe)
t.name pmatch (myexe)
t.path pmatch (/var, /tmp)
t.path pmatch (/t*/Bad?)
t.path pmatch (/)
t.path = "/tmp/Bad\xff/q"
t.path glob '/tmp/*q'
t.path glob '/tmp/Bad?/q'
t.path regex '/tmp/Bad./q'
t.path contains "\xff"
t.lines regex 'a$[^x]^b'
basename(t.path) = q
tolower(t.path) startswith /tmp/bad
toupper(t.name) = MYEXE
b64(t.b) = hello
len(t.name) = 5
len(t.list) = 2
len(t.buf) = 4
t.name = val(t.name)
t.name != toupper(t.name)
concat(t.name, ':', t.b) = 'myexe:aGVsbG8='
join('-', (t.name, t.neg, 'x')) = myexe--2-x
join(',', t.list) = 'a,b'
t.neg = -2
t.neg < 0
t.neg in (-2, 3)
t.big = 18446744073709551615
t.big > 5
t.mode = 0644
t.mode = 0x1a4
t.half < 0.75
t.half = 5e-1
t.yes = true
t.yes != false
t.port = https
t.port >= 443
t.ip = 10.1.2.3
t.ip in (10.1.2.3, ::1)
t.ip != ::1
t.net = 10.0.0.0/8
t.net in (192.168.0.0/16, 10.1.2.0/24)
t.net != fe80::/16
t.six = fe80::/10
t.ends = 10.0.0.2
t.ends != 10.0.0.3
t.anc = sh
t.anc != sh
t.anc endswith d
t.list in (a, b, c)
t.list intersects (b, x)
t.list in val(t.other)
t.list intersects val(t.other)
t.none in (a)
t.none exists
t.name == oneof (myexe, bash)
t.name != oneof (myexe, bash)
t.name contains oneof (myex, bash)
t.name contains anyof (my, exe)
t.name contains allof (my, exe)
t.name startswith allof (my, mye)
t.name endswith anyof (exe, yexe)
t.name glob allof (my*, *exe)
t.name regex oneof ('my.*', 'b.*')
t.name != anyof (myexe, bash)
t.name != allof (bash, sh)
t.name == allof (myexe, myexe)
t.net != allof (192.168.0.0/16, 172.16.0.0/12)
t.buf bcontains 01ca
t.buf bstartswith 0001
t.buf contains "\x00"
t.buf = "\x00\x01\xca\xfe"
t.dyn > 9
t.dyn = 10
t.dyn = 0xa
t.dyn startswith 1
getopt(t.argv, 'nt:qo:') intersects (x)
getopt(t.argv, 'nt:qo:') in (n, t, x, q, '')
getopt(t.argv, 'nt:qo:')[t] = x
getopt(t.argv, 'nt:qo:')[n] = n
getopt(t.argv, 'nt:qo:')[o] = ''
getopt(t.argv, 'q') intersects ('?')
getopt(t.args, 'nt:q')[t] = x
not t.missing = x
not t.missing != x
t.missing exists or t.name exists
`

const fails = `
t.name = MYEXE
t.name < 5
t.name glob my
t.name glob 'm[x'
t.name regex exe
t.name in ()
t.name pmatch (my)
t.path pmatch (/tmp/B, /tm)
t.path pmatch (/tmp/Bad?/q/z)
t.path pmatch ()
t.path regex '/tmp/Bad/q'
t.path contains "\xfe"
t.lines regex a.b
b64(t.name) = x
t.neg > 0
t.big < 0x7fffffffffffffff
t.yes = false
t.ip = 10.1.2.4
t.ip = ::ffff:1.2.3.4
t.net = 192.168.0.0/16
t.six = 10.0.0.0/8
t.ends = 10.0.0.3
t.ends != 10.0.0.1
t.anc = bash
t.list in (a)
t.list intersects (x, y)
t.other in val(t.list)
t.none intersects (a)
t.name == oneof (myexe, myexe)
t.name == oneof ()
t.name != allof ()
t.name != allof (myexe, bash)
t.name contains oneof (my, exe)
t.name == allof (myexe, bash)
t.buf bcontains ff
getopt(t.argv, 'nt:qo:')[z] exists
getopt(t.args, 'nt:q')[q] exists
t.missing exists
t.missing = x
t.missing != x
t.missing in (x)
t.missing != val(t.name)
t.name != val(t.missing)
t.missing startswith ''
tolower(t.missing) != x
len(t.missing) >= 0
concat(t.name, t.missing) exists
join('-', (t.name, t.missing)) exists
t.missing == anyof (a)
t.missing != allof (a)
t.nolist in (a)
t.nolist exists
`

func TestWarnings(t *testing.T) {
	reg := event.NewRegistry([]event.Field{
		{Name: "evt.type", Kind: event.String, Home: event.HomeType, From: event.FromLive},
		{Name: "evt.dir", Kind: event.String, Home: event.HomeEvent, From: event.FromLive, Flags: event.Deprecated},
		{Name: "proc.name", Kind: event.String, Home: event.HomeProc, From: event.FromLive},
		{Name: "proc.never", Kind: event.String, Home: event.HomeProc, Why: "it is costly"},
		{Name: "alert.rule", Kind: event.String, Home: event.HomeAlert, From: event.FromFalco, Flags: event.Extension},
	})
	for _, c := range []struct {
		src   string
		kind  WarningKind
		want  string
		falco string // the error with --falco
	}{
		{"evt.dir = '>'", WarnDeprecated, "line 1, column 1: usage of deprecated field 'evt.dir' has been detected in the condition", ""},
		{"proc.never = x", WarnUnfilled, "line 1, column 1: no source fills 'proc.never', so this check never holds (it is costly)", ""},
		{"evt.type in (execve, exceve)", WarnUnknownType, "line 1, column 22: no event has the type 'exceve', did you mean 'execve'?", "line 1, column 22: unknown event type exceve (did you mean 'execve'?)"},
		{"proc.name = 'proc.name'", WarnValue, "line 1, column 13: 'proc.name' may be a valid field misused as a const string value", ""},
		{"proc.name = 'b64(x)'", WarnValue, "line 1, column 13: 'b64(x)' may be a valid field transformer misused as a const string value", ""},
		{"proc.name regex '.*x'", WarnValue, "line 1, column 17: regex check with '.*x' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'", ""},
		{"proc.name in shells", WarnList, "line 1, column 14: there is no list of the name 'shells', so it counts as one value; in parentheses it is meant to", ""},
		{"evt.type = io_uring", 0, "", "line 1, column 12: 'io_uring' is an event type of stoop, Falco does not know it"},
		{"alert.rule = x", 0, "", "line 1, column 1: 'alert.rule' is a field of stoop, Falco does not know it"},
	} {
		ws, err := Options{}.Check(c.src, reg)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if c.want == "" && len(ws) > 0 {
			t.Errorf("%s: unexpected %v", c.src, ws)
		}
		if c.want != "" && (len(ws) != 1 || ws[0].String() != c.want || ws[0].Kind != c.kind) {
			t.Errorf("%s: %v, want %s", c.src, ws, c.want)
		}
		_, err = Options{Falco: true}.Check(c.src, reg)
		if got := errText(err); got != c.falco {
			t.Errorf("%s: with falco %q, want %q", c.src, got, c.falco)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCompileMacrosAndLists(t *testing.T) {
	o := Options{Lists: Lists{"known": {"a", "myexe"}}, Macros: Macros{"mine": MustParse("t.name in (x)"), "big": MustParse("mine or t.mode > 1")}}
	b := event.NewBatch(event.NewTables(), 1, 1)
	b.Append(event.Event{Dur: -1}, nil)
	for src, want := range map[string]bool{"t.name in (known)": true, "mine": false, "big and not mine": true, "t.name != allof known": false} {
		f, err := o.Compile(src, oneEvent)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if f.Match(b, 0) != want {
			t.Errorf("%s: want %v", src, want)
		}
		if f.String() != src {
			t.Errorf("%s is written as %s", src, f)
		}
	}
}

// TestMacroPlaces checks that an error in a macro points at its name.
func TestMacroPlaces(t *testing.T) {
	m := Macros{"bad": MustParse("t.name = a and\n (tolower(t.nam) in (a, b) or not join('-', (t.name, len(t.name))) exists)")}
	_, err := Options{Macros: m}.Compile("t.yes = true and bad", oneEvent)
	if want := "line 1, column 18: filter_check called with nonexistent field t.nam (did you mean 't.name'?)"; errText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	e, _, err := m.inline(MustParse("  bad"))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.String(); got != m["bad"].String() {
		t.Errorf("%s became %s", m["bad"], got)
	}
	Walk(e, func(e Expr) bool {
		if e.At().Index != 2 {
			t.Errorf("%s is at %d", e, e.At().Index)
		}
		return true
	})
	Fields(e, func(f *Field) {
		if f.Pos.Index != 2 {
			t.Errorf("%s is at %d", f, f.Pos.Index)
		}
	})
}

// FuzzGlob compares the star matcher with one that tries every way.
func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{{"a*b?c", "axxbyc"}, {"*", ""}, {"[!a-c]*", "dd"}, {`\*`, "*"}, {"[]a]", "]"}, {"*a*b*a", "abababa"}} {
		f.Add(s[0], s[1])
	}
	var slow func(p, s string, fold bool) bool
	slow = func(p, s string, fold bool) bool {
		if p == "" {
			return s == ""
		}
		if p[0] == '*' {
			return slow(p[1:], s, fold) || s != "" && slow(p, s[1:], fold)
		}
		if s == "" {
			return false
		}
		n, ok := globOne(p, s[0], fold)
		return ok && slow(p[n:], s[1:], fold)
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 12 || len(s) > 12 {
			return
		}
		if got, want := globMatcher(pattern, false)(s), slow(pattern, s, false); got != want {
			t.Errorf("glob %q of %q: %v, want %v", pattern, s, got, want)
		}
		if got, want := globMatcher(pattern, true)(s), slow(pattern, s, true); got != want {
			t.Errorf("iglob %q of %q: %v, want %v", pattern, s, got, want)
		}
	})
}
