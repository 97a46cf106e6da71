package agg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/dsl"
)

// answer is what a server says.
type answer struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Total, Failed int
	} `json:"_shards"`
	Hits struct {
		Total struct {
			Value int64 `json:"value"`
		} `json:"total"`
	} `json:"hits"`
	Aggs map[string]json.RawMessage `json:"aggregations"`
}

// bucketList is what an aggregation found.
type bucketList struct {
	After   json.RawMessage `json:"after_key"`
	Other   int64           `json:"sum_other_doc_count"`
	Error   int64           `json:"doc_count_error_upper_bound"`
	Buckets []bucket        `json:"buckets"`
}

type bucket struct {
	Key         json.RawMessage `json:"key"`
	KeyAsString *string         `json:"key_as_string"`
	DocCount    int64           `json:"doc_count"`
	Last        struct {
		Value *float64 `json:"value"`
	} `json:"last"`
	Time bucketList `json:"time"`
}

// placeAnswer is what was found at one place of a field.
type placeAnswer struct {
	DocCount int64      `json:"doc_count"`
	Values   bucketList `json:"values"`
	Time     bucketList `json:"time"`
	Count    struct {
		Value int64 `json:"value"`
	} `json:"count"`
	Hidden struct {
		DocCount int64 `json:"doc_count"`
	} `json:"hidden"`
}

// Take reads an answer. done says that there is nothing left to ask.
func (c *Count) Take(text []byte) (done bool, err error) {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return false, fmt.Errorf("the answer is no search's: %w", err)
	}
	c.sum.trouble(&a)
	c.sum.res.Total = a.Hits.Total.Value
	if c.q.Panel.Kind == dashboard.Table {
		if _, asked := a.Aggs["untold"]; asked {
			var untold placeAnswer
			if err := read(a.Aggs, "untold", &untold); err != nil {
				return false, err
			}
			c.sum.untold = untold.DocCount
		}
		return c.takeTable(a.Aggs["rows"])
	}
	if text, ok := a.Aggs["trend"]; ok {
		var trend bucketList
		if err := json.Unmarshal(text, &trend); err != nil {
			return false, err
		}
		c.sum.res.Trend = c.buckets(trend)
	}
	if err := c.takeUntimed(a.Aggs); err != nil || len(c.fields) == 0 {
		return true, err
	}
	var none struct {
		DocCount int64 `json:"doc_count"`
	}
	if err := read(a.Aggs, "none", &none); err != nil {
		return false, err
	}
	c.sum.res.None = none.DocCount
	for i, g := range c.fields[0].groups {
		var place placeAnswer
		if err := read(a.Aggs, placeName(i), &place); err != nil {
			return false, err
		}
		c.takePlace(g, place)
	}
	return true, nil
}

// takeUntimed notes the documents that no bucket of time holds.
func (c *Count) takeUntimed(aggs map[string]json.RawMessage) error {
	if !c.q.Panel.Timed() {
		return nil
	}
	var untimed struct {
		DocCount int64 `json:"doc_count"`
	}
	if err := read(aggs, "untimed", &untimed); err != nil {
		return err
	}
	if untimed.DocCount > 0 {
		c.sum.note("%d events have their time elsewhere than in %s; they are counted, but lie in no bucket of time.", untimed.DocCount, c.time)
	}
	return nil
}

// read takes one aggregation of an answer apart.
func read(aggs map[string]json.RawMessage, name string, into any) error {
	text, ok := aggs[name]
	if !ok {
		return fmt.Errorf("the answer lacks the aggregation %q", name)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("the aggregation %q: %w", name, err)
	}
	return nil
}

// takePlace adds what was found at a place.
func (c *Count) takePlace(g dsl.Group, place placeAnswer) {
	if g.Form == profile.FormDerived {
		c.sum.untold += place.DocCount
		return
	}
	if g.Path == "" {
		for value := range g.Values {
			c.sum.add([]string{value}, place.DocCount, 0, c.buckets(place.Time))
		}
		return
	}
	c.sum.hidden += place.Hidden.DocCount
	c.sum.res.Other += place.Values.Other
	c.sum.values += place.Count.Value
	if place.Values.Error > 0 {
		c.sum.note("The server's counts are off by up to %d: each of its shards sent its own most frequent values.", place.Values.Error)
	}
	for _, b := range place.Values.Buckets {
		value, ok := valueOf(g, b)
		switch {
		case !ok || value == "": // stands for no value
			c.sum.res.None += b.DocCount
		case c.q.Panel.Shows(value):
			c.sum.add([]string{value}, b.DocCount, b.last(), c.buckets(b.Time))
		}
	}
}

