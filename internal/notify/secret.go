package notify

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// secrets are the parts of a URL by which somebody else could use it.
type secrets struct {
	parts []string
	user  bool // there is a name or a password before the host
}

// secretsOf takes a URL apart. Whatever of a notification's is not the service's
// name may be a token.
func secretsOf(address string) secrets {
	var s secrets
	at, err := url.Parse(address)
	if err != nil {
		return secrets{parts: []string{address}}
	}
	add := func(texts ...string) {
		for _, t := range texts {
			if len(t) >= 4 {
				s.parts = append(s.parts, t, url.QueryEscape(t), url.PathEscape(t))
			}
		}
	}
	if at.User != nil {
		s.user = true
		password, _ := at.User.Password()
		add(at.User.String(), at.User.Username(), password)
		add(strings.FieldsFunc(at.User.Username()+":"+password, func(r rune) bool { return r == ':' || r == '-' })...)
	}
	switch at.Scheme {
	case "", "file", "syslog", "syslog+udp", "syslog+tcp", "syslog+unix":
	case "http", "https":
		add(at.RawQuery)
	default:
		add(at.Path, at.RawQuery)
		add(strings.Split(at.Path, "/")...)
	}
	for _, values := range at.Query() {
		add(values...)
	}
	slices.SortFunc(s.parts, func(a, b string) int { return len(b) - len(a) }) // the longest first
	return s
}

// hide takes the secrets out of an error's text.
func (s secrets) hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var u *url.Error
	if errors.As(err, &u) { // it repeats the URL
		text = strings.ReplaceAll(text, u.URL, "…")
	}
	for _, part := range s.parts {
		text = strings.ReplaceAll(text, part, "…")
	}
	return hidden{cut(text, 500), err}
}

// hidden is an error whose text has lost its secrets.
type hidden struct {
	text string
	err  error
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.err }

// mask returns a URL as it may be shown.
func mask(address string) string {
	at, err := url.Parse(address)
	switch {
	case err != nil:
		return "…"
	case at.Scheme == "" || at.Scheme == "file":
		return address
	case at.Scheme == "http" || at.Scheme == "https":
		return at.Scheme + "://" + at.Host + at.EscapedPath()
	case strings.HasPrefix(at.Scheme, "syslog"):
		return at.Scheme + ":" + strings.TrimSuffix("//"+at.Host+at.Path, "//")
	}
	return at.Scheme
}
