package conn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/config"
)

// elastic answers GET / as Elasticsearch does, and hands the rest on.
func elastic(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/" {
			fmt.Fprint(w, `{"name":"n","version":{"number":"8.19.0"},"tagline":"You Know, for Search"}`)
			return
		}
		next(w, r)
	})
}

// plain is the server at a plain port.
func plain(s *httptest.Server) *config.SIEM {
	return &config.SIEM{URL: "es" + strings.TrimPrefix(s.URL, "http") + "/falco-*?tls=off"}
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func open(t *testing.T, s *config.SIEM) *Conn {
	t.Helper()
	c, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Everything that a server may be, by its answer to GET /.
func TestProducts(t *testing.T) {
	answer := func(status int, header, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		})
	}
	tests := []struct {
		name    string
		handler http.Handler
		scheme  string
		want    string // product and version, or what the error says
	}{
		{"elasticsearch", elastic(nil), "es", "Elasticsearch 8.19.0"},
		{"elasticsearch 9", answer(200, "X-Elastic-Product: Elasticsearch", `{"version":{"number":"9.5.3"}}`), "es", "Elasticsearch 9.5.3"},
		{"elasticsearch that does not tell its version", answer(403, "X-Elastic-Product: Elasticsearch", `{}`), "es", "Elasticsearch "},
		{"opensearch", answer(200, "", `{"version":{"distribution":"opensearch","number":"3.8.0"}}`), "os", "OpenSearch 3.8.0"},
		{"opensearch that does not tell its version", answer(403, "", `{"error":{"reason":"no permissions for [cluster:monitor/main]"}}`), "os", "OpenSearch "},
		{"the other product", answer(200, "", `{"version":{"distribution":"opensearch","number":"3.8.0"}}`), "es", "this is OpenSearch and not Elasticsearch — write os://"},
		{"an old one", answer(200, "X-Elastic-Product: Elasticsearch", `{"version":{"number":"7.17.0"}}`), "es", "this is Elasticsearch 7.17.0 — stoop reads version 8"},
		{"a very old one", answer(200, "", `{"version":{"number":"6.8.0"},"tagline":"You Know, for Search"}`), "es", "this is Elasticsearch 6.8.0"},
		{"an old opensearch", answer(200, "", `{"version":{"distribution":"opensearch","number":"1.3.0"}}`), "os", "this is OpenSearch 1.3.0 — stoop reads version 2"},
		{"kibana", answer(302, "Kbn-Name: kib", ``), "es", "this is Kibana"},
		{"dashboards", answer(302, "Osd-Name: d", ``), "os", "this is OpenSearch Dashboards"},
		{"a web site", answer(200, "Content-Type: text/html; charset=utf-8", `<html><title>Sign in</title>`), "es", `status 200 and a page of HTML ("Sign in")`},
		{"a login", answer(302, "Location: /login?next=secret", ``), "es", "status 302 and a redirection to /login —"},
		{"nobody in", answer(401, "X-Elastic-Product: Elasticsearch", `{"error":{"type":"security_exception","reason":"missing authentication credentials"}}`), "es", "wants to know who asks (401)"},
		{"busy", answer(503, "", ``), "es", "cannot answer now (status 503)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain(serve(t, tt.handler))
			s.URL = strings.Replace(s.URL, "es:", tt.scheme+":", 1)
			c, err := Open(t.Context(), s)
			got := fmt.Sprint(err)
			if err == nil {
				got = c.Product.String() + " " + c.Version
			} else if !strings.HasPrefix(got, s.URL+": ") {
				t.Errorf("%s: does not begin with where", got)
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The same request in each product's dialect.
func TestDialect(t *testing.T) {
	var got string
	note := func(w http.ResponseWriter, r *http.Request) {
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Accept")
		io.WriteString(w, "{}")
	}
	c := open(t, plain(serve(t, elastic(note))))
	ask := func(c *Conn, lines bool) string {
		if _, err := c.Do(t.Context(), Request{Method: "POST", Path: Path("falco-*,b", "_search"), Body: []byte("{}"), Lines: lines}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got, want := ask(c, false), "POST /falco-*,b/_search "+elasticJSON+" "+elasticJSON; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := ask(c, true), "POST /falco-*,b/_search "+elasticLines+" "+elasticJSON; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s := plain(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			io.WriteString(w, `{"version":{"distribution":"opensearch","number":"2.19.0"}}`)
			return
		}
		note(w, r)
	})))
	s.URL = strings.Replace(s.URL, "es:", "os:", 1)
	if got, want := ask(open(t, s), false), "POST /falco-*,b/_search application/json application/json"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// How each kind of credential is shown to the server, and where it comes from.
func TestCredentials(t *testing.T) {
	var got string
	s := serve(t, elastic(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization") + r.Header.Get("X-Tenant")
		io.WriteString(w, "{}")
	}))
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("c2VjcmV0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MY_PW", "pass word")
	t.Setenv("MY_KEY", "id:key")
	tests := []struct {
		name string
		from config.Credentials
		want string
	}{
		{"nothing", config.Credentials{}, ""},
		{"a key in a file", config.Credentials{APIKeyFile: file}, "ApiKey c2VjcmV0"},
		{"a key as two parts", config.Credentials{APIKeyEnv: "MY_KEY"}, "ApiKey aWQ6a2V5"},
		{"bearer", config.Credentials{BearerTokenFile: file}, "Bearer c2VjcmV0"},
		{"basic", config.Credentials{Username: "jo", PasswordEnv: "MY_PW"}, "Basic am86cGFzcyB3b3Jk"},
		{"a command's key", config.Credentials{Command: []string{"echo", "abc"}}, "ApiKey abc"},
		{"a command's password", config.Credentials{Username: "jo", Command: []string{"echo", "pass word"}}, "Basic am86cGFzcyB3b3Jk"},
		{"a command's object", config.Credentials{Command: []string{"echo", `{"bearer_token":"abc"}`}}, "Bearer abc"},
		{"a command's user", config.Credentials{Command: []string{"echo", `{"username":"jo","password":"pass word"}`}}, "Basic am86cGFzcyB3b3Jk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			siem := plain(s)
			siem.Credentials, siem.Headers = tt.from, map[string]string{"X-Tenant": "-blue"}
			if _, err := open(t, siem).Do(t.Context(), Request{Method: "GET", Path: "/x"}); err != nil {
				t.Fatal(err)
			}
			if got != tt.want+"-blue" {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	for name, tt := range map[string]struct {
		from config.Credentials
		want string
	}{
		"no variable":      {config.Credentials{APIKeyEnv: "NO_SUCH"}, "the environment has no NO_SUCH, where the API key should be"},
		"no file":          {config.Credentials{PasswordFile: file + "x"}, "the file with the password: open"},
		"a failed command": {config.Credentials{Command: config.Shell("echo no vault here >&2; exit 3")}, "the credential command failed (exit status 3): no vault here"},
		"a silent command": {config.Credentials{Command: []string{"true"}}, "printed nothing"},
		"an odd object":    {config.Credentials{Command: []string{"echo", `{"key":"hunter2"}`}}, "without api_key"},
		"several lines":    {config.Credentials{Command: []string{"printf", "hunter2\nmore"}}, "has blanks or line breaks"},
	} {
		siem := plain(s)
		siem.Credentials = tt.from
		_, err := Open(t.Context(), siem)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v\nwant %s", name, err, tt.want)
		}
	}
}

// A token that runs out is asked for again; one that stays refused is an error.
func TestCredentialsRenewed(t *testing.T) {
	good := "two"
	s := serve(t, elastic(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "ApiKey "+good {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":{"type":"security_exception","reason":"API key %s is expired"}}`, r.Header.Get("Authorization")[7:])
			return
		}
		io.WriteString(w, "{}")
	}))
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	siem := plain(s)
	siem.Credentials.APIKeyFile = file
	c := open(t, siem)
	c.read = c.read.Add(-time.Minute)
	_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"})
	if err == nil || !strings.Contains(err.Error(), "the API key has expired (401)") || strings.Contains(err.Error(), "one") {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(file, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.read = c.read.Add(-time.Minute)
	if _, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"}); err != nil {
		t.Error(err)
	}
}

// What a server refuses, as sentences.
func TestRefusals(t *testing.T) {
	tests := []struct {
		status     int
		body, want string
		kind       Kind
	}{
		{
			403, `{"error":{"type":"security_exception","reason":"action [indices:data/read/search] is unauthorized for API key id [abc] of user [elastic] on indices [falco-1], this action is granted by the index privileges [read,all]"},"status":403}`,
			"no credentials may not do indices:data/read/search on falco-1: the index privilege read is missing (403) — ask for a role or an API key with one of read, all", Forbidden,
		},
		{
			403, `{"error":{"type":"security_exception","reason":"action [cluster:monitor/main] is unauthorized for user [jo] with effective roles [x], this action is granted by the cluster privileges [monitor]"},"status":403}`,
			"the cluster privilege monitor is missing", Forbidden,
		},
		{403, `{"error":{"type":"security_exception","reason":"no permissions for [indices:data/read/search] and User [name=jo]"}}`, "the permission indices:data/read/search is missing", Forbidden},
		{404, `{"error":{"type":"index_not_found_exception","reason":"no such index [nix]","index":"nix"},"status":404}`, "there is no index nix — a pattern such as falco-* names several", NoIndex},
		{404, `{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found"}],"type":"search_phase_execution_exception"}}`, "let the search's point in time go", Expired},
		{503, `{"error":{"root_cause":[{"type":"no_shard_available_action_exception","reason":null}],"type":"search_phase_execution_exception","reason":"all shards failed"},"status":503}`, "no shard of falco-* is available: the index is red", Unavailable},
		{503, `{"error":{"root_cause":[],"type":"search_phase_execution_exception","reason":"all shards failed","phase":"query"},"status":503}`, "the index is red", Unavailable},
		{429, `{"error":{"type":"circuit_breaking_exception","reason":"Data too large"},"status":429}`, "too much to do: Data too large", Busy},
		{400, `{"error":{"root_cause":[{"type":"query_shard_exception","reason":"failed"}],"type":"search_phase_execution_exception","failed_shards":[{"reason":{"type":"query_shard_exception","reason":"failed","caused_by":{"type":"number_format_exception","reason":"For input string: \"x\""}}}]}}`, `refuses the request (400 number_format_exception): For input string: "x"`, Bad},
		{400, `{"error":"Incorrect HTTP method"}`, "Incorrect HTTP method", Bad},
		{
			403, `{"error":{"type":"security_exception","reason":"action [indices:data/read/field_caps] is unauthorized for API key id [abc] of user [elastic] on indices [falco-1], this action is granted by the index privileges [view_index_metadata,manage,read,all]"},"status":403}`,
			"on falco-1: the index privilege read is missing (403) — ask for a role", Forbidden,
		},
		{409, `{"error":{"type":"version_conflict_engine_exception","reason":"document already exists"}}`, "it is there already", Conflict},
		{500, `oops`, "the server failed: it answered with status 500", Unavailable},
		{404, `<html><title>nginx</title>`, "something else than a search server", Broken},
	}
	for _, tt := range tests {
		c := open(t, plain(serve(t, elastic(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}))))
		_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\nerror %v\nwant  %s", tt.body, err, tt.want)
		}
		if k, ok := KindOf(err); !ok || k != tt.kind {
			t.Errorf("%v is of kind %d, want %d", err, k, tt.kind)
		}
	}
}

// What keeps a request from being answered, as sentences.
func TestFailures(t *testing.T) {
	secure := httptest.NewUnstartedServer(elastic(nil))
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	unsecure := serve(t, elastic(nil))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	cert := secure.Certificate()
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cert.Raw)
	host := strings.TrimPrefix(secure.URL, "https://")
	localhost := strings.Replace(host, "127.0.0.1", "localhost", 1)
	tests := []struct {
		name string
		siem config.SIEM
		want string // "" when it works
	}{
		{"the right CA", config.SIEM{URL: "es://" + host, CAFile: ca}, ""},
		{"the right fingerprint, whatever the name", config.SIEM{URL: "es://" + localhost, CAFingerprint: strings.ToUpper(hex.EncodeToString(sum[:]))}, ""},
		{"an unknown authority", config.SIEM{URL: "es://" + host}, "is signed by an authority that is not known here"},
		{"another name", config.SIEM{URL: "es://" + localhost, CAFile: ca}, "is not for this name: it is for example.com"},
		{"another fingerprint", config.SIEM{URL: "es://" + host, CAFingerprint: strings.Repeat("ab", 32)}, "is not the server of the fingerprint"},
		{"half a fingerprint", config.SIEM{URL: "es://" + host, CAFingerprint: "abcd"}, "64 hex digits"},
		{"no CA in the file", config.SIEM{URL: "es://" + host, CAFile: "conn_test.go"}, "holds no certificate"},
		{"TLS on a plain port", config.SIEM{URL: strings.Replace(unsecure.URL, "http:", "es:", 1)}, "does not speak TLS — for a plain port write ?tls=off"},
		{"nobody there", config.SIEM{URL: "es://" + closed.Addr().String()}, "nothing listens at 127.0.0.1"},
		{"no such name", config.SIEM{URL: "es://no-such-host.invalid"}, "the name no-such-host.invalid is not known — is it spelled right"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Open(t.Context(), &tt.siem)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
			if c != nil {
				c.Close()
			}
		})
	}
}

