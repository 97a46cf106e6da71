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
		return &scroll{c: c, q: q, o: o}
	}
	if c.Product == conn.OpenSearch && q.Field != "" {
		return twoParts(c, q, o)
	}
	return newReader(c, q, o)
}

func newReader(c *conn.Conn, q Query, o Options) *reader {
	return &reader{c: c, q: q, o: o, size: q.Size, byShard: q.Field != "" && hasShardDoc(c)}
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
	return &parts{newReader(c, with, o), newReader(c, without, o)}
}

// Next implements [Pages].
func (p *parts) Next(ctx context.Context) (*Answer, error) {
	for len(*p) > 0 {
		a, err := (*p)[0].Next(ctx)
		if a != nil || err != nil {
			if a != nil {
				a.Last = a.Last && len(*p) == 1
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
	answerTarget = 4 << 20   // bytes that a page should have
	keepAlive    = "2m"
	closeTimeout = 250 * time.Millisecond
)

// sizeFor returns how many hits the next page should have, by what the last
// one weighed.
func (q *Query) sizeFor(a *Answer, bytes int) int {
	if len(a.Hits) == 0 {
		return q.Size
	}
	each := max(bytes/len(a.Hits), 1)
	return min(max(answerTarget/each, min(q.Size, 100)), q.Most)
}

// last remembers where reading has come to: the last hit's sort values, and
// which hits share the first of them.
type last struct {
	sort []byte // JSON of all
	key  []byte // JSON of the first
	ids  map[string]struct{}
}

// move notes the hits of a page and returns those that are new.
func (l *last) move(hits []Hit) []Hit {
	fresh := hits[:0]
	for _, h := range hits {
		key := firstValue(h.Sort)
		if !bytes.Equal(key, l.key) || l.ids == nil {
			l.key = append(l.key[:0], key...)
			l.ids = make(map[string]struct{})
		}
		id := h.Index + "/" + h.ID
		if _, seen := l.ids[id]; !seen {
			l.ids[id] = struct{}{}
			fresh = append(fresh, h)
		}
		l.sort = append(l.sort[:0], h.Sort...)
	}
	return fresh
}

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
