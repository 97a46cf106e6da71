package query

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/mapping"
	"github.com/stoop-project/stoop/query/page"
)

// hiddenFor is how long it is taken for true which fields have left values out.
const hiddenFor = 10 * time.Second

// looks is when it was looked which values are not indexed, and of what.
type looks struct {
	sync.Mutex
	of *mapping.Seen
	at time.Time
}

// lookHidden finds out which fields have left values out that were too long to
// be indexed (ignore_above), where documents say that, or none of the field's type
// (ignore_malformed), so that the server decides more filters by itself.
// Requests find such values nevertheless, for they may come at any time.
func (s *SIEM) lookHidden(ctx context.Context, fields mapping.Fields) {
	seen, ok := fields.(*mapping.Seen)
	if !ok {
		return
	}
	s.looks.Lock()
	defer s.looks.Unlock()
	if s.looks.of == seen && time.Since(s.looks.at) < hiddenFor {
		return
	}
	hidden := s.askHidden(ctx, `,"aggs":{"by":{"terms":{"field":"_ignored","size":10000}}}`)
	if hidden == nil {
		hidden = s.askHidden(ctx, "") // indices from before 8.15 cannot tell them apart
	}
	seen.Look(hidden)
	s.looks.of, s.looks.at = seen, time.Now()
}

// askHidden asks for the fields, nil when they cannot be told.
func (s *SIEM) askHidden(ctx context.Context, aggs string) (hidden map[string]bool) {
	var found struct {
		By struct {
			Other   int64 `json:"sum_other_doc_count"`
			Buckets []struct {
				Key string `json:"key"`
			} `json:"buckets"`
		} `json:"by"`
	}
	_, err := s.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: conn.Path(s.Index, "_search"),
		Body: []byte(`{"size":0,"track_total_hits":1,"query":{"exists":{"field":"_ignored"}}` + aggs + `}`),
		Read: func(body []byte) error {
			a, err := page.Scan(body)
			if err != nil || a.Failed > 0 || a.TimedOut || a.Total < 0 || a.Total > 0 && a.Aggs == nil {
				return err
			}
			hidden = make(map[string]bool)
			if a.Aggs == nil {
				return nil
			}
			return json.Unmarshal(a.Aggs, &found)
		},
	})
	if err != nil || found.By.Other > 0 {
		return nil
	}
	for _, b := range found.By.Buckets {
		hidden[b.Key] = true
	}
	return hidden
}
