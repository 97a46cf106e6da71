package picture

import (
	"encoding/xml"
	"errors"
	"image/color"
	"io"
	"strings"
	"testing"
)

// A picture is XML whatever stands in its cells, and holds their text once.
func TestSVG(t *testing.T) {
	row := []Cell{{Text: "<", Width: 1}, {Text: "&", Width: 1}, {Text: "世", Width: 2}, {}, {Text: "b", Width: 1, Look: Look{Bold: true, FG: color.White, Invert: true}}}
	text := SVG(5, 1, color.White, color.Black, func(x, _ int) Cell {
		if x == 4 {
			return row[4]
		}
		return row[x]
	})
	for dec := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	for _, want := range []string{"&lt;&amp;世</text>", `font-weight="bold">b</text>`, `textLength="33.6"`, `fill="#000000" font-weight`} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is there %d times in\n%s", want, strings.Count(text, want), text)
		}
	}
}
