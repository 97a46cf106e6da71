package conn

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/testdata"
)

// What a shell makes of the command reaches the server as stoop's own request
// does, and no secret is in the command or in what others see of it.
func TestCurl(t *testing.T) {
	for _, tool := range []string{"curl", "sh", "base64"} {
		if _, err := exec.LookPath(tool); err != nil {
			testdata.Skipf(t, "%v", err)
		}
	}
	const (
		hostile = `p'w"$(touch pwned)\%s` // a password
		key     = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6"
	)
	dir := t.TempDir()
	file := filepath.Join(dir, `a 'key" $(touch pwned)`)
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", hostile)
	t.Setenv("TOKEN", key)
	t.Setenv("PAIR", "id:secret")
	tests := []struct {
		name    string
		product Product
		from    config.Credentials
	}{
		{"nobody", Elasticsearch, config.Credentials{}},
		{"a password", Elasticsearch, config.Credentials{Username: "o'brien", PasswordEnv: "SECRET"}},
		{"a key in a file", Elasticsearch, config.Credentials{APIKeyFile: file}},
		{"a key as a pair", Elasticsearch, config.Credentials{APIKeyEnv: "PAIR"}},
		{"a bearer token", OpenSearch, config.Credentials{BearerTokenEnv: "TOKEN"}},
		{"a command", Elasticsearch, config.Credentials{Command: []string{"cat", file}}},
		{"a command for a password", Elasticsearch, config.Credentials{Username: "jo", Command: config.Shell("printf %s \"$SECRET\"")}},
		{"Logz.io", Logzio, config.Credentials{APIKeyFile: file}},
	}
	body := []byte(`{"query":{"term":{"a":"it's \"$(touch pwned)\" ` + "`touch pwned`" + ` \\ ü \n"}}}`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var path, text string
			var header http.Header
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				path, text, header = r.Method+" "+r.URL.Path, string(b), r.Header
			}))
			defer server.Close()
			s := &config.SIEM{
				URL:         "es://" + strings.TrimPrefix(server.URL, "http://") + "/a,b-*?tls=off",
				Credentials: tt.from, Headers: map[string]string{"X-Tenant": "it's $HOME"},
			}
			c := &Conn{siem: s, Product: tt.product}
			var err error
			if c.Address, err = addressOf(s); err != nil {
				t.Fatal(err)
			}
			command, _ := c.Curl(Request{Method: http.MethodPost, Path: Path(c.Address.Index, "_search"), Body: body})
			for _, secret := range []string{hostile, key, "id:secret"} {
				if strings.Contains(command, secret) {
					t.Errorf("the command holds a secret:\n%s", command)
				}
			}
			sh := exec.Command("sh", "-c", command)
			sh.Dir = dir
			if out, err := sh.CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v: %s\n%s", err, out, command)
			}
			if path != "POST /a,b-*/_search" || header.Get("X-Tenant") != "it's $HOME" || header.Get("Content-Type") != plainJSON {
				t.Errorf("asked %s with %v", path, header)
			}
			var sent bytes.Buffer
			if err := json.Compact(&sent, []byte(text)); err != nil || sent.String() != string(body) {
				t.Errorf("sent %s", text)
			}
			want := make(http.Header)
			cred, err := readCredential(t.Context(), tt.from, tt.product)
			if err != nil {
				t.Fatal(err)
			}
			cred.apply(want)
			for _, name := range []string{"Authorization", "X-API-TOKEN"} {
				if got := header.Get(name); got != want.Get(name) {
					t.Errorf("%s is %q, stoop sends %q\n%s", name, got, want.Get(name), command)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Fatalf("a text was run:\n%s", command)
			}
		})
	}
}

// Certificates are named as curl takes them; what it cannot do is said.
func TestCurlCertificates(t *testing.T) {
	s := &config.SIEM{URL: "https://a/x", CAFile: "/etc/my ca.pem", ClientCert: "c.pem", ClientKey: "k.pem", CAFingerprint: "ab"}
	c := &Conn{siem: s}
	var err error
	if c.Address, err = addressOf(s); err != nil {
		t.Fatal(err)
	}
	command, hints := c.Curl(Request{Method: http.MethodGet, Path: "/x/_search"})
	for _, want := range []string{"https://a:443/x/_search", "--cacert '/etc/my ca.pem'", "--cert c.pem", "--key k.pem"} {
		if !strings.Contains(command, want) {
			t.Errorf("no %s in\n%s", want, command)
		}
	}
	if len(hints) != 1 || !strings.Contains(hints[0], "fingerprint") {
		t.Errorf("hints %q", hints)
	}
}
