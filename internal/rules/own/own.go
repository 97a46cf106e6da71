package own

import (
	"embed"

	"github.com/stoop-project/stoop/internal/rules"
)

//go:embed *.yaml
var files embed.FS

func init() { rules.Own = Files }

// Files returns the rule files in the order in which they are read. Their
// names are stoop/THEME.yaml: they lie on no disk.
func Files() []rules.File {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // embedded: cannot happen
	}
	list := make([]rules.File, 0, len(entries))
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		list = append(list, rules.File{Name: "stoop/" + e.Name(), Text: text})
	}
	return list
}
