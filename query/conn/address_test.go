package conn

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/config"
)

func TestParseAddress(t *testing.T) {
	tests := []struct{ in, urls, index, shown string }{
		{"es://search/falco-*", "https://search:9200", "falco-*", ""},
		{"es://a:9201,b/falco-*,-falco-old", "https://a:9201 https://b:9200", "falco-*,-falco-old", ""},
		{"es://[::1]:9200/x?tls=off", "http://[::1]:9200", "x", "es://[::1]/x?tls=off"},
		{"os://search/proxy/here/x", "https://search:9200/proxy/here", "x", ""},
		{"https://search.example.org/x", "https://search.example.org:443", "x", ""},
		{"logzio://api-eu.logz.io", "https://api-eu.logz.io:443", "", ""},
		{"es://a/other:falco-*", "https://a:9200", "other:falco-*", ""},
		{"es://a", "https://a:9200", "", ""},
	}
	for _, tt := range tests {
		a, err := ParseAddress(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if got := strings.Join(a.urls(), " "); got != tt.urls || a.Index != tt.index {
			t.Errorf("%s: %s and %q", tt.in, got, a.Index)
		}
		if tt.shown == "" {
			tt.shown = tt.in
		}
		if a.String() != tt.shown {
			t.Errorf("%s is shown as %s", tt.in, a)
		}
	}
}

// An address that is refused says why, and never what was a secret in it.
func TestParseAddressRefuses(t *testing.T) {
	tests := []struct{ in, want string }{
		{"es://elastic:hunter2@search/x", "an address carries no name or password"},
		{"es://elastic:hunt/er2@search/x", "an address carries no name or password"},
		{"https://key:hunter2@search/x?tls=off", "an address carries no name or password"},
		{"ftp://elastic:hunter2@search/x", "is no address of a SIEM"},
		{"es:///x", `"" is no host`},
		{"es://a b/x", "is no host"},
		{"es://a/x?tls=maybe", "tls is on or off"},
		{"es://a/x?api_key=hunter2", `"api_key" is no option`},
		{"https://a/x?tls=off", "always means TLS"},
		{"es://a/_all", "cannot be the name of an index"},
		{"es://a/..", "cannot be the name of an index"},
		{"es://a/%zz", "cannot be read"},
	}
	for _, tt := range tests {
		_, err := ParseAddress(tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v\nwant %s", tt.in, err, tt.want)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "er2")) {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}

// The index of a configured server stands in its URL or beside it; one that is
// named instead takes its place, and what is a path before it stays.
func TestWithIndex(t *testing.T) {
	tests := []struct{ url, beside, instead, want string }{
		{"es://h/falco-*", "", "", "es://h/falco-*"},
		{"es://h/falco-*", "", "audit-*", "es://h/audit-*"},
		{"es://h/falco?tls=off", "", "audit,zeek", "es://h/audit,zeek?tls=off"},
		{"https://h/search", "falco-*", "", "https://h/search/falco-*"},
		{"https://h/search", "falco-*", "audit-*", "https://h/search/audit-*"},
		{"https://h/search/", "", "audit-*", "https://h/search/audit-*"},
		{"https://h/search/", "", "", "https://h/search/"},
		{"https://h/a/b/", "falco", "audit", "https://h/a/b/audit"},
		{"https://h/a/b/falco", "", "audit", "https://h/a/b/audit"},
		{"es://h", "falco-*", "audit", "es://h/audit"},
		{"es://h/", "", "audit", "es://h/audit"},
		{"es://h/falco-*/", "", "audit", "es://h/audit"},
		{"es://h/same", "same", "", "es://h/same"},
	}
	for _, tt := range tests {
		at := &config.SIEM{Name: "prod", URL: tt.url, Index: tt.beside}
		if tt.instead != "" {
			var err error
			if at, err = WithIndex(at, tt.instead); err != nil {
				t.Fatal(err)
			}
		}
		if a, err := addressOf(at); err != nil || a.String() != tt.want {
			t.Errorf("%s with %q beside it, %q instead: %s, %v; want %s", tt.url, tt.beside, tt.instead, a, err, tt.want)
		}
	}
	_, err := addressOf(&config.SIEM{Name: "prod", URL: "es://h/falco-*", Index: "audit-*"})
	if err == nil || !strings.Contains(err.Error(), "prod: the URL names the index falco-*, and audit-* is named beside it") {
		t.Error(err)
	}
}

func TestCloudID(t *testing.T) {
	id := func(text string) string { return "prod:" + base64.StdEncoding.EncodeToString([]byte(text)) }
	a, err := addressOf(&config.SIEM{Name: "c", CloudID: id("eu.aws.cloud.example:9243$0123abc$kib"), Index: "logs-*"})
	if err != nil || a.urls()[0] != "https://0123abc.eu.aws.cloud.example:9243" || a.Index != "logs-*" || a.Product != Elasticsearch {
		t.Errorf("%v, %v", a, err)
	}
	if a, err = addressOf(&config.SIEM{CloudID: id("h$es:1$k")}); err != nil || a.Hosts[0] != "es.h:1" {
		t.Errorf("%v, %v", a, err)
	}
	for _, bad := range []string{"prod", "prod:%", id("host"), id("$a"), id("a b$c")} {
		if _, err := addressOf(&config.SIEM{Name: "c", CloudID: bad}); err == nil || !strings.Contains(err.Error(), "cloud_id cannot be read") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("es://a:9200,b/p/falco-*?tls=off")
	f.Add("https://u:p@[::1]:443/x%20")
	f.Add("https://::")
	f.Add("es://00/%40")
	f.Add("es://0/p//")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.String())
		if err != nil || again.String() != a.String() {
			t.Errorf("%q is %q, and that is %q (%v)", text, a, again, err)
		}
		if strings.Contains(a.Hosts[0], "@") {
			t.Errorf("%q has a user in %v", text, a.Hosts)
		}
	})
}