// valueOf is the field's value that a bucket's key stands for.
func valueOf(g dsl.Group, b bucket) (string, bool) {
	text := b.text(b.Key, g.Type)
	switch g.Form {
	case profile.FormTable:
		for value, from := range g.Values {
			if from == nil {
				return value, true
			}
			for _, stored := range from {
				if stored == text {
					return value, true
				}
			}
		}
		return "", false
	case profile.FormID:
		return shortID(text), true
	}
	return text, true
}

// shortID is a container's id as the field has it.
func shortID(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if len(s) > 12 && strings.Trim(s, "0123456789abcdefABCDEF") == "" {
		s = s[:12]
	}
	return s
}

// text writes a key as the field's value is written.
func (b *bucket) text(key json.RawMessage, kind string) string {
	if kind == "boolean" && b.KeyAsString != nil {
		return *b.KeyAsString
	}
	var s string
	if json.Unmarshal(key, &s) == nil {
		return s
	}
	if f, err := strconv.ParseFloat(string(key), 64); err == nil && kind == "integer" && f == math.Trunc(f) {
		return strconv.FormatInt(int64(f), 10)
	}
	return string(key)
}

// last is the time of a bucket's latest document, ns since 1970.
func (b *bucket) last() int64 {
	if b.Last.Value == nil || math.Abs(*b.Last.Value) > maxMillis {
		return 0
	}
	return int64(*b.Last.Value) * nsInMilli
}

// Times come in ms since 1970.
const (
	nsInMilli = 1_000_000
	maxMillis = math.MaxInt64 / nsInMilli
)

// buckets puts a histogram's counts where the panel has them.
func (c *Count) buckets(l bucketList) []int64 {
	if !c.q.Panel.Timed() {
		return nil
	}
	counts := make([]int64, max(c.q.Span.Buckets, 0))
	for _, b := range l.Buckets {
		ms, err := strconv.ParseInt(string(b.Key), 10, 64)
		if err != nil || ms > maxMillis || ms < -maxMillis {
			continue
		}
		if i := c.q.Span.Bucket(ms * nsInMilli); i >= 0 {
			counts[i] += b.DocCount
		}
	}
	return counts
}

// Ahead returns the request behind the one that an answer is of, so that it can
// be asked before the answer is taken; nil when there is none, or that is not
// known yet.
func (c *Count) Ahead(text []byte) []byte {
	if c.q.Panel.Kind != dashboard.Table || c.pages+1 >= maxPages || bytes.Count(text, []byte(`"doc_count":`)) < pageSize {
		return nil
	}
	_, key, ok := bytes.Cut(text, []byte(`"rows":{"after_key":`))
	var after json.RawMessage
	if !ok || json.NewDecoder(bytes.NewReader(key)).Decode(&after) != nil {
		return nil
	}
	next := *c
	next.after = after
	return next.Body()
}

// takeTable adds a page of combinations.
func (c *Count) takeTable(text json.RawMessage) (done bool, err error) {
	if text == nil { // all are of one combination
		if row, some := c.row(nil); some {
			c.sum.add(row, c.sum.res.Total, 0, nil)
		} else {
			c.sum.res.None = c.sum.res.Total
		}
		return true, nil
	}
	var page struct {
		After   json.RawMessage `json:"after_key"`
		Buckets []struct {
			Keys map[string]json.RawMessage `json:"key"`
			bucket
		} `json:"buckets"`
	}
	if err := json.Unmarshal(text, &page); err != nil {
		return false, fmt.Errorf("the answer lacks the table's rows: %w", err)
	}
	for _, b := range page.Buckets {
		row, some := c.row(b.Keys)
		if !some {
			c.sum.res.None += b.DocCount
			continue
		}
		c.sum.add(row, b.DocCount, b.last(), nil)
	}
	c.after = page.After
	c.pages++
	switch {
	case len(page.Buckets) < pageSize || c.after == nil:
		return true, nil
	case c.pages >= maxPages:
		c.sum.note("There are more than %d combinations; only those that come first in the order of their values were counted.", maxPages*pageSize)
		c.sum.partial = true
		return true, nil
	}
	return false, nil
}

// row is the texts of a combination; some says that one of them is a value.
func (c *Count) row(keys map[string]json.RawMessage) (row []string, some bool) {
	for i, f := range c.fields {
		text := ""
		switch {
		case len(f.groups) == 0:
		case f.groups[0].Path == "":
			for value := range f.groups[0].Values {
				text = value
			}
		default:
			key := keys[fmt.Sprint("k", i)]
			if key == nil || string(key) == "null" {
				break
			}
			one := bucket{Key: key}
			if f.groups[0].Type == "boolean" {
				s := string(key)
				one.KeyAsString = &s
			}
			if value, ok := valueOf(f.groups[0], one); ok && (i > 0 || c.q.Panel.Shows(value)) {
				text = value
			}
		}
		row = append(row, text)
		some = some || text != ""
	}
	return row, some
}

// Result is what was found.
func (c *Count) Result() *dashboard.Result {
	return c.sum.result(len(c.fields) == 1 && c.distinct())
}
