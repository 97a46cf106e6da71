package safetext

import (
	"strings"
	"testing"
)

func FuzzMarkdown(f *testing.F) {
	f.Add("a|b `c` <d> &e; [f](g) http://h www.i")
	f.Fuzz(func(t *testing.T, s string) {
		out := Markdown(s)
		for i := range len(out) {
			if strings.IndexByte(markup[1:]+"<", out[i]) >= 0 && (i == 0 || out[i-1] != '\\') {
				t.Fatalf("%q has a bare %q at %d: %q", s, out[i], i, out)
			}
		}
	})
}
