package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/query/conn"
)

// reader reads with a point in time and search_after.
type reader struct {
	c *conn.Conn
	q Query
	o Options

	pit     string
	size    int
	each    int  // bytes of a hit, on the last page
	byShard bool // the tiebreaker is _shard_doc; else _seq_no, which several hits may share
	last    last
	anew    bool // the point in time is another one: _shard_doc means other documents
	done    bool

	next *flight       // the next page, when it was asked for already
	room chan struct{} // holds one for each page that was asked for and not taken
	free chan []byte   // room of answers that nobody needs any more
}

// maxRenewals bounds how often a page is asked for again because its point in
// time is gone.
const maxRenewals = 10

// hasShardDoc reports whether a server knows a tiebreaker that is different for
// all documents of a point in time.
func hasShardDoc(c *conn.Conn) bool {
	if c.Product == conn.Elasticsearch {
		return true
	}
	var major, minor int
	if n, _ := fmt.Sscanf(c.Version, "%d.%d", &major, &minor); n != 2 {
		return false
	}
	return major > 3 || major == 3 && minor >= 3
}

// Next implements [Pages].
func (r *reader) Next(ctx context.Context) (*Answer, error) {
	for renewals := 0; !r.done; {
		f := r.next
		r.next = nil
		if f == nil {
			if r.pit == "" {
				if err := r.open(ctx); err != nil {
					return nil, err
				}
			}
			f = r.launch(ctx, place{pit: r.pit, after: r.after(), size: r.size, each: r.each})
		}
		r.take(f)
		switch k, _ := conn.KindOf(f.err); {
		case f.err == nil:
		case k == conn.Expired && renewals < maxRenewals:
			renewals++
			r.drop(f)
			r.pit, r.anew = "", true
			continue
		case k == conn.TooLarge && f.at.size > 1:
			r.drop(f)
			r.size = max(f.at.size/4, 1)
			continue
		default:
			r.drop(f)
			return nil, f.err
		}
		if a, err := r.moved(f); a != nil || err != nil {
			return a, err
		}
	}
	return nil, nil
}

// moved goes on behind a page that is there and returns it; nil when it holds
// nothing new.
func (r *reader) moved(f *flight) (*Answer, error) {
	a := f.a
	if a.PIT != "" {
		r.pit = a.PIT
	}
	full := len(a.Hits) >= f.at.size
	r.done = !full
	if next := f.next; full && next != nil && next.at.pit == r.pit && bytes.Equal(next.at.after, a.Hits[len(a.Hits)-1].Sort) {
		r.next = next
	} else {
		f.dropNext(r)
	}
	next := r.q.sizeFor(len(a.Hits), f.weight)
	r.each = f.weight / max(len(a.Hits), 1)
	a.Hits = r.last.move(a.Hits)
	if full && len(a.Hits) == 0 {
		// Nothing but what was seen: reach further.
		r.drop(r.next)
		r.next = nil
		if f.at.size == maxWindow {
			return nil, fmt.Errorf("more than %d documents have the same time and place in order: reading cannot go on behind them", maxWindow)
		}
		r.size = min(f.at.size*2, maxWindow)
		return nil, nil
	}
	a.Last, r.anew, r.size = r.done, false, next
	return a, nil
}

// maxWindow is the most hits that a server gives at a time.
const maxWindow = 10000

// open makes a point in time.
func (r *reader) open(ctx context.Context) error {
	path := conn.Path(r.q.Index, "_pit")
	if r.c.Product == conn.OpenSearch {
		path = conn.Path(r.q.Index, "_search/point_in_time")
	}
	var made struct {
		ID    string `json:"id"`
		PITID string `json:"pit_id"`
	}
	_, err := r.c.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: path, Query: url.Values{"keep_alive": {keepAlive}},
		Patience: r.o.Patience, Trouble: r.o.Trouble,
		Read: func(body []byte) error { return json.Unmarshal(body, &made) },
	})
	if err != nil {
		return err
	}
	r.pit = made.ID + made.PITID
	if r.pit == "" {
		return errors.New("the server made a point in time without an id")
	}
	return nil
}

