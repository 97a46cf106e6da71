package places

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/trail"
)

const falcoAlert = `{"uuid":"u","rule":"R","priority":"Warning","time":"2026-03-01T12:00:00Z","output_fields":{"container.id":"containerd://6CF4BE7B2388aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","proc.cmdline":"nc"}}`

// An alert is read in whatever it is wrapped in, and how many of them there are.
func TestRead(t *testing.T) {
	quoted := `"` + strings.ReplaceAll(falcoAlert, `"`, `\"`) + `"`
	for name, test := range map[string]struct {
		text string
		rows int
		err  string
	}{
		"alone":              {falcoAlert, 1, ""},
		"with a mark":        {"\xef\xbb\xbf\n" + falcoAlert, 1, ""},
		"by lines":           {falcoAlert + "\n" + falcoAlert, 2, ""},
		"in a list":          {"[" + falcoAlert + "," + falcoAlert + "]", 2, ""},
		"a hit":              {`{"_index":"i","_source":` + falcoAlert + `}`, 1, ""},
		"a hit of message":   {`{"_index":"i","_source":{"@timestamp":"2026-03-01T12:00:00Z","message":` + quoted + `}}`, 1, ""},
		"an answer":          {`{"hits":{"hits":[{"_source":` + falcoAlert + `}]}}`, 1, ""},
		"in a cloud event":   {`{"specversion":"1.0","type":"falco","data":` + falcoAlert + `}`, 1, ""},
		"in a text of a bus": {`{"body":` + quoted + `}`, 1, ""},
		"in a webhook":       {`{"alerts":[{"labels":{"alertname":"A","pod":"p","namespace":"n"},"startsAt":"2026-03-01T12:00:00Z"}]}`, 1, ""},
		"cut":                {falcoAlert + falcoAlert[:50], 1, "at byte"},
		"empty":              {" \n", 0, "it is empty"},
		"a number":           {"7", 0, "no JSON object"},
		"no alert":           {`{"a":1}`, 0, "profile"},
		"deep":               {strings.Repeat("[", 20) + falcoAlert + strings.Repeat("]", 20), 0, "too deep"},
	} {
		rows, err := Read([]byte(test.text))
		if len(rows) != test.rows || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
		for _, r := range rows {
			if s := trail.SubjectOf(r); r.Alert == 0 || s.Pod == "" && (s.Container != "6cf4be7b2388" || s.Line != "nc") || s.Time != 1772366400e9 {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
}

// Nothing that is read as an alert makes the reader fail otherwise than with an
// error, and whatever it reads can be looked for.
func FuzzRead(f *testing.F) {
	f.Add([]byte(falcoAlert))
	f.Add([]byte(`{"hits":{"hits":[{"_source":` + falcoAlert + `},{"fields":{"rule":["R"],"priority":["Debug"]}}]}}`))
	f.Add([]byte(`{"alerts":[{"labels":{"alertname":"A","container_id":"x"},"startsAt":"2026-03-01T12:00:00Z"}]}`))
	f.Add([]byte(`[[{"body":"{\"rule\":1}"}]] "x" 7`))
	n := newNode()
	n.attack(web)
	in := []Place{n.place("a")}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := Read(text)
		if len(rows) == 0 && err == nil {
			t.Fatal("neither alerts nor an error")
		}
		for _, r := range rows[:min(len(rows), 3)] {
			x, err := Find(t.Context(), r, in, Options{}, nil)
			if err == nil && (x.Trail == nil || x.Sure.String() == "") {
				t.Fatal("found, but not what")
			}
		}
	})
}
