package page

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/stoop-project/stoop/query/conn"
)

// Query says what to read.
type Query struct {
	Index string
	Query json.RawMessage // Query DSL; nil for every document
	Field string          // the time field to go by; "" for the order in which documents came
	Mixed bool            // the field is of ms in some indices and of ns in others: its values are ns then
	Desc  bool            // the newest first
	Size  int             // hits of the first page
	Most  int             // hits of a page at most; later pages get the size that makes an answer of a few MB
	// Columns are fields whose doc values come with each document ([Hit].Columns).
	Columns []Column
}

// Column is a field whose doc values are asked for.
type Column struct {
	Field  string `json:"field"`
	Format string `json:"format,omitempty"` // of a date, as the servers write it; "" for the field's own
}

// Options say how long to try, and whom to tell.
type Options struct {
	Patience time.Duration                       // as in [conn.Request]
	Trouble  func(err error, wait time.Duration) // as in [conn.Request]
	Limit    int64                               // bytes of an answer at most, but for one of a single hit; 0: 64 MiB
	// Ahead asks for further pages before they are wanted. The context of the
	// first Next is that of all.
	Ahead bool
}

// Pages are the pages of a query.
type Pages interface {
	// Next returns the next page; nil when there is none. A page without hits
	// is not the last.
	Next(ctx context.Context) (*Answer, error)
	// Close lets go what the server keeps for it. It takes a moment at most.
	Close()
}

// Open begins to read; nothing is asked yet.
func Open(c *conn.Conn, q Query, o Options) Pages {
	if q.Size <= 0 {
		q.Size = 1000
	}
	q.Most = max(q.Most, q.Size)
	if o.Limit == 0 {
		o.Limit = answerLimit
	}
	if c.Product == conn.Logzio {
		return ahead(&scroll{c: c, q: q, o: o}, o)
	}
	if c.Product == conn.OpenSearch && q.Field != "" {
		return twoParts(c, q, o)
	}
	return begin(c, q, o)
}

// begin reads with a point in time.
func begin(c *conn.Conn, q Query, o Options) Pages {
	r := newReader(c, q, o)
	if r.byShard {
		return r
	}
	return ahead(r, o)
}

// ahead has pages read ahead that do not by themselves.
func ahead(p Pages, o Options) Pages {
	if o.Ahead {
		return &prefetch{Pages: p}
	}
	return p
}

func newReader(c *conn.Conn, q Query, o Options) *reader {
	return &reader{c: c, q: q, o: o, size: q.Size, byShard: q.Field != "" && hasShardDoc(c), room: make(chan struct{}, maxFlights), free: make(chan []byte, maxFlights)}
}

// parts reads one query after the other.
type parts []Pages

// twoParts reads the documents that have the time field, then those that do not:
// OpenSearch (3.8) skips a segment whose times lie all before the place to go on
// at, together with the documents in it that have none.
func twoParts(c *conn.Conn, q Query, o Options) Pages {
	where := func(kind string) json.RawMessage {
		also := ""
		if q.Query != nil {
			also = `"filter":[` + string(q.Query) + `],`
		}
		return json.RawMessage(`{"bool":{` + also + `"` + kind + `":[{"exists":{"field":` + quoted(q.Field) + `}}]}}`)
	}
	with, without := q, q
	with.Query, without.Query = where("must"), where("must_not")
	without.Field = ""
	return &parts{begin(c, with, o), begin(c, without, o)}
}

// Next implements [Pages].
func (p *parts) Next(ctx context.Context) (*Answer, error) {
	for len(*p) > 0 {
		a, err := (*p)[0].Next(ctx)
		if a != nil || err != nil {
			if a != nil {
				a.Last, a.Undated = a.Last && len(*p) == 1, a.Last
			}
			return a, err
		}
		(*p)[0].Close()
		*p = (*p)[1:]
	}
	return nil, nil
}

// Close implements [Pages].
func (p *parts) Close() {
	for _, one := range *p {
		one.Close()
	}
}

// Bounds of answers.
const (
	answerLimit  = 64 << 20  // bytes; a page that is larger is asked for in parts
	hugeLimit    = 256 << 20 // … of one document
	answerTarget = 6 << 20   // bytes that a page should have
	keepAlive    = "2m"
	closeTimeout = 250 * time.Millisecond
)

// sizeFor returns how many hits the next page should have, by how many the last
// one had and what it weighed.
func (q *Query) sizeFor(hits, bytes int) int {
	if hits == 0 {
		return q.Size
	}
	each := max(bytes/hits, 1)
	return min(max(answerTarget/each, min(q.Size, 100)), q.Most)
}

// last remembers where reading has come to: the last hit's sort values, and
// which hits share the first of them.
type last struct {
	sort []byte // JSON of all
	key  []byte // JSON of the first
	ids  map[string]struct{}
}

// move notes the hits of a page and returns those that are new. Hits with the
// same first value follow each other.
func (l *last) move(hits []Hit) []Hit {
	if len(hits) == 0 {
		return hits
	}
	n := 0 // of those that have the value of the page before
	for n < len(hits) && l.ids != nil && bytes.Equal(firstValue(hits[n].Sort), l.key) {
		n++
	}
	fresh := hits[:0]
	for _, h := range hits[:n] {
		if _, seen := l.ids[h.place()]; !seen {
			l.ids[h.place()] = struct{}{}
			fresh = append(fresh, h)
		}
	}
	end := &hits[len(hits)-1]
	l.sort = append(l.sort[:0], end.Sort...)
	if n < len(hits) {
		l.key, l.ids = append(l.key[:0], firstValue(end.Sort)...), make(map[string]struct{})
		for i := len(hits) - 1; i >= n && bytes.Equal(firstValue(hits[i].Sort), l.key); i-- {
			l.ids[hits[i].place()] = struct{}{}
		}
	}
	return append(fresh, hits[n:]...)
}

// place tells a document from all others.
func (h *Hit) place() string { return h.Index + "/" + h.ID }

// firstValue returns the first of a list of sort values.
func firstValue(list []byte) []byte {
	if len(list) < 2 {
		return nil
	}
	s := scanner{b: list, at: 1}
	return s.value()
}

// secondNumber returns the second of a list of sort values.
func secondNumber(list []byte) (int64, bool) {
	s := scanner{b: list, at: 1}
	s.value()
	if !s.take(',') {
		return 0, false
	}
	n := s.number()
	return n, s.err == nil
}
