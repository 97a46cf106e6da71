package conn

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
)

// credential is what a server is shown to be let in. Its secrets are never
// printed: it has no String of its own that tells them.
type credential struct {
	apiKey, bearer     string
	username, password string
	token              string // Logz.io's
	origin             string // the variable, file or command that the secret comes from
}

// String hides the secrets.
func (credential) String() string { return "…" }

// GoString hides them too.
func (credential) GoString() string { return "…" }

// empty reports whether there is nothing to show.
func (c credential) empty() bool { return c == credential{} }

// kind says what there is, for sentences.
func (c credential) kind() string {
	switch {
	case c.apiKey != "":
		return "the API key"
	case c.bearer != "":
		return "the bearer token"
	case c.token != "":
		return "the API token"
	case c.username != "":
		return "the password of " + c.username
	}
	return "no credentials"
}

// apply puts it onto a request.
func (c credential) apply(h http.Header) {
	switch {
	case c.apiKey != "":
		h.Set("Authorization", "ApiKey "+c.apiKey)
	case c.bearer != "":
		h.Set("Authorization", "Bearer "+c.bearer)
	case c.token != "":
		h.Set("X-API-TOKEN", c.token)
	case c.username != "":
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.username+":"+c.password)))
	}
}

// hide takes the secrets out of a text that a server or a program wrote.
func (c credential) hide(text string) string {
	for _, secret := range []string{c.apiKey, c.bearer, c.password, c.token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// Variables of the environment that say how to be let in, and which
// certificates hold, where no named server says it.
const (
	envAPIKey      = "STOOP_API_KEY"
	envBearer      = "STOOP_BEARER_TOKEN"
	envUsername    = "STOOP_USERNAME"
	envPassword    = "STOOP_PASSWORD"
	envCommand     = "STOOP_CREDENTIAL_COMMAND"
	envCAFile      = "STOOP_CA_FILE"
	envFingerprint = "STOOP_CA_FINGERPRINT"
	envClientCert  = "STOOP_CLIENT_CERT"
	envClientKey   = "STOOP_CLIENT_KEY"
)

// Environment returns the server at an address, with what the environment says
// of credentials and certificates.
func Environment(address string) *config.SIEM {
	s := &config.SIEM{
		URL: address, CAFile: os.Getenv(envCAFile), CAFingerprint: os.Getenv(envFingerprint),
		ClientCert: os.Getenv(envClientCert), ClientKey: os.Getenv(envClientKey),
	}
	s.Credentials = environment()
	return s
}

func environment() (c config.Credentials) {
	first := func(name string) (env, file string) {
		if os.Getenv(name) != "" {
			return name, ""
		}
		return "", os.Getenv(name + "_FILE")
	}
	if c.APIKeyEnv, c.APIKeyFile = first(envAPIKey); c.APIKeyEnv+c.APIKeyFile != "" {
		return c
	}
	if c.BearerTokenEnv, c.BearerTokenFile = first(envBearer); c.BearerTokenEnv+c.BearerTokenFile != "" {
		return c
	}
	c.Username = os.Getenv(envUsername)
	if c.PasswordEnv, c.PasswordFile = first(envPassword); c.PasswordEnv+c.PasswordFile != "" {
		return c
	}
	if line := os.Getenv(envCommand); line != "" {
		c.Command = config.Shell(line)
	}
	return c
}

// readCredential gets the secrets from where they are.
func readCredential(ctx context.Context, from config.Credentials, product Product) (credential, error) {
	c := credential{username: from.Username}
	secret, what, err := readSecret(ctx, from)
	if err != nil || secret == "" {
		return c, err
	}
	c.origin = cmp.Or(from.APIKeyEnv, from.APIKeyFile, from.BearerTokenEnv, from.BearerTokenFile, from.PasswordEnv, from.PasswordFile, "the credential command")
	switch what {
	case "bearer_token":
		c.bearer = secret
	case "password":
		c.password = secret
	case "api_key":
		c.setKey(secret, product)
	default:
		err = c.printed(secret, product)
	}
	if err == nil {
		err = c.check()
	}
	return c, err
}

// setKey takes an API key: as the server encodes it, or its id and key with a
// colon between. Logz.io calls its own a token.
func (c *credential) setKey(secret string, product Product) {
	switch {
	case product == Logzio:
		c.token = secret
	case strings.Contains(secret, ":"):
		c.apiKey = base64.StdEncoding.EncodeToString([]byte(secret))
	default:
		c.apiKey = secret
	}
}

// check refuses what cannot stand in a header.
func (c credential) check() error {
	for _, secret := range []string{c.apiKey, c.bearer, c.token} {
		if strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("the secret has blanks or line breaks in it: the file, variable or command must hold it alone")
		}
	}
	if c.username != "" && strings.Contains(c.username, ":") {
		return errors.New("a user's name cannot have a colon")
	}
	return nil
}

// readSecret returns a secret and which kind it is; "" for a command's output.
func readSecret(ctx context.Context, from config.Credentials) (secret, what string, err error) {
	for _, place := range []struct{ what, env, file string }{
		{"api_key", from.APIKeyEnv, from.APIKeyFile},
		{"bearer_token", from.BearerTokenEnv, from.BearerTokenFile},
		{"password", from.PasswordEnv, from.PasswordFile},
	} {
		switch {
		case place.env != "":
			secret = os.Getenv(place.env)
			if secret == "" {
				return "", "", fmt.Errorf("the environment has no %s, where the %s should be", place.env, name(place.what))
			}
			return secret, place.what, nil
		case place.file != "":
			secret, err = config.SecretFile(place.file)
			if err != nil {
				return "", "", fmt.Errorf("the file with the %s: %w", name(place.what), err)
			}
			return secret, place.what, nil
		}
	}
	if len(from.Command) > 0 {
		secret, err = config.SecretCommand(ctx, from.Command)
	}
	return secret, "", err
}

// name is how a kind of secret is called in sentences.
func name(what string) string {
	return strings.ReplaceAll(strings.Replace(what, "api_", "API ", 1), "_", " ")
}

// printed takes what a command printed: an object with api_key, bearer_token,
// or username and password; or the secret alone, which is the password where a
// user's name is configured and else the API key.
func (c *credential) printed(text string, product Product) error {
	if !strings.HasPrefix(text, "{") {
		if c.username != "" {
			c.password = text
		} else {
			c.setKey(text, product)
		}
		return nil
	}
	var all struct {
		APIKey   string `json:"api_key"`
		Bearer   string `json:"bearer_token"`
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return errors.New("what the credential command printed begins as an object and is none")
	}
	switch {
	case all.APIKey != "":
		c.setKey(all.APIKey, product)
	case all.Bearer != "":
		c.bearer = all.Bearer
	case all.Password != "":
		c.username, c.password = cmp.Or(all.Username, c.username), all.Password
	default:
		return errors.New("the credential command printed an object without api_key, bearer_token, or username and password")
	}
	return nil
}
