package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/query/conn"
)

// DefaultIndex is the index of records where none is named.
const DefaultIndex = "stoop-queue"

// Desk keeps records in an index.
type Desk struct {
	conn   *conn.Conn
	index  string
	alerts string // indices of Elastic's alerts; "": there are none to write to
	every  time.Duration

	seen int64 // number of the last change that was read, -1 for none
}

var (
	_ queue.Desk   = (*Desk)(nil)
	_ queue.Marker = (*Desk)(nil)
)

// pollEvery is how often it is looked for what others changed.
const pollEvery = 5 * time.Second

// patience is how long somebody waits for a change to be taken.
const patience = 5 * time.Second

// New returns the desk in an index of a server, which is made with the first
// record. alerts are the indices of Elastic Security's alerts that states are
// written into, "" for none.
func New(c *conn.Conn, index, alerts string) (*Desk, error) {
	if index == "" {
		index = DefaultIndex
	}
	if c.Product == conn.Logzio {
		return nil, errors.New("no documents reach Logz.io by this way: keep what is decided in a file (--desk local)")
	}
	if strings.ContainsAny(index, "*?,/\\ \"<>|#:") || index != strings.ToLower(index) || strings.HasPrefix(index, "-") || strings.HasPrefix(index, "_") {
		return nil, fmt.Errorf("%q cannot be the name of the one index that records are written to, such as %s", index, DefaultIndex)
	}
	return &Desk{conn: c, index: index, alerts: alerts, every: pollEvery, seen: -1}, nil
}

// Name implements [queue.Desk].
func (d *Desk) Name() string { return d.index + " of " + d.conn.Name() }

// mapping is what the index is made with: texts that are looked for as they are,
// and nothing that documents of others could add.
const mapping = `{"settings":{"number_of_shards":1,"auto_expand_replicas":"0-1"},"mappings":{"dynamic":false,"properties":{
"id":{"type":"keyword"},"group":{"type":"keyword"},"state":{"type":"keyword"},"verdict":{"type":"keyword"},"owner":{"type":"keyword"},"by":{"type":"keyword"},
"note":{"type":"text"},"at":{"type":"date"},"until":{"type":"date"},
"kind":{"properties":{"rule":{"type":"keyword"},"workload":{"type":"keyword"},"parent":{"type":"keyword"},"image":{"type":"keyword"}}}}}}`

// make makes the index, unless it is there.
func (d *Desk) make(ctx context.Context) error {
	_, err := d.conn.Do(ctx, conn.Request{Method: http.MethodPut, Path: conn.Path(d.index, ""), Body: []byte(mapping), Patience: patience})
	var e *conn.Error
	if errors.As(err, &e) && e.Type == "resource_already_exists_exception" {
		return nil
	}
	return err
}

// hit is a document as the server gives it.
type hit struct {
	SeqNo  int64           `json:"_seq_no"`
	Term   int64           `json:"_primary_term"`
	Source json.RawMessage `json:"_source"`
}

// record reads the record, or says why the document is none: others may write
// there what they like.
func (h *hit) record() (r queue.Record, err error) {
	if err := json.Unmarshal(h.Source, &r); err != nil {
		return r, err
	}
	r.Version = h.version()
	return r, r.Check()
}

func (h *hit) version() string {
	return strconv.FormatInt(h.SeqNo, 10) + "." + strconv.FormatInt(h.Term, 10)
}

// Load implements [queue.Desk].
func (d *Desk) Load(ctx context.Context) ([]queue.Record, error) {
	d.seen = -1
	return d.news(ctx)
}

// page is how many records are asked for at a time.
const page = 1000

// news returns the records that were changed since they were asked for last.
func (d *Desk) news(ctx context.Context) (all []queue.Record, err error) {
	for {
		var answer struct {
			Hits struct {
				Hits []hit `json:"hits"`
			} `json:"hits"`
		}
		body := fmt.Sprintf(`{"size":%d,"seq_no_primary_term":true,"sort":[{"_seq_no":"asc"}],"query":{"range":{"_seq_no":{"gt":%d}}}}`, page, d.seen)
		_, err := d.conn.Do(ctx, conn.Request{
			Method: http.MethodPost, Path: conn.Path(d.index, "_search"), Body: []byte(body), Patience: patience,
			Read: func(text []byte) error { answer.Hits.Hits = nil; return json.Unmarshal(text, &answer) },
		})
		if kind, ok := conn.KindOf(err); ok && kind == conn.NoIndex {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		for _, h := range answer.Hits.Hits {
			d.seen = max(d.seen, h.SeqNo)
			if r, err := h.record(); err == nil {
				all = append(all, r)
			}
		}
		if len(answer.Hits.Hits) < page {
			return all, nil
		}
	}
}

// documentID is under which id a record lies: ids of alerts may hold anything.
func documentID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}

// Save implements [queue.Desk].
func (d *Desk) Save(ctx context.Context, r queue.Record) (queue.Record, error) {
	if err := r.Check(); err != nil {
		return r, err
	}
	seq, term, known := strings.Cut(r.Version, ".")
	query := url.Values{"refresh": {"true"}}
	if known {
		query.Set("if_seq_no", seq)
		query.Set("if_primary_term", term)
	} else {
		query.Set("op_type", "create")
		if err := d.make(ctx); err != nil {
			return r, err
		}
	}
	r.Version = ""
	body, err := json.Marshal(r)
	if err != nil {
		return r, err
	}
	var answer hit
	_, err = d.conn.Do(ctx, conn.Request{
		Method: http.MethodPut, Path: conn.Path(d.index, "_doc/"+documentID(r.ID)), Query: query, Body: body,
		Read: func(text []byte) error { return json.Unmarshal(text, &answer) },
	})
	if kind, ok := conn.KindOf(err); ok && kind == conn.Conflict {
		return r, d.conflict(ctx, r.ID, err)
	}
	if err != nil {
		return r, err
	}
	r.Version = answer.version()
	return r, nil
}

// conflict says what stands in the place of a record that was not taken.
func (d *Desk) conflict(ctx context.Context, id string, was error) error {
	var there hit
	_, err := d.conn.Do(ctx, conn.Request{
		Method: http.MethodGet, Path: conn.Path(d.index, "_doc/"+documentID(id)), Patience: patience,
		Read: func(text []byte) error { return json.Unmarshal(text, &there) },
	})
	if err != nil {
		return errors.Join(was, err)
	}
	theirs, err := there.record()
	if err != nil || theirs.ID != id {
		return was
	}
	return &queue.Conflict{Theirs: theirs}
}

// Watch implements [queue.Desk].
func (d *Desk) Watch(ctx context.Context, told func([]queue.Record)) error {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	since := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		news, err := d.news(ctx)
		if err == nil && d.alerts != "" {
			var marked []queue.Record
			marked, since, err = d.marked(ctx, since)
			news = append(news, marked...)
		}
		if len(news) > 0 {
			told(news)
		}
		var e *conn.Error
		if err != nil && ctx.Err() == nil && (!errors.As(err, &e) || !e.Temporary()) {
			return err
		}
	}
}
