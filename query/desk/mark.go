package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/query/conn"
)

// markMost is how many alerts are written to at a time.
const markMost = 2000

// Mark implements [queue.Marker]: it writes the state into Elastic's alerts. What
// somebody else writes to at the same time is left to them, and not counted.
func (d *Desk) Mark(ctx context.Context, ids []string, r queue.Record) (done queue.Marked, err error) {
	if d.alerts == "" {
		return done, nil
	}
	for len(ids) > 0 && err == nil {
		some := ids[:min(len(ids), markMost)]
		ids = ids[len(some):]
		var found []stored
		if found, err = d.find(ctx, some); err != nil || len(found) == 0 {
			continue
		}
		var part queue.Marked
		part, err = d.write(ctx, found, r)
		done.Written, done.Conflicts = done.Written+part.Written, done.Conflicts+part.Conflicts
	}
	return done, err
}

// stored is an alert as it lies in its index.
type stored struct {
	hit
	Index string `json:"_index"`
	ID    string `json:"_id"`
}

// find looks alerts up by their ids.
func (d *Desk) find(ctx context.Context, ids []string) ([]stored, error) {
	body, err := json.Marshal(map[string]any{
		"size": len(ids), "seq_no_primary_term": true, "_source": []string{fieldStatus},
		"query": map[string]any{"terms": map[string]any{fieldID: ids}},
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Hits struct {
			Hits []stored `json:"hits"`
		} `json:"hits"`
	}
	_, err = d.conn.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: conn.Path(d.alerts, "_search"), Body: body, Patience: patience,
		Read: func(text []byte) error { answer.Hits.Hits = nil; return json.Unmarshal(text, &answer) },
	})
	return answer.Hits.Hits, err
}

// write writes a state into alerts, each as it was found.
func (d *Desk) write(ctx context.Context, alerts []stored, r queue.Record) (done queue.Marked, err error) {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for _, a := range alerts {
		err := errors.Join(
			lines.Encode(map[string]any{"update": map[string]any{"_index": a.Index, "_id": a.ID, "if_seq_no": a.SeqNo, "if_primary_term": a.Term}}),
			lines.Encode(map[string]any{"doc": a.change(string(r.State), r.At.UTC().Format(timeFormat))}),
		)
		if err != nil {
			return done, err
		}
	}
	var answer struct {
		Items []map[string]struct {
			Status int `json:"status"`
			Error  struct {
				Reason string `json:"reason"`
			} `json:"error"`
		} `json:"items"`
	}
	_, err = d.conn.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: "/_bulk", Body: body.Bytes(), Lines: true, Query: url.Values{"refresh": {"true"}},
		Read: func(text []byte) error { answer.Items = nil; return json.Unmarshal(text, &answer) },
	})
	for _, item := range answer.Items {
		switch update := item["update"]; {
		case update.Status == http.StatusOK:
			done.Written++
		case update.Status == http.StatusConflict:
			done.Conflicts++
		case err == nil:
			err = fmt.Errorf("%s refused an alert (%d): %s", d.conn.Name(), update.Status, update.Error.Reason)
		}
	}
	return done, err
}

// change is what an update merges into the document: the fields as it has them,
// by their dotted names or as objects.
func (a *stored) change(state, at string) map[string]any {
	var flat map[string]json.RawMessage
	if json.Unmarshal(a.Source, &flat) == nil && flat[fieldStatus] != nil {
		return map[string]any{fieldStatus: state, fieldAt: at}
	}
	return map[string]any{"kibana": map[string]any{"alert": map[string]any{"workflow_status": state, "workflow_status_updated_at": at}}}
}

// timeFormat is how Kibana writes times.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// marked returns the states that were written into Elastic's alerts since a
// time, as records of single alerts, and the time to ask from next.
func (d *Desk) marked(ctx context.Context, since time.Time) (all []queue.Record, next time.Time, err error) {
	const most = 10000
	next = since
	body, err := json.Marshal(map[string]any{
		"size": most, "_source": false, "fields": []string{fieldID, fieldStatus, fieldAt}, "sort": []any{map[string]any{fieldAt: map[string]any{"order": "asc", "unmapped_type": "date"}}},
		"query": map[string]any{"range": map[string]any{fieldAt: map[string]any{"gte": since.Add(-overlap).UTC().Format(timeFormat)}}},
	})
	if err != nil {
		return nil, next, err
	}
	var answer struct {
		Hits struct {
			Hits []struct {
				Fields map[string][]string `json:"fields"`
			} `json:"hits"`
		} `json:"hits"`
	}
	_, err = d.conn.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: conn.Path(d.alerts, "_search"), Body: body, Patience: patience,
		Read: func(text []byte) error { answer.Hits.Hits = nil; return json.Unmarshal(text, &answer) },
	})
	if err != nil {
		return nil, next, err
	}
	for _, h := range answer.Hits.Hits {
		first := func(name string) string {
			if v := h.Fields[name]; len(v) > 0 {
				return v[0]
			}
			return ""
		}
		at, err := time.Parse(time.RFC3339, first(fieldAt))
		r := queue.Record{ID: first(fieldID), State: queue.State(first(fieldStatus)), At: at}
		if err != nil || r.Check() != nil {
			continue
		}
		if at.After(next) {
			next = at
		}
		all = append(all, r)
	}
	if len(answer.Hits.Hits) == most { // go on behind them, and not before
		next = next.Add(overlap)
	}
	return all, next, nil
}

// The fields of Elastic's alerts that say what was decided.
const (
	fieldID     = "kibana.alert.uuid"
	fieldStatus = "kibana.alert.workflow_status"
	fieldAt     = "kibana.alert.workflow_status_updated_at"
)

// overlap is how far back it is asked again: clocks differ, and a search finds a
// change only after a refresh.
const overlap = 30 * time.Second
