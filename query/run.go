package query

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/page"
)

// patience is how long reading waits for a server that is busy or away, when
// nobody is looking.
const patience = 5 * time.Minute

// Run implements [source.Source].
func (s *SIEM) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	if !req.Newest {
		ahead := pipeTo(sink)
		defer ahead.end()
		sink = ahead
	}
	r := &run{s: s, began: time.Now(), req: req, sink: sink, batcher: newBatcher(s, sink), opt: page.Options{Patience: patience, Trouble: s.counts.trouble}}
	if !req.Newest {
		r.bound = exportBound
	}
	if req.Follow || req.Newest {
		r.opt.Patience = -1
	}
	r.know()
	defer s.older.end()
	var err error
	if req.Newest {
		err = r.newest(ctx)
	} else {
		err = r.export(ctx)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// run is one reading.
type run struct {
	*batcher
	s     *SIEM
	req   source.Request
	sink  source.Sink
	opt   page.Options
	known *Known
	query json.RawMessage
	exact bool // the server decides the filter by itself

	watch   *watch    // what arrives; nil when nobody follows
	handed  *handed   // what was handed on, where filters and what is known change; else nil
	began   time.Time // when reading did
	fetched int64
	total   *counted
	beside  sync.WaitGroup // counts what another source reads
}

// know has the run go by what is known now.
func (r *run) know() {
	r.known = r.s.Known()
	r.query, r.exact = r.s.query(r.known, r.req)
}

// counted is how many documents a query finds, once the server has counted.
type counted struct {
	mu    sync.Mutex
	n     int64 // -1 when it is not known
	exact bool  // they are those of the filter
}

// count has the server count, beside reading.
func (r *run) count(ctx context.Context) {
	total, query := &counted{n: -1, exact: r.exact}, r.query
	r.total = total
	r.s.older.mu.Lock()
	r.s.older.found = total
	r.s.older.mu.Unlock()
	if r.s.Product == conn.Logzio {
		return
	}
	known, req := r.known, r.req
	go func() {
		if n, err := r.s.howMany(ctx, query); err == nil {
			total.mu.Lock()
			total.n = n
			total.mu.Unlock()
		}
	}()
	if len(r.s.beside) > 0 {
		r.beside.Go(func() { r.s.tellElsewhere(ctx, known, req) })
	}
}

// howMany counts the documents of a query.
func (s *SIEM) howMany(ctx context.Context, query json.RawMessage) (int64, error) {
	var found struct {
		Count int64 `json:"count"`
	}
	_, err := s.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: conn.Path(s.Index, "_count"), Body: fmt.Appendf(nil, `{"query":%s}`, query),
		Read: func(body []byte) error { return json.Unmarshal(body, &found) },
	})
	return found.Count, err
}

// fresh returns the hits that were not handed on yet, by this run or a source
// that is read together with its own.
func (r *run) fresh(hits []page.Hit) []page.Hit {
	if r.watch != nil {
		hits = r.watch.fresh(hits)
	}
	return r.s.once.fresh(r.s, r.handed.fresh(hits))
}

// progress says how far reading has come.
func (r *run) progress(n int) {
	r.fetched += int64(n)
	r.total.mu.Lock()
	total := r.total.n
	r.total.mu.Unlock()
	text := fmt.Sprintf("%d documents were fetched", r.fetched)
	if total >= 0 {
		text = fmt.Sprintf("%d of %d documents were fetched", r.fetched, max(total, r.fetched))
	}
	if !r.exact {
		text += "; the rest of the filter is evaluated here"
	}
	r.s.counts.now("progress", source.Note{Level: source.NoteInfo, Text: text})
}

// lack says what an answer does not hold.
func (r *run) lack(a *page.Answer) {
	if lack := a.Lack(); lack != "" {
		r.s.counts.Note(source.Note{Level: source.NoteWarn, Text: "an answer is not whole: " + lack, Remedy: "events are missing; read again when the server is well"})
	}
}

// tables are those that this source's events refer to, as long as anybody
// holds them.
type tables struct {
	mu  sync.Mutex
	all map[weak.Pointer[event.Tables]]struct{}
}

func (t *tables) add(one *event.Tables) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = make(map[weak.Pointer[event.Tables]]struct{})
	}
	for old := range t.all {
		if old.Value() == nil {
			delete(t.all, old)
		}
	}
	t.all[weak.Make(one)] = struct{}{}
}

// Owns reports whether the source's events refer to these tables.
func (s *SIEM) Owns(t *event.Tables) bool {
	s.tables.mu.Lock()
	defer s.tables.mu.Unlock()
	_, ok := s.tables.all[weak.Make(t)]
	return ok
}
