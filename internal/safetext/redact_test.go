package safetext

import (
	"strings"
	"testing"
	"time"
)

func TestRedactDoesNotAllocate(t *testing.T) {
	const s = "/usr/bin/python3 -m http.server --bind 127.0.0.1 8080"
	if n := testing.AllocsPerRun(100, func() { _ = Redact(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A hostile text must not make Redact quadratic: four times the text may not
// take sixteen times the time.
func TestRedactIsLinear(t *testing.T) {
	for _, unit := range []string{
		"password", "password=", "--password ", "://", "://a:", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n-----END x",
		"mysql ", "curl -u ", "eyJ", "eyJhbGciOi", "Cookie: a; ", "Authorization: Basic ", "token:\"", "token=\\\"", "a;b=c,", "ghp_", "$6$",
	} {
		// Four times the text takes four times as long, or sixteen times where
		// something looks back. On a busy machine one measurement says nothing:
		// it must come out so each time.
		var small, large time.Duration
		for range 8 {
			small, large = fastest(strings.Repeat(unit, 1<<16/len(unit))), fastest(strings.Repeat(unit, 1<<18/len(unit)))
			if large <= 10*small || large <= 100*time.Millisecond {
				break
			}
		}
		if large > 10*small && large > 100*time.Millisecond {
			t.Errorf("%q: 64 KiB took %v, 256 KiB %v", unit, small, large)
		}
	}
}

// fastest is the time that Redact takes when nothing interrupts it.
func fastest(s string) time.Duration {
	best := time.Hour
	for range 4 {
		start := time.Now()
		Redact(s)
		best = min(best, time.Since(start))
	}
	return best
}

// The secret itself must never be in the result, wherever it is cut from.
func TestRedactLeavesNoSecret(t *testing.T) {
	const secret = "Tr0ub4dor+3xyz"
	for _, form := range []string{
		"--password=%s", "--password %s x", `{"password":"%s"}`, "PASSWORD=%s\x00HOME=/", "https://u:%s@h/", "mysql -p%s x",
		"curl -u u:%s x", "Authorization: Basic %s", "password: %s\n", "sshpass -p '%s' ssh x", "Cookie: sid=%s; b=%s",
	} {
		s := strings.ReplaceAll(form, "%s", secret)
		if got := Redact(s); strings.Contains(got, secret) || !strings.Contains(got, "****") {
			t.Errorf("Redact(%q) = %q", s, got)
		}
	}
}

// A text that changes with each pass is not followed for ever, nor shown.
func TestRedactTangled(t *testing.T) {
	s := "curl -U'Authorization: " + strings.Repeat("'0 ", 1000) + "'secret"
	got := Redact(s)
	if strings.Contains(got, "secret") || len(got) > 100 {
		t.Errorf("Redact = %q", got)
	}
	if again := Redact(got); again != got {
		t.Errorf("not stable: %q, %q", got, again)
	}
}

func FuzzRedact(f *testing.F) {
	for _, tt := range masked {
		f.Add(tt.in)
	}
	for _, tt := range unmasked {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Redact(s)
		if again := Redact(got); again != got {
			t.Fatalf("not stable:\n   %q\n-> %q\n-> %q", s, got, again)
		}
		if got != s && !strings.Contains(got, "****") {
			t.Fatalf("changed without masking:\n   %q\n-> %q", s, got)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	for _, bb := range []struct{ name, text string }{
		{"nothing", strings.Repeat("/usr/bin/python3 -m http.server ", 4)},
		{"lookalike", "docker run --env-file /etc/app/tokens.env -v my-secret:/run/secret -p 8080:80 registry.local/team/app:1.2"},
		{"match", "mysqldump --host db -uroot -phunter2 --result-file=/tmp/x db && curl -u bob:hunter2 https://example.org/"},
		{"payload", strings.Repeat("GET /index.html?x=1 HTTP/1.1\r\nHost: example.org\r\n", 80)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.text)))
			b.ReportAllocs()
			for b.Loop() {
				sink = Redact(bb.text)
			}
		})
	}
}
