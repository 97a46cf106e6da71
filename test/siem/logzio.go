package siem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// Logzio is a double of Logz.io's search API, by its public description; it is
// not Logz.io. It takes /v1/search and /v1/scroll with a token, knows the
// top-level elements that they know and a few queries (match_all, bool.filter,
// range on @timestamp), looks at two calendar days, gives 1,000 documents a
// page of a scroll, and refuses what they refuse.
type Logzio struct {
	URL     string
	Token   string
	Asked   []string // paths, in their order
	Expired int      // how many scrolls still to answer as if they had run out

	mu      sync.Mutex
	docs    []logzioDoc
	scrolls map[string][]logzioDoc
	next    int
}

type logzioDoc struct {
	ID     string
	Source json.RawMessage
	at     time.Time
}

// NewLogzio starts the double with TLS; CAFile of its certificate is left to
// the caller (httptest's).
func NewLogzio(t testing.TB, docs ...[]byte) (*Logzio, *httptest.Server) {
	t.Helper()
	l := &Logzio{Token: "00000000-0000-4000-8000-00000000000a", scrolls: make(map[string][]logzioDoc)}
	l.Add(t, docs...)
	s := httptest.NewTLSServer(l)
	t.Cleanup(s.Close)
	l.URL = s.URL
	return l, s
}

// Add loads documents.
func (l *Logzio) Add(t testing.TB, docs ...[]byte) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range docs {
		var head struct {
			At time.Time `json:"@timestamp"`
		}
		if err := json.Unmarshal(d, &head); err != nil {
			t.Fatal(err)
		}
		l.docs = append(l.docs, logzioDoc{fmt.Sprintf("id%d", len(l.docs)), d, head.At})
	}
}

// logzioRequest is what either endpoint takes.
type logzioRequest struct {
	Query    json.RawMessage            `json:"query"`
	Size     int                        `json:"size"`
	Sort     []map[string]any           `json:"sort"`
	Scroll   string                     `json:"scroll"`
	ScrollID string                     `json:"scroll_id"`
	Aggs     map[string]json.RawMessage `json:"aggs"`
	From     int                        `json:"from"`
}

// ServeHTTP answers.
func (l *Logzio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Asked = append(l.Asked, r.URL.Path)
	refuse := func(status int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"errorCode":"x","message":%q}`, text)
	}
	if r.Header.Get("X-API-TOKEN") != l.Token {
		refuse(http.StatusUnauthorized, "Unauthorized")
		return
	}
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(http.StatusUnsupportedMediaType, "POST application/json")
		return
	}
	var req logzioRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		err = d.Decode(&req)
	}
	if err != nil {
		refuse(http.StatusBadRequest, "Found JSON elements which are not allowed ["+err.Error()+"]")
		return
	}
	switch r.URL.Path {
	case "/v1/search":
		l.search(w, refuse, req)
	case "/v1/scroll":
		l.scroll(w, refuse, req)
	default:
		refuse(http.StatusNotFound, "no such endpoint")
	}
}

func (l *Logzio) search(w http.ResponseWriter, refuse func(int, string), req logzioRequest) {
	if req.Size > 10000 || req.ScrollID != "" || req.Scroll != "" {
		refuse(http.StatusBadRequest, "Found JSON elements which are not allowed")
		return
	}
	found, err := l.find(req)
	if err != nil {
		refuse(http.StatusBadRequest, err.Error())
		return
	}
	aggs := ""
	if len(req.Aggs) > 0 {
		if aggs, err = histogram(req.Aggs, found); err != nil {
			refuse(http.StatusBadRequest, err.Error())
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"hits":%s%s}`, hitsJSON(found, len(found), req.Size), aggs)
}

func (l *Logzio) scroll(w http.ResponseWriter, refuse func(int, string), req logzioRequest) {
	size := req.Size
	if size > 1000 {
		refuse(http.StatusBadRequest, "size can't exceed 1000")
		return
	}
	if req.ScrollID != "" {
		if req.Query != nil {
			refuse(http.StatusBadRequest, "ScrollId and query parameter can not co-exist in request")
			return
		}
		rest, ok := l.scrolls[req.ScrollID]
		if !ok || l.Expired > 0 {
			l.Expired = max(l.Expired-1, 0)
			refuse(http.StatusBadRequest, "No search context found for the scroll")
			return
		}
		l.page(w, req.ScrollID, rest, 1000)
		return
	}
	found, err := l.find(req)
	if err != nil {
		refuse(http.StatusBadRequest, err.Error())
		return
	}
	l.next++
	l.page(w, fmt.Sprintf("scroll%d", l.next), found, size)
}

