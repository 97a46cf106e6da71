package conn

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	elasticsearch "github.com/elastic/go-elasticsearch/v8"

	"github.com/stoop-project/stoop/internal/config"
)

// Conn is a connection to a server. It may be used by many goroutines at a time.
type Conn struct {
	Address Address
	Product Product // what the server is
	Version string  // such as 8.19.21; "" when it may not be asked for
	Cluster string  // the cluster's own id; "" when it may not be asked for

	client *elasticsearch.BaseClient
	pool   *http.Transport
	siem   *config.SIEM

	accepted atomic.Bool // the server has accepted the credentials

	mu   sync.Mutex
	cred credential
	read time.Time // when the credentials were read
}

// Timeouts of connecting.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 90 * time.Second
	answerTimeout    = 2 * time.Minute // until an answer begins
)

// Open connects to a server and finds out what it is. It is tried once: an
// address that does not answer is said to be wrong while the user is looking.
func Open(ctx context.Context, s *config.SIEM) (*Conn, error) {
	c := &Conn{siem: s}
	err := c.open(ctx)
	if err != nil {
		c.Close()
		return nil, c.at(err)
	}
	return c, nil
}

func (c *Conn) open(ctx context.Context) error {
	var err error
	if c.Address, err = addressOf(c.siem); err != nil {
		return err
	}
	c.Product = c.Address.Product
	if c.cred, err = readCredential(ctx, c.siem.Credentials, c.Product); err != nil {
		return &Error{Kind: Unauthorized, Text: err.Error()}
	}
	c.read = time.Now()
	if err := c.dial(); err != nil {
		return err
	}
	if c.Product == Logzio {
		if c.cred.token == "" {
			return &Error{Kind: Unauthorized, Text: "Logz.io wants an API token", Remedy: "set STOOP_API_KEY or STOOP_API_KEY_FILE, or api_key_file in the configuration"}
		}
		return nil // it has nothing that tells of itself
	}
	return c.probe(ctx)
}

// dial prepares the client; nothing is sent yet.
func (c *Conn) dial() error {
	secure, err := tlsConfig(c.siem)
	if err != nil {
		return &Error{Kind: TLS, Text: err.Error()}
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	c.pool = &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSClientConfig: secure,
		TLSHandshakeTimeout: handshakeTimeout, IdleConnTimeout: idleTimeout, MaxIdleConnsPerHost: 8,
		ResponseHeaderTimeout: answerTimeout,
		ForceAttemptHTTP2:     true,
	}
	header := make(http.Header)
	for name, value := range c.siem.Headers {
		header.Set(name, value)
	}
	c.client, err = elasticsearch.NewBaseClient(elasticsearch.Config{
		Addresses: c.Address.urls(), Header: header, Transport: dialect{c.pool, &c.Product},
		DisableRetry: true, DisableMetaHeader: true, // tried again here, where an answer is known to be whole
	})
	if err != nil {
		return &Error{Kind: Bad, Text: err.Error()}
	}
	return nil
}

// probe finds out what the server is.
func (c *Conn) probe(ctx context.Context) error {
	said := c.Product
	c.Product = Unknown // nothing is asked of it that only one product knows
	a, err := c.once(ctx, Request{Method: http.MethodGet, Path: "/"})
	if err != nil {
		return err
	}
	if a.status == http.StatusUnauthorized || isBusy(a.status) {
		return c.refusal(Request{Method: http.MethodGet, Path: "/"}, a)
	}
	p, r, err := identify(a.status, a.header, a.body)
	if err != nil {
		return err
	}
	if said != Unknown && said != p {
		return &Error{
			Kind: WrongProduct, Text: "this is " + p.String() + " and not " + said.String(),
			Remedy: "write " + map[Product]string{Elasticsearch: "es://", OpenSearch: "os://"}[p],
		}
	}
	c.Product, c.Version, c.Cluster = p, r.Version.Number, r.cluster()
	return nil
}

// at says of which server an error is.
func (c *Conn) at(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Where == "" {
		e.Where = c.Name()
	}
	return e
}

// Named reports whether the server has a name in the configuration.
func (c *Conn) Named() bool { return c.siem.Name != "" }

// Name is the server's name in the configuration, or its address.
func (c *Conn) Name() string {
	if c.siem.Name != "" {
		return c.siem.Name
	}
	if len(c.Address.Hosts) == 0 {
		return withoutUser(c.siem.URL)
	}
	return c.Address.String()
}

// SameCluster reports whether two connections are to one cluster, as it says
// itself or, where it does not, as the addresses do.
func (c *Conn) SameCluster(o *Conn) bool {
	if c.Cluster != "" || o.Cluster != "" {
		return c.Cluster == o.Cluster
	}
	return c.Product == o.Product && len(c.Address.Hosts) > 0 && slices.Equal(c.Address.Hosts, o.Address.Hosts)
}

// SameUser reports whether two connections have the same credentials, and so
// the same rights at one cluster.
func (c *Conn) SameUser(o *Conn) bool { return c.credential() == o.credential() }

// Close lets the connections go.
func (c *Conn) Close() {
	if c.pool != nil {
		c.pool.CloseIdleConnections()
	}
}

// Path joins an index and what is asked of it: /falco-*/_search.
func Path(index, what string) string { return path.Join("/", url.PathEscape(index), what) }

// Kind of credentials, for sentences: "the API key".
func (c *Conn) credential() credential {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cred
}

// renew reads the credentials again after the server has refused them, since a
// token may have run out; it reports whether they are others now.
func (c *Conn) renew(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) < time.Second {
		return false
	}
	fresh, err := readCredential(ctx, c.siem.Credentials, c.Product)
	c.read = time.Now()
	if err != nil || fresh == c.cred {
		return false
	}
	c.cred = fresh
	return true
}
