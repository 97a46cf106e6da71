package rules

import (
	_ "embed"
	"strings"
	"sync"
)

// techniqueTable has the techniques of MITRE ATT&CK that rules about Linux and
// containers speak of.
//
//go:embed techniques.tsv
var techniqueTable string

var techniqueNames = sync.OnceValue(func() map[string]string {
	names := make(map[string]string)
	for line := range strings.Lines(techniqueTable) {
		if id, name, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			names[id] = name
		}
	}
	return names
})

// TechniqueName returns what MITRE ATT&CK calls a technique, a sub-technique
// behind the technique that it is one of: "Command and Scripting Interpreter:
// Unix Shell". It is "" for one that is not known.
func TechniqueName(id string) string {
	names := techniqueNames()
	name := names[id]
	if of, _, sub := strings.Cut(id, "."); sub && name != "" && names[of] != "" {
		return names[of] + ": " + name
	}
	return name
}
