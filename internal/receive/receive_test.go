package receive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

const alert = `{"uuid":"u-%d","output":"shell","priority":"Notice","rule":"Terminal shell in container","time":"2026-05-04T10:00:00.%09dZ","output_fields":{"container.id":"6cf4be7b2388"}}`

// got are the rules and times that came.
type got struct {
	mu   sync.Mutex
	seen []string
}

func (g *got) Batch(b *event.Batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range b.Len() {
		r := b.Row(i)
		g.seen = append(g.seen, fmt.Sprintf("%s of %s at %d", r.T.Text(r.A().Rule), r.T.Text(r.C().ID), b.Time[i]%1000))
	}
}

func (g *got) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.seen)
}

// receive runs a receiver until the test's end.
func receive(t *testing.T, arg string) (*Receiver, *got) {
	t.Helper()
	src, err := Open(t.Context(), arg, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done, g := make(chan error, 1), &got{}
	go func() { done <- src.Run(ctx, source.Request{}, g) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return src.(*Receiver), g
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

func TestLinesOfManyPrograms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.sock")
	r, g := receive(t, "unix:"+path)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v %v", st, err)
	}
	var senders sync.WaitGroup
	for n := range 8 {
		senders.Go(func() {
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for i := range 50 {
				fmt.Fprintf(conn, alert+"\n", n, i)
			}
			_, _ = io.WriteString(conn, `{"rule":`) // it is cut off
		})
	}
	senders.Wait()
	await(t, "400 alerts", func() bool { return g.len() == 400 })
	await(t, "8 that were cut off", func() bool { return r.Stats().Bad == 8 })
	if s := r.Stats(); s.Taken != 400 || len(s.Notes) != 1 {
		t.Errorf("%+v", s)
	}
	if want := "Terminal shell in container of 6cf4be7b2388 at 0"; g.seen[0] != want {
		t.Errorf("got %q, want %q", g.seen[0], want)
	}
}

func TestPosts(t *testing.T) {
	r, g := receive(t, "http::0")
	url := "http://" + r.Addr().String() + "/"
	post := func(body, origin string) int {
		q, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if origin != "" {
			q.Header.Set("Origin", origin)
		}
		res, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	good := fmt.Sprintf(alert, 1, 7)
	for _, c := range []struct {
		body, origin string
		want         int
	}{
		{good, "", 200},
		{"\n " + strings.ReplaceAll(good, ",", ",\n  ") + "\n", "", 200}, // on several lines
		{"", "", 400},
		{"rule=x", "", 400},
		{"[" + good + "]", "", 400},
		{good, "https://elsewhere.example", 403},
		{`{"rule":"` + strings.Repeat("x", maxAlert) + `"}`, "", 413},
	} {
		if code := post(c.body, c.origin); code != c.want {
			t.Errorf("%.40q: %d, want %d", c.body, code, c.want)
		}
	}
	await(t, "two alerts", func() bool { return g.len() == 2 })
	if s := r.Stats(); s.Taken != 2 || s.Bad != 4 {
		t.Errorf("%+v", s)
	}
	if res, err := http.Get(url + "ping"); err != nil || res.StatusCode != http.StatusOK {
		t.Error(res, err)
	}
}

func TestAPlaceThatIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), "unix:"+file, source.Options{}); err == nil || !strings.Contains(err.Error(), "something else") {
		t.Errorf("a file is replaced by a socket: %v", err)
	}
	stale := filepath.Join(t.TempDir(), "stale.sock")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), "unix:"+stale, source.Options{}); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a socket is taken away: %v", err)
	}
	ln.SetUnlinkOnClose(false)
	_ = ln.Close()
	src, err := Open(t.Context(), "unix:"+stale, source.Options{})
	if err != nil {
		t.Fatalf("one that nobody listens at: %v", err)
	}
	_ = src.Close()
}

// FuzzLines holds that whatever is sent, each line is an alert or counted, and
// the alerts around it come through.
func FuzzLines(f *testing.F) {
	f.Add([]byte("{}\n"))
	f.Add([]byte(fmt.Sprintf(alert, 1, 1)))
	f.Add([]byte("{\"rule\":1,\"priority\":[]}\n\x00\n\"\n[[[["))
	f.Add(bytes.Repeat([]byte("{"), 20_000))
	f.Fuzz(func(t *testing.T, junk []byte) {
		r := &Receiver{name: "unix:x", alerts: make(chan []byte, 1<<16)}
		mine := fmt.Sprintf(alert, 9, 9)
		r.lines(t.Context(), io.MultiReader(strings.NewReader(mine+"\n"), bytes.NewReader(junk), strings.NewReader("\n"+mine)))
		var g got
		for in := (reader{r: r, seq: 1}); len(r.alerts) > 0; {
			in.read(<-r.alerts, &g)
		}
		if n := len(g.seen); n < 2 || g.seen[0] != g.seen[n-1] || !strings.HasSuffix(g.seen[0], " at 9") {
			t.Errorf("of two alerts around %.60q came %d: %v", junk, n, g.seen)
		}
		if lines := uint64(bytes.Count(junk, []byte("\n"))) + 3; r.Stats().Bad+r.Stats().Taken > lines {
			t.Errorf("%+v of %d lines", r.Stats(), lines)
		}
	})
}
