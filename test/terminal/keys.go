package terminal

import (
	"fmt"
	"strings"
)

// named has what a terminal sends for keys without a character.
var named = map[string]string{
	"enter": "\r", "tab": "\t", "esc": "\x1b", "space": " ", "backspace": "\x7f", "lt": "<",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"pgup": "\x1b[5~", "pgdown": "\x1b[6~", "delete": "\x1b[3~", "insert": "\x1b[2~", "s-tab": "\x1b[Z",
	"f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS",
}

// encodeKeys turns "abc<enter><c-c>" into what a terminal sends.
func encodeKeys(keys string) (string, error) {
	var out strings.Builder
	for {
		text, rest, found := strings.Cut(keys, "<")
		out.WriteString(text)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, ">")
		seq, known := named[name]
		if c, ctrl := strings.CutPrefix(name, "c-"); ctrl && len(c) == 1 && c[0] >= 'a' && c[0] <= 'z' {
			seq, known = string(rune(c[0]-'a'+1)), true
		}
		if !closed || !known {
			return "", fmt.Errorf("no key <%s>; a plain < is <lt>", name)
		}
		out.WriteString(seq)
		keys = after
	}
}
