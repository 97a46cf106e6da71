//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptrace"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query"
	"github.com/stoop-project/stoop/query/agg"
)

// siemMore is how much longer than the same request by curl stoop may take.
const siemMore = 20e6

// reply is what curl got.
type reply struct {
	body    []byte
	elapsed time.Duration // from when the connection was there
	took    time.Duration // the server's own
}

// curl asks the server as a bare curl does.
func (s *siemSuite) curl(ctx context.Context, body []byte) (reply, error) {
	cmd := exec.CommandContext(ctx, "curl", "-sS", "-K", "-", "--cacert", s.server.CAFile, "-H", "Content-Type: application/json",
		"-w", `%{stderr}%{http_code} %{time_appconnect} %{time_total}`, "--data-binary", string(body), s.server.URL+"/"+siemIndex+"/_search")
	cmd.Stdin = strings.NewReader(fmt.Sprintf("user = \"%s:%s\"\n", s.server.User, s.server.Password))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return reply{}, fmt.Errorf("curl: %w: %s", err, errs.Bytes())
	}
	var status int
	var connected, total float64
	if _, err := fmt.Sscan(errs.String(), &status, &connected, &total); err != nil || status != 200 {
		return reply{}, fmt.Errorf("curl: %s: %.300s", errs.Bytes(), out.Bytes())
	}
	var said struct {
		Took int64 `json:"took"`
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		return reply{}, err
	}
	return reply{out.Bytes(), time.Duration((total - connected) * 1e9), time.Duration(said.Took) * time.Millisecond}, nil
}

// firstFilter is one that the index decides by itself.
const firstFilter = `alert.priority = Critical and alert.rule = "Drop and execute new binary in container"`

// firstPage measures how soon the newest page of a filter is there.
func (s *siemSuite) firstPage(ctx context.Context) ([]figure, error) {
	f, err := filter.Compile(firstFilter, event.Fields)
	if err != nil {
		return nil, err
	}
	req := source.Request{Filter: f, Newest: true}
	var stoop, curl, took sample
	var raw []byte
	ours := func(int) error {
		src, err := s.open(ctx)
		if err != nil {
			return err
		}
		defer src.Close()
		found, exact := src.Query(req)
		if !exact || src.Known().Time == nil {
			return fmt.Errorf("the index does not decide %s: %s", firstFilter, found)
		}
		raw = fmt.Appendf(nil, `{"size":1000,"track_total_hits":false,"sort":[{%q:{"order":"desc"}}],"query":%s}`, src.Known().Time.Path, found)
		elapsed, err := newest(ctx, src, req, 1000)
		stoop = append(stoop, float64(elapsed))
		return err
	}
	bare := func(int) error {
		r, err := s.curl(ctx, raw)
		curl, took = append(curl, float64(r.elapsed)), append(took, float64(r.took))
		return err
	}
	for range 2 { // warms up
		if err := ours(0); err != nil {
			return nil, err
		}
		if err := bare(0); err != nil {
			return nil, err
		}
	}
	stoop, curl, took = nil, nil, nil
	err = interleave(ctx, s.rounds, []condition{{"stoop", ours}, {"curl", bare}})
	return []figure{
		{what: "first page, stoop", got: stoop, show: asMS},
		{what: "first page, curl", got: curl, show: asMS},
		{what: "first page, the server's own time", got: took, show: asMS},
		{what: "first page, stoop more than curl", got: minus(stoop, curl), show: asMS, asked: atMost(siemMore), paired: true},
		{what: "first page, stoop more than the server's own time", got: minus(stoop, took), show: asMS, paired: true},
		{what: "first page, curl more than the server's own time", got: minus(curl, took), show: asMS, paired: true},
	}, err
}

// partFilter is one of which the index, whose outputs are analyzed, decides the
// priority alone: an eighth of what it lets through matches.
const partFilter = `alert.priority = Critical and alert.output contains "--verbose"`

// inPart measures how long after the last answer the events of a filter are there
// that the server decides in part.
func (s *siemSuite) inPart(ctx context.Context) ([]figure, error) {
	const events = 1000
	f, err := filter.Compile(partFilter, event.Fields)
	if err != nil {
		return nil, err
	}
	src, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	req := source.Request{Filter: f, Newest: true}
	if found, exact := src.Query(req); exact {
		return nil, fmt.Errorf("the index decides %s by itself: %s", partFilter, found)
	}
	var last atomic.Int64 // when an answer began, in ns since 1970
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { last.Store(time.Now().UnixNano()) }})
	var behind sample
	for range s.rounds + 1 {
		n, after := 0, int64(0)
		_, err := src.Find(ctx, req, events, source.SinkFunc(func(b *event.Batch) {
			n, after = n+b.Len(), time.Now().UnixNano()-last.Load()
		}))
		if err != nil {
			return nil, err
		}
		if n != events && s.scale == 1 {
			return nil, fmt.Errorf("%d events of %s were found, not %d", n, partFilter, events)
		}
		behind = append(behind, float64(after))
	}
	return []figure{
		{what: "a filter decided in part, behind the last answer", got: behind[1:], show: asMS, asked: atMost(300e6)}, // the first warms up
	}, nil
}

