package oracle

import (
	"errors"
	"strings"
)

// maxAnnotation bounds an annotation: a path of PATH_MAX, all of it escaped.
const maxAnnotation = 4096*4 + 64

// deletedMark follows the annotation of a descriptor whose file is deleted.
const deletedMark = "(deleted)"

var (
	errQuote  = errors.New("a string does not end")
	errClose  = errors.New("a bracket is not closed")
	errStray  = errors.New("a closing bracket matches none")
	errNoArgs = errors.New("the arguments do not end")
)

// splitArgs splits "A, B, C) REST" at the commas outside of strings and
// brackets, and returns what follows the parenthesis.
func splitArgs(body string) (args []Arg, rest string, err error) {
	start := 0
	var open []byte // the closing brackets that are awaited
	for i := 0; i < len(body); {
		c := body[i]
		switch {
		case c == '"':
			n := stringLen(body[i:])
			if n == 0 {
				return nil, "", errQuote
			}
			i += n
			continue
		case c == '/' && strings.HasPrefix(body[i:], "/*"):
			n := strings.Index(body[i:], "*/")
			if n < 0 {
				return nil, "", errClose
			}
			i += n + 2
			continue
		case c == '<' && i > 0 && endsDescriptor(body[start:i]):
			if n := annotationLen(body[i:]); n > 0 {
				i += n
				if strings.HasPrefix(body[i:], deletedMark) {
					i += len(deletedMark)
				}
				continue
			}
		case c == '(' || c == '[' || c == '{':
			open = append(open, closing[c])
		case c == ')' && len(open) == 0:
			if last := strings.TrimSpace(body[start:i]); last != "" || len(args) > 0 {
				args = append(args, Arg(last))
			}
			return args, body[i+1:], nil
		case c == ')' || c == ']' || c == '}':
			if len(open) == 0 || open[len(open)-1] != c {
				return nil, "", errStray
			}
			open = open[:len(open)-1]
		case c == ',' && len(open) == 0:
			args = append(args, Arg(strings.TrimSpace(body[start:i])))
			start = i + 1
		}
		i++
	}
	if len(open) > 0 {
		return nil, "", errClose
	}
	return nil, "", errNoArgs
}

var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// stringLen returns the length of the quoted string at the start of s, with
// the dots of one that strace cut short; 0 if it does not end.
func stringLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			n := i + 1
			if strings.HasPrefix(s[n:], "...") {
				n += 3
			}
			return n
		}
	}
	return 0
}

// endsDescriptor tells whether what stands before a '<' is a descriptor or a
// pid, and so the '<' begins an annotation and is no shift.
func endsDescriptor(s string) bool {
	if strings.HasSuffix(s, "AT_FDCWD") {
		return true
	}
	return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9'
}

// annotationLen returns the length of the annotation "<…>" at the start of s,
// 0 if it is none. strace writes the angle brackets of a path as escapes, but
// not those of a socket's arrow, which stands in square brackets.
//
//	</etc/passwd>  </dev/null<char 1:3>>  <TCP:[127.0.0.1:1->127.0.0.1:2]>
//	<UNIX-STREAM:[12->13, "/run/a b"]>  <anon_inode:[eventpoll]>
func annotationLen(s string) int {
	if strings.HasPrefix(s, "<<") {
		return 0
	}
	s = s[:min(len(s), maxAnnotation)]
	if kind, _, ok := strings.Cut(s[1:], ":["); ok && isKind(kind) {
		for i := len(kind) + 3; i < len(s); i++ {
			if s[i] == '"' {
				n := stringLen(s[i:])
				if n == 0 {
					return 0
				}
				i += n - 1
			} else if strings.HasPrefix(s[i:], "]>") {
				return i + 2
			}
		}
		return 0
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// isKind tells whether s is the word before ":[" of a descriptor that is no file.
func isKind(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}
