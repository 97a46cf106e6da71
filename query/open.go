package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
)

// Schemes are the schemes that [Opener] opens, each with a line for the guide.
var Schemes = [][2]string{
	{"es", "indices of Elasticsearch 8 or 9: es://host:9200/falco-*"},
	{"os", "indices of OpenSearch 2 or 3: os://host:9200/falco-*"},
	{"https", "the same, found out which: https://host:9200/falco-*"},
	{"logzio", "an account of Logz.io: logzio://api-eu.logz.io"},
	{"siem", "a server of the configuration: siem://prod, or --siem prod"},
}

// Opener opens SIEMs by their addresses, and by the names that they have in the
// configuration (siem://NAME, siem://NAME/index).
func Opener(cfg *config.Config) source.Opener {
	return func(ctx context.Context, arg string, _ source.Options) (source.Source, error) {
		at, err := server(cfg, arg)
		if err != nil {
			return nil, err
		}
		return Open(ctx, at)
	}
}

// server finds the server of an argument.
func server(cfg *config.Config, arg string) (*config.SIEM, error) {
	rest, ok := strings.CutPrefix(arg, "siem://")
	if !ok {
		return conn.Environment(arg), nil
	}
	name, index, _ := strings.Cut(rest, "/")
	found, err := cfg.SIEM(name)
	if err != nil || index == "" {
		return found, err
	}
	return conn.WithIndex(found, index)
}

// SIEM is a source of the events in the indices of a search server.
type SIEM struct {
	*conn.Conn
	Index string // pattern

	learned atomic.Pointer[Known]
	looks   looks
	relearn pace // how often what the indices hold is learned again; tests take less

	once   *once   // of sources that are read together; nil: this one is read alone
	beside []*SIEM // that read indices of this one too, and hand on what is in them
	partly []*SIEM // that read a part of them, or as somebody else: what they hand on is known when it comes, and not when it is counted

	counts counts
	tables tables
	older  pager
	page   int // hits of the first page; tests take less
	most   int // hits of a page at most when everything is read
}

// Open connects to a server and finds out what its indices hold.
func Open(ctx context.Context, at *config.SIEM) (*SIEM, error) {
	c, err := conn.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	s := &SIEM{Conn: c, Index: c.Address.Index, page: pageSize, most: exportPage, relearn: pace{every: 20 * time.Second, share: 50}}
	s.older.init()
	k, err := s.learn(ctx)
	if err != nil {
		c.Close()
		if errors.Is(err, ctx.Err()) {
			return nil, err
		}
		return nil, s.at(err)
	}
	s.learned.Store(k)
	return s, nil
}

// at says of which server an error is.
func (s *SIEM) at(err error) error {
	var e *conn.Error
	if err == nil || errors.As(err, &e) && e.Where != "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.Name(), err)
}

// pageSize is how many events the newest page has.
const pageSize = 1000

var (
	_ source.Source = (*SIEM)(nil)
	_ source.Asker  = (*SIEM)(nil)
)

// Info implements [source.Source].
func (s *SIEM) Info() source.Info {
	return source.Info{
		Name: s.Name(), Scheme: s.Address.Scheme, Events: -1,
		Origin: event.FromLive | event.FromFalco | event.FromAudit,
	}
}

// Stats implements [source.Source].
func (s *SIEM) Stats() source.Stats { return s.counts.Stats() }

// Close implements [source.Source].
func (s *SIEM) Close() error {
	s.Conn.Close()
	return nil
}
