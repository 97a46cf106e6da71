package safetext

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestWriter(t *testing.T) {
	tests := []struct {
		name   string
		writes []string
		want   string
	}{
		{"lines pass", []string{"a\nb\n"}, "a\nb\n"},
		{"the rest does not", []string{"a\x1b[2J\tb\r\n"}, "a\\x1b[2J\\tb\\r\n"},
		{"character over two writes", []string{"gr\xc3", "\xbc\xc3\x9fe\n"}, "grüße\n"},
		{"character over four writes", []string{"\xf0", "\x9f", "\xa6", "\x85\n"}, "🦅\n"},
		{"bidi over two writes", []string{"\xe2\x80", "\xaeexe\n"}, "\\u202eexe\n"},
		{"never completed", []string{"a\xe2\x80"}, `a\xe2\x80`},
		{"not completed, then a line", []string{"\xe2\x80", "\n"}, "\\xe2\\x80\n"},
		{"empty", []string{"", ""}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			w := NewWriter(&out)
			for _, s := range tt.writes {
				if n, err := w.WriteString(s); n != len(s) || err != nil {
					t.Fatalf("Write(%q) = %d, %v", s, n, err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if out.String() != tt.want {
				t.Errorf("got %q, want %q", out.String(), tt.want)
			}
		})
	}
}

func TestWriterTrusted(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, err := range []error{
		w.WriteTrusted("\x1b[1m"),
		second(w.WriteString("\x1b[2J\xe2")),
		w.WriteTrusted("\x1b[m"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := "\x1b[1m\\x1b[2J\\xe2\x1b[m"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func second(_ int, err error) error { return err }

func TestJSONWriter(t *testing.T) {
	var out bytes.Buffer
	w := NewJSONWriter(&out)
	want := "a\u202eb\x7f\U000e0041\u0085"
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]string{"name": want}); err != nil {
		t.Fatal(err)
	}
	if r, bad := misleads(strings.ReplaceAll(out.String(), "\n", "")); bad {
		t.Errorf("%q has %U", out.String(), r)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["name"] != want {
		t.Errorf("%s reads back as %q, %v", out.String(), back["name"], err)
	}
}

type failing struct{ n int }

var errDisk = errors.New("disk full")

func (f failing) Write([]byte) (int, error) {
	if f.n < 0 {
		return 0, errDisk
	}
	return f.n, nil
}

func TestWriterErrors(t *testing.T) {
	if n, err := NewWriter(failing{-1}).WriteString("abc"); n != 0 || !errors.Is(err, errDisk) {
		t.Errorf("failing writer: %d, %v", n, err)
	}
	if _, err := NewWriter(failing{1}).WriteString("abc"); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("short writer: %v", err)
	}
}

func FuzzWriter(f *testing.F) {
	f.Add([]byte("a\x1b[31m\n\xe2\x80\xae\n"), 3)
	f.Add([]byte("\xf0\x9f\xa6\x85\xf0\x9f"), 1)
	f.Fuzz(func(t *testing.T, p []byte, step int) {
		var out bytes.Buffer
		w := NewWriter(&out)
		for rest := p; len(rest) > 0; {
			n := min(max(step, 1), len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if r, bad := misleads(strings.ReplaceAll(out.String(), "\n", "")); bad {
			t.Fatalf("%q in steps of %d: %q has %U", p, step, out.String(), r)
		}
		if got, want := strings.Count(out.String(), "\n"), bytes.Count(p, []byte("\n")); got != want {
			t.Fatalf("%d line feeds, want %d", got, want)
		}
	})
}
