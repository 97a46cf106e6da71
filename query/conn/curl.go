package conn

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/config"
)

// Curl returns a line for a POSIX shell that sends a request with curl. No
// secret is in it: it names the variable, the file or the command that each is
// in, and has the shell hand it to curl by a pipe, since others see command
// lines. hints say what curl cannot do as stoop does.
func (c *Conn) Curl(req Request) (command string, hints []string) {
	var b strings.Builder
	header, hint := secretHeader(c.siem.Credentials, c.Product)
	if hint != "" {
		hints = append(hints, hint)
	}
	if header != "" {
		b.WriteString(header + " |\n  ")
	}
	b.WriteString("curl -sS")
	add := func(words ...string) {
		b.WriteString(" \\\n ")
		for _, w := range words {
			b.WriteString(" " + w)
		}
	}
	add("-X", req.Method, ShellQuoted(c.urlOf(req)))
	if header != "" {
		add("-H", "@-")
	}
	for _, file := range []struct{ flag, name string }{
		{"--cacert", c.siem.CAFile}, {"--cert", c.siem.ClientCert}, {"--key", c.siem.ClientKey},
	} {
		if file.name != "" {
			add(file.flag, ShellQuoted(file.name))
		}
	}
	if c.siem.CAFingerprint != "" {
		hints = append(hints, "curl cannot know a server by a certificate's fingerprint: give it the certificate with --cacert")
	}
	for _, name := range slices.Sorted(maps.Keys(c.siem.Headers)) {
		add("-H", ShellQuoted(name+": "+c.siem.Headers[name]))
	}
	if req.Body != nil {
		add("-H", ShellQuoted("Content-Type: "+plainJSON))
		add("--data-binary", ShellQuoted(readable(req.Body)))
	}
	return b.String(), hints
}

// urlOf is where a request goes: to the first of the hosts.
func (c *Conn) urlOf(req Request) string {
	at := c.Address.urls()[0] + (&url.URL{Path: unescaped(req.Path)}).EscapedPath()
	if len(req.Query) > 0 {
		at += "?" + req.Query.Encode()
	}
	return at
}

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// secretHeader is a command that prints the header by which stoop is let in; ""
// when there is none.
func secretHeader(from config.Credentials, product Product) (command, hint string) {
	kind, value := secretPlace(from)
	if kind == "" {
		return "", ""
	}
	show := func(form, value string) string { return "printf '" + form + `\n' "` + value + `"` }
	switch {
	case kind == "password" || kind == "command" && from.Username != "":
		return show("Authorization: Basic %s", base64Of(`%s:%s`, ShellQuoted(from.Username)+` "`+value+`"`)), commandHint(kind)
	case product == Logzio:
		return show("X-API-TOKEN: %s", value), commandHint(kind)
	case kind == "bearer_token":
		return show("Authorization: Bearer %s", value), ""
	case pairOfKey(from):
		return show("Authorization: ApiKey %s", base64Of(`%s`, `"`+value+`"`)), ""
	}
	return show("Authorization: ApiKey %s", value), commandHint(kind)
}

// secretPlace says what kind of secret there is and how a shell gets it, within
// double quotes.
func secretPlace(from config.Credentials) (kind, value string) {
	for _, place := range []struct{ kind, env, file string }{
		{"api_key", from.APIKeyEnv, from.APIKeyFile},
		{"bearer_token", from.BearerTokenEnv, from.BearerTokenFile},
		{"password", from.PasswordEnv, from.PasswordFile},
	} {
		switch {
		case place.env != "":
			return place.kind, variable(place.env)
		case place.file != "":
			return place.kind, "$(cat <" + ShellQuoted(place.file) + ")"
		}
	}
	if len(from.Command) == 0 {
		return "", ""
	}
	words := make([]string, len(from.Command))
	for i, w := range from.Command {
		words[i] = ShellQuoted(w)
	}
	return "command", "$(" + strings.Join(words, " ") + ")"
}

// variable is how a shell reads a variable, whatever it is called.
func variable(name string) string {
	if variableName.MatchString(name) {
		return "$" + name
	}
	return "$(printenv " + ShellQuoted(name) + ")"
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// commandHint is said of a command's output, which may be more than a secret.
func commandHint(kind string) string {
	if kind != "command" {
		return ""
	}
	return "the credential command must print the secret alone: where it prints an object, take the secret out of it"
}

// pairOfKey reports whether an API key is kept as its id and secret, which the
// header wants encoded.
func pairOfKey(from config.Credentials) bool {
	key := ""
	switch {
	case from.APIKeyEnv != "":
		key = os.Getenv(from.APIKeyEnv)
	case from.APIKeyFile != "":
		key, _ = config.SecretFile(from.APIKeyFile)
	}
	return strings.Contains(key, ":")
}

func base64Of(form, words string) string {
	return "$(printf '" + form + "' " + words + ` | base64 | tr -d '\n')`
}

// ShellQuoted returns a word as a POSIX shell reads it back.
func ShellQuoted(word string) string {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("-_./:,%+", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// readable lays JSON out in lines.
func readable(body []byte) string {
	var lines bytes.Buffer
	if json.Indent(&lines, body, "", "  ") != nil {
		return string(body)
	}
	return lines.String()
}
