package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/safetext"
)

// UserAgent is what requests say of who makes them.
var UserAgent = "stoop"

// sendTimeout bounds one try.
const sendTimeout = 10 * time.Second

// poster sends an alert a request, as Falco's http_output does (falco
// userspace/falco/outputs_http.cpp): POST, the alert as JSON.
type poster struct {
	url    string
	head   http.Header
	client *http.Client
	hide   secrets
}

func openHTTP(at *url.URL, c *config.Target) (output, error) {
	if at.Host == "" {
		return nil, errors.New("the URL has no host")
	}
	if _, err := formatOf(c, "json"); err != nil {
		return nil, err
	}
	tlsConfig, err := tlsOf(c)
	if err != nil {
		return nil, err
	}
	p := &poster{url: at.String(), hide: secretsOf(at.String()), head: http.Header{}}
	p.head.Set("Content-Type", "application/json")
	p.head.Set("User-Agent", cmp.Or(c.UserAgent, UserAgent))
	for name, value := range c.Headers {
		if !validHeader(name) || strings.ContainsAny(value, "\r\n\x00") {
			return nil, fmt.Errorf("headers: %q cannot be sent", name)
		}
		p.head.Set(name, value)
	}
	token, err := c.Bearer()
	if err != nil {
		return nil, fmt.Errorf("the bearer token: %w", err)
	}
	if token != "" {
		p.head.Set("Authorization", "Bearer "+token)
		p.hide.parts = append(p.hide.parts, token)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: tlsConfig, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}
	p.client = &http.Client{
		Transport: transport, Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // alerts go where they were sent
	}
	return p, nil
}

// validHeader reports whether a name is a token (RFC 9110, section 5.6.2).
func validHeader(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func tlsOf(c *config.Target) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", c.CAFile)
		}
	}
	if c.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(c.ClientCert, c.ClientKey)
		if err != nil {
			return nil, err
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

func (p *poster) text(a *Alert) []byte { return a.AppendFalco(nil) }

func (p *poster) send(ctx context.Context, text []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(text))
	if err != nil {
		return p.hide.hide(err)
	}
	req.Header = p.head.Clone()
	res, err := p.client.Do(req)
	if err != nil {
		return p.hide.hide(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if res.StatusCode/100 == 2 {
		return nil
	}
	said := cut(safetext.Line(safetext.Redact(strings.TrimSpace(string(body)))), 200)
	e := &answerError{status: res.StatusCode, text: strings.TrimSuffix(fmt.Sprintf("it answers %s: %s", res.Status, said), ": ")}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		e.after = min(time.Duration(s)*time.Second, maxWait)
	}
	return p.hide.hide(e)
}

func (p *poster) reopen() error { return nil }

func (p *poster) close() error {
	p.client.CloseIdleConnections()
	return nil
}

// answerError is an answer that is not a yes.
type answerError struct {
	status int
	text   string
	after  time.Duration // when to try again
}

func (e *answerError) Error() string { return e.text }
