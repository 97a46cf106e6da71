package conn

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
)

// tlsConfig returns how the server is to be known, and how stoop makes itself known.
func tlsConfig(s *config.SIEM) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile != "" {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("the CA's certificate: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", s.CAFile)
		}
	}
	if s.CAFingerprint != "" {
		pin, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(s.CAFingerprint))
		if err != nil || len(pin) != sha256.Size {
			return nil, errors.New("a CA's fingerprint is the SHA-256 of its certificate: 64 hex digits, with colons or without")
		}
		// The usual check is replaced by one that is as strict, with another root.
		t.InsecureSkipVerify = true
		t.VerifyConnection = func(c tls.ConnectionState) error { return pinned(c, [sha256.Size]byte(pin)) }
	}
	if s.ClientCert != "" || s.ClientKey != "" {
		cert, err := tls.LoadX509KeyPair(s.ClientCert, s.ClientKey)
		if err != nil {
			return nil, fmt.Errorf("the client certificate: %w", err)
		}
		t.Certificates = []tls.Certificate{cert}
	}
	return t, nil
}

// errPin is what a server without the certificate of a fingerprint has.
var errPin = errors.New("none of its certificates has the fingerprint that is asked for")

// pinned checks a connection against the fingerprint of a certificate: the
// server's own, which it has proved to have the key of, or that of an authority
// which its own is signed by and whose certificate it sends along.
func pinned(c tls.ConnectionState, pin [sha256.Size]byte) error {
	if len(c.PeerCertificates) == 0 {
		return errPin
	}
	leaf := c.PeerCertificates[0]
	if sha256.Sum256(leaf.Raw) == pin {
		return nil
	}
	for i, cert := range c.PeerCertificates[1:] {
		if sha256.Sum256(cert.Raw) != pin {
			continue
		}
		opts := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: c.ServerName}
		opts.Roots.AddCert(cert)
		for _, between := range c.PeerCertificates[1 : i+1] {
			opts.Intermediates.AddCert(between)
		}
		_, err := leaf.Verify(opts)
		return err
	}
	return errPin
}
