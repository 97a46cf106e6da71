package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/query/agg"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/page"
)

var _ source.Counter = (*SIEM)(nil)

const (
	countsAtOnce = 4         // panels that the server counts side by side
	countHere    = 100_000   // documents that are fetched at most to be counted here
	countMemory  = 256 << 20 // bytes that they may take
)

// Count implements [source.Counter]: the server counts what it can, and what it
// cannot is fetched and counted here, the newest first.
func (s *SIEM) Count(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
	s.lookHidden(ctx, s.Known().Fields)
	results := make([]*dashboard.Result, len(qs))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(countsAtOnce)
	for i, q := range qs {
		tasks.Go(func() (err error) {
			results[i], err = s.countPanel(ctx, q)
			return err
		})
	}
	err := tasks.Wait()
	s.sayPartly(results)
	return results, err
}

// countPanel counts each kind of documents by itself.
func (s *SIEM) countPanel(ctx context.Context, q dashboard.Query) (*dashboard.Result, error) {
	k := s.Known()
	if len(k.Bindings) == 0 {
		return &dashboard.Result{Span: q.Span, Notes: []string{"no profile knows the documents of " + s.Index}}, nil
	}
	each := q
	if len(k.Bindings) > 1 {
		each = q.Wide()
	}
	var parts []*dashboard.Result
	for i := range k.Bindings {
		part, err := s.countKind(ctx, each, k, &k.Bindings[i])
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return dashboard.Merge(q.Panel, parts), nil
}

func (s *SIEM) countKind(ctx context.Context, q dashboard.Query, k *Known, b *profile.Binding) (*dashboard.Result, error) {
	plan := dsl.Compile(q.Filter, b, k.Fields)
	query := all(append(k.countQuery(q, b, plan), s.here(k)...))
	if !plan.Exact {
		return s.countFetched(ctx, q, k, query, "the server cannot evaluate all of the filter")
	}
	c, err := agg.New(q, agg.Target{Binding: b, Fields: k.Fields, Query: query, Several: len(k.Bindings) > 1})
	if errors.Is(err, agg.ErrNotIndexed) || s.Product == conn.Logzio && err == nil && q.Panel.Kind == dashboard.Table {
		return s.countFetched(ctx, q, k, query, fmt.Sprint(err))
	}
	if err != nil {
		return nil, err
	}
	if err := s.countAll(ctx, c); err != nil {
		return nil, err
	}
	res := c.Result()
	if c.Untold() > 0 && res.Total <= countHere {
		return s.countFetched(ctx, q, k, query, "some have values that the index does not tell")
	}
	return res, nil
}

// countAll asks for all pages of a count, each while the one before is read.
func (s *SIEM) countAll(ctx context.Context, c *agg.Count) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ask := func(body []byte, read func([]byte) error) error {
		_, err := s.Do(ctx, conn.Request{Method: http.MethodPost, Path: s.searchPath(), Body: body, Patience: patience, Trouble: s.counts.trouble, Read: read})
		return err
	}
	done := false
	var ahead chan []byte // takes the answer that was asked for ahead, nil when there is none
	take := func(text []byte) (err error) {
		ahead = nil
		if next := c.Ahead(text); next != nil {
			got := make(chan []byte, 1)
			go func() {
				var answer []byte
				if ask(next, func(text []byte) error { answer = text; return nil }) != nil {
					answer = nil
				}
				got <- answer
			}()
			ahead = got
		}
		done, err = c.Take(text)
		return err
	}
	for !done {
		var text []byte
		if ahead != nil {
			text = <-ahead
		}
		if text != nil && take(text) == nil {
			continue
		}
		if err := ask(c.Body(), take); err != nil {
			return err
		}
	}
	return nil
}

func (s *SIEM) searchPath() string {
	if s.Product == conn.Logzio {
		return "/v1/search"
	}
	return conn.Path(s.Index, "_search")
}

// countQuery finds the documents of a kind that a panel is about.
func (k *Known) countQuery(q dashboard.Query, b *profile.Binding, plan *dsl.Plan) (parts []any) {
	if len(k.Bindings) > 1 {
		parts = append(parts, dsl.Kind(b, k.before(b)))
	}
	if q.Filter != nil {
		parts = append(parts, plan.Query)
	}
	if q.Span.To > q.Span.From {
		since, until := time.Unix(0, q.Span.From), time.Unix(0, q.Span.To-1)
		parts = append(parts, dsl.Within(b, k.Fields, since, until))
		if k.Time != nil {
			parts = append(parts, k.Time.within(since, until))
		}
	}
	return parts
}

// before are the kinds that are tried before another.
func (k *Known) before(b *profile.Binding) (all []profile.Binding) {
	order := func(p *profile.Profile) int { return slices.Index(profile.InUse().All(), p) }
	for _, other := range k.Bindings {
		if other.Text == "" && order(other.Profile) < order(b.Profile) {
			all = append(all, other)
		}
	}
	return all
}

// countFetched fetches the newest documents of a query and counts them here.
func (s *SIEM) countFetched(ctx context.Context, q dashboard.Query, k *Known, query json.RawMessage, why string) (*dashboard.Result, error) {
	st := store.New(countMemory)
	choose := profile.Choose(event.NewTables)
	choose.Alone = true
	of := s.pages(k, query, true)
	of.Most = s.most
	pages := page.Open(s.Conn, of, page.Options{Patience: patience, Trouble: s.counts.trouble, Ahead: true})
	defer pages.Close()
	fetched, whole := 0, false
	for fetched < countHere && !whole {
		a, err := pages.Next(ctx)
		if err != nil {
			return nil, err
		}
		if a == nil {
			whole = true
			break
		}
		fetched += len(a.Hits)
		whole = a.Last
		for _, b := range batches(choose, k.documents(a.Hits)) {
			st.Batch(b)
		}
	}
	counted := st.Panels(ctx, []dashboard.Query{q}, nil)
	if counted == nil {
		return nil, ctx.Err()
	}
	note := fmt.Sprintf("%d documents were fetched and counted here: %s.", fetched, why)
	if !whole {
		note = fmt.Sprintf("Only the newest %d documents were fetched and counted here: %s.", fetched, why)
	}
	counted[0].Notes = append(counted[0].Notes, note)
	return counted[0], nil
}

// batches reads documents, each kind into a batch of its own. What cannot be read is
// no event, and not counted.
func batches(choose *profile.Chooser, docs [][]byte) []*event.Batch {
	byTables := make(map[*event.Tables]*event.Batch)
	var all []*event.Batch
	for _, doc := range docs {
		doc = oneLine(doc)
		m, e, err := choose.Map(doc)
		if err != nil {
			continue
		}
		b := byTables[m.Tables()]
		if b == nil {
			b = event.NewBatch(m.Tables(), 1, len(docs))
			byTables[m.Tables()] = b
			all = append(all, b)
		}
		b.Append(e, doc)
	}
	return all
}
