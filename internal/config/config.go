package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Config is the user's configuration.
type Config struct {
	Path  string // of the file; "" when there is none
	SIEMs map[string]*SIEM

	Targets map[string]*Target

	Desk string // where is kept what was decided about alerts, as --desk takes it; "" for nothing said
}

// SIEM is a server under a name.
type SIEM struct {
	Name  string
	Where string // file:line, for errors

	URL     string // es://, os://, logzio:// or https://, with the index or without
	Index   string // pattern; that of the URL when empty
	CloudID string

	Credentials Credentials

	CAFile        string
	CAFingerprint string // SHA-256 of a certificate, in hex
	ClientCert    string // PEM file
	ClientKey     string // PEM file
	Headers       map[string]string
}

// Credentials say where secrets are. At most one kind is set.
type Credentials struct {
	APIKeyEnv, APIKeyFile           string
	BearerTokenEnv, BearerTokenFile string
	Username                        string
	PasswordEnv, PasswordFile       string
	Command                         []string // prints the API key, or what docs/siem.md says
}

// Error is a fault of the file.
type Error struct {
	Path string
	Line int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Text) }

// Path returns where the file is, whether it exists or not.
func Path() string {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "stoop", "config.yaml")
}

// Load reads the user's file. Where there is none, the configuration is empty.
func Load() (*Config, error) {
	path := Path()
	text, err := os.ReadFile(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return &Config{}, nil
	}
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads a file's text; path is for errors.
func Parse(path string, text []byte) (*Config, error) {
	c := &Config{Path: path, SIEMs: make(map[string]*SIEM), Targets: make(map[string]*Target)}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return c, nil
	}
	r := reader{path: path}
	err := r.each(doc.Content[0], "the file", func(key string, value *yaml.Node) (err error) {
		switch key {
		case "siems":
		case "desk":
			c.Desk, err = r.text(value, "desk")
			return err
		case "targets":
			return r.each(value, "targets", func(name string, value *yaml.Node) (err error) {
				c.Targets[name], err = r.target(name, value)
				return err
			})
		default:
			return errUnknown
		}
		return r.each(value, "siems", func(name string, value *yaml.Node) error {
			s, err := r.siem(name, value)
			c.SIEMs[name] = s
			return err
		})
	}, "siems", "targets", "desk")
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Names lists the SIEMs, sorted.
func (c *Config) Names() []string {
	names := make([]string, 0, len(c.SIEMs))
	for name := range c.SIEMs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// SIEM returns the server of a name.
func (c *Config) SIEM(name string) (*SIEM, error) {
	if s := c.SIEMs[name]; s != nil {
		return s, nil
	}
	if len(c.SIEMs) == 0 {
		return nil, fmt.Errorf("no SIEM is called %s: name servers under siems: in %s", name, Path())
	}
	return nil, fmt.Errorf("no SIEM is called %s; %s has %s", name, c.Path, strings.Join(c.Names(), ", "))
}
