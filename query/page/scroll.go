package page

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/stoop-project/stoop/query/conn"
)

// scroll reads Logz.io's /v1/scroll. A query looks at two calendar days (UTC);
// others are asked for by a filter on the time. Pages have 1,000 hits at most.
type scroll struct {
	c *conn.Conn
	q Query
	o Options

	Now func() time.Time // nil for time.Now

	id    string
	from  time.Time // the two days that are read
	empty int       // how many spans had nothing, one after the other
	begun bool
	done  bool
	last  last
}

// Bounds of Logz.io.
const (
	scrollMost  = 1000
	scrollSpan  = 48 * time.Hour
	scrollEmpty = 16 // spans without anything, behind which nothing is looked for: a month
)

// Next implements [Pages].
func (r *scroll) Next(ctx context.Context) (*Answer, error) {
	if !r.begun {
		r.begun = true
		r.start()
	}
	for renewals := 0; !r.done; {
		a, err := r.ask(ctx)
		if k, _ := conn.KindOf(err); err != nil && r.id != "" && (k == conn.Expired || k == conn.NoIndex || k == conn.Bad) && renewals < maxRenewals {
			renewals++ // the scroll has run out: begin the span again, behind what was seen
			r.id = ""
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(a.Hits) == 0 {
			r.nextSpan()
			continue
		}
		r.empty = 0
		if a.Scroll != "" {
			r.id = a.Scroll
		}
		a.Hits = r.last.move(a.Hits)
		return a, nil
	}
	return nil, nil
}

// start chooses the first span: today and yesterday, or a month ago.
func (r *scroll) start() {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	r.from = now().UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	if !r.q.Desc {
		r.from = r.from.Add(-scrollEmpty * scrollSpan)
		r.empty = -scrollEmpty
	}
}

// nextSpan goes on with the two days before, or behind.
func (r *scroll) nextSpan() {
	r.id, r.last = "", last{}
	if r.empty++; r.empty >= scrollEmpty {
		r.done = true
	}
	if r.q.Desc {
		r.from = r.from.Add(-scrollSpan)
		return
	}
	r.from = r.from.Add(scrollSpan)
	r.done = r.from.After(time.Now().Add(24 * time.Hour))
}

func (r *scroll) ask(ctx context.Context) (a *Answer, err error) {
	_, err = r.c.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: "/v1/scroll", Body: r.body(), Limit: hugeLimit,
		Patience: r.o.Patience, Trouble: r.o.Trouble,
		Read: func(body []byte) error {
			a, err = Scan(body)
			return err
		},
	})
	return a, err
}

func (r *scroll) body() []byte {
	if r.id != "" {
		return []byte(`{"scroll_id":` + quoted(r.id) + `}`)
	}
	var b bytes.Buffer
	from, to := fmt.Sprintf(`"gte":%q`, r.from.Format(time.RFC3339)), fmt.Sprintf(`"lt":%q`, r.from.Add(scrollSpan).Format(time.RFC3339))
	if key := r.last.key; key != nil && r.q.Desc {
		to = fmt.Sprintf(`"lte":%s`, key)
	} else if key != nil {
		from = fmt.Sprintf(`"gte":%s`, key)
	}
	span := from + "," + to + `,"format":"strict_date_optional_time||epoch_millis"`
	query := r.q.Query
	if query == nil {
		query = []byte(`{"match_all":{}}`)
	}
	fmt.Fprintf(&b, `{"size":%d,"scroll":"5m","sort":[%s],"query":{"bool":{"filter":[%s,{"range":{%s:{%s}}}]}}}`,
		min(r.q.Size, scrollMost), timeSort(&r.q), query, quoted(r.q.Field), span)
	return b.Bytes()
}

// Close implements [Pages]: a scroll goes by itself.
func (r *scroll) Close() {}

// logzioOnce asks /v1/search, which looks at the two days that the query's range
// is in.
func logzioOnce(ctx context.Context, c *conn.Conn, q Query, o Options) (a *Answer, whole bool, err error) {
	_, err = c.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: "/v1/search", Limit: hugeLimit, Patience: o.Patience, Trouble: o.Trouble,
		Body: fmt.Appendf(nil, `{"size":%d,"sort":[%s],"query":%s}`, q.Size, timeSort(&q), q.Query),
		Read: func(body []byte) error {
			a, err = Scan(body)
			return err
		},
	})
	return a, err == nil && len(a.Hits) < q.Size, err
}
