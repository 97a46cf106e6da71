package siem

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The faults are what they say, and pass.
func TestProxy(t *testing.T) {
	s := Shared(t, ES8)
	index := s.Index(t, "", []byte(`{"a":1}`))
	p := s.Proxy(t)
	fresh := &http.Transport{DisableKeepAlives: true} // or it would ask again by itself
	get := func() (string, int, error) {
		req, err := http.NewRequest(http.MethodGet, p.URL+"/"+index+"/_search", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(s.User, s.Password)
		resp, err := fresh.RoundTrip(req)
		if err != nil {
			return "", 0, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), resp.StatusCode, err
	}
	tests := []struct {
		fault  Fault
		status int
		want   string // in the body
		breaks bool   // reading ends with an error
	}{
		{Slow, 200, `"a":1`, false},
		{Half, 200, "", true},
		{Cut, 200, `{"took"`, false},
		{HTML, 200, "<html>", false},
		{LoginPage, 302, "", false},
		{TimedOut, 200, `"timed_out":true`, false},
		{ShardFailed, 200, "disk on fire", false},
		{TooMany, 429, "Data too large", false},
		{Unavailable, 503, "no shard", false},
		{Gone, 404, "search_context_missing_exception", false},
		{Refused, 0, "", true},
	}
	for _, tt := range tests {
		p.Fail("/_search", tt.fault, 1, 1)
		if body, status, err := get(); err != nil || status != 200 || !strings.Contains(body, `"a":1`) {
			t.Fatalf("before fault %d: %d %v %s", tt.fault, status, err, body)
		}
		body, status, err := get()
		if status != tt.status || (err != nil) != tt.breaks || !strings.Contains(body, tt.want) {
			t.Errorf("fault %d: %d %v %s", tt.fault, status, err, body)
		}
		if tt.fault == Cut && strings.Contains(body, `"a":1`) {
			t.Errorf("the whole answer came: %s", body)
		}
	}
	if p.Pending() != 0 {
		t.Errorf("%d faults were not met", p.Pending())
	}
}
