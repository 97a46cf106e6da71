package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
)

const (
	// ignoreAbove is how many characters of a text can be searched for as a
	// whole: what every UTF-8 text of fits into a term of Lucene (32,766 bytes).
	ignoreAbove = 8191
	// maxFields bounds the fields of an index; events of all types with their
	// arguments have about a thousand.
	maxFields = 4000
	// priority of the template, above those that servers come with (100, 200).
	priority = 250
)

// prepare installs what the stream needs and does not have: a lifecycle where
// the server has such, and the template. Where the credentials do not suffice,
// it says so and goes on: somebody else may have done it.
func (s *Shipper) prepare(ctx context.Context) error {
	path := "/_index_template/" + s.stream
	has, err := s.has(ctx, path)
	if err != nil {
		return s.missing("the index template cannot be looked up", err)
	}
	if has {
		return nil
	}
	policy, err := s.lifecycle(ctx)
	if err != nil {
		if err := s.missing("the policy for the lifecycle of its indices could not be installed", err); err != nil {
			return err
		}
	}
	body, err := json.Marshal(template(s.stream, policy, s.conn.Product, s.conn.Version))
	if err != nil {
		return err
	}
	if err := s.put(ctx, path, body); err != nil {
		return s.missing("the index template could not be installed", err)
	}
	s.counts.note(source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("the index template %s was installed", s.stream)})
	return nil
}

// missing notes what could not be done for want of a privilege; other errors it
// returns.
func (s *Shipper) missing(what string, err error) error {
	if kind, ok := conn.KindOf(err); ok && kind == conn.Forbidden {
		s.counts.note(source.Note{
			Level: source.NoteWarn, Text: fmt.Sprintf("%s: %v", what, err),
			Remedy: "without it the server guesses types; docs/ship.md says how an administrator installs it",
		})
		return nil
	}
	return err
}

func (s *Shipper) has(ctx context.Context, path string) (bool, error) {
	_, err := s.conn.Do(ctx, conn.Request{Method: http.MethodGet, Path: path, Patience: openPatience})
	if isMissing(err) {
		return false, nil
	}
	return err == nil, err
}

func (s *Shipper) put(ctx context.Context, path string, body []byte) error {
	_, err := s.conn.Do(ctx, conn.Request{Method: http.MethodPut, Path: path, Body: body, Patience: openPatience})
	return err
}

// lifecycle finds or makes the policy of the stream's indices and returns its
// name; "" where the server has none.
func (s *Shipper) lifecycle(ctx context.Context) (policy string, err error) {
	path, body := "/_ilm/policy/"+s.stream, ilmPolicy
	if s.conn.Product == conn.OpenSearch {
		path, body = "/_plugins/_ism/policies/"+s.stream, ismPolicy(s.stream)
	}
	_, err = s.conn.Do(ctx, conn.Request{Method: http.MethodGet, Path: path, Patience: openPatience})
	switch {
	case err == nil:
		return s.stream, nil
	case noSuchRoute(err):
		return "", nil
	case !isMissing(err):
		return "", err
	}
	if err := s.put(ctx, path, []byte(body)); err != nil {
		return "", err
	}
	return s.stream, nil
}

// ilmPolicy begins a new index once a week or at 50 GB. Nothing is deleted: how
// long evidence is kept is for its owners to say.
const ilmPolicy = `{"policy":{"_meta":{"managed_by":"stoop"},"phases":{"hot":{"actions":{"rollover":{"max_age":"7d","max_primary_shard_size":"50gb"}}}}}}`

func ismPolicy(stream string) string {
	name := strconv.Quote(stream)
	return `{"policy":{"description":"a new index once a week or at 50 GB (stoop)","default_state":"hot",` +
		`"states":[{"name":"hot","actions":[{"rollover":{"min_index_age":"7d","min_primary_shard_size":"50gb"}}],"transitions":[]}],` +
		`"ism_template":[{"index_patterns":[` + name + `],"priority":100}]}}`
}