// newest returns how long it takes until the source has handed on its first n
// events.
func newest(ctx context.Context, src *query.SIEM, req source.Request, n int) (time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	here, ended := make(chan time.Time, 1), make(chan error, 1)
	began := time.Now()
	go func() {
		ended <- src.Run(ctx, req, source.SinkFunc(func(b *event.Batch) {
			if n > 0 && n <= b.Len() {
				here <- time.Now()
			}
			n -= b.Len()
		}))
	}()
	select {
	case at := <-here:
		cancel()
		return at.Sub(began), <-ended
	case err := <-ended:
		return 0, fmt.Errorf("the page ended before it was whole: %w", err)
	}
}

// panels measures every panel of the dashboards that stoop brings along.
func (s *siemSuite) panels(ctx context.Context) (table, error) {
	t := table{head: []string{"panel", "stoop", "curl", "the server", "stoop more than curl", "asked", "met"}}
	src, err := s.open(ctx)
	if err != nil {
		return t, err
	}
	defer src.Close()
	span, err := s.span()
	if err != nil {
		return t, err
	}
	var own dashboard.Folder
	for _, name := range own.Names() {
		d, err := own.Load(name)
		if err != nil {
			return t, err
		}
		qs, err := d.Queries("", span)
		if err != nil {
			return t, err
		}
		for _, q := range qs {
			row, err := s.panel(ctx, src, q)
			if err != nil {
				return t, fmt.Errorf("%s, %s: %w", name, q.Panel.Title, err)
			}
			t.rows = append(t.rows, append([]string{fmt.Sprintf("%s: %s (%s)", name, q.Panel.Title, q.Panel.Kind)}, row...))
		}
	}
	return t, nil
}

// span is the time of the alerts.
func (s *siemSuite) span() (dashboard.Span, error) {
	span := dashboard.Span{Buckets: 48}
	answer, err := s.server.Ask("POST", "/"+siemIndex+"/_search", []byte(`{"size":0,"query":{"prefix":{"hostname":"node-"}},"aggs":{"a":{"min":{"field":"time"}},"b":{"max":{"field":"time"}}}}`))
	if err != nil {
		return span, err
	}
	var found struct {
		Aggregations struct {
			A, B struct {
				Value float64 `json:"value"`
			}
		} `json:"aggregations"`
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return span, err
	}
	span.From, span.To = dashboard.Frame(int64(found.Aggregations.A.Value)*1e6, int64(found.Aggregations.B.Value)*1e6, span.Buckets)
	return span, nil
}

// panel measures one panel.
func (s *siemSuite) panel(ctx context.Context, src *query.SIEM, q dashboard.Query) ([]string, error) {
	var stoop, curl, took sample
	ours := func(int) error {
		began := time.Now()
		results, err := src.Count(ctx, []dashboard.Query{q})
		stoop = append(stoop, float64(time.Since(began)))
		if err == nil && slices.ContainsFunc(results[0].Notes, func(n string) bool { return strings.Contains(n, "counted here") }) {
			err = fmt.Errorf("the server did not count it: %v", results[0].Notes)
		}
		return err
	}
	bare := func(int) error {
		found, _ := src.Query(source.Request{Filter: q.Filter, Since: time.Unix(0, q.Span.From), Until: time.Unix(0, q.Span.To-1)})
		c, err := agg.New(q, agg.Target{Binding: &src.Known().Bindings[0], Fields: src.Known().Fields, Query: found})
		if err != nil {
			return err
		}
		var sum, own time.Duration
		for done := false; !done; {
			r, err := s.curl(ctx, c.Body())
			if err != nil {
				return err
			}
			sum, own = sum+r.elapsed, own+r.took
			if done, err = c.Take(r.body); err != nil {
				return err
			}
		}
		curl, took = append(curl, float64(sum)), append(took, float64(own))
		return nil
	}
	if err := ours(0); err != nil { // warms up
		return nil, err
	}
	stoop = nil
	if err := interleave(ctx, min(s.rounds, siemRounds), []condition{{"stoop", ours}, {"curl", bare}}); err != nil {
		return nil, err
	}
	more := figure{got: minus(stoop, curl), show: asMS, asked: atMost(siemMore)}
	cells := more.cells()
	return []string{asMS(stoop.median()), asMS(curl.median()), asMS(took.median()), cells[1] + " (" + cells[2] + ")", cells[3], cells[4]}, nil
}
