package conn

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
)

// cloudAddress reads a Cloud ID as Elastic's console shows it: a name, a colon,
// and in base64 the host, the id of the Elasticsearch part and others, with
// dollar signs between.
func cloudAddress(s *config.SIEM) (Address, error) {
	fault := func(err error) (Address, error) {
		return Address{}, fmt.Errorf("%s: cloud_id cannot be read: %w; copy it from the deployment's page", s.Name, err)
	}
	_, encoded, ok := strings.Cut(s.CloudID, ":")
	if !ok {
		return fault(errors.New("it has no colon"))
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return fault(err)
	}
	parts := strings.Split(string(text), "$")
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return fault(errors.New("it names no host"))
	}
	host, port := parts[0], "443"
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, cmp.Or(p, port)
	}
	id, idPort, _ := strings.Cut(parts[1], ":")
	full, err := hostPort(net.JoinHostPort(id+"."+host, cmp.Or(idPort, port)), "443")
	if err != nil {
		return fault(err)
	}
	return Address{Scheme: "es", Hosts: []string{full}, TLS: true, Index: s.Index, Product: Elasticsearch}, nil
}