// body makes a request for a page.
func (r *reader) body(at place) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"size":%d,"track_total_hits":false,"sort":%s`, at.size, r.sort())
	if at.pit != "" {
		fmt.Fprintf(&b, `,"pit":{"id":%s,"keep_alive":%q}`, quoted(at.pit), keepAlive)
	}
	if r.q.Query != nil {
		fmt.Fprintf(&b, `,"query":%s`, r.q.Query)
	}
	b.Write(Asking(r.q.Columns))
	if at.after != nil {
		fmt.Fprintf(&b, `,"search_after":%s`, at.after)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// sort is the order of the hits.
func (r *reader) sort() string {
	tie := `{"_seq_no":{"order":"asc","unmapped_type":"long"}}` // an index that is empty has none
	if r.byShard {
		tie = `{"_shard_doc":"asc"}`
	}
	if r.q.Field == "" {
		return "[" + tie + "]"
	}
	return "[" + timeSort(&r.q) + "," + tie + "]"
}

// timeSort orders by the time field.
func timeSort(q *Query) string {
	order := "asc"
	if q.Desc {
		order = "desc"
	}
	options := `"order":"` + order + `","unmapped_type":"date"`
	if q.Mixed {
		options += `,"numeric_type":"date_nanos"`
	}
	return "{" + quoted(q.Field) + ":{" + options + "}}"
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// after is where to go on. Where hits behind the last one may share its sort
// values, it goes on before them; what was seen is left out.
func (r *reader) after() []byte {
	if r.last.sort == nil {
		return nil
	}
	switch {
	case r.q.Field == "":
		n, err := strconv.ParseInt(string(r.last.key), 10, 64)
		if err != nil {
			return r.last.sort
		}
		return fmt.Appendf(nil, "[%d]", n-1)
	case r.byShard && r.anew:
		return fmt.Appendf(nil, "[%s,-1]", r.last.key)
	case r.byShard:
		return r.last.sort
	}
	n, ok := secondNumber(r.last.sort)
	if !ok {
		n = math.MinInt64 + 1
	}
	return fmt.Appendf(nil, "[%s,%d]", r.last.key, n-1)
}

// ask asks for a page and returns it with its size in bytes. here is told of
// each answer before it is looked through; it may be nil.
func (r *reader) ask(ctx context.Context, at place, here func(body []byte)) (a *Answer, weight int, err error) {
	limit := r.o.Limit
	if at.size == 1 {
		limit = hugeLimit
	}
	var into []byte
	select {
	case into = <-r.free:
	default:
	}
	path := "/_search" // the point in time knows the index
	if at.pit == "" {
		path = conn.Path(r.q.Index, "_search")
	}
	_, err = r.c.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: path, Body: r.body(at), Limit: limit,
		Expect: min(at.size*at.each*17/16, 2*answerTarget), Into: into,
		Patience: r.o.Patience, Trouble: r.o.Trouble,
		Read: func(body []byte) error {
			weight = len(body)
			if here != nil {
				here(body)
			}
			if a, err = Scan(body); err != nil {
				return err
			}
			a.body, a.free = body, r.free
			return a.complaint()
		},
	})
	var part *partError
	if errors.As(err, &part) && a != nil {
		err = nil // that is all there is to be had
	}
	return a, weight, err
}

// Once asks for the first page alone, of what the index holds now. whole says
// that there are no more hits.
func Once(ctx context.Context, c *conn.Conn, q Query, o Options) (a *Answer, whole bool, err error) {
	if c.Product == conn.Logzio {
		return logzioOnce(ctx, c, q, o)
	}
	o.Limit = max(o.Limit, answerLimit)
	r := &reader{c: c, q: q, o: o, size: q.Size}
	a, _, err = r.ask(ctx, place{size: q.Size}, nil)
	return a, err == nil && len(a.Hits) < q.Size, err
}

// partError is what an answer without all shards has.
type partError struct{ error }

// complaint returns what an answer lacks. It is asked for again then, a few times.
func (a *Answer) complaint() error {
	switch {
	case a.Failed > 0 && (bytes.Contains(a.Failure, []byte("search_context_missing")) || bytes.Contains(a.Failure, []byte("point_in_time"))):
		return &conn.Error{Kind: conn.Expired, Text: "the server has let the search's point in time go"}
	case a.Failed > 0 || a.TimedOut:
		return &conn.Error{Kind: conn.Broken, Text: a.Lack(), Err: &partError{errors.New(a.Lack())}}
	}
	return nil
}

// Lack says what an answer does not hold that it should; "" when it is whole.
func (a *Answer) Lack() string {
	var parts []string
	if a.TimedOut {
		parts = append(parts, "the server ran out of time")
	}
	if a.Failed > 0 {
		what := fmt.Sprintf("%d of %d shards did not answer", a.Failed, a.Shards)
		var all []struct {
			Index  string `json:"index"`
			Reason struct {
				Reason string `json:"reason"`
			} `json:"reason"`
		}
		if json.Unmarshal(a.Failure, &all) == nil && len(all) > 0 {
			what += fmt.Sprintf(" (%s: %.200s)", all[0].Index, all[0].Reason.Reason)
		}
		parts = append(parts, what)
	}
	return strings.Join(parts, "; ")
}

// Close implements [Pages].
func (r *reader) Close() {
	r.drop(r.next)
	r.next = nil
	if r.pit == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	req := conn.Request{Method: http.MethodDelete, Path: "/_pit", Body: []byte(`{"id":` + quoted(r.pit) + `}`)}
	if r.c.Product == conn.OpenSearch {
		req.Path, req.Body = "/_search/point_in_time", []byte(`{"pit_id":[`+quoted(r.pit)+`]}`)
	}
	_, _ = r.c.Do(ctx, req) // else it goes by itself after two minutes
	r.pit = ""
}
