//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// slackHost is where Slack takes messages, and slackPath the webhook of the test.
const (
	slackHost = "hooks.slack.com"
	slackPath = "/services/AAAAAAAAA/BBBBBBBBB/123456789123456789123456"
	slackURL  = "slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook"
)

// slack is a double of Slack: who goes through its proxy, and trusts its
// authority, finds it at the real one's address.
type slack struct {
	proxy string // URL
	ca    string // file of the authority

	mu    sync.Mutex
	texts []string // of the messages
	bad   []string // what the real one would have refused, and why
}

// slackMessage is a message as Slack's webhooks take it.
type slackMessage struct {
	Text        string `json:"text"`
	Attachments []any  `json:"attachments"`
}

// newSlack starts a double.
func newSlack(t *testing.T) *slack {
	t.Helper()
	s := &slack{ca: filepath.Join(t.TempDir(), "ca.pem")}
	hooks := httptest.NewUnstartedServer(s)
	hooks.TLS = &tls.Config{Certificates: []tls.Certificate{s.certificate(t)}, MinVersion: tls.VersionTLS12}
	hooks.StartTLS()
	t.Cleanup(hooks.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != slackHost+":443" {
			http.Error(w, "only "+slackHost, http.StatusForbidden)
			return
		}
		tunnel(w, hooks.Listener.Addr().String())
	}))
	t.Cleanup(proxy.Close)
	s.proxy = proxy.URL
	return s
}

// certificate makes one for Slack's name, and writes it down to be trusted.
func (s *slack) certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{slackHost}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// tunnel joins a client with an address.
func tunnel(w http.ResponseWriter, address string) {
	there, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	w.WriteHeader(http.StatusOK)
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	go func() { _, _ = io.Copy(there, here) }()
	_, _ = io.Copy(here, there)
}

// ServeHTTP takes a message as Slack's webhooks do.
func (s *slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m slackMessage
	body, _ := io.ReadAll(r.Body)
	err := json.Unmarshal(body, &m)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method != http.MethodPost || r.Host != slackHost || r.URL.Path != slackPath:
		s.refuse(w, "no_service: "+r.Method+" "+r.Host+r.URL.Path)
	case err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		s.refuse(w, "invalid_payload: "+string(body))
	case m.Text == "" && len(m.Attachments) == 0:
		s.refuse(w, "no_text")
	case len(m.Attachments) > 100:
		s.refuse(w, "too_many_attachments")
	default:
		s.texts = append(s.texts, m.Text)
		_, _ = io.WriteString(w, "ok")
	}
}

func (s *slack) refuse(w http.ResponseWriter, why string) {
	s.bad = append(s.bad, why)
	word, _, _ := strings.Cut(why, ":")
	http.Error(w, word, http.StatusBadRequest)
}

// told returns the messages, once nothing comes any more.
func (s *slack) told(t *testing.T) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bad) > 0 {
		t.Errorf("Slack would have refused %q", s.bad)
	}
	return s.texts
}
