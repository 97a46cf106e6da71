package indicator

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Kind is what an indicator is about.
type Kind uint8

// The kinds of indicators.
const (
	Address Kind = iota + 1 // an IP address
	Network                 // a CIDR
	Domain                  // a domain, and all below it
	Path                    // a file's whole path
	Hash                    // MD5, SHA-1 or SHA-256 in hex
)

var kindNames = [...]string{Address: "address", Network: "network", Domain: "domain", Path: "path", Hash: "hash"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// Indicator is one value to look for.
type Indicator struct {
	Kind   Kind
	Value  string
	Desc   string // what the list says of it, "" for nothing
	Source string // who says so, "" for nobody but the file
	Line   int    // where it stands, from 1; of STIX the number of the object
}

// Bounds of a list.
const (
	maxSize  = 64 << 20 // bytes
	maxCount = 200_000  // indicators
	maxText  = 300      // bytes of a description that are kept
)

// Skipped says which part of a list is no indicator that can be looked for.
type Skipped struct {
	Line int
	Why  string
}

// List is what was read.
type List struct {
	Name       string
	Indicators []Indicator
	Skipped    []Skipped // the first 100
	Left       int       // how many were skipped in all
}

// Read reads a list in any of the forms. The error says that there is none; what
// is odd in one is skipped, and said.
func Read(name string, text []byte) (*List, error) {
	l := &List{Name: name}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if len(text) > maxSize {
		return nil, fmt.Errorf("indicators: %s: has %d bytes; at most %d are read: split it", name, len(text), maxSize)
	}
	var err error
	switch body := bytes.TrimSpace(text); {
	case len(body) > 0 && (body[0] == '{' || body[0] == '['):
		err = l.stix(body)
	case isCSV(body):
		err = l.csv(body)
	default:
		l.plain(text)
	}
	if err != nil {
		return nil, fmt.Errorf("indicators: %s: %w", name, err)
	}
	if len(l.Indicators) == 0 {
		return nil, fmt.Errorf("indicators: %s: there is none in it%s", name, l.firstSkipped())
	}
	return l, nil
}

func (l *List) firstSkipped() string {
	if len(l.Skipped) == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d: %s)", l.Skipped[0].Line, l.Skipped[0].Why)
}

var errFull = errors.New("too many indicators")

// add takes a value of a kind, or of the kind that it looks like for 0.
func (l *List) add(in Indicator) error {
	value, kind := normal(in.Value)
	if in.Kind != 0 && kind != 0 && in.Kind != kind && !(in.Kind == Network && kind == Address) {
		kind = 0
	}
	if kind == 0 {
		l.skip(in.Line, fmt.Sprintf("%.60q is no address, network, domain, whole path or hash", in.Value))
		return nil
	}
	if len(l.Indicators) == maxCount {
		return fmt.Errorf("%w: at most %d are read: split the list", errFull, maxCount)
	}
	in.Value, in.Kind, in.Desc, in.Source = value, kind, short(in.Desc), short(in.Source)
	l.Indicators = append(l.Indicators, in)
	return nil
}

func (l *List) skip(line int, why string) {
	if l.Left++; len(l.Skipped) < 100 {
		l.Skipped = append(l.Skipped, Skipped{line, why})
	}
}

// short makes one line of valid text out of what a list says.
func short(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	for len(s) > maxText {
		_, n := utf8.DecodeLastRuneInString(s[:maxText+1])
		s = s[:maxText+1-n]
	}
	return s
}

var (
	domainForm = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	hashForm   = regexp.MustCompile(`^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$`)
)

// normal returns a value as events have it, and its kind; 0 for none. Lists
// that are sent around write 1.2.3[.]4 and hxxp:// so that nobody clicks on it.
func normal(s string) (string, Kind) {
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	if len(s) > 4096 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", 0
	}
	s = strings.NewReplacer("[.]", ".", "(.)", ".", "[:]", ":").Replace(s)
	if strings.HasPrefix(s, "/") {
		if s == "/" || strings.HasSuffix(s, "/") {
			return "", 0
		}
		return s, Path
	}
	low := strings.ToLower(s)
	if _, rest, ok := strings.Cut(low, "://"); ok { // of a URL, its host
		low = rest
		if i := strings.IndexAny(low, "/?#"); i >= 0 {
			low = low[:i]
		}
		low = low[strings.LastIndexByte(low, '@')+1:]
	}
	if a, err := netip.ParseAddrPort(low); err == nil {
		return a.Addr().Unmap().WithZone("").String(), Address
	}
	if host, port, ok := strings.Cut(low, ":"); ok && !strings.Contains(port, ":") && strings.Trim(port, "0123456789") == "" {
		low = host
	}
	if a, err := netip.ParseAddr(strings.Trim(low, "[]")); err == nil {
		return a.Unmap().WithZone("").String(), Address
	}
	if p, err := netip.ParsePrefix(low); err == nil {
		switch {
		case p.IsSingleIP():
			return p.Addr().Unmap().String(), Address
		case p.Bits() == 0:
			return "", 0 // everything
		}
		return p.Masked().String(), Network
	}
	if hashForm.MatchString(low) {
		return low, Hash
	}
	if low = strings.TrimSuffix(strings.TrimPrefix(low, "*."), "."); len(low) <= 253 && domainForm.MatchString(low) {
		return low, Domain
	}
	return "", 0
}
