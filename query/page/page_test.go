package page

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/test/siem"
)

// readAll reads all pages and returns the documents' numbers in their order.
func readAll(t *testing.T, p Pages) (all []int) {
	t.Helper()
	for {
		a, err := p.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if a == nil {
			p.Close()
			return all
		}
		for _, h := range a.Hits {
			var doc struct{ N int }
			if err := json.Unmarshal(h.Source, &doc); err != nil {
				t.Fatal(err)
			}
			all = append(all, doc.N)
		}
	}
}

// open connects to a server.
func open(t *testing.T, s *siem.Server) *conn.Conn {
	s.Env(t)
	c, err := conn.Open(t.Context(), conn.Environment(s.Address("x")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// numbered are documents of which several have the same time, some the very
// first, and some none.
func numbered(n int) (docs [][]byte) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range n {
		switch {
		case i%97 == 5:
			docs = append(docs, fmt.Appendf(nil, `{"n":%d}`, i))
		case i%89 == 7:
			docs = append(docs, fmt.Appendf(nil, `{"n":%d,"@timestamp":"0001-01-01T00:00:00Z"}`, i))
		default:
			docs = append(docs, fmt.Appendf(nil, `{"n":%d,"@timestamp":%q}`, i, start.Add(time.Duration(i/40)*time.Second).Format(time.RFC3339)))
		}
	}
	return docs
}

// Every document comes once, in either direction, with either tiebreaker, over
// several shards, without a time field, when points in time are lost, and asked for
// ahead.
func TestPages(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		const n = 400
		index := s.Index(t, `{"settings":{"number_of_shards":3}}`, numbered(n)...)
		c := open(t, s)
		var want []int
		for i := range n {
			want = append(want, i)
		}
		for _, q := range []Query{
			{Field: "@timestamp"},
			{Field: "@timestamp", Desc: true},
			{},
			{Field: "@timestamp", Mixed: true, Query: json.RawMessage(`{"range":{"@timestamp":{"gte":"1970-01-01T00:00:00Z"}}}`)},
			{Field: "no.such.field"},
		} {
			for _, byShard := range []bool{true, false} {
				for mode := range 4 {
					losing, early := mode&1 != 0, mode&2 != 0
					q.Index, q.Size, q.Most = index, 37, 37
					pages := Open(c, q, Options{Ahead: early})
					all, ok := pages.(*parts)
					if !ok {
						all = &parts{pages}
					}
					for i, p := range *all {
						fetch, _ := p.(*prefetch)
						if fetch != nil {
							p = fetch.Pages
						}
						r := p.(*reader)
						r.byShard = r.byShard && byShard
						(*all)[i] = &forgetting{reader: r, losing: losing}
						if fetch != nil {
							fetch.Pages, (*all)[i] = (*all)[i], fetch
						}
					}
					got := readAll(t, all)
					name := fmt.Sprintf("%+v by shard %v, losing %v, ahead %v", q, byShard, losing, early)
					sorted := slices.Clone(got)
					slices.Sort(sorted)
					should := want
					if q.Query != nil {
						should = slices.DeleteFunc(slices.Clone(want), func(i int) bool { return i%97 == 5 || i%89 == 7 })
					}
					if !slices.Equal(sorted, should) {
						t.Errorf("%s: %d documents, want %d: %v", name, len(got), len(should), missing(sorted, should))
					}
				}
			}
		}
	})
}

// forgetting is a reader whose server loses every third point in time.
type forgetting struct {
	*reader
	losing bool
	asked  int
}

// Next closes the point in time first, under what was asked for ahead.
func (f *forgetting) Next(ctx context.Context) (*Answer, error) {
	if f.asked++; f.losing && f.pit != "" && f.asked%3 == 0 {
		(&reader{c: f.reader.c, pit: f.pit}).Close()
	}
	return f.reader.Next(ctx)
}

func missing(got, want []int) string {
	counts := make(map[int]int)
	for _, n := range want {
		counts[n]--
	}
	for _, n := range got {
		counts[n]++
	}
	out := ""
	for n, c := range counts {
		if c != 0 && len(out) < 200 {
			out += fmt.Sprintf(" %d:%+d", n, c)
		}
	}
	return out
}

// Documents that are too large for one answer come one by one.
func TestLargeDocuments(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = 'x'
	}
	var docs [][]byte
	for i := range 12 {
		docs = append(docs, fmt.Appendf(nil, `{"n":%d,"@timestamp":"2026-03-01T12:00:%02dZ","big":"%s"}`, i, i%60, big))
	}
	index := s.Index(t, `{"mappings":{"properties":{"big":{"type":"keyword","index":false,"doc_values":false}}}}`, docs...)
	got := readAll(t, Open(open(t, s), Query{Index: index, Field: "@timestamp"}, Options{Limit: 5 << 20}))
	slices.Sort(got)
	if len(got) != 12 || len(slices.Compact(got)) != 12 {
		t.Errorf("%d documents of 12", len(got))
	}
}
