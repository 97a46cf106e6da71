package main

import (
	"fmt"
	"strings"
	"testing"
)

// Documents are read as people have them: one a line, over several lines, in an
// array, as hits of a search.
func TestDocumentsAsTheyAreCopied(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"lines", "{\"a\":1}\n\n{\"a\": 2}\nno\n", `1{"a":1} 3{"a":2} 4no`},
		{"one over several lines", "\n{\n  \"a\": [\n 1,\n {}]\n}\n", `2{"a":[1,{}]}`},
		{"several of these", "{\n\"a\":1}\n{\n\"a\":2}", `1{"a":1} 3{"a":2}`},
		{"an array", "[\n {\"a\":1},\n {\"a\":2}\n]", `1{"a":1} 1{"a":2}`},
		{"an array in a line", `[{"a":1},{"a":2}]`, `1{"a":1} 1{"a":2}`},
		{"an answer", "{\"took\":1,\n\"hits\":{\"total\":2,\"hits\":[{\"_index\":\"i\",\"_source\":{\"a\":1}},{\"_index\":\"i\",\"_source\":{\"a\":2}}]}}", `1{"a":1} 1{"a":2}`},
		{"hits of a dump", "{\"_index\":\"i\",\"_source\":{\"a\":1}}\n{\"_index\":\"i\",\"_source\":{\"a\":2}}", `1{"a":1} 2{"a":2}`},
		{"a first line that is cut", "{\"a\":\n{\"a\":2}\n", `1{"a": 2{"a":2}`},
		{"text", "hello\n[\n", `1hello 2[`},
		{"hits that are none", `{"hits":{"of":"a song"},"_source":"x"}`, `1{"hits":{"of":"a song"},"_source":"x"}`},
	} {
		var got []string
		if err := eachDocument(strings.NewReader(tt.text), func(n int, doc []byte) { got = append(got, fmt.Sprint(n, string(doc))) }); err != nil {
			t.Error(err)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, text, tt.want)
		}
	}
}
