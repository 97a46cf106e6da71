package filter

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// constant is a value to compare with, read as the field's kind asks.
type constant struct {
	text   string
	num    uint64       // Int, Time, Duration (two's complement), Uint, Port, Bool
	float  float64      // Double
	addr   netip.Addr   // IP
	prefix netip.Prefix // Net
	isNum  bool         // for fields of no fixed kind: num holds the text's number
}

// readConstant reads a value as one of kind, as libs
// userspace/libsinsp/value_parser.cpp does: numbers in decimal, octal with a
// leading 0 or hexadecimal with 0x, ports also by the name of their service.
func readConstant(kind event.Kind, op Op, v *Value) (constant, *Error) {
	c := constant{text: v.Text}
	if op == OpBContains || op == OpBStartsWith {
		raw, err := hex.DecodeString(v.Text)
		if err != nil {
			return c, &Error{Pos: v.Pos, Msg: "filter error: bcontains and bstartswith operator support hex strings only", Found: escape(v.Text, true)}
		}
		c.text = string(raw)
		return c, nil
	}
	if kind != event.Bytes && strings.IndexByte(v.Text, 0) >= 0 {
		return c, &Error{Pos: v.Pos, Msg: "a NUL byte is allowed only in values for byte buffer fields"}
	}
	var err error
	switch kind {
	case event.Int, event.Time, event.Duration:
		c.num, err = signedNumber(v.Text)
	case event.Uint:
		c.num, err = unsignedNumber(v.Text)
	case event.Port:
		c.num, err = portNumber(v.Text)
	case event.Double:
		if c.float, err = strconv.ParseFloat(v.Text, 64); err != nil {
			err = errors.New(v.Text + " is not a valid number")
		}
	case event.Bool:
		switch v.Text {
		case "true":
			c.num = 1
		case "false":
		default:
			err = errors.New("filter error: unrecognized boolean value " + v.Text)
		}
	case event.IP:
		c.addr, err = address(v.Text)
	case event.Net:
		c.prefix, err = network(v.Text)
	case event.None:
		n, e := signedNumber(v.Text)
		c.num, c.isNum = n, e == nil
	}
	if err != nil {
		return c, &Error{Pos: v.Pos, Msg: err.Error(), Hint: constantHint(kind, v.Text)}
	}
	return c, nil
}

// constantHint helps with values that belong to another field.
func constantHint(kind event.Kind, text string) string {
	switch {
	case kind == event.IP && strings.Contains(text, "/"):
		return "networks are compared by fd.net, fd.cnet, fd.snet, fd.lnet and fd.rnet"
	case kind == event.Net && !strings.Contains(text, "/"):
		return "a network is written as 10.0.0.0/8; addresses are compared by fd.ip, fd.cip, fd.sip, fd.lip and fd.rip"
	case kind == event.Bool:
		return "true or false"
	}
	return ""
}

func signedNumber(s string) (uint64, error) {
	n, err := strconv.ParseInt(cNumber(s), 0, 64)
	if err != nil {
		return 0, errors.New(s + " is not a valid number")
	}
	return uint64(n), nil
}

func unsignedNumber(s string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(cNumber(s), "+"), 0, 64)
	if err != nil {
		return 0, errors.New(s + " is not a valid number")
	}
	return n, nil
}

// cNumber hides from strconv what C's strtoll with base 0 does not know:
// 0b, 0o and underscores.
func cNumber(s string) string {
	digits := strings.TrimLeft(s, "+-")
	if strings.Contains(s, "_") || len(digits) > 1 && digits[0] == '0' && strings.ContainsAny(digits[1:2], "bBoO") {
		return ""
	}
	return s
}

func portNumber(s string) (uint64, error) {
	if strings.Trim(s, "0123456789") == "" && s != "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return 0, errors.New(s + " is not a port number: at most 65535")
		}
		return n, nil
	}
	if s != "" {
		for _, network := range []string{"tcp", "udp"} {
			if n, err := net.LookupPort(network, s); err == nil {
				return uint64(n), nil
			}
		}
	}
	return 0, errors.New("unrecognized protocol " + s)
}

func address(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if strings.Contains(s, ".") && !strings.Contains(s, ":") {
		if err != nil || !a.Is4() {
			return a, errors.New("unrecognized IPv4 address " + s)
		}
		return a, nil
	}
	if err != nil || a.Zone() != "" {
		return a, errors.New("unrecognized IPv6 address " + s)
	}
	return a.Unmap(), nil
}

func network(s string) (netip.Prefix, error) {
	host, bits, ok := strings.Cut(s, "/")
	if !ok {
		return netip.Prefix{}, errors.New("unrecognized IP network " + s)
	}
	a, err := address(host)
	if err != nil {
		return netip.Prefix{}, err
	}
	n, err := strconv.ParseUint(bits, 10, 8)
	if err != nil || int(n) > a.BitLen() {
		return netip.Prefix{}, errors.New("invalid netmask " + bits)
	}
	return netip.PrefixFrom(a, int(n)).Masked(), nil
}
