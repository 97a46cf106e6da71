package notify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/source"
)

// receiver is an HTTP server that keeps what is posted to it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies [][]byte
	heads  []http.Header
	status func(n int) int // answers the n-th request; nil: 200
	n      int
}

func newReceiver(t *testing.T, status func(n int) int) *receiver {
	r := &receiver{status: status}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	if r.status != nil {
		if s := r.status(r.n); s != http.StatusOK {
			http.Error(w, "not now", s)
			return
		}
	}
	r.bodies, r.heads = append(r.bodies, body), append(r.heads, req.Header)
	fmt.Fprint(w, "ok")
}

func (r *receiver) got() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

func open(t *testing.T, to string, cfg *config.Target, how Grouping) *Target {
	t.Helper()
	all := &config.Config{Targets: map[string]*config.Target{}}
	if cfg != nil {
		cfg.Name, cfg.URL = "here", to
		all.Targets["here"] = cfg
		to = "here"
	}
	target, _, err := OpenTarget(t.Context(), to, all, how)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func begin(t *testing.T, opt Options, targets ...*Target) *Notifier {
	t.Helper()
	if opt.Spool == "" {
		opt.Spool = t.TempDir()
	}
	n, err := New(targets, opt)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const patience = 20 * time.Second

// An alert is a request, with what Falco's http_output sends.
func TestHTTP(t *testing.T) {
	r := newReceiver(t, nil)
	n := begin(t, Options{MinPriority: event.PriorityWarning}, open(t, r.URL+"/alerts", &config.Target{Headers: map[string]string{"X-Team": "blue"}, UserAgent: "falcosecurity/falco"}, DefaultGrouping))
	grave, slight := alertOf("R", "web-0", start), alertOf("S", "web-0", start)
	slight.Priority = event.PriorityNotice
	n.Alert(grave)
	n.Alert(slight)
	n.Alert(grave)
	n.Close(t.Context(), patience)
	if len(r.bodies) != 2 || !bytes.Equal(r.bodies[0], grave.AppendFalco(nil)) {
		t.Fatalf("%d requests: %s", len(r.bodies), r.bodies)
	}
	for key, want := range map[string]string{"Content-Type": "application/json", "X-Team": "blue", "User-Agent": "falcosecurity/falco"} {
		if got := r.heads[0].Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if st := n.Stats()[0]; st.Taken != 2 || st.Below != 1 || st.Delivered != 2 || st.Lost+st.Refused+st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}

// What a server that is down does not take is delivered by the next process, in
// order, once.
func TestSpooled(t *testing.T) {
	r := newReceiver(t, nil)
	address, dir := r.URL, t.TempDir()
	listener := r.Listener.Addr().String()
	r.Close()
	var said []string
	tell := func(n source.Note) { said = append(said, n.Text) }
	n := begin(t, Options{Spool: dir, Tell: tell}, open(t, address, nil, DefaultGrouping))
	for i := range 50 {
		n.Alert(alertOf(fmt.Sprint("R", i), "web-0", start))
	}
	n.Close(t.Context(), 300*time.Millisecond)
	if st := n.Stats()[0]; st.Waiting != 50 || st.Lost != 0 || len(said) == 0 {
		t.Fatalf("%+v %v", st, said)
	}
	up := &receiver{}
	l, err := net.Listen("tcp", listener)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: up}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	n = begin(t, Options{Spool: dir}, open(t, address, nil, DefaultGrouping))
	n.Close(t.Context(), patience)
	if len(up.bodies) != 50 {
		t.Fatalf("%d alerts", len(up.bodies))
	}
	for i, body := range up.bodies {
		if !bytes.Contains(body, fmt.Appendf(nil, `"rule":"R%d"`, i)) {
			t.Errorf("alert %d is %s", i, body)
		}
	}
	if st := n.Stats()[0]; st.Found != 50 || st.Delivered != 50 {
		t.Errorf("%+v", st)
	}
}

// A server that is busy gets it later; what it does not like is refused, and the
// rest goes on.
func TestAnswers(t *testing.T) {
	r := newReceiver(t, func(n int) int {
		return map[int]int{1: 503, 2: 429, 3: 200, 4: 422}[n] + map[bool]int{n > 4: 200}[true]
	})
	n := begin(t, Options{}, open(t, r.URL, nil, DefaultGrouping))
	for i := range 3 {
		n.Alert(alertOf(fmt.Sprint("R", i), "web-0", start))
	}
	n.Close(t.Context(), patience)
	if st := n.Stats()[0]; st.Delivered != 2 || st.Refused != 1 || st.Again != 2 || len(r.bodies) != 2 {
		t.Errorf("%+v", st)
	}
}

// A server that never answers holds up nobody, and the spool is bounded: what
// does not fit is counted.
func TestHangs(t *testing.T) {
	let := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
	defer hangs.Close()
	defer close(let)
	good := newReceiver(t, nil)
	var mu sync.Mutex
	var said []string
	n := begin(t, Options{SpoolMax: 64 << 10, Tell: func(n source.Note) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, n.Where+": "+n.Text)
	}}, open(t, hangs.URL, nil, DefaultGrouping), open(t, good.URL, nil, DefaultGrouping))
	for range 200 {
		n.Alert(alertOf("R", "web-0", start))
		if len(good.got()) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	deadline := time.Now().Add(patience)
	for len(good.got()) < 200-int(n.Stats()[1].Lost) && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	n.Close(t.Context(), 100*time.Millisecond)
	stats := n.Stats()
	if st := stats[0]; st.Taken != 200 || st.Lost == 0 || st.Waiting == 0 || st.Lost+st.Waiting != 200 {
		t.Errorf("%+v", st)
	}
	if st := stats[1]; st.Delivered+st.Lost != 200 || st.Delivered == 0 {
		t.Errorf("%+v", st)
	}
	if !strings.Contains(strings.Join(said, "\n"), "the spool is full") {
		t.Errorf("nobody was told: %v", said)
	}
}

// 30,000 repeats are one message, with the guide and the command.
func TestSlack(t *testing.T) {
	r := newReceiver(t, nil)
	redirect(t, r)
	how := DefaultGrouping
	how.Wait = time.Minute // until the end
	target := open(t, "slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook", nil, how)
	n := begin(t, Options{Wait: true}, target)
	a := alertOf("Command shell through netcat", "web-0", start)
	a.Guide, a.Open = rules.Guide{Investigate: []string{"Where does <it> connect to?"}}, "sudo stoop open --at 2026-11-23T23:37:05.23952438Z --container 6cf4be7b2388 live"
	for range 30000 {
		n.Alert(a)
	}
	n.Close(t.Context(), patience)
	if len(r.bodies) != 1 {
		t.Fatalf("%d messages: %+v", len(r.bodies), n.Stats())
	}
	var message struct {
		Text        string
		Attachments []any
	}
	if err := json.Unmarshal(r.bodies[0], &message); err != nil {
		t.Fatal(err)
	}
	if want := "Critical: Command shell through netcat in shop/web-0 (30000 times)\n"; !strings.HasPrefix(message.Text, want) || len(message.Attachments) > 0 {
		t.Errorf("%q with %v, want %q first", message.Text, message.Attachments, want)
	}
	for _, want := range []string{"\nTrail: `sudo stoop open --at 2026-11-23T23:37:05.23952438Z --container 6cf4be7b2388 live`\n", "Where does &lt;it&gt; connect to?"} {
		if !strings.Contains(message.Text, want) {
			t.Errorf("%s has no %s", message.Text, want)
		}
	}
	if st := n.Stats()[0]; st.Taken != 30000 || st.Delivered != 30000 || st.Sent != 1 {
		t.Errorf("%+v", st)
	}
}

// redirect has what goes to any host over TLS go to a receiver.
func redirect(t *testing.T, r *receiver) {
	old := http.DefaultTransport
	http.DefaultTransport = roundTripper(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host = "http", r.Listener.Addr().String()
		return old.RoundTrip(req)
	})
	t.Cleanup(func() { http.DefaultTransport = old })
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A mail's subject cannot become another header.
func TestMail(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mails := make(chan string, 10)
	go serveSMTP(l, mails)
	target := open(t, "smtp://"+l.Addr().String()+"/?from=stoop@example.org&to=soc@example.org&starttls=no", nil, Grouping{Rate: 10})
	n := begin(t, Options{}, target)
	a := alertOf("Rule\r\nBcc: thief@example.org\r\n\r\nbödy", "web-0", start)
	a.Fields[2].Value = json.RawMessage(`"cat x\r\n.\r\nMAIL FROM:<a@b>"`)
	n.Alert(a)
	n.Close(t.Context(), patience)
	if st := n.Stats()[0]; st.Delivered != 1 {
		t.Fatalf("%+v", st)
	}
	mail := <-mails
	head, body, _ := strings.Cut(mail, "\r\n\r\n")
	if strings.Contains(head, "\nBcc:") || !strings.Contains(head, "\nSubject: =?utf-8?q?") && !strings.HasPrefix(head, "Subject: =?utf-8?q?") || !strings.Contains(body, `Command: cat x\r\n.\r\nMAIL FROM:<a@b>`) || !strings.Contains(body, "Tactic: execution") {
		t.Errorf("%s", mail)
	}
}

// serveSMTP takes mails (RFC 5321), as far as a client of its kind needs it.
func serveSMTP(l net.Listener, mails chan<- string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			in := bufio.NewReader(c)
			fmt.Fprint(c, "220 double\r\n")
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				switch verb := strings.ToUpper(line[:4]); verb {
				case "DATA":
					fmt.Fprint(c, "354 go on\r\n")
					var mail strings.Builder
					for {
						line, err := in.ReadString('\n')
						if err != nil {
							return
						}
						if line == ".\r\n" {
							break
						}
						mail.WriteString(strings.TrimPrefix(line, "."))
					}
					mails <- mail.String()
					fmt.Fprint(c, "250 taken\r\n")
				case "QUIT":
					fmt.Fprint(c, "221 bye\r\n")
					return
				default:
					fmt.Fprint(c, "250 ok\r\n")
				}
			}
		}()
	}
}

