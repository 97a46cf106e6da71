package places

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
)

// MaxAlert is how large what is read as an alert may be, in bytes.
const MaxAlert = 16 << 20

// Bounds of what lies in what is read.
const (
	maxWraps  = 8      // objects around a document
	maxAlerts = 10_000 // documents
)

// Read reads alerts as they are passed on: an event a row, in whatever form a
// profile knows, alone, in lists and line by line, and as those who have them
// wrap them: an Elasticsearch hit or answer (_source, fields, hits), the message
// of an Alertmanager's webhook (alerts), CloudEvents and others (data, event,
// message). The rows are good for as long as anybody has them. What no profile
// reads is in the error, beside the rows of the rest.
func Read(text []byte) (rows []event.Row, err error) {
	if len(text) > MaxAlert {
		return nil, fmt.Errorf("it has %d bytes, and an alert has %d at most", len(text), MaxAlert)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if len(text) == 0 {
		return nil, errors.New("it is empty: an alert is a JSON object")
	}
	r := reader{choose: profile.InUse().Choose(event.NewTables)}
	dec := json.NewDecoder(bytes.NewReader(text))
	for n := 1; ; n++ {
		var doc json.RawMessage
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return r.rows, r.error()
		case err != nil:
			r.fault(fmt.Errorf("at byte %d: %w", dec.InputOffset(), err))
			return r.rows, r.error()
		}
		r.unwrap(doc, 0)
	}
}

// reader makes rows of documents.
type reader struct {
	choose *profile.Chooser
	rows   []event.Row
	faults int
	first  error
}

func (r *reader) fault(err error) {
	if r.faults++; r.first == nil {
		r.first = err
	}
}

// error says what could not be read.
func (r *reader) error() error {
	switch {
	case r.first == nil && len(r.rows) == 0:
		return errors.New("there is no JSON object in it")
	case r.first == nil:
		return nil
	case r.faults == 1:
		return r.first
	}
	return fmt.Errorf("%w; and %d others", r.first, r.faults-1)
}

// wraps are the members in which those who pass alerts on wrap them, and whether
// what is in them counts before the whole.
var wraps = []struct {
	member string
	before bool
}{
	{"_source", true},
	{"hits", true},
	{"alerts", true},
	{"fields", false},
	{"data", false},
	{"event", false},
	{"alert", false},
	{"message", false},
	{"body", false},
}

// unwrap reads a value as a document, or what is in it.
func (r *reader) unwrap(doc json.RawMessage, depth int) {
	doc = bytes.TrimSpace(doc)
	if len(r.rows) >= maxAlerts || len(doc) == 0 {
		return
	}
	switch doc[0] {
	case '[':
		r.list(doc, depth)
	case '"':
		r.text(doc, depth)
	case '{':
		r.object(doc, depth)
	default:
		r.fault(fmt.Errorf("%.40q is no JSON object", doc))
	}
}

func (r *reader) list(doc json.RawMessage, depth int) {
	var all []json.RawMessage
	if err := json.Unmarshal(doc, &all); err != nil || depth == maxWraps {
		r.fault(errors.New("a list in lists that are too deep"))
		return
	}
	for _, d := range all {
		r.unwrap(d, depth+1)
	}
}

// text reads a JSON document that lies in a text.
func (r *reader) text(doc json.RawMessage, depth int) {
	var s string
	if err := json.Unmarshal(doc, &s); err != nil || depth == maxWraps || !json.Valid([]byte(s)) {
		r.fault(errors.New("a text that is no JSON"))
		return
	}
	r.unwrap([]byte(s), depth+1)
}

func (r *reader) object(doc json.RawMessage, depth int) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		r.fault(err)
		return
	}
	inner := func(before bool) json.RawMessage {
		for _, w := range wraps {
			if in := bytes.TrimSpace(members[w.member]); w.before == before && len(in) > 0 && (in[0] == '{' || in[0] == '[' || in[0] == '"') && depth < maxWraps {
				return in
			}
		}
		return nil
	}
	if in := inner(true); in != nil {
		r.unwrap(in, depth+1)
		return
	}
	m, e, err := r.choose.Map(doc)
	if err != nil || e.Alert == 0 {
		if in := inner(false); in != nil {
			n, faults, first := len(r.rows), r.faults, r.first
			r.unwrap(in, depth+1)
			if len(r.rows) > n || err != nil {
				return
			}
			r.faults, r.first = faults, first // the document itself is the better one
		}
	}
	if err != nil {
		r.fault(err)
		return
	}
	b := event.NewBatch(m.Tables(), uint64(len(r.rows)+1), 1)
	if e.Bits&event.Inferred != 0 {
		e.Time = 0 // that of another document
	}
	b.Append(e, doc)
	r.rows = append(r.rows, b.Row(0))
}
