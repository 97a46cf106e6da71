//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stoop-project/stoop/internal/profile/falcogen"
	"github.com/stoop-project/stoop/query"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/test/siem"
)

const (
	siemAlerts = 1_000_000 // what an index is filled with
	siemIndex  = "alerts"
	siemRounds = 3 // of what takes seconds
)

// siemMapping is an index as a shipper's template makes it: texts are keywords,
// but for the output. What was answered before is computed anew.
const siemMapping = `{"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":-1,
	"index.requests.cache.enable":false,"index.translog.durability":"async"},
"mappings":{"subobjects":false,"dynamic_templates":[
	{"output":{"match":"output","mapping":{"type":"text"}}},
	{"texts":{"match_mapping_type":"string","mapping":{"type":"keyword","ignore_above":1024}}}],
	"properties":{"time":{"type":"date"}}}}`

// siemSuite is the server and what is asked of it.
type siemSuite struct {
	*bench
	server *siem.Server
}

func runSIEM(ctx context.Context, b *bench) (section, error) {
	putAhead(os.Getpid()) // and so what it starts
	dir := filepath.Join(b.dir, "siem")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return section{}, err
	}
	server, stop, err := siem.Measured(siem.ES8, dir)
	if err != nil {
		return section{}, err
	}
	defer stop()
	for name, value := range map[string]string{"STOOP_USERNAME": server.User, "STOOP_PASSWORD": server.Password, "STOOP_CA_FILE": server.CAFile} {
		if err := os.Setenv(name, value); err != nil {
			return section{}, err
		}
	}
	s := &siemSuite{bench: b, server: server}
	began := time.Now()
	count := b.scaled(b.alerts)
	if err := s.fill(ctx, count); err != nil {
		return section{}, fmt.Errorf("fill the index: %w", err)
	}
	filled := time.Since(began)
	fmt.Fprintf(os.Stderr, "bench: siem: %d alerts after %s\n", count, filled.Round(time.Second))
	var figs []figure
	for _, measure := range []func(context.Context) ([]figure, error){s.firstPage, s.inPart, s.export, s.follow, s.ship} {
		more, err := measure(ctx)
		if err != nil {
			return section{}, err
		}
		figs = append(figs, more...)
	}
	panels, err := s.panels(ctx)
	if err != nil {
		return section{}, err
	}
	notes := []string{}
	if count < 10_000_000 {
		notes = append(notes, fmt.Sprintf("The project asks for an index of 10 M alerts. This one has %s, which took %.0f s to fill on this machine; `go run ./test/bench -alerts 10000000 siem` measures the whole.",
			grouped(float64(count)), filled.Seconds()))
	}
	return section{
		how: fmt.Sprintf(`Elasticsearch 8.19 with TLS and a heap of 1 GB, on the same machine, holds %s made-up alerts of Falco (400 containers, 50,000
command lines, 200,000 paths) in an index whose texts are keywords; its cache of answers is off. What stoop asks is asked by curl too, from when
its connection is there to the end of the answer; the server's own time is what the answer says (*took*). A first page is the newest
1,000 documents as events, from the request; of a filter that the server decides in part, 1,000 events are found, from the first byte of the
last answer that they took. A panel is its figures. Export is `+"`stoop print`"+` (JSON) and `+"`stoop record`"+` of all alerts of a filter,
start and end of the program included, beside a loop of searches in a point in time with search_after, 5,000 documents each, which
looks at nothing but where to go on. Shipping is `+"`stoop record`"+` of a recording into a stream that is there already, start and end of
the program included, beside the best of some loops that send the same documents, made before, by bulk requests. Following is
from the answer to the alert's indexing to its line on the output of `+"`stoop print --follow`"+`; the index is refreshed each second. All run ahead of the machine's other programs (niceness %d).`,
			grouped(float64(count)), highest),
		tables: []table{figures(figs...), panels},
		notes:  notes,
	}, nil
}

// open opens the index as stoop does.
func (s *siemSuite) open(ctx context.Context) (*query.SIEM, error) {
	return query.Open(ctx, conn.Environment(s.server.Address(siemIndex)))
}

// fill indexes made-up alerts, and waits until the server is at rest.
func (s *siemSuite) fill(ctx context.Context, count int) error {
	if _, err := s.server.Ask(http.MethodPut, "/"+siemIndex, []byte(siemMapping)); err != nil {
		return err
	}
	tasks, filling := errgroup.WithContext(ctx)
	tasks.SetLimit(2)
	gen := falcogen.New(1)
	var body bytes.Buffer
	for n := 1; n <= count && filling.Err() == nil; n++ {
		body.WriteString("{\"create\":{}}\n")
		body.Write(gen.Next())
		if body.Len() > 5<<20 || n == count {
			full := bytes.Clone(body.Bytes())
			body.Reset()
			tasks.Go(func() error { return s.bulk(full) })
		}
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	for _, req := range [][3]string{
		{http.MethodPut, "/" + siemIndex + "/_settings", `{"index.refresh_interval":"1s"}`},
		{http.MethodPost, "/" + siemIndex + "/_refresh", ""},
		{http.MethodPost, "/" + siemIndex + "/_flush", ""},
	} {
		if _, err := s.server.Ask(req[0], req[1], []byte(req[2])); err != nil {
			return err
		}
	}
	return s.settle(ctx)
}

func (s *siemSuite) bulk(body []byte) error {
	answer, err := s.server.Ask(http.MethodPost, "/"+siemIndex+"/_bulk?filter_path=errors", body)
	if err == nil && string(answer) != `{"errors":false}` {
		err = errors.New("the server refused alerts")
	}
	return err
}

// settle waits until nothing is merged, for a minute at most.
func (s *siemSuite) settle(ctx context.Context) error {
	for until := time.Now().Add(time.Minute); time.Now().Before(until) && ctx.Err() == nil; time.Sleep(time.Second) {
		answer, err := s.server.Ask(http.MethodGet, "/"+siemIndex+"/_stats/merge", nil)
		if err != nil {
			return err
		}
		var stats struct {
			All struct {
				Total struct {
					Merges struct {
						Current int `json:"current"`
					} `json:"merges"`
				} `json:"total"`
			} `json:"_all"`
		}
		if err := json.Unmarshal(answer, &stats); err != nil {
			return err
		}
		if stats.All.Total.Merges.Current == 0 {
			return nil
		}
	}
	return ctx.Err()
}