// Lines reach a daemon's socket, and a server over UDP and TCP, in the form of
// the two RFCs.
func TestSyslog(t *testing.T) {
	dir := t.TempDir()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unix, err := net.ListenPacket("unixgram", filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 3)
	packet := func(c net.PacketConn) {
		buf := make([]byte, 64<<10)
		n, _, _ := c.ReadFrom(buf)
		lines <- string(buf[:n])
	}
	a := alertOf("R", "web-0", start)
	a.Hostname = "node 1"
	tests := []struct {
		to, prefix, suffix string
		read               func()
	}{
		{"syslog+udp://" + udp.LocalAddr().String(), "<10>1 2026-11-23T20:02:01.000000Z node_1 stoop ", " alert - " + string(a.AppendFalco(nil)), func() { packet(udp) }},
		{"syslog:" + filepath.Join(dir, "log") + "?facility=local1&body=text", "<138>Nov 23 ", "]: " + a.Output, func() { packet(unix) }},
		{"syslog+tcp://" + tcp.Addr().String() + "?format=rfc3164&body=text", "<10>Nov 23 ", "]: " + a.Output, func() {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			var size int
			in := bufio.NewReader(c)
			if _, err := fmt.Fscanf(in, "%d ", &size); err != nil {
				return
			}
			buf := make([]byte, size)
			_, _ = io.ReadFull(in, buf)
			lines <- string(buf)
		}},
	}
	for _, tt := range tests {
		go tt.read()
		n := begin(t, Options{}, open(t, tt.to, nil, DefaultGrouping))
		n.Alert(a)
		n.Close(t.Context(), patience)
		if line := <-lines; !strings.HasPrefix(line, tt.prefix) || !strings.HasSuffix(line, tt.suffix) {
			t.Errorf("%s: %s", tt.to, line)
		}
	}
}

// A file is rotated when it is full, its oldest parts go, and one that was moved
// away is made anew on Reopen.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts [1].json")
	a := alertOf("R", "web-0", start)
	size := int64(len(a.AppendFalco(nil)) + 1)
	n := begin(t, Options{Wait: true}, open(t, "file:"+path, &config.Target{Rotate: 2 * size, Keep: 2}, DefaultGrouping))
	for range 9 {
		n.Alert(a)
	}
	waitFor(t, func() bool { return n.Stats()[0].Delivered == 9 })
	parts, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.json.*Z"))
	if len(parts) != 2 {
		t.Errorf("%v", parts)
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	n.Reopen()
	waitFor(t, func() bool { _, err := os.Stat(path); return err == nil })
	n.Alert(a)
	n.Close(context.Background(), patience)
	for p, lines := range map[string]int{path: 1, path + ".moved": 1, parts[0]: 2} {
		if text, err := os.ReadFile(p); err != nil || bytes.Count(text, []byte("\n")) != lines {
			t.Errorf("%s: %v\n%s", p, err, text)
		}
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen")
		}
	}
}
