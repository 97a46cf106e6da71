package query

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/mapping"
	"github.com/stoop-project/stoop/query/page"
)

// Known is what is known of the indices. It does not change: what is learned
// later is another one.
type Known struct {
	Fields   mapping.Fields    // what the indices can do
	Bindings []profile.Binding // the kinds of documents, that of the most in a sample first; empty when there were none
	Time     *TimeField        // what documents are ordered by; nil: nothing

	indices []string // that the pattern names
	apart   apart
}

// Known is what is known now.
func (s *SIEM) Known() *Known { return s.learned.Load() }

// learn asks what the indices can do and which documents they hold.
func (s *SIEM) learn(ctx context.Context) (*Known, error) {
	if s.Product == conn.Logzio {
		return s.learnLogzio(ctx)
	}
	if s.Index == "" {
		return nil, &conn.Error{Kind: conn.NoIndex, Text: "the address names no index", Remedy: "write a name or a pattern behind it: " + strings.TrimSuffix(s.Name(), "/") + "/falco-*"}
	}
	k, err := s.learnMapping(ctx)
	if err != nil {
		return nil, err
	}
	s.lookHidden(ctx, k.Fields)
	docs, err := s.sample(ctx, k)
	if err != nil {
		return nil, err
	}
	return k, s.learnKinds(ctx, k, docs)
}

// learnMapping asks what the indices are, and what they can do with paths.
func (s *SIEM) learnMapping(ctx context.Context) (*Known, error) {
	var (
		a     = mapping.Answers{Unnamed: s.Product == conn.OpenSearch}
		errs  [3]error
		tasks sync.WaitGroup
	)
	ask := func(i int, into *[]byte, what string, query url.Values) {
		tasks.Go(func() {
			*into, errs[i] = s.Do(ctx, conn.Request{
				Method: http.MethodGet, Path: conn.Path(s.Index, what), Query: query, Limit: mappingLimit,
			})
		})
	}
	ask(0, &a.FieldCaps, "_field_caps", url.Values{"fields": {"*"}})
	ask(1, &a.Mapping, "_mapping", nil)
	ask(2, &a.Settings, "_settings/index.mode,index.mapping.*", url.Values{"flat_settings": {"true"}})
	tasks.Wait()
	if errs[0] != nil {
		return nil, errs[0]
	}
	for i, into := range []*[]byte{&a.Mapping, &a.Settings} {
		switch k, ok := conn.KindOf(errs[i+1]); {
		case errs[i+1] == nil:
		case ok && (k == conn.Forbidden || k == conn.TooLarge):
			*into = nil
			s.counts.Note(source.Note{
				Level: source.NoteInfo, Text: "the mapping may not be read: " + errs[i+1].Error(),
				Remedy: "filters are finished here more often than they would have to be",
			})
		default:
			return nil, errs[i+1]
		}
	}
	m, indices, err := mapping.Parse(a)
	if err != nil {
		return nil, err
	}
	if len(indices) == 0 {
		return nil, &conn.Error{
			Kind: conn.NoIndex, Text: fmt.Sprintf("no index matches %s that these credentials may read", s.Index),
			Remedy: "is the pattern right, and has anything been indexed?",
		}
	}
	slices.Sort(indices)
	return &Known{Fields: &mapping.Seen{Fields: m}, indices: indices, apart: s.learnApart(m)}, nil
}

// mappingLimit bounds a mapping, in bytes.
const mappingLimit = 128 << 20

// Sizes of the sample.
const (
	sampleNewest = 60 // documents of all indices together
	sampleEach   = 10 // … and of each kind of index
	sampleKinds  = 40 // kinds of indices
)

// numbering is what tells indices of one kind apart: dates and counters.
var numbering = regexp.MustCompile(`[-._]?\d+([-._]\d+)*`)

// sample fetches documents to look at: the newest, and some of each kind of
// index, as far as their names tell.
func (s *SIEM) sample(ctx context.Context, k *Known) ([][]byte, error) {
	newest := make(map[string]string) // by what is left of the name
	for _, index := range k.indices {
		newest[numbering.ReplaceAllString(index, "")] = index
	}
	var body bytes.Buffer
	add := func(index string, size int) {
		head, _ := json.Marshal(map[string]any{"index": index, "ignore_unavailable": true})
		fmt.Fprintf(&body, "%s\n"+`{"size":%d,"track_total_hits":false,"sort":[{"@timestamp":{"order":"desc","unmapped_type":"date"}}]%s}`+"\n", head, size, page.Asking(k.apart.ask))
	}
	add(s.Index, sampleNewest)
	for i, kind := range slices.Sorted(mapKeys(newest)) {
		if i == sampleKinds || len(newest) == 1 {
			break
		}
		add(newest[kind], sampleEach)
	}
	answers, err := s.searches(ctx, body.Bytes())
	if err != nil {
		return nil, err
	}
	var docs [][]byte
	for _, a := range answers {
		docs = append(docs, k.documents(a.Hits)...)
	}
	return docs, nil
}

// searches sends several searches at once, and returns the answers that there are.
func (s *SIEM) searches(ctx context.Context, body []byte) (all []*page.Answer, err error) {
	var answers struct {
		Responses []json.RawMessage `json:"responses"`
	}
	_, err = s.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: "/_msearch", Body: body, Lines: true,
		Read: func(body []byte) error { return json.Unmarshal(body, &answers) },
	})
	for _, response := range answers.Responses {
		if a, err := page.Scan(response); err == nil {
			all = append(all, a)
		}
	}
	return all, err
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (k *Known) documents(hits []page.Hit) (docs [][]byte) {
	for i := range hits {
		if doc := k.apart.document(&hits[i]); doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs
}

// unknownFields is what is known of a server that does not tell: anything may
// be anywhere, and nothing is known to be indexed but the time.
type unknownFields struct{}

// Lookup implements [mapping.Fields].
func (unknownFields) Lookup(path string) []mapping.Field {
	if path == "@timestamp" {
		return []mapping.Field{{Path: path, Type: "date", Indexed: true, Aggregatable: true}}
	}
	return []mapping.Field{{Path: path}}
}

// Below implements [mapping.Fields].
func (unknownFields) Below(string) []mapping.Field { return nil }

// learnLogzio looks at the newest documents of an account.
func (s *SIEM) learnLogzio(ctx context.Context) (*Known, error) {
	k := &Known{Fields: unknownFields{}}
	var hits []page.Hit
	_, err := s.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: "/v1/search",
		Body: fmt.Appendf(nil, `{"size":%d,"query":{"match_all":{}},"sort":[{"@timestamp":{"order":"desc","unmapped_type":"date"}}]}`, sampleNewest),
		Read: func(body []byte) error {
			a, err := page.Scan(body)
			hits = a.Hits
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	err = s.learnKinds(ctx, k, k.documents(hits))
	k.Time = &TimeField{Path: "@timestamp", Unit: 1e6}
	return k, err
}
