package safetext

import "strings"

// option says how a tool is given its password.
type option struct {
	flag   string
	joined bool   // in the same word: -psecret, --user=a:b
	next   bool   // in the next word: -p secret
	after  string // only what follows this in the value: the colon of user:password
	verb   string // only when this subcommand came before
}

// maxArgs bounds how many words after a tool's name are looked at.
const maxArgs = 64

// tools returns the table entries of tools that share options.
func tools(names []string, options ...option) []secret {
	find := func(s string, at, end int, spans []span) []span {
		if at > 0 && isName(s[at-1]) || end == len(s) || !isSpace(s[end]) {
			return spans
		}
		return findOptions(s, end, options, spans)
	}
	return each(find, names...)
}

// findOptions appends the passwords in the command's words from s[i] on.
func findOptions(s string, i int, options []option, spans []span) []span {
	var pending *option
	verb := ""
	for range maxArgs {
		for i < len(s) && isSpace(s[i]) && s[i] != '\n' {
			i++
		}
		if i == len(s) || strings.IndexByte("\n|;&", s[i]) >= 0 {
			return spans
		}
		word := valueAt(s, i)
		i = afterValue(s, max(word.hi, i+1))
		text := s[word.lo:word.hi]
		switch {
		case pending != nil:
			spans = pending.appendTo(spans, s, word)
			pending = nil
		case text == "":
		case text[0] != '-' && text[0] != '/':
			if takesVerb(options, text) {
				verb = text
			}
		default:
			for n := range options {
				o := &options[n]
				if o.verb != verb {
					continue
				}
				if lo, ok := o.value(text); ok {
					v := valueAt(s, word.lo+lo)
					spans = o.appendTo(spans, s, v)
					i = max(i, afterValue(s, v.hi))
					break
				}
				if o.takesNext(text) {
					pending = o
					break
				}
			}
		}
	}
	return spans
}

// afterValue returns the index in s after the quote that ends a value at i.
func afterValue(s string, i int) int {
	if i < len(s) && strings.IndexByte("\"'`", s[i]) >= 0 {
		return i + 1
	}
	return i
}

func takesVerb(options []option, word string) bool {
	for i := range options {
		if options[i].verb == word {
			return true
		}
	}
	return false
}

// value returns where in word the option's value begins, if it is joined.
func (o *option) value(word string) (int, bool) {
	if !o.joined || len(word) <= len(o.flag) || !strings.HasPrefix(word, o.flag) {
		return 0, false
	}
	if strings.HasPrefix(o.flag, "--") {
		return len(o.flag) + 1, word[len(o.flag)] == '='
	}
	return len(o.flag), true
}

// takesNext says whether the next word is the option's value; a short option
// may be the last of a cluster, as in -sku.
func (o *option) takesNext(word string) bool {
	if !o.next {
		return false
	}
	if word == o.flag {
		return true
	}
	cluster := len(o.flag) == 2 && len(word) > 2 && word[1] != '-' && word[len(word)-1] == o.flag[1]
	for i := 1; cluster && i < len(word); i++ {
		cluster = isLetter(word[i])
	}
	return cluster
}

// appendTo appends the password in s[v.lo:v.hi], the option's value.
func (o *option) appendTo(spans []span, s string, v span) []span {
	if o.after != "" {
		i := strings.Index(s[v.lo:v.hi], o.after)
		if i < 0 {
			return spans
		}
		v.lo += i + len(o.after)
	}
	return appendSpan(spans, s, v)
}
