package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"go.yaml.in/yaml/v3"
)

// Target is where alerts are told, under a name (docs/watch.md).
type Target struct {
	Name  string
	Where string // file:line, for errors

	URL             string // one that holds no secret
	URLEnv, URLFile string
	URLCommand      []string // prints the URL

	MinPriority string
	Template    string // file
	Group       *time.Duration
	Wait        *time.Duration
	Rate        int // messages a minute; 0: the default

	Format    string // json, text; rfc5424, rfc3164 of syslog
	Facility  string
	Rotate    int64 // bytes
	RotateAge time.Duration
	Keep      int // rotated files

	Headers                         map[string]string
	UserAgent                       string
	BearerTokenEnv, BearerTokenFile string
	CAFile, ClientCert, ClientKey   string
}

// target reads one target.
func (r reader) target(name string, n *yaml.Node) (*Target, error) {
	t := &Target{Name: name, Where: fmt.Sprintf("%s:%d", r.path, n.Line)}
	texts := map[string]*string{
		"url": &t.URL, "url_env": &t.URLEnv, "min_priority": &t.MinPriority, "format": &t.Format, "facility": &t.Facility,
		"user_agent": &t.UserAgent, "bearer_token_env": &t.BearerTokenEnv,
	}
	paths := map[string]*string{
		"url_file": &t.URLFile, "template": &t.Template, "bearer_token_file": &t.BearerTokenFile,
		"ca_file": &t.CAFile, "client_cert": &t.ClientCert, "client_key": &t.ClientKey,
	}
	others := map[string]func(*yaml.Node, string) error{
		"url_command": func(v *yaml.Node, _ string) (err error) { t.URLCommand, err = r.command(v); return err },
		"headers":     func(v *yaml.Node, _ string) (err error) { t.Headers, err = r.headers(v); return err },
		"group":       func(v *yaml.Node, key string) (err error) { t.Group, err = r.span(v, key); return err },
		"wait":        func(v *yaml.Node, key string) (err error) { t.Wait, err = r.span(v, key); return err },
		"rate":        func(v *yaml.Node, key string) (err error) { t.Rate, err = r.number(v, key); return err },
		"keep":        func(v *yaml.Node, key string) (err error) { t.Keep, err = r.number(v, key); return err },
		"rotate": func(v *yaml.Node, key string) error {
			text, err := r.text(v, key)
			size, bad := humanize.ParseBytes(text)
			if err == nil && (bad != nil || size == 0 || size > 1<<50) {
				err = r.fault(v, "rotate: %q is not a size; write 100MiB", text)
			}
			t.Rotate = int64(size)
			return err
		},
		"rotate_age": func(v *yaml.Node, key string) error {
			age, err := r.span(v, key)
			if err == nil {
				t.RotateAge = *age
			}
			return err
		},
	}
	known := slices.Sorted(maps.Keys(texts))
	known = append(append(known, slices.Collect(maps.Keys(paths))...), slices.Collect(maps.Keys(others))...)
	slices.Sort(known)
	err := r.each(n, name, func(key string, value *yaml.Node) (err error) {
		switch {
		case texts[key] != nil:
			*texts[key], err = r.text(value, key)
		case paths[key] != nil:
			*paths[key], err = r.file(value, key)
		case others[key] != nil:
			err = others[key](value, key)
		default:
			err = errUnknown
		}
		return err
	}, known...)
	if err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, r.fault(n, "%s: %v", name, err)
	}
	return t, nil
}

// check refuses none and two answers to one question.
func (t *Target) check() error {
	set := 0
	for _, has := range []bool{t.URL != "", t.URLEnv != "", t.URLFile != "", len(t.URLCommand) > 0} {
		if has {
			set++
		}
	}
	switch {
	case set != 1:
		return errors.New("one of url, url_env, url_file and url_command says where it is")
	case t.BearerTokenEnv != "" && t.BearerTokenFile != "":
		return errors.New("bearer_token_env and bearer_token_file are both set")
	case (t.ClientCert == "") != (t.ClientKey == ""):
		return errors.New("only one of client_cert and client_key is set")
	}
	return nil
}

// Address returns the URL, from where it is.
func (t *Target) Address(ctx context.Context) (string, error) {
	switch {
	case t.URLEnv != "":
		return secretVariable(t.URLEnv)
	case t.URLFile != "":
		return SecretFile(t.URLFile)
	case len(t.URLCommand) > 0:
		return SecretCommand(ctx, t.URLCommand)
	}
	return t.URL, nil
}

// Bearer returns the token that HTTP requests show; "" when there is none.
func (t *Target) Bearer() (string, error) {
	switch {
	case t.BearerTokenEnv != "":
		return secretVariable(t.BearerTokenEnv)
	case t.BearerTokenFile != "":
		return SecretFile(t.BearerTokenFile)
	}
	return "", nil
}

func secretVariable(name string) (string, error) {
	if secret := strings.TrimSpace(os.Getenv(name)); secret != "" {
		return secret, nil
	}
	return "", fmt.Errorf("the environment has no %s", name)
}

// span reads a span of time.
func (r reader) span(n *yaml.Node, what string) (*time.Duration, error) {
	text, err := r.text(n, what)
	if err != nil {
		return nil, err
	}
	d, bad := time.ParseDuration(text)
	if bad != nil || d < 0 {
		return nil, r.fault(n, "%s: %q is not a span of time; write 500ms, 10s, 5m or 24h", what, text)
	}
	return &d, nil
}

// number reads a positive number.
func (r reader) number(n *yaml.Node, what string) (int, error) {
	text, err := r.text(n, what)
	if err != nil {
		return 0, err
	}
	i, bad := strconv.Atoi(text)
	if bad != nil || i <= 0 {
		return 0, r.fault(n, "%s: %q is not a positive number", what, text)
	}
	return i, nil
}
