package siem

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a running server.
type Server struct {
	Flavor   Flavor
	URL      string // https://127.0.0.1:PORT, or http:// for OpenSearch
	User     string // "" where there are no users
	Password string
	CAFile   string // the certificate to trust; "" without TLS

	client *http.Client
	own    *instance // of a test that has its own server
}

// startTimeout is how long a server may take until it answers, on a machine
// that has other things to do.
const startTimeout = 5 * time.Minute

// place is where a server listens and how it is entered.
type place struct {
	Port, Transport int
	Password        string
}

func newPlace(f Flavor) (p place, err error) {
	if f.secure() {
		p.Password = "pw-" + rand.Text()
	}
	var held []net.Listener
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	for _, port := range []*int{&p.Port, &p.Transport} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return p, err
		}
		held = append(held, l)
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

// environ is what run.sh wants to know.
func (p place) environ(f Flavor, jdk, home, data string) []string {
	env := append(os.Environ(), "JVM="+jdk, "HOME_DIR="+home, "DATA="+data, "HEAP=512m",
		"JAVA_OPTS=-XX:TieredStopAtLevel=1", // starts in half the time; what is measured runs on another
		fmt.Sprintf("PORT=%d", p.Port), fmt.Sprintf("TRANSPORT_PORT=%d", p.Transport))
	if f.secure() {
		env = append(env, "ELASTIC_PASSWORD="+p.Password, "TLS=1")
	}
	return env
}

// server returns the handle of the server at a place.
func (p place) server(f Flavor, home string) (*Server, error) {
	s := &Server{Flavor: f, URL: fmt.Sprintf("http://127.0.0.1:%d", p.Port)}
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	if f.secure() {
		s.URL = strings.Replace(s.URL, "http:", "https:", 1)
		s.User, s.Password = "elastic", p.Password
		s.CAFile = filepath.Join(home, "config", "http.crt")
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	s.client = &http.Client{Transport: transport, Timeout: time.Minute}
	return s, nil
}

// alive asks whether the server answers.
func (s *Server) alive() error { return s.health("/_cluster/health") }

// ready asks whether it has found its indices again.
func (s *Server) ready() error {
	return s.health("/_cluster/health?wait_for_status=yellow&timeout=1s")
}

func (s *Server) health(path string) error {
	_, status, err := s.ask("GET", path, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	return err
}

// wait waits until the server answers; ended is closed when its process did.
func (s *Server) wait(ended <-chan struct{}, log string) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := s.ready()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("%s ended before it answered: %s", s.Flavor, tailOf(log))
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not answer after %s (%w): %s", s.Flavor, startTimeout, err, tailOf(log))
		}
	}
}

func tailOf(log string) []byte {
	text, _ := os.ReadFile(log)
	return lastLines(text)
}

// ask sends a request as the server's administrator.
func (s *Server) ask(method, path string, body []byte) (answer []byte, status int, err error) {
	req, err := http.NewRequest(method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.User != "" {
		req.SetBasicAuth(s.User, s.Password)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return answer, resp.StatusCode, err
}

// Ask sends a request as the server's administrator, for programs: what is no
// success is an error.
func (s *Server) Ask(method, path string, body []byte) ([]byte, error) {
	answer, status, err := s.ask(method, path, body)
	if err == nil && status > 299 {
		err = fmt.Errorf("%s %s: %d %.500s", method, path, status, answer)
	}
	return answer, err
}

// Do sends a request as the server's administrator and returns the answer; one
// that is no success fails the test.
func (s *Server) Do(t testing.TB, method, path string, body []byte) []byte {
	t.Helper()
	answer, status, err := s.ask(method, path, body)
	if err != nil || status > 299 {
		t.Fatalf("%s %s: %d %v %s", method, path, status, err, answer)
	}
	return answer
}

// Address is what names an index of the server to stoop.
func (s *Server) Address(index string) string {
	host := s.URL[strings.Index(s.URL, "://")+3:]
	scheme := "es"
	if s.Flavor == OS {
		scheme = "os"
	}
	address := scheme + "://" + host + "/" + index
	if s.CAFile == "" {
		address += "?tls=off"
	}
	return address
}

// Env sets the environment that lets stoop in: the administrator's name and
// password, and the certificate.
func (s *Server) Env(t testing.TB) {
	t.Helper()
	t.Setenv("STOOP_USERNAME", s.User)
	t.Setenv("STOOP_PASSWORD", s.Password)
	t.Setenv("STOOP_CA_FILE", s.CAFile)
}

// APIKey makes an API key with these privileges on indices (read,
// view_index_metadata, …) that match a pattern, and returns it as stoop takes it.
func (s *Server) APIKey(t testing.TB, pattern string, privileges ...string) string {
	t.Helper()
	if s.User == "" {
		t.Fatalf("%s has no API keys", s.Flavor)
	}
	body, err := json.Marshal(map[string]any{
		"name": t.Name() + rand.Text(),
		"role_descriptors": map[string]any{"r": map[string]any{
			"indices": []any{map[string]any{"names": []string{pattern}, "privileges": privileges}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var key struct {
		Encoded string `json:"encoded"`
	}
	if err := json.Unmarshal(s.Do(t, "POST", "/_security/api_key", body), &key); err != nil || key.Encoded == "" {
		t.Fatalf("no API key: %v", err)
	}
	return key.Encoded
}
