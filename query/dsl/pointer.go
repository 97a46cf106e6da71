package dsl

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
)

// pointed narrows a check of what a JSON pointer leads to (json.value[/stage] =
// ResponseComplete): where that is a text, it lies at the path of the same names,
// in the document or in the one around it. Of numbers, lists and objects the field
// is what is written in the document, which no index has.
func (c *compiler) pointed(f *event.Field, a event.Arg, k *filter.Check) bound {
	path, ok := pointerPath(a.Key)
	if !ok || f.Name != "json.value" && f.Name != "jevt.value" || k.Op != filter.OpEq && k.Op != filter.OpIn || k.Mod != filter.ModNone {
		return anything
	}
	paths := []string{path}
	if c.prefix != "" {
		paths = append(paths, c.prefix+path)
	}
	t := &test{check: k, op: k.Op, field: f, texts: constants(k)}
	for _, want := range t.texts {
		if !onlyText(want) {
			return anything
		}
	}
	found := none
	for _, path := range paths {
		switch v, known := c.view(path); {
		case !known && !c.object(path):
		case known && (v.kind == viewKeyword || v.kind == viewText):
			found = or(found, t.each(c, profile.Stored{Path: path}, v).upper)
		default:
			return anything
		}
	}
	return atMost(found)
}

// pointerPath returns the path of the names that a JSON pointer goes through. ok
// is false when it may lead through a list.
func pointerPath(pointer string) (path string, ok bool) {
	names := strings.Split(pointer, "/")
	if len(names) < 2 || names[0] != "" {
		return "", false
	}
	for i, name := range names[1:] {
		if strings.Trim(name, "0123456789") == "" {
			return "", false
		}
		names[i+1] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return strings.Join(names[1:], "."), true
}

// onlyText reports whether nothing but a text of JSON is written so.
func onlyText(s string) bool {
	return s != "" && s != "true" && s != "false" && !strings.ContainsRune("[{-0123456789", rune(s[0]))
}
