package siem

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault is a way in which a [Proxy] misbehaves.
type Fault int

// The faults.
const (
	Slow        Fault = iota // the answer comes after a second
	Half                     // the connection breaks in the middle of the answer
	Cut                      // the answer ends in the middle, and looks whole to HTTP
	HTML                     // 200 with a page of HTML
	LoginPage                // 302 to such a page
	TimedOut                 // 200, timed_out is true and hits are left out
	ShardFailed              // 200, one of the shards says that it failed
	TooMany                  // 429, with Retry-After
	Unavailable              // 503
	Gone                     // 404 for the search context, as after its time
	Refused                  // the connection is closed without an answer
)

// Proxy stands before a server, on a plain port, and misbehaves on request.
type Proxy struct {
	URL string

	server *Server
	test   *httptest.Server

	mu    sync.Mutex
	rules []*rule
	seen  []string
}

// rule is how the next requests are met.
type rule struct {
	path  string
	fault Fault
	skip  int // requests that pass first
	times int
}

// Proxy starts a proxy before the server. It passes on what it is asked with
// the credentials that came.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	p := &Proxy{server: s}
	p.test = httptest.NewServer(p)
	p.URL = p.test.URL
	t.Cleanup(p.test.Close)
	return p
}

// Address is what names an index of the server behind the proxy.
func (p *Proxy) Address(index string) string {
	scheme := "es"
	if p.server.Flavor == OS {
		scheme = "os"
	}
	return scheme + strings.TrimPrefix(p.URL, "http") + "/" + index + "?tls=off"
}

// Fail lets requests whose path contains a text meet a fault: the next times
// ones after skip good ones.
func (p *Proxy) Fail(path string, f Fault, skip, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, &rule{path: path, fault: f, skip: skip, times: times})
}

// Seen returns the requests so far, as METHOD PATH.
func (p *Proxy) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.seen...)
}

// Pending returns how many faults are still to be met.
func (p *Proxy) Pending() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rules {
		n += r.times
	}
	return n
}

// fault returns the fault for a request; ok is false when it has none.
func (p *Proxy) fault(r *http.Request) (f Fault, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, r.Method+" "+r.URL.Path)
	for _, rule := range p.rules {
		if rule.times == 0 || !strings.Contains(r.URL.Path, rule.path) {
			continue
		}
		if rule.skip > 0 {
			rule.skip--
			continue
		}
		rule.times--
		return rule.fault, true
	}
	return 0, false
}

// ServeHTTP passes a request on, or not.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, faulty := p.fault(r)
	if !faulty {
		p.pass(w, r, nil)
		return
	}
	switch fault {
	case Slow:
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
		p.pass(w, r, nil)
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><head><title>Sign in</title></head><body>Welcome to ACME</body></html>")
	case LoginPage:
		http.Redirect(w, r, "/login", http.StatusFound)
	case TooMany:
		w.Header().Set("Retry-After", "1")
		answerJSON(w, http.StatusTooManyRequests, `{"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large"},"status":429}`)
	case Unavailable:
		answerJSON(w, http.StatusServiceUnavailable, `{"error":{"type":"no_shard_available_action_exception","reason":"no shard is there"},"status":503}`)
	case Gone:
		answerJSON(w, http.StatusNotFound, `{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}],"type":"search_phase_execution_exception","reason":"all shards failed"},"status":404}`)
	case Refused:
		hangUp(w)
	default:
		p.pass(w, r, func(body []byte) ([]byte, bool) { return spoil(body, fault) })
	}
}

func answerJSON(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// spoil changes an answer; whole is false when the connection is to break
// behind it.
func spoil(body []byte, f Fault) (spoilt []byte, whole bool) {
	switch f {
	case Half:
		return body[:len(body)/2], false
	case Cut:
		return body[:len(body)/2], true
	case TimedOut:
		return bytes.Replace(body, []byte(`"timed_out":false`), []byte(`"timed_out":true`), 1), true
	case ShardFailed:
		shards := []byte(`"_shards":{"total":2,"successful":1,"skipped":0,"failed":1,"failures":[{"shard":0,"index":"x","reason":{"type":"io_exception","reason":"disk on fire"}}]}`)
		from := bytes.Index(body, []byte(`"_shards":{`))
		if from < 0 {
			return body, true
		}
		to := from + bytes.IndexByte(body[from:], '}') + 1
		return bytes.Join([][]byte{body[:from], shards, body[to:]}, nil), true
	}
	return body, true
}

// pass asks the server and hands the answer on.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, change func([]byte) ([]byte, bool)) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		hangUp(w)
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.server.URL+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		hangUp(w)
		return
	}
	req.Header = r.Header.Clone()
	req.Header.Del("Accept-Encoding")
	resp, err := p.server.client.Transport.RoundTrip(req)
	if err != nil {
		hangUp(w) // the server is dead: the proxy looks like it
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		hangUp(w)
		return
	}
	whole := true
	if change != nil {
		full := len(answer)
		answer, whole = change(answer)
		if !whole {
			resp.Header.Set("Content-Length", strconv.Itoa(full))
		} else {
			resp.Header.Set("Content-Length", strconv.Itoa(len(answer)))
		}
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
	if !whole {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		hangUp(w)
	}
}

// hangUp closes the connection of a request.
func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			c.Close()
		}
	}
}
