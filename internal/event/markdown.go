package event

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"
)

// WriteFieldsMarkdown writes docs/fields.md: every field with its type, its
// description, and what fills it.
func WriteFieldsMarkdown(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Fields\n\n" +
		"<!-- Made by `stoop fields -o markdown`; do not edit. -->\n\n" +
		"What filters, columns and outputs can name. The names are Falco's, so a condition of a Falco rule works here as it is; those marked *ours* are not Falco's.\n\n" +
		"- **Argument**: what stands in brackets behind the name, `proc.aname[2]` or `proc.aname.2`; a *number*, a *key*, in italics when it may be left out.\n" +
		"- **From**: *kernel* for a node's kernel and recordings of it, *Falco* for Falco's alerts, *audit* for Kubernetes audit records.\n" +
		"- A value that is not known is missing: every check on it is false, `!=` included, and `<NA>` is printed.\n")
	classes := map[string][]*Field{}
	for _, f := range Fields.All() {
		classes[f.Class] = append(classes[f.Class], f)
	}
	names := make([]string, 0, len(classes))
	for name := range classes {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "\n## %s\n\n| Field | Type | Argument | From | |\n|---|---|---|---|---|\n", name)
		for _, f := range classes[name] {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, f.typeText(), f.argText(), f.fromText(), cell(f.docText()))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (f *Field) typeText() string {
	t := f.Kind.String()
	if f.Kind == None {
		t = "the argument's"
	}
	if f.Flags.Has(IsList) {
		t = "list of " + t
	}
	if f.Unit != "" {
		t += ", " + f.Unit
	}
	return t
}

func (f *Field) argText() string {
	var kinds []string
	if f.Arg&ArgIndex != 0 {
		kinds = append(kinds, "number")
	}
	if f.Arg&ArgKey != 0 {
		kinds = append(kinds, "key")
	}
	text := strings.Join(kinds, " or ")
	if text != "" && f.Arg&ArgRequired == 0 {
		text = "*" + text + "*"
	}
	return text
}

func (f *Field) fromText() string {
	var from []string
	for _, o := range [...]struct {
		origin Origin
		name   string
	}{{FromLive, "kernel"}, {FromFalco, "Falco"}, {FromAudit, "audit"}} {
		if f.From&o.origin != 0 {
			from = append(from, o.name)
		}
	}
	if from == nil {
		return "nothing"
	}
	return strings.Join(from, ", ")
}

func (f *Field) docText() string {
	text := f.Doc
	if len(f.Values) > 0 && len(f.Values) <= 20 {
		text += " One of `" + strings.Join(f.Values, "`, `") + "`."
	}
	for _, m := range [...]struct {
		flag FieldFlags
		text string
	}{
		{Extension, "*Ours.*"},
		{Deprecated, "*Deprecated.*"},
		{FilterOnly, "*Only in filters.*"},
		{PrintOnly, "*Only in outputs.*"},
		{TableOnly, "*Kept for completeness.*"},
		{KernelTest, "*The kernel can filter by it.*"},
	} {
		if f.Flags.Has(m.flag) {
			text += " " + m.text
		}
	}
	if why := f.Unfilled(); why != "" {
		text += " *Always missing: " + why + ".*"
	} else if f.Why != "" {
		text += " *Not from the kernel: " + f.Why + ".*"
	}
	return text
}

// WriteTypesMarkdown writes docs/events.md: every event type with its
// arguments.
func WriteTypesMarkdown(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Event types\n\n" +
		"<!-- Made by `stoop fields --events -o markdown`; do not edit. -->\n\n" +
		"`evt.type` is one of these; `evt.arg.NAME` and `evt.arg[N]` read their arguments, whose names and order are Falco's where Falco has the type and the kernel's otherwise. " +
		"*Italics*: the call's result, or a fact of the process or the file.\n\n" +
		"| Type | Category | Arguments |\n|---|---|---|\n")
	var all []*TypeInfo
	for i := range types {
		if types[i].Name != "" {
			all = append(all, &types[i])
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	for _, t := range all {
		args := make([]string, 0, len(t.Shown))
		for i := range t.Shown {
			s := &t.Shown[i]
			kind := paramKindNames[s.Kind]
			if s.Set != "" {
				kind = s.Set
			}
			text := "`" + s.Name + "` " + kind
			if s.At < 0 {
				text = "*" + text + "*"
			}
			args = append(args, text)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.Name, t.Category, strings.Join(args, ", "))
	}
	b.WriteString("\nA name behind an argument that is no type of its own is a set of names:\n\n")
	sets := make([]string, 0, len(flagSets))
	for name := range flagSets {
		sets = append(sets, name)
	}
	sort.Strings(sets)
	for _, name := range sets {
		fmt.Fprintf(&b, "- **%s**: %s\n", name, strings.Join(SetNames(name), " "))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// paramKindNames is the inverse of paramKinds.
var paramKindNames = func() map[ParamKind]string {
	names := make(map[ParamKind]string, len(paramKinds))
	for name, k := range paramKinds {
		names[k] = name
	}
	return names
}()

// cell makes text fit for a table's cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
