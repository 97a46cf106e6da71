package safetext

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "/usr/bin/cat /etc/shadow", "/usr/bin/cat /etc/shadow"},
		{"backslash stays single", `C:\x1b`, `C:\x1b`},
		{"CSI", "ok\x1b[2J", `ok\x1b[2J`},
		{"OSC title", "\x1b]0;owned\x07", `\x1b]0;owned\x07`},
		{"line feed, return, tab", "a\r\n\tb", `a\r\n\tb`},
		{"NUL and DEL", "a\x00b\x7f", `a\x00b\x7f`},
		{"control beyond the eighth byte", "0123456789abcdef\x08x", `0123456789abcdef\x08x`},
		{"C1 as a raw byte", "\x9b31m", `\x9b31m`},
		{"C1 as a character", "\u009b31m", `\u009b31m`},
		{"invalid UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"overlong slash", "\xc0\xaf", `\xc0\xaf`},
		{"replacement character itself", "a\ufffd", "a\ufffd"},
		{"bidi override", "gpj.\u202eexe", `gpj.\u202eexe`},
		{"bidi isolates", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"bidi marks", "\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		{"zero width", "nc\u200b\u200c\u200d\u2060\ufeff", `nc\u200b\u200c\u200d\u2060\ufeff`},
		{"line and paragraph separator", "a\u2028b\u2029", `a\u2028b\u2029`},
		{"soft hyphen", "ba\u00adsh", `ba\u00adsh`},
		{"blanks that are no space", "a\u00a0b\u2003c\u3000d", `a\u00a0b\u2003c\u3000d`},
		{"tags", "x\U000e0041", `x\U000e0041`},
		{"variation selectors", "❤\ufe0f\U000e0100", `❤\ufe0f\U000e0100`},
		{"fillers", "\u3164\u115f\uffa0\u2800\u034f", `\u3164\u115f\uffa0\u2800\u034f`},
		{"private use", "\ue000\U000f0000", `\ue000\U000f0000`},
		{"unassigned", "\u0378", `\u0378`},
		{"noncharacter", "\uffff", `\uffff`},
		{"joined emoji come apart", "👩\u200d💻", `👩\u200d💻`},
		{"other scripts stay", "grüße 日本語 привет 🦅", "grüße 日本語 привет 🦅"},
		{"composed marks stay", "e\u0301 กี่ שָׁ", "e\u0301 กี่ שָׁ"},
		{"mark on nothing", "\u0301a", `\u0301a`},
		{"mark after an escape", "\x1b\u0301", `\x1b\u0301`},
		{"piled marks", "e" + strings.Repeat("\u0301", 6), "e" + strings.Repeat("\u0301", 4) + `\u0301\u0301`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.in); got != tt.want {
				t.Errorf("Line(%q)\n got %s\nwant %s", tt.in, got, tt.want)
			}
			if got := string(AppendBytes([]byte("> "), []byte(tt.in))); got != "> "+tt.want {
				t.Errorf("AppendBytes(%q) = %s", tt.in, got)
			}
			if got, want := Safe(tt.in), tt.in == tt.want; got != want {
				t.Errorf("Safe(%q) = %v", tt.in, got)
			}
		})
	}
}

// The eight-byte test must agree with the plain one for every byte at every
// place in a word.
func TestASCIIPrefix(t *testing.T) {
	for at := range 17 {
		for c := range 256 {
			b := []byte("abcdefgh~ 012345Z")
			b[at] = byte(c)
			want := len(b)
			if c < ' ' || c >= 0x7f {
				want = at
			}
			if got := asciiPrefix(string(b)); got != want {
				t.Fatalf("byte %#x at %d: %d, want %d", c, at, got, want)
			}
		}
	}
}

func TestOrdinary(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if ordinary(r) && (!visible(r) || unicode.In(r, unicode.Mn, unicode.Me)) {
			t.Errorf("%U is taken for an ordinary letter", r)
		}
	}
}

func TestLineDoesNotAllocate(t *testing.T) {
	for _, s := range []string{"/usr/bin/nc.traditional -e /bin/bash 127.0.0.1 4444", "грамота 日本語 e\u0301"} {
		if n := testing.AllocsPerRun(100, func() { _ = Line(s) }); n != 0 {
			t.Errorf("Line(%q): %v allocations", s, n)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "a b", `"a b"`},
		{"quotes and backslashes", `a"b\c`, `"a\"b\\c"`},
		{"controls", "\x1b\n\x7f", `"\u001b\n\u007f"`},
		{"bidi", "\u202e", `"\u202e"`},
		{"tag is a surrogate pair", "\U000e0041", `"\udb40\udc41"`},
		{"stray byte", "\xff", `"\ufffd"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := AppendJSON(nil, tt.in)
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// misleads returns the first character of s that a terminal or a reader could
// be misled by. It is written apart from the code under test, from the lists
// in Unicode's reports 9 and 36 rather than from Go's idea of printable.
func misleads(s string) (rune, bool) {
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"),
			r < 0x20, r >= 0x7f && r <= 0xa0,
			r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e,
			r >= 0x2060 && r <= 0x206f, r == 0xfeff, r == 0x061c, r == 0xad,
			r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff,
			r >= 0xfff9 && r <= 0xfffb, r == 0x3164,
			unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			return r, true
		}
	}
	return 0, false
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{
		"", "plain", "\x1b[31m", "a\u202eb", "\xff\xfe", "e\u0301\u0301\u0301\u0301\u0301", "\U000e0041", "a\"b\\c\x00",
		"0123456\x7f", "\xe2\x80", "\u200d\u0301", "日本\u3000語",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if r, bad := misleads(got); bad {
			t.Fatalf("Line(%q) = %q has %U", s, got, r)
		}
		if again := Line(got); again != got {
			t.Fatalf("Line is not idempotent: %q, %q, %q", s, got, again)
		}
		if app := string(Append([]byte("x"), s)); app[1:] != got {
			t.Fatalf("Append(%q) = %q, Line = %q", s, app, got)
		}
		if Safe(s) != (got == s) {
			t.Fatalf("Safe(%q) = %v", s, Safe(s))
		}

		quoted := AppendJSON(nil, s)
		if r, bad := misleads(string(quoted)); bad {
			t.Fatalf("AppendJSON(%q) = %q has %U", s, quoted, r)
		}
		var back string
		if err := json.Unmarshal(quoted, &back); err != nil {
			t.Fatalf("AppendJSON(%q) = %q: %v", s, quoted, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back != want {
			t.Fatalf("AppendJSON(%q) reads back as %q", s, back)
		}
	})
}

var sink string

func BenchmarkLine(b *testing.B) {
	for _, bb := range []struct{ name, text string }{
		{"ascii", strings.Repeat("/usr/bin/python3 -m http.server ", 4)},
		{"utf8", strings.Repeat("/data/Größe/日本語 ", 6)},
		{"escapes", strings.Repeat("ls\x1b[31m\u202e -la ", 8)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.text)))
			b.ReportAllocs()
			for b.Loop() {
				sink = Line(bb.text)
			}
		})
	}
}
