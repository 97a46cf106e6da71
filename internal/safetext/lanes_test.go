package safetext

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A text's words are found in parts as they are from end to end, wherever they
// lie.
func TestLanes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	w := secretWords()
	for range 20_000 {
		var text strings.Builder
		for size := laneText + r.IntN(600); text.Len() < size; {
			switch r.IntN(12) {
			case 0:
				text.WriteString(secrets[r.IntN(len(secrets))].word)
			case 1:
				word := secrets[r.IntN(len(secrets))].word
				text.WriteString(word[:r.IntN(len(word)+1)])
			default:
				text.WriteString("a plain text "[:1+r.IntN(12)])
			}
		}
		s := text.String()
		got, ok := w.laned(s, nil)
		if !ok {
			continue
		}
		var want []hit
		for end, state := w.first(s, 0, 0); end != 0; end, state = w.first(s, end, state) {
			want = append(want, hit{end, state})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q\ngot  %v\nwant %v", s, got, want)
		}
	}
}
