package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// errUnknown is what a reader of members returns for a key that it does not know.
var errUnknown = errors.New("unknown key")

// reader reads nodes and says where they are wrong.
type reader struct{ path string }

func (r reader) fault(n *yaml.Node, format string, args ...any) error {
	return &Error{Path: r.path, Line: n.Line, Text: fmt.Sprintf(format, args...)}
}

// each calls read for each member of a mapping, which is called what in errors;
// known are the keys that there may be.
func (r reader) each(n *yaml.Node, what string, read func(key string, value *yaml.Node) error, known ...string) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return r.fault(n, "%s must be a mapping of keys to values", what)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			return r.fault(key, "%s is there twice", key.Value)
		}
		seen[key.Value] = true
		switch err := read(key.Value, value); {
		case errors.Is(err, errUnknown):
			return r.fault(key, "%s has no key %s; there are %s", what, key.Value, strings.Join(known, ", "))
		case err != nil:
			return err
		}
	}
	return nil
}

func (r reader) text(n *yaml.Node, what string) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", r.fault(n, "%s must be one text", what)
	}
	if n.Value == "" {
		return "", r.fault(n, "%s is empty", what)
	}
	return n.Value, nil
}

// siem reads one server.
func (r reader) siem(name string, n *yaml.Node) (*SIEM, error) {
	s := &SIEM{Name: name, Where: fmt.Sprintf("%s:%d", r.path, n.Line)}
	texts := map[string]*string{
		"url": &s.URL, "index": &s.Index, "cloud_id": &s.CloudID,
		"username": &s.Credentials.Username, "ca_fingerprint": &s.CAFingerprint,
		"api_key_env": &s.Credentials.APIKeyEnv, "password_env": &s.Credentials.PasswordEnv, "bearer_token_env": &s.Credentials.BearerTokenEnv,
	}
	paths := map[string]*string{
		"ca_file": &s.CAFile, "client_cert": &s.ClientCert, "client_key": &s.ClientKey,
		"api_key_file": &s.Credentials.APIKeyFile, "password_file": &s.Credentials.PasswordFile, "bearer_token_file": &s.Credentials.BearerTokenFile,
	}
	known := slices.Concat(slices.Collect(maps.Keys(texts)), slices.Collect(maps.Keys(paths)), []string{"credential_command", "headers"})
	slices.Sort(known)
	err := r.each(n, name, func(key string, value *yaml.Node) (err error) {
		switch {
		case texts[key] != nil:
			*texts[key], err = r.text(value, key)
		case paths[key] != nil:
			*paths[key], err = r.file(value, key)
		case key == "credential_command":
			s.Credentials.Command, err = r.command(value)
		case key == "headers":
			s.Headers, err = r.headers(value)
		case secretKeys[key]:
			err = r.fault(value, "no secret stands in this file: put it into a file of its own and name it by %s_file, or into a variable and name it by %s_env", key, key)
		default:
			err = errUnknown
		}
		return err
	}, known...)
	if err != nil {
		return nil, err
	}
	return s, r.check(n, s)
}

// secretKeys are what somebody might write a secret into.
var secretKeys = map[string]bool{"api_key": true, "password": true, "bearer_token": true}

// check refuses what contradicts itself.
func (r reader) check(n *yaml.Node, s *SIEM) error {
	switch {
	case s.URL == "" && s.CloudID == "":
		return r.fault(n, "%s has neither url nor cloud_id", s.Name)
	case s.URL != "" && s.CloudID != "":
		return r.fault(n, "%s has url and cloud_id; one of them says where it is", s.Name)
	case (s.ClientCert == "") != (s.ClientKey == ""):
		return r.fault(n, "%s has only one of client_cert and client_key", s.Name)
	}
	if s.URL != "" && !strings.Contains(s.URL, "://") {
		return r.fault(n, "%s: url %q has no scheme; write es://, os://, logzio:// or https:// before it", s.Name, s.URL)
	}
	if err := s.Credentials.check(); err != nil {
		return r.fault(n, "%s: %v", s.Name, err)
	}
	return nil
}

// check refuses two answers to one question.
func (c Credentials) check() error {
	kinds := []string{}
	add := func(name string, values ...string) error {
		set := 0
		for _, v := range values {
			if v != "" {
				set++
			}
		}
		if set > 1 {
			return fmt.Errorf("%s_env and %s_file are both set", name, name)
		}
		if set > 0 {
			kinds = append(kinds, name)
		}
		return nil
	}
	if err := errors.Join(
		add("api_key", c.APIKeyEnv, c.APIKeyFile),
		add("bearer_token", c.BearerTokenEnv, c.BearerTokenFile),
		add("password", c.PasswordEnv, c.PasswordFile),
	); err != nil {
		return err
	}
	if len(c.Command) > 0 {
		kinds = append(kinds, "credential_command")
	}
	if len(kinds) > 1 {
		return fmt.Errorf("%s are both set; one of them says how to be let in", strings.Join(kinds[:2], " and "))
	}
	if (c.PasswordEnv != "" || c.PasswordFile != "") && c.Username == "" {
		return errors.New("a password without username")
	}
	return nil
}

// file reads the name of a file: ~ is the home, and what is relative lies
// beside the configuration.
func (r reader) file(n *yaml.Node, what string) (string, error) {
	path, err := r.text(n, what)
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", r.fault(n, "%s: %v", what, err)
		}
		return filepath.Join(home, rest), nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.path), path)
	}
	return path, nil
}

// command reads a command: a list of words, or a line for the shell.
func (r reader) command(n *yaml.Node) ([]string, error) {
	if n.Kind != yaml.SequenceNode {
		line, err := r.text(n, "credential_command")
		if err != nil {
			return nil, err
		}
		return Shell(line), nil
	}
	var words []string
	for _, word := range n.Content {
		text, err := r.text(word, "a word of credential_command")
		if err != nil {
			return nil, err
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return nil, r.fault(n, "credential_command is empty")
	}
	return words, nil
}

func (r reader) headers(n *yaml.Node) (map[string]string, error) {
	all := make(map[string]string)
	err := r.each(n, "headers", func(key string, value *yaml.Node) (err error) {
		if strings.EqualFold(key, "Authorization") || strings.EqualFold(key, "X-API-TOKEN") {
			return r.fault(value, "no secret stands in this file: api_key_file, bearer_token_file and their like say where it is")
		}
		all[key], err = r.text(value, key)
		return err
	})
	return all, err
}
