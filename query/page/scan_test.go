package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	a, err := Scan([]byte(` {"pit_id":"p\u0041\"","took":1,"timed_out":true,
		"_shards":{"total":2,"successful":1,"skipped":0,"failed":1,"failures":[{"index":"x","reason":{"reason":"disk"}}]},
		"hits":{"total":{"value":7,"relation":"gte"},"max_score":null,"hits":[
			{"_index":"a","_id":"1","_score":null,"_source":{"m":"a \"}] \\","n":[{}, []]},"sort":[1772366400000,-1]},
			{"_index":"a","_id":null,"sort":[-9223372036854775808,3]},
			{"_index":"b","_id":"\u00e9","_source": {
				"k" : 1 } ,"sort":[1.5e3]}]},
		"aggregations":{"s":{"buckets":[]}}} `))
	if err != nil {
		t.Fatal(err)
	}
	var hits []string
	for _, h := range a.Hits {
		hits = append(hits, fmt.Sprintf("%s/%s %s %s %d %v", h.Index, h.ID, h.Source, h.Sort, h.Time, h.Timed))
	}
	want := []string{
		`a/1 {"m":"a \"}] \\","n":[{}, []]} [1772366400000,-1] 1772366400000 true`,
		`a/  [-9223372036854775808,3] -9223372036854775808 true`,
		"b/é {\n\t\t\t\t\"k\" : 1 } [1.5e3] 1500 true",
	}
	if !slices.Equal(hits, want) {
		t.Errorf("hits\n%s", strings.Join(hits, "\n"))
	}
	if a.PIT != `pA"` || !a.TimedOut || a.Shards != 2 || a.Failed != 1 || a.Total != 7 || !a.AtLeast || string(a.Aggs) != `{"s":{"buckets":[]}}` {
		t.Errorf("%+v", a)
	}
	if got, want := a.Lack(), "the server ran out of time; 1 of 2 shards did not answer (x: disk)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Logz.io's scroll has the hits as JSON in a text, or as they are.
func TestScanScroll(t *testing.T) {
	for _, body := range []string{
		`{"code":200,"scrollId":"s","hits":"{\"total\":1,\"hits\":[{\"_index\":\"a\",\"_id\":\"1\",\"_source\":{\"m\":\"\\\"\"}}]}"}`,
		`{"code":200,"scrollId":"s","hits":"{\"total\":1,\"hits\":{\"total\":1,\"hits\":[{\"_index\":\"a\",\"_id\":\"1\",\"_source\":{\"m\":\"\\\"\"}}]}}"}`,
		`{"code":200,"scrollId":"s","hits":"[{\"_index\":\"a\",\"_id\":\"1\",\"_source\":{\"m\":\"\\\"\"}}]"}`,
		`{"code":200,"scrollId":"s","hits":{"total":1,"max_score":1.0,"hits":[{"_index":"a","_id":"1","_source":{"m":"\""}}]}}`,
	} {
		a, err := Scan([]byte(body))
		if err != nil || a.Scroll != "s" || len(a.Hits) != 1 || string(a.Hits[0].Source) != `{"m":"\""}` {
			t.Errorf("%s: %+v, %v", body, a, err)
		}
	}
}

// An answer that is cut anywhere is no answer.
func TestScanCut(t *testing.T) {
	whole := `{"took":1,"hits":{"total":1,"hits":[{"_index":"a","_id":"1","_source":{"a":"b\"","c":[1]},"sort":[1,2]}]}}`
	if _, err := Scan([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for i := range len(whole) {
		if _, err := Scan([]byte(whole[:i])); !errors.Is(err, errCut) {
			t.Errorf("%s: error %v", whole[:i], err)
		}
	}
	for _, bad := range []string{
		"<html>", "[]", "{}", `{"hits":{}}x`, `{"hits":1}`, `{"hits":[}]`, `{"hits":{"total":"x"}}`, `{"hits":{},}`,
		`{"hits":{"hits":` + strings.Repeat("[", 2000) + `}}`, `{"a":` + strings.Repeat("[", 2000), `{"hits":{"hits":[{"_source":{]}]}}`,
	} {
		if a, err := Scan([]byte(bad)); err == nil {
			t.Errorf("%.60s is read as %+v", bad, a)
		}
	}
}

// Whatever the JSON reader of Go takes is taken, with the same documents.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"hits":{"total":{"value":1},"hits":[{"_index":"a","_id":"1","_source":{"a":"\\\"","b":[{}]},"sort":[1,"x"]}]},"aggregations":{}}`))
	f.Add([]byte(`{"pit_id":"x","hits":{"hits":[{"_source":null},{"_id":"é"}]},"_shards":{"failed":1,"failures":[]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := Scan(body)
		var want struct {
			Hits *struct {
				Hits []map[string]json.RawMessage `json:"hits"`
			} `json:"hits"`
		}
		if json.Unmarshal(body, &want) != nil || want.Hits == nil || strings.Contains(strings.ToLower(string(body)), `\u`) {
			return // what Go does not take may be taken: documents are looked at by whoever reads them
		}
		if err != nil {
			return // of another type, or a name twice
		}
		if len(a.Hits) == len(want.Hits.Hits) {
			for i, h := range a.Hits {
				if src, ok := want.Hits.Hits[i]["_source"]; ok && h.Source != nil && !json.Valid(h.Source) {
					t.Errorf("document %d is %q, want %q", i, h.Source, src)
				}
			}
		}
	})
}

func TestFirstNumber(t *testing.T) {
	for list, want := range map[string]int64{"[5]": 5, "[-9223372036854775808,1]": -1 << 63, "[ 7 , 1]": 7, "[1547188417.857,2]": 1547188417} {
		if got, ok := firstNumber([]byte(list)); !ok || got != want {
			t.Errorf("%s: %d, %v", list, got, ok)
		}
	}
	for _, list := range []string{"", "[", "[]", `["x"]`, "[null,1]", "[1e99]"} {
		if got, ok := firstNumber([]byte(list)); ok {
			t.Errorf("%s: %d", list, got)
		}
	}
}
