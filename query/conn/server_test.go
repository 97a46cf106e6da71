package conn

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/test/siem"
)

// Real servers are known, let stoop in, and are understood when they do not.
func TestServers(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		s.Env(t)
		index := s.Index(t, "", []byte(`{"a":1}`))
		c := open(t, Environment(s.Address(index)))
		if want := map[siem.Flavor]string{siem.ES8: "8.", siem.ES9: "9.", siem.OS: "3."}[s.Flavor]; !strings.HasPrefix(c.Version, want) {
			t.Errorf("version %s, want %s", c.Version, want)
		}
		var hits struct {
			Hits struct {
				Hits []json.RawMessage `json:"hits"`
			} `json:"hits"`
		}
		_, err := c.Do(t.Context(), Request{
			Method: "POST", Path: Path(index, "_search"), Body: []byte(`{"query":{"match_all":{}}}`),
			Read: func(body []byte) error { return json.Unmarshal(body, &hits) },
		})
		if err != nil || len(hits.Hits.Hits) != 1 {
			t.Errorf("%d hits, %v", len(hits.Hits.Hits), err)
		}
		_, err = c.Do(t.Context(), Request{Method: "GET", Path: Path("no-such-index", "_search")})
		if k, _ := KindOf(err); k != NoIndex || !strings.Contains(err.Error(), "there is no index no-such-index") {
			t.Errorf("error %v", err)
		}
		_, err = c.Do(t.Context(), Request{Method: "POST", Path: Path(index, "_search"), Body: []byte(`{"query":{"nonsense":{}}}`)})
		if k, _ := KindOf(err); k != Bad || !strings.Contains(err.Error(), "nonsense") {
			t.Errorf("error %v", err)
		}
	})
}

// Who is let in and who is not, with real users and keys.
func TestPrivileges(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index, other := s.Index(t, "", []byte(`{"a":1}`)), s.Index(t, "", []byte(`{"a":1}`))
	as := func(key string) *config.SIEM {
		t.Setenv("TEST_KEY", key)
		return &config.SIEM{URL: s.Address(index), CAFile: s.CAFile, Credentials: config.Credentials{APIKeyEnv: "TEST_KEY"}}
	}
	c := open(t, as(s.APIKey(t, index, "read")))
	if c.Product != Elasticsearch {
		t.Errorf("it is %s", c.Product)
	}
	if _, err := c.Do(t.Context(), Request{Method: "GET", Path: Path(index, "_search")}); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{
		Path(other, "_search"):  "the API key may not do indices:data/read/search on " + other + ": the index privilege read is missing (403)",
		"/_cluster/settings":    "the cluster privilege monitor is missing (403)",
		Path(index, "_mapping"): "the index privilege view_index_metadata is missing (403)",
	} {
		if _, err := c.Do(t.Context(), Request{Method: "GET", Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v\nwant %s", path, err, want)
		}
	}
	if _, err := Open(t.Context(), as("bm90OmFrZXk=")); err == nil || !strings.Contains(err.Error(), "does not accept the API key (401) — it comes from TEST_KEY: is it the right one, and this server's?") {
		t.Errorf("error %v", err)
	}
	if _, err := Open(t.Context(), &config.SIEM{URL: s.Address(index), CAFile: s.CAFile}); err == nil || !strings.Contains(err.Error(), "wants to know who asks (401)") {
		t.Errorf("error %v", err)
	}
	plain := &config.SIEM{URL: s.Address(index) + "?tls=off"}
	if _, err := Open(t.Context(), plain); err == nil || !strings.Contains(err.Error(), "speaks TLS — leave ?tls=off away") {
		t.Errorf("error %v", err)
	}
}
