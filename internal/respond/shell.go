package respond

import (
	"regexp"
	"strings"
)

// hereDoc begins a here-document (POSIX sh, 2.7.4).
var hereDoc = regexp.MustCompile(`^<<(-?)[ \t]*['"\\]?([A-Za-z0-9_]+)`)

// inside says within what of a shell's the end of a text stands; "" where a word
// may begin or go on. What it cannot read is inside something.
func inside(text string) string {
	for {
		line, rest, more := strings.Cut(text, "\n")
		in, docs, used := scan(line, rest, more)
		if in != "" {
			return in
		}
		if !more {
			return ""
		}
		text = rest[used:]
		for _, d := range docs {
			var ended bool
			if text, ended = d.after(text); !ended {
				return "a here-document"
			}
		}
	}
}

// scan reads a line of commands, and what of the lines behind it is still within
// its quotes: used are those bytes. docs are the here-documents that follow.
func scan(line, rest string, more bool) (in string, docs []document, used int) {
	all := line
	if more {
		all += "\n" + rest
	}
	begins := true // a word may begin here
	for i := 0; i < len(all); i++ {
		switch c := all[i]; c {
		case '\n':
			return "", docs, max(i-len(line), 0)
		case '\\':
			if i++; i == len(all) {
				return "an escape", docs, 0
			}
			begins = false
			continue
		case '\'', '"', '`':
			n := closing(all[i+1:], c)
			if n < 0 {
				return map[byte]string{'\'': "quotes", '"': "quotes", '`': "a command of its own"}[c], docs, 0
			}
			i += n + 1
			begins = false
			continue
		case '$':
			if strings.HasPrefix(all[i:], "$(") || strings.HasPrefix(all[i:], "${") || strings.HasPrefix(all[i:], "$'") {
				return "a substitution", docs, 0
			}
			begins = false
		case '#':
			if !begins {
				continue
			}
			end := strings.IndexByte(all[i:], '\n')
			if end < 0 {
				return "a comment", docs, 0
			}
			i += end - 1
		case '<':
			if m := hereDoc.FindStringSubmatch(all[i:]); m != nil {
				docs = append(docs, document{m[2], m[1] != ""})
				i += len(m[0]) - 1
				if i+1 < len(all) && strings.IndexByte(`'"`, all[i+1]) >= 0 {
					i++
				}
			}
			begins = true
		case ' ', '\t', ';', '&', '|', '(', ')', '>':
			begins = true
			continue
		default:
			begins = false
		}
	}
	if !more {
		return "", docs, 0
	}
	return "", docs, len(rest)
}

// closing finds the end of what a quote begins; -1 when it has none.
func closing(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i
		case text[i] == '\\' && quote != '\'':
			i++
		}
	}
	return -1
}

// document is a here-document that begins with the next line.
type document struct {
	end  string
	tabs bool // before its end there may be tabs
}

// after is what follows it; ended is false when its end has not come.
func (d document) after(text string) (rest string, ended bool) {
	for text != "" {
		line, more, cut := strings.Cut(text, "\n")
		if d.tabs {
			line = strings.TrimLeft(line, "\t")
		}
		if line == d.end && cut {
			return more, true
		}
		text = more
	}
	return "", false
}
