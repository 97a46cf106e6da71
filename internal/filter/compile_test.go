package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/testdata"
)

type compileCase struct {
	Test, Kind, Expr, Error string
	Result, Fails           bool
	Warnings                int
}

// TestCompileFalco runs the cases of Falco's own compiler tests: over Falco's
// fields for those that compile, over the mock fields that those tests define
// for those that run.
func TestCompileFalco(t *testing.T) {
	fields := event.NewRegistry(falcoFields(t), mockFields)
	for i, c := range testdata.Lines[compileCase](t, "filter/compile.jsonl") {
		t.Run(fmt.Sprintf("%d/%s", i+1, c.Test), func(t *testing.T) {
			f, err := Compile(c.Expr, fields)
			if c.Kind == "run" {
				if err != nil {
					t.Fatalf("%q: %v", c.Expr, err)
				}
				b := event.NewBatch(event.NewTables(), 1, 1)
				b.Append(event.Event{Dur: -1, FD: -1}, nil)
				sel := []uint64{1}
				f.Select(b, sel)
				if got := f.Match(b, 0); got != c.Result || (sel[0] == 1) != c.Result {
					t.Errorf("%q: match %v, select %v, want %v", c.Expr, got, sel[0] == 1, c.Result)
				}
				return
			}
			if (err != nil) != c.Fails {
				t.Fatalf("%q: error %v, want one: %v", c.Expr, err, c.Fails)
			}
			if err != nil {
				var fe *Error
				if !errors.As(err, &fe) {
					t.Fatalf("%q: %T", c.Expr, err)
				}
				if c.Error != "" && fe.Msg != c.Error {
					t.Errorf("%q: error %q, want %q", c.Expr, fe.Msg, c.Error)
				}
				return
			}
			n := 0
			for _, w := range f.Warnings() {
				if w.Kind == WarnValue {
					n++
				}
			}
			if n != c.Warnings {
				t.Errorf("%q: %d warnings %v, want %d", c.Expr, n, f.Warnings(), c.Warnings)
			}
		})
	}
}

// mockFields stand for those of Falco's test: a check of c.true holds whatever
// it is compared with, one of c.false never.
var mockFields = []event.Field{
	{Name: "c.true", Kind: event.String, Home: event.HomeEvent, Read: func(event.Row, event.Arg) (event.Value, bool) { return event.StringValue("1"), true }},
	{Name: "c.false", Kind: event.String, Home: event.HomeProc, Read: func(event.Row, event.Arg) (event.Value, bool) { return event.StringValue("0"), true }},
	{Name: "c.buffer", Kind: event.Bytes, Home: event.HomeEvent, From: event.FromLive},
	{Name: "c.singlequote", Kind: event.String, Home: event.HomeEvent, Read: func(event.Row, event.Arg) (event.Value, bool) {
		return event.StringValue("hello 'quoted'"), true
	}},
	{Name: "c.doublequote", Kind: event.String, Home: event.HomeType, Read: func(event.Row, event.Arg) (event.Value, bool) {
		return event.StringValue(`hello "quoted"`), true
	}},
}

