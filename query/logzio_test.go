package query

import (
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/siem"
)

// shipped is an alert of Falco as Logz.io stores it.
func shipped(at time.Time, n int) []byte {
	return fmt.Appendf(nil, `{"@timestamp":%q,"type":"falco","output":"o %d","priority":"Warning","rule":"Rule","time":%q,"output_fields":{"proc.cmdline":"cmd %d"}}`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), n, at.UTC().Format(time.RFC3339Nano), n)
}

// openLogzio opens a double of Logz.io; it is not Logz.io.
func openLogzio(t *testing.T, docs ...[]byte) (*siem.Logzio, *SIEM) {
	t.Helper()
	double, server := siem.NewLogzio(t, docs...)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LOGZIO", double.Token)
	src, err := Open(t.Context(), &config.SIEM{
		URL: strings.Replace(double.URL, "https:", "logzio:", 1), CAFile: ca, Credentials: config.Credentials{APIKeyEnv: "LOGZIO"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return double, src
}

// A month of an account is read, two days at a time, in either direction, also
// when scrolls run out.
func TestLogzio(t *testing.T) {
	now := time.Now()
	var docs [][]byte
	for i := range 2500 {
		docs = append(docs, shipped(now.Add(-time.Duration(i)*time.Second), i))
	}
	for _, days := range []int{1, 2, 3, 9, 20} {
		docs = append(docs, shipped(now.Add(-time.Duration(days)*24*time.Hour), 3000+days))
	}
	for _, expired := range []int{0, 2} {
		double, src := openLogzio(t, docs...)
		double.Expired = expired
		got := newTaken()
		if err := src.Run(t.Context(), source.Request{}, got); err != nil {
			t.Fatal(err)
		}
		same(t, got.all(), texts(docs))
		if !slices.IsSorted(got.times) {
			t.Error("the order is not that of time")
		}
		if double.Expired != 0 {
			t.Errorf("%d scrolls had still to run out", double.Expired)
		}
	}
	double, src := openLogzio(t, docs...)
	ctx, cancel := context.WithCancel(t.Context())
	got := newTaken()
	done := make(chan error, 1)
	go func() { done <- src.Run(ctx, source.Request{Newest: true}, got) }()
	got.wait(t, 1000)
	late := shipped(time.Now(), 9000)
	double.Add(t, late)
	docs = append(docs, late)
	got.wait(t, 1001)
	for !src.Exhausted() {
		if err := src.More(ctx, 1000); err != nil {
			t.Fatal(err)
		}
	}
	same(t, got.all(), texts(docs))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLogzioToken(t *testing.T) {
	double, _ := siem.NewLogzio(t)
	_, err := Open(t.Context(), &config.SIEM{URL: strings.Replace(double.URL, "https:", "logzio:", 1)})
	if err == nil || !strings.Contains(err.Error(), "Logz.io wants an API token") {
		t.Errorf("error %v", err)
	}
}