// page sends the next page of a scroll: the hits are JSON in a text.
func (l *Logzio) page(w http.ResponseWriter, id string, docs []logzioDoc, size int) {
	n := min(size, len(docs))
	l.scrolls[id] = docs[n:]
	text, _ := json.Marshal(`{"total":` + fmt.Sprint(len(docs)) + `,"hits":` + hitsJSON(docs, n, n) + `}`)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"code":200,"scrollId":%q,"hits":%s}`, id, text)
}

func hitsJSON(docs []logzioDoc, total, size int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"total":%d,"max_score":null,"hits":[`, total)
	for i, d := range docs[:min(size, len(docs))] {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"_index":"logzioCustomerIndex","_id":%q,"_source":%s,"sort":[%d]}`, d.ID, d.Source, d.at.UnixMilli())
	}
	b.WriteString("]}")
	return b.String()
}

// find evaluates a query over the two days that it looks at.
func (l *Logzio) find(req logzioRequest) ([]logzioDoc, error) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	from, to := today.Add(-24*time.Hour), today.Add(24*time.Hour)
	spanned := false
	err := ranges(req.Query, func(bound string, at time.Time) {
		if !spanned {
			from, to, spanned = time.Time{}, today.Add(24*time.Hour), true
		}
		switch bound {
		case "gte":
			from = later(from, at)
		case "lt":
			to = earlier(to, at)
		case "lte":
			to = earlier(to, at.Add(time.Millisecond))
		}
	})
	if err != nil {
		return nil, err
	}
	if spanned && from.IsZero() {
		return nil, fmt.Errorf("a range without a beginning")
	}
	if spanned && !to.After(from) {
		return nil, nil
	}
	var found []logzioDoc
	for _, d := range l.docs {
		if !d.at.Before(from) && d.at.Before(to) {
			if d.at.Before(to.Add(-72 * time.Hour)) {
				continue // more than two days were asked for: only the last are looked at
			}
			found = append(found, d)
		}
	}
	desc := len(req.Sort) > 0 && strings.Contains(fmt.Sprint(req.Sort[0]), "desc")
	sort.SliceStable(found, func(i, j int) bool {
		if desc {
			return found[i].at.After(found[j].at)
		}
		return found[i].at.Before(found[j].at)
	})
	return found, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ranges calls yield for the bounds on @timestamp in a query, and refuses
// queries that it does not know.
func ranges(query json.RawMessage, yield func(bound string, at time.Time)) error {
	var q map[string]json.RawMessage
	if len(query) == 0 {
		return nil
	}
	if err := json.Unmarshal(query, &q); err != nil {
		return err
	}
	for kind, inner := range q {
		switch kind {
		case "match_all":
		case "bool":
			var b struct {
				Filter []json.RawMessage `json:"filter"`
			}
			if err := json.Unmarshal(inner, &b); err != nil {
				return err
			}
			for _, f := range b.Filter {
				if err := ranges(f, yield); err != nil {
					return err
				}
			}
		case "range":
			var r map[string]map[string]any
			if err := json.Unmarshal(inner, &r); err != nil {
				return err
			}
			for bound, value := range r["@timestamp"] {
				switch v := value.(type) {
				case float64:
					yield(bound, time.UnixMilli(int64(v)))
				case string:
					if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
						yield(bound, at)
					}
				}
			}
		default:
			return fmt.Errorf("this double does not know %s", kind)
		}
	}
	return nil
}

// histogram counts documents by second.
func histogram(aggs map[string]json.RawMessage, docs []logzioDoc) (string, error) {
	for name, raw := range aggs {
		if !bytes.Contains(raw, []byte(`"date_histogram":{"field":"@timestamp","fixed_interval":"1s"`)) {
			return "", fmt.Errorf("this double does not know %s", raw)
		}
		counts := make(map[int64]int)
		for _, d := range docs {
			counts[d.at.Unix()]++
		}
		var b []string
		for at, n := range counts {
			b = append(b, fmt.Sprintf(`{"key":%d,"doc_count":%d}`, at*1000, n))
		}
		return fmt.Sprintf(`,"aggregations":{%q:{"buckets":[%s]}}`, name, strings.Join(b, ",")), nil
	}
	return "", nil
}