// A request is tried again until the server answers, within the patience that
// it comes with, and whoever asks is told.
func TestPatience(t *testing.T) {
	fail := 0
	var how func(w http.ResponseWriter)
	c := open(t, plain(serve(t, elastic(func(w http.ResponseWriter, _ *http.Request) {
		if fail > 0 {
			fail--
			how(w)
			return
		}
		io.WriteString(w, `{"fine":true}`)
	}))))
	ways := map[string]func(w http.ResponseWriter){
		"busy":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"away":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"hung up": hangUp,
		"half":    func(w http.ResponseWriter) { io.WriteString(w, `{"fi`) },
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"fi`)
			hangUp(w)
		},
		"not JSON": func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); io.WriteString(w, "<html>") },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			how, fail = way, 2
			var told []string
			req := Request{
				Method: "GET", Path: "/x", Patience: time.Minute,
				Read: func(body []byte) error {
					if string(body) != `{"fine":true}` {
						return fmt.Errorf("it is %q", body)
					}
					return nil
				},
				Trouble: func(err error, _ time.Duration) { told = append(told, fmt.Sprint(err)) },
			}
			if _, err := c.Do(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if len(told) != 3 || told[2] != "<nil>" {
				t.Errorf("told %q: two troubles and their end", told)
			}
			how, fail = way, 1
			req.Patience, req.Trouble = 0, nil
			if _, err := c.Do(t.Context(), req); err == nil {
				t.Error("without patience there is no second try")
			}
			fail = 0
		})
	}
	how, fail = func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }, 2
	if _, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x", Patience: time.Minute}); err != nil {
		t.Errorf("error %v of a server that had forgotten its users for a moment", err)
	}
	how, fail = ways["away"], 1000
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.Do(ctx, Request{Method: "GET", Path: "/x", Patience: -1, Trouble: func(error, time.Duration) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after it was stopped", err)
	}
	how, fail = ways["not JSON"], 1000
	_, err = c.Do(t.Context(), Request{Method: "GET", Path: "/x", Patience: -1, Read: func([]byte) error { return io.ErrUnexpectedEOF }})
	if k, _ := KindOf(err); k != Broken || fail != 1000-maxBroken-1 {
		t.Errorf("error %v after %d tries: what stays broken is given up", err, 1000-fail)
	}
}

func TestLimit(t *testing.T) {
	c := open(t, plain(serve(t, elastic(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("x", 3<<20))
	}))))
	_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x", Limit: 2 << 20})
	if k, _ := KindOf(err); k != TooLarge {
		t.Errorf("error %v", err)
	}
}

func hangUp(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		c.Close()
	}
}
