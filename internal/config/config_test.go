package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	c, err := Parse("/etc/stoop/config.yaml", []byte(`
siems:
  prod:
    url: es://search.example.org:9200
    index: falco-*
    api_key_file: prod.key
    ca_file: /etc/ca.pem
    headers: {X-Tenant: blue}
  cloud:
    cloud_id: prod:ZXhhbXBsZQ==
    username: jo
    password_env: CLOUD_PW
  vault:
    url: https://a
    credential_command: [vault, kv, get]
  line:
    url: https://a
    credential_command: vault kv get
desk: siem://prod
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Names(), " "); got != "cloud line prod vault" {
		t.Errorf("names %s", got)
	}
	if c.Desk != "siem://prod" {
		t.Errorf("desk %q", c.Desk)
	}
	want := &SIEM{
		Name: "prod", Where: "/etc/stoop/config.yaml:4", URL: "es://search.example.org:9200", Index: "falco-*",
		Credentials: Credentials{APIKeyFile: filepath.FromSlash("/etc/stoop/prod.key")}, CAFile: "/etc/ca.pem", Headers: map[string]string{"X-Tenant": "blue"},
	}
	if got := c.SIEMs["prod"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := c.SIEMs["vault"].Credentials.Command; len(got) != 3 {
		t.Errorf("command %q", got)
	}
	if got := c.SIEMs["line"].Credentials.Command; len(got) != 3 || got[2] != "vault kv get" {
		t.Errorf("command %q", got)
	}
	if _, err := c.SIEM("prd"); err == nil || !strings.Contains(err.Error(), "cloud, line, prod, vault") {
		t.Errorf("error %v does not say which there are", err)
	}
}

// What is wrong is said with file, line and remedy.
func TestParseErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no YAML", "siems: [", "c.yaml: "},
		{"a list", "- a", "c.yaml:1: the file must be a mapping"},
		{"unknown key", "siem: {}", "c.yaml:1: the file has no key siem; there are siems"},
		{"a desk that is none", "desk: [a]", "c.yaml:1: "},
		{"unknown key of a server", "siems:\n  a:\n    url: es://a\n    colour: red", "c.yaml:4: a has no key colour; there are api_key_env"},
		{"twice", "siems:\n  a: {url: es://a}\n  a: {url: es://b}", "c.yaml:3: a is there twice"},
		{"nowhere", "siems:\n  a:\n    index: x", "c.yaml:3: a has neither url nor cloud_id"},
		{"a secret", "siems:\n  a:\n    url: es://a\n    api_key: abc", "c.yaml:4: no secret stands in this file: put it into a file of its own and name it by api_key_file"},
		{"a secret header", "siems:\n  a:\n    url: es://a\n    headers:\n      authorization: abc", "c.yaml:5: no secret"},
		{"two kinds", "siems:\n  a: {url: es://a, api_key_env: A, credential_command: b}", "c.yaml:2: a: api_key and credential_command are both set"},
		{"two places", "siems:\n  a: {url: es://a, api_key_env: A, api_key_file: b}", "c.yaml:2: a: api_key_env and api_key_file are both set"},
		{"a password of nobody", "siems:\n  a: {url: es://a, password_env: A}", "c.yaml:2: a: a password without username"},
		{"half a certificate", "siems:\n  a: {url: es://a, client_key: A}", "only one of client_cert and client_key"},
		{"no scheme", "siems:\n  a: {url: 'a:9200'}", "has no scheme"},
		{"a list for a text", "siems:\n  a:\n    url: [b]", "c.yaml:3: url must be one text"},
		{"nothing for a text", "siems:\n  a:\n    url:", "c.yaml:3: url must be one text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	c, err := Load()
	if err != nil || len(c.SIEMs) != 0 {
		t.Fatalf("%v, %v", c, err)
	}
	if _, err := c.SIEM("prod"); err == nil || !strings.Contains(err.Error(), "config.yaml") {
		t.Errorf("error %v does not say where to name it", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("siems: {a: {url: es://a, headers: {b: c}, credential_command: [d]}}"))
	f.Add([]byte("siems: &x\n  a: {url: es://a}\nb: *x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("c.yaml", text)
		if (c == nil) == (err == nil) {
			t.Errorf("%v and %v", c, err)
		}
	})
}