// falcoFields returns Falco's fields with their types and flags, unreadable.
func falcoFields(t *testing.T) []event.Field {
	raw, err := os.ReadFile(testdata.Path(t, "filter/fields.json"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []struct {
		Field, Type string
		Flags       []string
	}
	if err := json.Unmarshal(raw, &listed); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]event.Kind{
		"PT_CHARBUF": event.String, "PT_BOOL": event.Bool, "PT_DOUBLE": event.Double, "PT_ABSTIME": event.Time, "PT_RELTIME": event.Duration,
		"PT_IPADDR": event.IP, "PT_IPNET": event.Net, "PT_PORT": event.Port, "PT_BYTEBUF": event.Bytes, "PT_DYN": event.None,
		"PT_INT16": event.Int, "PT_INT32": event.Int, "PT_INT64": event.Int, "PT_UINT32": event.Uint, "PT_UINT64": event.Uint,
	}
	flags := map[string]event.FieldFlags{
		"EPF_IS_LIST": event.IsList, "EPF_FILTER_ONLY": event.FilterOnly, "EPF_PRINT_ONLY": event.PrintOnly, "EPF_TABLE_ONLY": event.TableOnly,
		"EPF_DEPRECATED": event.Deprecated, "EPF_NO_RHS": event.NoRHS, "EPF_NO_TRANSFORMER": event.NoTransformer,
	}
	var out []event.Field
	for _, l := range listed {
		kind, ok := kinds[l.Type]
		if !ok || l.Field == "NA" {
			continue
		}
		f := event.Field{Name: l.Field, Kind: kind, Home: event.HomeEvent, From: event.FromLive}
		for _, name := range l.Flags {
			name = strings.TrimSuffix(strings.TrimPrefix(name, "(filtercheck_field_flags)("), ")")
			f.Flags |= flags[name]
			switch name {
			case "EPF_ARG_REQUIRED":
				f.Arg |= event.ArgRequired | event.ArgKey | event.ArgIndex
			case "EPF_ARG_ALLOWED":
				f.Arg |= event.ArgKey | event.ArgIndex
			}
		}
		out = append(out, f)
	}
	if len(out) < 200 {
		t.Fatalf("only %d fields", len(out))
	}
	return out
}

func TestCompileErrors(t *testing.T) {
	fields := event.NewRegistry(falcoFields(t))
	for _, c := range []struct{ src, want string }{
		{"proc.nam = sh", "line 1, column 1: filter_check called with nonexistent field proc.nam (did you mean 'proc.name'?)"},
		{"evt.arg = x", "line 1, column 1: field 'evt.arg' requires an argument, as in evt.arg[name]"},
		{"proc.name[1] = x", "line 1, column 1: field 'proc.name' takes no argument"},
		{"proc.pid = 0b1", "line 1, column 12: 0b1 is not a valid number"},
		{"proc.pid in (1, x)", "line 1, column 17: x is not a valid number"},
		{"user.uid = -1", "-1 is not a valid number"},
		{"fd.ip = 1.2.3", "unrecognized IPv4 address 1.2.3"},
		{"fd.net = 10.0.0.0/33", "invalid netmask 33"},
		{"fd.net = 10.0.0.1", "unrecognized IP network 10.0.0.1 (a network is written as 10.0.0.0/8;"},
		{"fd.sip in (::1, 10.0.0.0/8)", "line 1, column 17: unrecognized IPv4 address 10.0.0.0/8 (networks are compared by fd.net,"},
		{"fd.port = 70000", "70000 is not a port number"},
		{"fd.port = nosuchservice", "unrecognized protocol nosuchservice"},
		{"evt.is_io = yes", "filter error: unrecognized boolean value yes"},
		{`proc.name = "a\x00"`, "a NUL byte is allowed only in values for byte buffer fields"},
		{"proc.name regex 'a('", "invalid regex pattern"},
		{`proc.name regex '\\d'`, "invalid regex pattern"},
		{"toupper(evt.rawres) = -1", "can't add field transformer: type 'INT64' is not supported by 'toupper' transformer applied on field 'evt.rawres'"},
		{"toupper(evt.rawarg.res) = -1", "field 'evt.rawarg' does not support transformers"},
		{"evt.buflen = val(evt.around[14])", "field 'evt.around' can't be used as a right-hand side field"},
		{"evt.around[14] = val(evt.buflen)", "field 'evt.around' doesn't support right-hand side fields"},
		{"syscall.type = val(evt.is_wait)", "field 'syscall.type' has type 'CHARBUF' while the right-hand side field 'evt.is_wait' has incompatible type 'BOOL'"},
		{"proc.name pmatch val(proc.pname)", "operator 'pmatch' doesn't support right-hand side fields"},
		{"join(proc.name, proc.pname) = x", "join() second argument must be a list"},
		{"join('-') = x", "join() requires exactly 2 arguments: separator and list"},
		{"concat(proc.name) = x", "concat() requires at least 2 arguments"},
		{"concat(proc.name, proc.pid) = x", "concat() arguments must be strings"},
		{"getopt(proc.args, 'a')[ab] = x", "getopt() field argument must be a single option character"},
		{"fd.types = file", "filter error: '=' operator not supported list filters"},
		{"evt.outputtime = x", "'evt.outputtime' is print only"},
		{"shell and proc.pid = 1", "line 1, column 1: filter error: unexpected identifier 'shell'"},
		{"name = sh", "unexpected token after 'name'"},
		{"proc.name = sh and name", "(did you mean 'evt.pluginname"},
	} {
		_, err := Compile(c.src, fields)
		if c.src == "proc.name = sh and name" {
			if err == nil || !strings.Contains(err.Error(), ".name = …'?") {
				t.Errorf("%q: %v", c.src, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.src, err, c.want)
		}
	}
}
