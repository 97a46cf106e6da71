package event_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// twice stands for Falco's transformers, which package filter has.
var twice = event.Transformers{"twice": func(v event.Value) (event.Value, bool) { v.Str += v.Str; return v, true }}

func TestFormat(t *testing.T) {
	s := newScene()
	r := s.open(t, 0x80000, 3)
	for _, c := range []struct{ format, want string }{
		{"", ""},
		{"no fields", "no fields"},
		{"%proc.name", "nc"},
		{"%proc.name opened %fd.name.", "nc opened /etc/shadow."},
		{"gparent=%proc.aname[2] (%evt.arg.flags)", "gparent=nginx (O_RDONLY|O_CLOEXEC|FD_UPPER_LAYER)"},
		{"user=%user.loginname", "user=<NA>"},
		{"100%% %evt.arg[3]", "100% O_RDONLY|O_CLOEXEC|FD_UPPER_LAYER"},
		{"%container.mount.dest[/etc]|%k8s.ns.name", "/host/etc|shop"},
		{"%proc.name%proc.pid", "nc1201"},
		{"[%5proc.name][%1proc.name][%8user.loginname]", "[nc   ][n][<NA>    ]"},
		{"%twice(proc.name) %3twice(twice(proc.name))|%twice(user.loginname)", "ncnc ncn|<NA>"},
	} {
		f, err := twice.ParseFormat(c.format, event.Fields)
		if err != nil {
			t.Errorf("%q: %v", c.format, err)
			continue
		}
		if got := f.String(r); got != c.want {
			t.Errorf("%q gives %q, want %q", c.format, got, c.want)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"a %proc.nam", `column 3: unknown field "proc.nam"`},
		{"%", `column 1: unknown field ""`},
		{"% x", `column 1: unknown field ""`},
		{"%evt.arg", `field "evt.arg" needs an argument`},
		{"%proc.pid[1]", `field "proc.pid" takes no argument`},
		{"%proc.aname[x]", `field "proc.aname" takes a number in brackets, not "x"`},
		{"%proc.aname[2", `field "proc.aname" takes`},
		{"%evt.arg.flags[1]", `two arguments`},
		{"%twice(proc.name", "the parenthesis of twice( is not closed"},
		{"%twice(proc.pid)", "twice() takes a text, which proc.pid is not"},
		{"%thrice(proc.name)", `unknown field "thrice"`},
		{"%99999proc.name", "at most 4096 wide"},
		{"%10", `unknown field ""`},
	} {
		_, err := twice.ParseFormat(c.format, event.Fields)
		if c.format == "%proc.aname[2" {
			// The bracket is text when it is not closed: Falco reads it so, too.
			if err != nil {
				t.Errorf("%q: %v", c.format, err)
			}
			continue
		}
		if !errors.Is(err, event.ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.format, err, c.want)
		}
	}
}

func TestFormatEach(t *testing.T) {
	f, err := event.ParseFormat("%proc.aname[2] %user.loginname", event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene()
	var got []string
	f.Each(s.open(t, 0, 3), func(name string, v event.Value, ok bool) {
		if !ok {
			v = event.StringValue("-")
		}
		got = append(got, name+"="+v.String())
	})
	if s := strings.Join(got, " "); s != "proc.aname[2]=nginx user.loginname=-" {
		t.Errorf("Each gives %s", s)
	}
}
