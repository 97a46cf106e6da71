package compare

import (
	"regexp"
	"strings"
)

// changing is what a value has of its own each time, in the order in which it is
// looked for.
var changing = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "*"}, // UUID
	{hexRun, ""},
	{regexp.MustCompile(`/proc/[0-9]+`), "/proc/*"},
	{regexp.MustCompile(`/(task|fd|fdinfo)/[0-9]+`), "/$1/*"},
	{regexp.MustCompile(`/tmp/(tmp|sess|go-build|cc)[._A-Za-z0-9]{4,}`), "/tmp/$1*"},
	{regexp.MustCompile(`[0-9]{4,}`), "*"}, // pid, port, time
}

// hexRun is an id or a hash where it has a digit, and else may be a word.
var hexRun = regexp.MustCompile(`\b[0-9a-f]{8,}\b`)

// pattern is a value with what it has of its own replaced by stars, as a glob;
// ok is false for one that has nothing of its own.
func pattern(value string) (glob string, ok bool) {
	plain := globSigns.Replace(value)
	glob = plain
	for _, c := range changing {
		if c.re != hexRun {
			glob = c.re.ReplaceAllString(glob, c.with)
			continue
		}
		glob = hexRun.ReplaceAllStringFunc(glob, func(run string) string {
			if strings.ContainsAny(run, "0123456789") {
				return "*"
			}
			return run
		})
	}
	return glob, glob != plain
}

// globSigns takes a text as it is into a glob.
var globSigns = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
