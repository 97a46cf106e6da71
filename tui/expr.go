package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// drawExpr draws a filter with its parts told apart: fields, operators, values.
func drawExpr(a grid.Area, expr string) {
	var ps []piece
	for _, w := range words(expr) {
		ps = append(ps, piece{w, grid.Style{Fg: toneOf(w)}})
	}
	drawPieces(a, ps)
}

// words splits a filter into words, brackets, blanks and quoted texts. Put
// together again they are the filter.
func words(expr string) (ws []string) {
	for i := 0; i < len(expr); {
		start := i
		switch c := expr[i]; {
		case c == '"' || c == '\'':
			for i++; i < len(expr) && expr[i] != c; i++ {
				if expr[i] == '\\' {
					i++
				}
			}
			i = min(i+1, len(expr))
		case strings.IndexByte("(), ", c) >= 0:
			i++
		default:
			for i < len(expr) && strings.IndexByte("(), \"'", expr[i]) < 0 {
				i++
			}
		}
		ws = append(ws, expr[start:i])
	}
	return ws
}

// operatorWords are the words and signs that are neither fields nor values.
var operatorWords = func() map[string]bool {
	set := map[string]bool{"and": true, "or": true, "not": true, "(": true, ")": true, ",": true}
	for _, o := range filter.Operators() {
		set[o] = true
	}
	return set
}()

func toneOf(word string) grid.Tone {
	switch {
	case operatorWords[word]:
		return grid.Operator
	case parseRef(word).field != nil:
		return grid.Field
	}
	return grid.Value
}