// openPatience is how long a server that is busy is asked while somebody waits
// for the start.
const openPatience = 30 * time.Second

func asError(err error) *conn.Error {
	var e *conn.Error
	errors.As(err, &e)
	return e
}

// isMissing reports that what was asked for is not there.
func isMissing(err error) bool {
	e := asError(err)
	return e != nil && e.Status == http.StatusNotFound
}

// noSuchRoute reports that the server does not know what was asked at all.
func noSuchRoute(err error) bool {
	e := asError(err)
	if e == nil {
		return false
	}
	return e.Status == http.StatusMethodNotAllowed || strings.Contains(e.Error()+e.Reason, "no handler found")
}

// template is the index template of the stream.
func template(stream, policy string, product conn.Product, version string) map[string]any {
	index := map[string]any{
		"mapping": map[string]any{"ignore_malformed": true, "total_fields": totalFields(product, version)},
	}
	if policy != "" && product == conn.Elasticsearch {
		index["lifecycle"] = map[string]any{"name": policy}
	}
	return map[string]any{
		"index_patterns": []string{stream},
		"data_stream":    map[string]any{},
		"priority":       priority,
		"_meta":          map[string]any{"description": "events of stoop, by ECS names and by Falco's (stoop.fields)", "managed_by": "stoop"},
		"template":       map[string]any{"settings": map[string]any{"index": index}, "mappings": mappings()},
	}
}

// totalFields bounds the fields of an index. From version 8.14 on Elasticsearch
// takes documents with further ones, and leaves these unindexed.
func totalFields(product conn.Product, version string) map[string]any {
	limit := map[string]any{"limit": maxFields}
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, _ := strconv.Atoi(major)
	n, _ := strconv.Atoi(minor)
	if product == conn.Elasticsearch && (m > 8 || m == 8 && n >= 14) {
		limit["ignore_dynamic_beyond_limit"] = true
	}
	return limit
}

// mappings has a type for each field that documents are known to have, and
// keyword for other texts.
func mappings() map[string]any {
	keyword := map[string]any{"type": "keyword", "ignore_above": ignoreAbove}
	top := map[string]any{}
	put(top, "@timestamp", map[string]any{"type": "date_nanos"})
	put(top, "event.sequence", map[string]any{"type": "long"})
	put(top, "event.original", map[string]any{"type": "keyword", "index": false, "doc_values": false})
	for _, name := range []string{
		"ecs.version", "event.kind", "event.module", "event.dataset", "event.category", "event.type", "event.outcome",
		"file.path", "file.name", "file.directory", "file.type", "stoop.source", "stoop.lossy",
	} {
		put(top, name, keyword)
	}
	for path, f := range profile.Members() {
		put(top, path, typeOf(f))
	}
	put(top, "message", map[string]any{"type": "text"})
	return map[string]any{
		"_meta":          map[string]any{"written_by": "stoop"},
		"date_detection": false,
		"dynamic_templates": []any{
			map[string]any{"texts": map[string]any{"match_mapping_type": "string", "mapping": keyword}},
		},
		"properties": top,
	}
}

// typeOf is the type of a field's values in an index.
func typeOf(f *event.Field) map[string]any {
	switch f.Kind {
	case event.Int, event.Uint, event.Time, event.Duration, event.Port:
		return map[string]any{"type": "long"}
	case event.Double:
		return map[string]any{"type": "double"}
	case event.Bool:
		return map[string]any{"type": "boolean"}
	case event.IP:
		return map[string]any{"type": "ip"}
	}
	return map[string]any{"type": "keyword", "ignore_above": ignoreAbove}
}

// put puts a type at a dotted path.
func put(properties map[string]any, path string, kind map[string]any) {
	name, rest, more := strings.Cut(path, ".")
	if !more {
		properties[name] = kind
		return
	}
	object, _ := properties[name].(map[string]any)
	if object == nil {
		object = map[string]any{"properties": map[string]any{}}
		properties[name] = object
	}
	put(object["properties"].(map[string]any), rest, kind)
}
