package conn

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
)

// Schemes are the schemes of addresses, each with its port.
var schemes = map[string]struct {
	port    string
	product Product
}{
	"es":     {"9200", Elasticsearch},
	"os":     {"9200", OpenSearch},
	"logzio": {"443", Logzio},
	"https":  {"443", Unknown},
}

// Address is where a server is, and which of its indices are meant.
type Address struct {
	Scheme  string
	Hosts   []string // host:port
	TLS     bool
	Prefix  string  // of all paths, for servers behind another: /search
	Index   string  // a pattern, or several with commas
	Product Product // as the scheme says; Unknown to be found out
}

// errUserInfo is said of an address with a name or password in it.
var errUserInfo = errors.New("an address carries no name or password, since others see command lines: set STOOP_USERNAME and STOOP_PASSWORD, or STOOP_API_KEY, or name files in the configuration (docs/siem.md)")

// ParseAddress reads an address: es://host:9200,host2/prefix/index?tls=off. A
// path that ends with a slash has no index: es://host/prefix/.
func ParseAddress(text string) (Address, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	kind, known := schemes[scheme]
	if scheme == "http" {
		return Address{}, fmt.Errorf("http:// sends credentials and alerts in the clear; where that is meant, write es://%s", plainAddress(withoutUser(rest)))
	}
	if !ok || !known {
		return Address{}, fmt.Errorf("%s is no address of a SIEM; those begin with es://, os://, logzio:// or https://", withoutUser(text))
	}
	rest, query, _ := strings.Cut(rest, "?")
	text = withoutUser(scheme + "://" + rest)
	if strings.Contains(rest, "@") {
		return Address{}, fmt.Errorf("%s: %w", text, errUserInfo)
	}
	hosts, path, _ := strings.Cut(rest, "/")
	a := Address{Scheme: scheme, TLS: true, Product: kind.product}
	for _, host := range strings.Split(hosts, ",") {
		full, err := hostPort(host, kind.port)
		if err != nil {
			return Address{}, fmt.Errorf("%s: %w", text, err)
		}
		a.Hosts = append(a.Hosts, full)
	}
	if inner := strings.Trim(path, "/"); inner != "" && strings.HasSuffix(path, "/") && !isPattern(inner) {
		path = inner + "/" // of a server behind another, and no index
	} else {
		path = inner
	}
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		a.Prefix, path = "/"+path[:at], path[at+1:]
	}
	index, err := url.PathUnescape(path)
	if err != nil {
		return Address{}, fmt.Errorf("%s: the index %q cannot be read: %w", text, path, err)
	}
	if strings.ContainsAny(index, " \"\\<>|#") || strings.HasPrefix(index, "_") || index == "." || index == ".." {
		return Address{}, fmt.Errorf("%s: %q cannot be the name of an index", text, index)
	}
	a.Index = index
	return a, a.options(text, query)
}

// plainAddress is the rest of an address with the option for a plain port.
func plainAddress(rest string) string {
	rest, _, _ = strings.Cut(rest, "?")
	return rest + "?tls=off"
}

// options reads what stands behind the question mark.
func (a *Address) options(text, query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	for name, all := range values {
		if name != "tls" {
			return fmt.Errorf("%s: %q is no option of an address; there is tls=off", text, name)
		}
		switch all[len(all)-1] {
		case "off":
			a.TLS = false
		case "on":
		default:
			return fmt.Errorf("%s: tls is on or off", text)
		}
	}
	if !a.TLS && (a.Scheme == "https" || a.Scheme == "logzio") {
		return fmt.Errorf("%s: %s:// always means TLS; write es:// or os:// for a plain port", text, a.Scheme)
	}
	return nil
}

// hostPort completes a host with a port. What it returns reads as itself: a
// host with a colon is an IPv6 address (RFC 3986, 3.2.2), a port a number.
func hostPort(host, port string) (string, error) {
	u, err := url.Parse("x://" + host)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Hostname(), " \t*[]/?#@,") ||
		strings.Contains(u.Hostname(), ":") && !isIPv6(u.Hostname()) {
		return "", fmt.Errorf("%q is no host", host)
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)), nil
}

// isIPv6 reports whether a host is an IPv6 address, with a zone or without.
func isIPv6(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Is6()
}

// withoutUser returns an address without what stands before an @ in it: a
// password may hold a slash.
func withoutUser(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	} else {
		scheme += "://"
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "…@" + rest[at+1:]
	}
	return scheme + rest
}

// inAddress writes an index's name so that [ParseAddress] reads it again.
var inAddress = strings.NewReplacer("%", "%25", "@", "%40", "?", "%3F", "/", "%2F")

// String returns the address as the user would write it.
func (a Address) String() string {
	kind := schemes[a.Scheme]
	hosts := make([]string, len(a.Hosts))
	for i, h := range a.Hosts {
		hosts[i] = strings.TrimSuffix(h, ":"+kind.port)
	}
	s := a.Scheme + "://" + strings.Join(hosts, ",") + a.Prefix
	switch {
	case a.Index == "" && a.Prefix != "":
		s += "/"
	case a.Index != "":
		s += "/" + inAddress.Replace(a.Index)
	}
	if !a.TLS {
		s += "?tls=off"
	}
	return s
}

// urls returns the addresses as Elastic's client takes them.
func (a Address) urls() []string {
	scheme := "https://"
	if !a.TLS {
		scheme = "http://"
	}
	all := make([]string, len(a.Hosts))
	for i, h := range a.Hosts {
		all[i] = scheme + h + a.Prefix
	}
	return all
}

// addressOf returns the address of a configured server. Where the index stands
// apart, the URL's whole path is that of a server behind another:
// https://host/search with index: falco-*.
func addressOf(s *config.SIEM) (Address, error) {
	if s.CloudID != "" {
		return cloudAddress(s)
	}
	a, err := ParseAddress(s.URL)
	if err != nil || s.Index == "" || a.Index == s.Index {
		return a, err
	}
	if isPattern(a.Index) {
		return a, fmt.Errorf("%s: the URL names the index %s, and %s is named beside it: let one of them go", s.Name, a.Index, s.Index)
	}
	if a.Index != "" {
		a.Prefix += "/" + url.PathEscape(a.Index)
	}
	a.Index = s.Index
	return a, nil
}

// isPattern reports whether a name stands for several indices, which no part of
// a path does.
func isPattern(name string) bool { return strings.ContainsAny(name, "*,") }

// WithIndex returns a configured server with another index than its own. One
// that stands in the URL goes; a path that is none ends with a slash there, or
// has the index beside it.
func WithIndex(s *config.SIEM, index string) (*config.SIEM, error) {
	at := *s
	if s.CloudID == "" && s.Index == "" {
		a, err := ParseAddress(s.URL)
		if err != nil {
			return nil, err
		}
		a.Index = ""
		at.URL = a.String()
	}
	at.Index = index
	return &at, nil
}
