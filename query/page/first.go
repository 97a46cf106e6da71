package page

import (
	"encoding/json"
	"net/http"

	"github.com/stoop-project/stoop/query/conn"
)

// First is the request for the first page of a query by itself: without a point
// in time, which would have to be made before it. It is for showing.
func First(c *conn.Conn, q Query) conn.Request {
	if q.Size <= 0 {
		q.Size = 1000
	}
	if c.Product == conn.Logzio {
		r := &scroll{c: c, q: q}
		r.start()
		return conn.Request{Method: http.MethodPost, Path: "/v1/scroll", Body: r.body()}
	}
	r := &reader{c: c, q: q, size: q.Size}
	return conn.Request{Method: http.MethodPost, Path: conn.Path(q.Index, "_search"), Body: r.body(place{size: q.Size})}
}

// Asking is the part of a request's object, with a comma before it, that asks
// for doc values; nothing when there are none to ask for.
func Asking(columns []Column) []byte {
	if len(columns) == 0 {
		return nil
	}
	text, _ := json.Marshal(columns) // texts alone
	return append([]byte(`,"docvalue_fields":`), text...)
}
