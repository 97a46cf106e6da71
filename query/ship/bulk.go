package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/stoop-project/stoop/query/conn"
)

// outcome is what became of one document.
type outcome uint8

const (
	created outcome = iota
	there           // it was in the index already
	later           // the server may take it another time
	barred          // it may not be written, whatever it holds: privileges, no such index
	bad             // it is refused for its content
)

// result is what a server said of one document.
type result struct {
	Status int    `json:"status"`
	Index  string `json:"_index"`
	Error  *struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
		Cause  *struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"caused_by"`
	} `json:"error"`
	FailureStore string `json:"failure_store"` // "used": it went there
}

func (r *result) outcome() outcome {
	switch {
	case r.Status == http.StatusConflict:
		return there
	case r.Status >= 200 && r.Status <= 299 && r.FailureStore == "used":
		return bad
	case r.Status >= 200 && r.Status <= 299:
		return created
	case r.Status == http.StatusTooManyRequests || r.Status >= 500:
		return later
	case r.Error != nil && r.Error.Type == "cluster_block_exception":
		return later // its disks are full, or somebody has closed the index for a while
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden || r.Status == http.StatusNotFound:
		return barred
	}
	return bad
}

// why returns the server's words, those of the cause behind them.
func (r *result) why() (kind, reason string) {
	switch {
	case r.Error != nil && r.Error.Cause != nil && r.Error.Cause.Reason != "":
		return r.Error.Type, r.Error.Reason + ": " + r.Error.Cause.Reason
	case r.Error != nil:
		return r.Error.Type, r.Error.Reason
	case r.FailureStore == "used":
		return "failure_store", "the server has put it into the stream's failure store"
	}
	return "", fmt.Sprintf("status %d", r.Status)
}

// bulkAnswer is the part of an answer that is asked for.
type bulkAnswer struct {
	Errors *bool `json:"errors"`
	Items  []struct {
		Create *result `json:"create"`
	} `json:"items"`
}

const bulkFilter = "errors,items.create.status,items.create._index,items.create.error.type,items.create.error.reason," +
	"items.create.error.caused_by.type,items.create.error.caused_by.reason,items.create.failure_store"

// bulk sends documents and returns what became of each.
func (s *Shipper) bulk(ctx context.Context, body []byte, n int) ([]result, error) {
	var results []result
	_, err := s.conn.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: conn.Path(s.stream, "_bulk"), Query: url.Values{"filter_path": {bulkFilter}},
		Body: body, Lines: true,
		Read: func(text []byte) (err error) {
			results, err = readBulk(text, n)
			return err
		},
	})
	return results, err
}

// readBulk reads an answer to n documents.
func readBulk(text []byte, n int) ([]result, error) {
	var a bulkAnswer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, err
	}
	if a.Errors == nil || len(a.Items) != n {
		return nil, fmt.Errorf("it tells of %d documents of %d", len(a.Items), n)
	}
	results := make([]result, n)
	for i, one := range a.Items {
		if one.Create == nil || one.Create.Status == 0 {
			return nil, errors.New("it does not say what became of a document")
		}
		results[i] = *one.Create
	}
	return results, nil
}

// join makes the body of a request: what the documents lie in, when it is
// nothing but them.
func join(items []item) []byte {
	n := 0
	for _, it := range items {
		n += len(it.text)
	}
	if whole := items[0].text; cap(whole) >= n && inRow(whole[:n], items) {
		return whole[:n]
	}
	body := make([]byte, 0, n)
	for _, it := range items {
		body = append(body, it.text...)
	}
	return body
}

// inRow reports whether documents lie in a text one behind the other.
func inRow(whole []byte, items []item) bool {
	at := 0
	for _, it := range items {
		if &whole[at] != &it.text[0] {
			return false
		}
		at += len(it.text)
	}
	return true
}
