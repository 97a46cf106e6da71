package oracle

import (
	"net/netip"
	"strconv"
	"strings"
)

// Arg is one argument, or one member of a structure or array, as strace
// printed it. Its methods read the forms that it may have; ok is false for
// another form.
type Arg string

// Int reads a number: decimal, octal with 0, hexadecimal with 0x; NULL is 0;
// a descriptor's annotation is left out.
func (a Arg) Int() (n int64, ok bool) {
	s := string(a)
	switch s {
	case "NULL":
		return 0, true
	case "AT_FDCWD":
		return atFDCWD, true
	}
	if i := strings.IndexByte(s, '<'); i > 0 {
		return Arg(s[:i]).Int()
	}
	if strings.Contains(s, "_") { // Go's own digit separator
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n, true
	}
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		return int64(u), true // an address above the half
	}
	return 0, false
}

// Text reads a quoted string and undoes its escapes. One that strace cut
// short is returned as far as it goes; see [Arg.Cut].
func (a Arg) Text() (text string, ok bool) {
	s := strings.TrimPrefix(string(a), "@") // an abstract socket's name
	n := 0
	if strings.HasPrefix(s, `"`) {
		n = stringLen(s)
	}
	if n == 0 || n != len(s) {
		return "", false
	}
	return unescape(strings.TrimSuffix(s, "...")[1 : len(strings.TrimSuffix(s, "..."))-1]), true
}

// Cut tells whether strace printed only the beginning of the string.
func (a Arg) Cut() bool { return strings.HasSuffix(string(a), `"...`) }

// Flags splits A|B|C. A value of 0 has no flags.
func (a Arg) Flags() []string {
	if a == "0" || a == "" {
		return nil
	}
	return strings.Split(string(a), "|")
}

// Elems splits an array, [A, B].
func (a Arg) Elems() (elems []Arg, ok bool) {
	return a.members('[', ']')
}

// Field returns a member of a structure, {NAME=VALUE, …}. Of one that the call
// changed, "BEFORE => AFTER", it is what was before; see [Arg.After].
func (a Arg) Field(name string) (value Arg, ok bool) {
	members, ok := a.members('{', '}')
	if !ok {
		return "", false
	}
	for _, m := range members {
		if key, value, found := strings.Cut(string(m), "="); found && key == name {
			return Arg(value), true
		}
	}
	return "", false
}

func (a Arg) members(open, end byte) ([]Arg, bool) {
	s := string(a)
	if len(s) < 2 || s[0] != open {
		return nil, false
	}
	// The end is that of the first structure, hence the parser's own brackets.
	list, rest, err := splitArgs(s + ")")
	if err != nil || rest != "" || len(list) != 1 {
		return nil, false
	}
	if before, _, changed := strings.Cut(s, " => "); changed && strings.HasSuffix(before, string(end)) {
		s = before
	}
	if s[len(s)-1] != end {
		return nil, false
	}
	members, rest, err := splitArgs(s[1:len(s)-1] + ")")
	return members, err == nil && rest == ""
}

// After returns the part behind "=>" of an argument that the call changed, and
// the argument itself if it has none.
func (a Arg) After() Arg {
	if i := strings.LastIndex(string(a), " => "); i >= 0 {
		after := string(a[i+len(" => "):])
		if strings.Count(after, "]") > strings.Count(after, "[") { // [BEFORE => AFTER]
			after = strings.TrimSuffix(after, "]")
		}
		return Arg(after)
	}
	return a
}

// Sockaddr is a socket's address.
type Sockaddr struct {
	Family   string         // "AF_INET"
	Addr     netip.AddrPort // of AF_INET and AF_INET6
	Path     string         // of AF_UNIX; an abstract name begins with "@"
	Complete bool           // false if strace shows the family only
}

// Sockaddr reads {sa_family=…}, also in an array of one (the form of results).
func (a Arg) Sockaddr() (addr Sockaddr, ok bool) {
	family, ok := a.Field("sa_family")
	if !ok {
		return addr, false
	}
	addr.Family = string(family)
	switch family {
	case "AF_INET":
		addr.Addr, addr.Complete = a.inet("sin_port", func() (string, bool) {
			v, ok := a.Field("sin_addr")
			return inCall(string(v), "inet_addr(", ok)
		})
	case "AF_INET6":
		addr.Addr, addr.Complete = a.inet("sin6_port", a.inet6Text)
	case "AF_UNIX":
		path, has := a.Field("sun_path")
		addr.Path, addr.Complete = path.Text()
		addr.Complete = addr.Complete && has
		if strings.HasPrefix(string(path), "@") {
			addr.Path = "@" + addr.Path
		}
	}
	return addr, true
}

func (a Arg) inet(portField string, text func() (string, bool)) (netip.AddrPort, bool) {
	port, ok := a.Field(portField)
	number, ok := inCall(string(port), "htons(", ok)
	n, err := strconv.ParseUint(number, 10, 16)
	quoted, ok2 := text()
	if !ok || !ok2 || err != nil {
		return netip.AddrPort{}, false
	}
	unquoted, ok := Arg(quoted).Text()
	ip, err := netip.ParseAddr(unquoted)
	return netip.AddrPortFrom(ip, uint16(n)), ok && err == nil
}

// inet6Text finds the address in inet_pton(AF_INET6, "::1", &sin6_addr), which
// strace prints in the place of a member.
func (a Arg) inet6Text() (string, bool) {
	members, _ := a.members('{', '}')
	for _, m := range members {
		if inner, ok := inCall(string(m), "inet_pton(", true); ok {
			args, _, err := splitArgs(inner + ")")
			if err == nil && len(args) == 3 {
				return string(args[1]), true
			}
		}
	}
	return "", false
}

// inCall returns what stands in the parentheses of a printed call.
func inCall(s, name string, ok bool) (string, bool) {
	inner, found := strings.CutPrefix(s, name)
	inner, closed := strings.CutSuffix(inner, ")")
	return inner, ok && found && closed
}

// unescape undoes C's escapes: \n and the like, one to three octal digits, \x
// and two hexadecimal ones.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c >= '0' && c <= '7':
			n := 0
			j := i
			for ; j < len(s) && j < i+3 && s[j] >= '0' && s[j] <= '7'; j++ {
				n = n*8 + int(s[j]-'0')
			}
			b.WriteByte(byte(n))
			i = j - 1
		case c == 'x' && i+2 < len(s):
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				b.WriteString(`\x`)
				continue
			}
			b.WriteByte(byte(n))
			i += 2
		default:
			if v, ok := simpleEscapes[c]; ok {
				c = v
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

var simpleEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'v': '\v', 'f': '\f', 'a': '\a', 'b': '\b'}
