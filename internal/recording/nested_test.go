package recording

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stoop-project/stoop/internal/source"
)

// Documents are found in lists too, and over several lines, from files and from
// streams, and whatever is broken among them is counted.
func TestNestedDocuments(t *testing.T) {
	a, b, c := alert(1, "a"), alert(2, `b"]}{[\`), alert(3, "c")
	items := a + ",\n" + b + ",\n  " + c
	for name, content := range map[string]string{
		"EventList":              `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{"items":[{}]},"items":[` + items + `]}`,
		"kubectl's order":        "{\n\"apiVersion\": \"v1\",\n\"items\": [" + items + "],\n\"kind\": \"List\"}\n",
		"several lists":          `{"items":[` + a + "," + b + "]}\n" + `{"items":[` + c + "]}",
		"array":                  " [" + items + "]",
		"array of lines":         "[\n" + items + "\n]\n",
		"pretty":                 pretty(t, a) + pretty(t, b) + "\n\n" + pretty(t, c),
		"pretty list":            pretty(t, `{"kind":"EventList","items":[`+items+"]}"),
		"with a mark":            "\xef\xbb\xbf[" + items + "]",
		"one behind the other":   pretty(t, a) + b + c,
		"unended":                "[" + items,
		"other lists beside it":  `{"other":[{"rule":1}],"items":[` + items + `],"more":[{"rule":"x"}]}`,
		"items within something": `{"kind":"EventList","x":{"items":[{"a":[]}]},"items":[` + items + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			want := "1 a\n2 b\"]}{[\\\n3 c\n"
			s, err := Open(t.Context(), write(t, content), source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := brief(collect(t, s, source.Request{})); got != want {
				t.Errorf("file: got\n%swant\n%s", got, want)
			}
			s = OpenReader("test", iotest.OneByteReader(strings.NewReader(content)))
			if got := brief(collect(t, s, source.Request{})); got != want {
				t.Errorf("stream: got\n%swant\n%s", got, want)
			}
			if st := s.Stats(); st.Bad != 0 {
				t.Errorf("%d broken: %+v", st.Bad, st.Notes)
			}
		})
	}
}

func pretty(t *testing.T, doc string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatal(err)
	}
	text, _ := json.MarshalIndent(v, "", "    ")
	return string(text) + "\n"
}

func TestBrokenNestedDocumentsAreCounted(t *testing.T) {
	long := `{"rule":"` + strings.Repeat("x", maxLine) + `"}`
	content := "[" + alert(1, "a") + `,{"other":1},{"rule":nonsense},` + long + "," + alert(2, "b") + `,{"rule":"cut`
	s := OpenReader("test", strings.NewReader(content))
	if got := brief(collect(t, s, source.Request{})); got != "1 a\n2 b\n" {
		t.Errorf("got %s", got)
	}
	st := s.Stats()
	if st.Bad != 4 {
		t.Errorf("%d counted as broken, want 4", st.Bad)
	}
	if len(st.Notes) == 0 || !strings.HasPrefix(st.Notes[0].Text, "document 2 was skipped") {
		t.Errorf("notes: %+v", st.Notes)
	}
}

// FuzzSplitter holds that what a splitter hands on are the
// documents, without the blanks.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte(`{"items":[{"a":"\"}"},{"b":[1,{}]}]}`), uint8(3))
	f.Add([]byte(`[{"a":1} , {"b":"x y"}]`), uint8(2))
	f.Add([]byte("{\"a\":\n1}{\"b\":\"\\\\\"}"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, where uint8) {
		s := &splitter{r: iotest.HalfReader(strings.NewReader(string(data))), where: nesting(1 + where%3)}
		got, err := io.ReadAll(s)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 2*len(data)+1 {
			t.Errorf("%d bytes were made of %d", len(got), len(data))
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(got), "\n"), "\n") {
			if line != "" && line[0] != '{' {
				t.Errorf("a line begins with %.10q", line)
			}
		}
		// What is JSON as a whole, and an array of objects, is handed on whole.
		var objects []map[string]any
		if nesting(1+where%3) == inArray && json.Unmarshal(data, &objects) == nil && !strings.Contains(string(data), "null") {
			if n := strings.Count(string(got), "\n"); n != len(objects) {
				t.Errorf("%d documents of %d in %q", n, len(objects), data)
			}
		}
	})
}
