package receive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// listenUnix makes a socket that only its owner can reach. One that nobody
// listens at any more is replaced.
func listenUnix(path string) (net.Listener, error) {
	if path == "" {
		return nil, errors.New("name the socket: unix:/run/stoop-alerts.sock")
	}
	if st, err := os.Lstat(path); err == nil {
		if st.Mode().Type() != os.ModeSocket {
			return nil, errors.New("there is something else of that name")
		}
		if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
			_ = c.Close()
			return nil, errors.New("another program listens there")
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = ln.Close()
		return nil, err
	}
	return ln, nil
}

// serveLines takes connections that send an alert a line.
func (r *Receiver) serveLines(ctx context.Context) {
	var clients sync.WaitGroup
	defer clients.Wait()
	room := make(chan struct{}, maxClients)
	for {
		conn, err := r.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files: it passes
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return
			}
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			_ = conn.Close()
			r.bad(fmt.Errorf("more than %d programs send alerts at a time", maxClients))
			continue
		}
		clients.Go(func() {
			defer func() { <-room }()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			defer conn.Close()
			r.lines(ctx, conn)
		})
	}
}

// lines reads alerts, one a line, until the reader ends. Lines that are too
// long are skipped.
func (r *Receiver) lines(ctx context.Context, from io.Reader) {
	in := bufio.NewReaderSize(from, 64<<10)
	var line []byte
	long := false
	for {
		piece, err := in.ReadSlice('\n')
		if long = long || len(line)+len(piece) > maxAlert; !long {
			line = append(line, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		switch text := bytes.TrimSpace(line); {
		case long:
			r.bad(fmt.Errorf("a line is longer than %d KiB", maxAlert>>10))
		case len(text) > 0:
			_ = r.one(ctx, text) // it is counted
		}
		if err != nil {
			return
		}
		line, long = line[:0], false
	}
}

// one takes in one document.
func (r *Receiver) one(ctx context.Context, text []byte) error {
	var doc bytes.Buffer
	if err := json.Compact(&doc, text); err != nil || text[0] != '{' {
		r.bad(errNone)
		return errNone
	}
	if !r.take(ctx, doc.Bytes()) {
		return errors.New("too many alerts wait")
	}
	return nil
}

// serveHTTP takes POST requests with an alert each.
func (r *Receiver) serveHTTP(ctx context.Context) {
	server := &http.Server{
		Handler: http.HandlerFunc(r.post), ReadHeaderTimeout: patience, ReadTimeout: patience, WriteTimeout: 2 * patience, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	_ = server.Serve(limited{r.ln, make(chan struct{}, maxClients)}) // until Close
}

func (r *Receiver) post(w http.ResponseWriter, q *http.Request) {
	switch q.Method {
	case http.MethodGet, http.MethodHead: // is anybody there?
		_, _ = io.WriteString(w, "ok\n")
		return
	case http.MethodPost:
	default:
		http.Error(w, "POST an alert of Falco as JSON", http.StatusMethodNotAllowed)
		return
	}
	if q.Header.Get("Origin") != "" { // a page in somebody's browser
		http.Error(w, "alerts are not taken from web pages", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxAlert))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		r.bad(fmt.Errorf("a request is longer than %d KiB", maxAlert>>10))
		http.Error(w, "the alert is too long", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		return // the client went away
	}
	text := bytes.TrimSpace(body)
	if len(text) == 0 {
		r.bad(errNone)
		http.Error(w, errNone.Error(), http.StatusBadRequest)
		return
	}
	switch err := r.one(q.Context(), text); {
	case errors.Is(err, errNone):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default:
		_, _ = io.WriteString(w, "ok\n")
	}
}

// limited accepts so many connections at a time.
type limited struct {
	net.Listener
	room chan struct{}
}

func (l limited) Accept() (net.Conn, error) {
	l.room <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &counted{Conn: c, done: sync.OnceFunc(func() { <-l.room })}, nil
}

type counted struct {
	net.Conn
	done func()
}

func (c *counted) Close() error {
	defer c.done()
	return c.Conn.Close()
}
