package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// syslogger sends alerts to a syslog daemon: on this machine by its socket, elsewhere
// over UDP, or TCP with counted messages (RFC 6587, section 3.4.1).
type syslogger struct {
	network, address string
	rfc5424          bool
	lines            lineFormat
	facility         int
	host             string
	conn             net.Conn
}

// facilities have their numbers by place (RFC 5424, table 1); the empty ones have no name that is in use.
var facilities = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "", "", "", "",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// localSyslog is the daemon's socket.
const localSyslog = "/dev/log"

func openSyslog(at *url.URL, c *config.Target) (output, error) {
	q := at.Query()
	for key := range q {
		if !slices.Contains([]string{"format", "facility", "body"}, key) {
			return nil, fmt.Errorf("%s has no parameter %q; there are format, facility and body", at.Scheme, key)
		}
	}
	s := &syslogger{lines: lineFormat(cmp.Or(q.Get("body"), "json")), facility: slices.Index(facilities, cmp.Or(q.Get("facility"), c.Facility, "user"))}
	if s.facility < 0 {
		return nil, fmt.Errorf("facility: there is none called %q", cmp.Or(q.Get("facility"), c.Facility))
	}
	if s.lines != "json" && s.lines != "text" {
		return nil, fmt.Errorf("body: json or text, not %q", string(s.lines))
	}
	first, second := "rfc5424", "rfc3164"
	switch at.Scheme {
	case "syslog", "syslog+unix":
		if at.Host != "" {
			return nil, fmt.Errorf("%s is the daemon of this machine; write syslog+udp:// or syslog+tcp:// for %s", at.Scheme, at.Host)
		}
		s.network, s.address = "unixgram", cmp.Or(at.Path, at.Opaque, localSyslog)
		first, second = second, first // what libc writes there
	default:
		s.network = strings.TrimPrefix(at.Scheme, "syslog+")
		if at.Hostname() == "" {
			return nil, errors.New("the URL has no host")
		}
		s.address = net.JoinHostPort(at.Hostname(), cmp.Or(at.Port(), "514"))
	}
	format, err := formatOf(&config.Target{Format: cmp.Or(q.Get("format"), c.Format)}, first, second)
	s.rfc5424 = format == "rfc5424"
	s.host, _ = os.Hostname()
	return s, err
}

// maxDatagram bounds what is sent at once where a message must be a datagram.
const maxDatagram = 60 << 10

func (s *syslogger) text(a *Alert) []byte {
	severity := 6 // informational
	if a.Priority != event.PriorityUnknown {
		severity = int(a.Priority) - 1
	}
	msg := strings.TrimSuffix(string(s.lines.line(a)), "\n")
	if s.network != "tcp" {
		msg = cut(msg, maxDatagram)
	}
	pri, host := s.facility*8+severity, word(cmp.Or(a.Hostname, s.host))
	switch {
	case s.rfc5424:
		return fmt.Appendf(nil, "<%d>1 %s %s stoop %d %s - %s", pri, a.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), host, os.Getpid(), "alert", msg)
	case s.network == "unixgram":
		return fmt.Appendf(nil, "<%d>%s stoop[%d]: %s", pri, a.Time.Local().Format(time.Stamp), os.Getpid(), msg)
	}
	return fmt.Appendf(nil, "<%d>%s %s stoop[%d]: %s", pri, a.Time.Local().Format(time.Stamp), host, os.Getpid(), msg)
}

// word makes a text a field of a header: printable ASCII without blanks.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, safetext.Line(s))
	return cmp.Or(s[:min(len(s), 255)], "-")
}

func (s *syslogger) send(ctx context.Context, text []byte) error {
	if s.conn == nil {
		if err := s.dial(ctx); err != nil {
			return err
		}
	}
	switch s.conn.RemoteAddr().Network() {
	case "tcp":
		text = append(strconv.AppendInt(nil, int64(len(text)), 10), append([]byte{' '}, text...)...)
	case "unix":
		text = append(slices.Clip(text), '\n')
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(sendTimeout))
	if _, err := s.conn.Write(text); err != nil {
		_ = s.close()
		return err
	}
	return nil
}

// dial connects; a daemon's socket may be one of streams.
func (s *syslogger) dial(ctx context.Context) (err error) {
	d := net.Dialer{Timeout: sendTimeout}
	s.conn, err = d.DialContext(ctx, s.network, s.address)
	if err != nil && s.network == "unixgram" {
		var second error
		if s.conn, second = d.DialContext(ctx, "unix", s.address); second == nil {
			return nil
		}
		s.conn = nil
	}
	return err
}

func (s *syslogger) reopen() error { return s.close() }

func (s *syslogger) close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}
