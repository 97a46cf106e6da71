package page

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Hit is a document that was found. Its bytes refer to the answer.
type Hit struct {
	Index  string
	ID     string
	Source []byte // the document as it was indexed; nil when the index does not keep it
	// Columns are the doc values that were asked for: a JSON object of lists by
	// field; nil when it has none of them.
	Columns []byte
	Sort    []byte // the sort values, as JSON
	Time    int64  // the first of them
	Timed   bool   // … which is a number
}

// Answer is what a search returned.
type Answer struct {
	PIT      string // the point in time to go on with
	Scroll   string
	TimedOut bool
	Shards   int
	Failed   int    // shards that did not answer
	Failure  []byte // what the first of them said, as JSON
	Total    int64  // -1 when it was not counted
	AtLeast  bool   // … and there are more
	Hits     []Hit
	Last     bool   // there is no page behind it
	Undated  bool   // … but of documents without the time
	Aggs     []byte // the aggregations, as JSON

	body []byte
	free chan<- []byte // takes the body when nobody needs it any more; may be nil
}

// Free says that nobody holds anything of the answer's hits any more, so that
// their room can be used for another answer. It may be left out.
func (a *Answer) Free() {
	if cap(a.body) <= 2*answerTarget {
		select {
		case a.free <- a.body:
		default:
		}
	}
	a.Hits, a.body, a.free = nil, nil, nil
}

// errCut is what an answer is that ends before its end.
var errCut = errors.New("it ends in the middle")

// Scan reads an answer of a search.
func Scan(body []byte) (*Answer, error) {
	a := &Answer{Total: -1}
	s := scanner{b: body}
	whole := false
	s.object(func(name []byte) {
		switch string(name) {
		case "pit_id":
			a.PIT = s.text()
		case "_scroll_id", "scrollId":
			a.Scroll = s.text()
		case "timed_out":
			a.TimedOut = string(s.value()) == "true"
		case "_shards":
			a.shards(&s)
		case "hits":
			whole = true
			a.hits(&s)
		case "aggregations":
			a.Aggs = s.value()
		default:
			s.value()
		}
	})
	s.end()
	if s.err == nil && !whole {
		s.err = errors.New("it has no hits")
	}
	return a, s.err
}

func (a *Answer) shards(s *scanner) {
	s.object(func(name []byte) {
		switch string(name) {
		case "total":
			a.Shards = int(s.number())
		case "failed":
			a.Failed = int(s.number())
		case "failures":
			a.Failure = s.value()
		default:
			s.value()
		}
	})
}

// hits reads the object of hits; Logz.io's scroll has it as JSON in a text.
func (a *Answer) hits(s *scanner) {
	if s.peek() == '"' {
		inner := scanner{b: []byte(s.text())}
		a.list(&inner)
		inner.end()
		if s.err == nil {
			s.err = inner.err
		}
		return
	}
	a.list(s)
}

// list reads an object of hits, or the list itself.
func (a *Answer) list(s *scanner) {
	if s.peek() == '[' {
		s.array(func() { a.hit(s) })
		return
	}
	s.object(func(name []byte) {
		switch string(name) {
		case "total":
			a.total(s)
		case "hits":
			if s.deep++; s.deep < 4 {
				a.list(s)
			} else {
				s.value()
			}
		default:
			s.value()
		}
	})
}

// total reads how many there are: a number, or an object that says whether it
// was counted to the end.
func (a *Answer) total(s *scanner) {
	if s.peek() != '{' {
		a.Total = s.number()
		return
	}
	s.object(func(name []byte) {
		switch string(name) {
		case "value":
			a.Total = s.number()
		case "relation":
			a.AtLeast = s.text() == "gte"
		default:
			s.value()
		}
	})
}

func (a *Answer) hit(s *scanner) {
	var h Hit
	s.object(func(name []byte) {
		switch string(name) {
		case "_index":
			h.Index = a.same(s.raw())
		case "_id":
			h.ID = s.text()
		case "_source":
			h.Source = s.value()
		case "fields":
			h.Columns = s.value()
		case "sort":
			h.Sort = s.value()
		default:
			s.value()
		}
	})
	if s.err != nil {
		return
	}
	h.Time, h.Timed = firstNumber(h.Sort)
	a.Hits = append(a.Hits, h)
}

// same returns a text that is likely to be the one of the hit before.
func (a *Answer) same(raw []byte) string {
	if n := len(a.Hits); n > 0 && len(raw) >= 2 && a.Hits[n-1].Index == string(raw[1:len(raw)-1]) {
		return a.Hits[n-1].Index
	}
	return unquote(raw)
}

// firstNumber returns the first of a list of sort values.
func firstNumber(list []byte) (int64, bool) {
	if len(list) < 2 {
		return 0, false
	}
	first := list[1:]
	if at := bytes.IndexAny(first, ",]"); at >= 0 {
		first = first[:at]
	}
	text := string(bytes.TrimSpace(first))
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < -1<<62 || f > 1<<62 {
		return 0, false
	}
	return int64(f), true
}

func unquote(raw []byte) string {
	s := scanner{b: raw}
	return s.text()
}

// describe says where an answer cannot be read.
func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("byte %d: "+format, append([]any{s.at}, args...)...)
	}
}
