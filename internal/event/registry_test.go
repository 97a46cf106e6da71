package event_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/testdata"
)

// falcoField is a row of fields.json: a field of Falco's libs.
type falcoField struct {
	Field string   `json:"field"`
	Type  string   `json:"type"`
	Flags []string `json:"flags"`
	Desc  string   `json:"desc"`
}

func loadJSON[T any](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile(testdata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

var falcoKinds = map[string]event.Kind{
	"PT_CHARBUF": event.String, "PT_BOOL": event.Bool, "PT_DOUBLE": event.Double, "PT_BYTEBUF": event.Bytes,
	"PT_INT16": event.Int, "PT_INT32": event.Int, "PT_INT64": event.Int,
	"PT_UINT32": event.Uint, "PT_UINT64": event.Uint,
	"PT_RELTIME": event.Duration, "PT_ABSTIME": event.Time,
	"PT_IPADDR": event.IP, "PT_IPNET": event.Net, "PT_PORT": event.Port, "PT_DYN": event.None,
}

var falcoFlags = map[string]event.FieldFlags{
	"EPF_IS_LIST": event.IsList, "EPF_FILTER_ONLY": event.FilterOnly, "EPF_PRINT_ONLY": event.PrintOnly,
	"EPF_TABLE_ONLY": event.TableOnly, "EPF_DEPRECATED": event.Deprecated, "EPF_NO_RHS": event.NoRHS,
	"EPF_NO_TRANSFORMER": event.NoTransformer,
}

// TestFalcoFields holds the registry against the list of Falco's own fields.
func TestFalcoFields(t *testing.T) {
	const ours = event.Extension | event.KernelTest | event.PathLike
	n := 0
	for _, want := range loadJSON[falcoField](t, "filter/fields.json") {
		if want.Field == "NA" {
			continue // three placeholders without a name
		}
		n++
		f, rest := event.Fields.Lookup(want.Field)
		if f == nil || rest != "" {
			t.Errorf("%s is not registered", want.Field)
			continue
		}
		kind, ok := falcoKinds[want.Type]
		if !ok {
			t.Fatalf("%s: no kind for %s", want.Field, want.Type)
		}
		if f.Kind != kind {
			t.Errorf("%s is %s, want %s", f.Name, f.Kind, kind)
		}
		var flags event.FieldFlags
		needsArg, takesArg := false, false
		for _, word := range want.Flags {
			word = strings.Trim(word[strings.LastIndexByte(word, '(')+1:], ")")
			switch word {
			case "EPF_ARG_REQUIRED":
				needsArg, takesArg = true, true
			case "EPF_ARG_ALLOWED":
				takesArg = true
			case "EPF_NONE", "EPF_NO_PTR_STABILITY":
			default:
				flag, ok := falcoFlags[word]
				if !ok {
					t.Fatalf("%s: unknown flag %s", want.Field, word)
				}
				flags |= flag
			}
		}
		if got := f.Flags &^ ours; got != flags {
			t.Errorf("%s has flags %b, want %b", f.Name, got, flags)
		}
		if got := f.Arg&event.ArgRequired != 0; got != needsArg {
			t.Errorf("%s: argument required = %v, want %v", f.Name, got, needsArg)
		}
		if got := f.Arg&(event.ArgIndex|event.ArgKey) != 0; got != takesArg {
			t.Errorf("%s: argument allowed = %v, want %v", f.Name, got, takesArg)
		}
		if strings.EqualFold(strings.TrimSuffix(f.Doc, "."), strings.TrimSuffix(want.Desc, ".")) && len(f.Doc) > 15 {
			t.Errorf("%s: the description is Falco's, word by word", f.Name)
		}
	}
	if n != 233 {
		t.Errorf("fields.json has %d fields, want 233", n)
	}
}

// TestEveryField checks what holds for all fields.
func TestEveryField(t *testing.T) {
	for _, f := range event.Fields.All() {
		if f.Doc == "" || !strings.HasSuffix(strings.TrimSuffix(f.Doc, "…"), ".") && !strings.HasSuffix(f.Doc, "…") {
			t.Errorf("%s: the description is no sentence: %q", f.Name, f.Doc)
		}
		if f.Class == "" {
			t.Errorf("%s has no class", f.Name)
		}
		if f.From&event.FromLive != 0 && f.Why != "" {
			t.Errorf("%s says why the kernel does not fill it, but it does", f.Name)
		}
		if (f.From == 0) != (f.Unfilled() != "") || (f.From&event.FromLive == 0) != (f.UnfilledBy(event.FromLive) != "") {
			t.Errorf("%s: from %b, unfilled %q", f.Name, f.From, f.Unfilled())
		}
		if f.Unfilled() != "" && f.Read != nil {
			t.Errorf("%s has a reader although nobody fills it", f.Name)
		}
		if f.Read == nil && f.From&event.FromLive != 0 {
			t.Errorf("%s has no reader although the kernel fills it", f.Name)
		}
		if ours := slices.Contains([]string{"alert", "stoop", "net", "log"}, f.Class); ours && !f.Flags.Has(event.Extension) {
			t.Errorf("%s: extension = %v in class %s", f.Name, f.Flags.Has(event.Extension), f.Class)
		}
	}
}

// TestReadersSurviveNothing reads every field of an empty event: what is not
// known must be missing, never a panic.
func TestReadersSurviveNothing(t *testing.T) {
	b := event.NewBatch(event.NewTables(), 1, 1)
	b.Append(event.Event{Type: event.TypeUnknown, FD: -1, Dur: -1}, nil)
	for _, f := range event.Fields.All() {
		for _, a := range []event.Arg{{}, {Set: true, Key: "1", Index: 1}, {Set: true, Key: "x", Index: -1}} {
			if v, ok := f.Get(b.Row(0), a); ok && v.Kind != f.Kind && v.List == nil && f.Kind != event.None {
				t.Errorf("%s is %#v, want a %s", f.Name, v, f.Kind)
			}
			f.Show(b.Row(0), a)
		}
	}
}

// TestRulesFields parses every field that the outputs of the public rules
// print.
func TestRulesFields(t *testing.T) {
	printed := regexp.MustCompile(`%[a-z][a-zA-Z0-9_.]*[a-zA-Z0-9_](\[[^\]]*\])?`)
	n := 0
	for _, name := range []string{"rules/falco_rules.yaml", "rules/k8s_audit_rules.yaml"} {
		text, err := os.ReadFile(testdata.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range printed.FindAllString(string(text), -1) {
			n++
			if _, err := event.ParseFormat(field, event.Fields); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if n < 400 {
		t.Errorf("the rules print %d fields, want at least 400", n)
	}
}
