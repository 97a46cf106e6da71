package conn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// failure makes a sentence of a request that had no answer, or half of one.
func (c *Conn) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &Error{Kind: Away, Err: err}
	host := strings.Join(c.Address.Hosts, ", ")
	var (
		dns *net.DNSError
		op  *net.OpError
	)
	switch {
	case c.secureFailure(e, err):
	case errors.As(err, &dns):
		e.Kind = DNS
		e.Text, e.Remedy = fmt.Sprintf("the name %s is not known", dns.Name), "is it spelled right, and is a VPN needed to know it?"
		if !dns.IsNotFound {
			e.Text = fmt.Sprintf("the name %s cannot be looked up: %s", dns.Name, dns.Err)
		}
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Text, e.Remedy = fmt.Sprintf("nothing listens at %s", host), "is the server up, and is this its port?"
	case errors.As(err, &op) && op.Op == "dial" && os.IsTimeout(err):
		e.Text, e.Remedy = fmt.Sprintf("%s does not answer", host), "is a firewall or a VPN in the way?"
	case os.IsTimeout(err):
		e.Text = "the server takes too long to answer"
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Text = "the connection broke in the middle of the answer"
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		e.Text = "the server closed the connection without an answer"
		if !c.Address.TLS && c.Version == "" && c.speaksTLS(ctx) {
			e.Kind, e.Text = TLS, fmt.Sprintf("%s speaks TLS", host)
			e.Remedy = "leave ?tls=off away"
		}
	default:
		e.Text = c.say(fmt.Sprintf("%s cannot be reached: %v", host, err))
	}
	return e
}

// secureFailure makes a sentence of what went wrong with TLS.
func (c *Conn) secureFailure(e *Error, err error) bool {
	var (
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		notFound *tls.CertificateVerificationError
	)
	host := strings.Join(c.Address.Hosts, ", ")
	e.Kind = TLS
	switch {
	case errors.As(err, &unknown):
		e.Text = fmt.Sprintf("the certificate of %s is signed by an authority that is not known here", host)
		if unknown.Cert != nil && unknown.Cert.Issuer.CommonName != "" {
			e.Text += fmt.Sprintf(" (%q)", unknown.Cert.Issuer.CommonName)
		}
		e.Remedy = "STOOP_CA_FILE or ca_file names the authority's certificate, STOOP_CA_FINGERPRINT or ca_fingerprint its SHA-256"
	case errors.As(err, &name):
		e.Text = fmt.Sprintf("the certificate of %s is not for this name: it is for %s", host, strings.Join(namesOf(name.Certificate), ", "))
		e.Remedy = "use one of those names, or have the certificate made for this one"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Text = fmt.Sprintf("the certificate of %s has expired, or the clock here is wrong", host)
		if invalid.Cert != nil {
			e.Text += fmt.Sprintf(" (it holds from %s to %s)", day(invalid.Cert.NotBefore), day(invalid.Cert.NotAfter))
		}
	case errors.Is(err, errPin):
		e.Text, e.Remedy = fmt.Sprintf("%s is not the server of the fingerprint: %v", host, errPin), "if its certificate was renewed, ask its operator for the new fingerprint"
	case errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch):
		e.Text, e.Remedy = fmt.Sprintf("%s does not speak TLS", host), "for a plain port write ?tls=off behind the address"
	case strings.Contains(err.Error(), "malformed HTTP response"):
		e.Text, e.Remedy = fmt.Sprintf("%s speaks TLS", host), "leave ?tls=off away"
	case errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls:"):
		e.Text = fmt.Sprintf("%s refuses the TLS connection: %s", host, tlsReason(err))
		if strings.Contains(err.Error(), "certificate") {
			e.Remedy = "it wants a client certificate: STOOP_CLIENT_CERT and STOOP_CLIENT_KEY, or client_cert and client_key"
		}
	case errors.As(err, &notFound):
		e.Text = fmt.Sprintf("the certificate of %s does not hold: %v", host, notFound.Err)
	default:
		e.Kind = Away
		return false
	}
	return true
}

// tlsReason returns what TLS itself says, without who said it.
func tlsReason(err error) string {
	text := err.Error()
	if at := strings.LastIndex(text, "tls: "); at >= 0 {
		text = text[at+len("tls: "):]
	}
	return text
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// namesOf lists what a certificate is for, a few of it.
func namesOf(cert *x509.Certificate) []string {
	const most = 5
	if cert == nil {
		return []string{"another"}
	}
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = append(names, cert.Subject.CommonName)
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return names
}

// speaksTLS asks a server that hung up whether it wanted TLS.
func (c *Conn) speaksTLS(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // nothing is sent to it
	conn, err := d.DialContext(ctx, "tcp", c.Address.Hosts[0])
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
