package dsl

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// places are where the documents of these tests hold fields.
var places = map[string][]profile.Stored{
	"proc.name":     {{Path: "name"}},
	"proc.cmdline":  {{Path: "line"}},
	"proc.exepath":  {{Path: "exe"}, {Path: "old_exe"}},
	"proc.pid":      {{Path: "pid"}},
	"proc.vpid":     {{Path: "vpid"}},
	"fd.sip":        {{Path: "sip"}},
	"fd.cip":        {{Path: "cip"}},
	"container.id":  {{Path: "cid", Form: profile.FormID}},
	"evt.type":      {{Path: "action", Form: profile.FormTable, Values: map[string][]string{"execve": {"exec", "executed"}, "connect": {"net"}}}},
	"alert.tags":    {{Path: "tags"}},
	"alert.rule":    {{Path: "rule"}},
	"evt.rawtime":   {{Path: "@timestamp", Form: profile.FormTime}},
	"proc.aname[1]": {{Path: "a1"}},
	"proc.aname[2]": {{Path: "a2"}},
	"fd.name":       {},
	"evt.category":  {{Path: "kind", Form: profile.FormTable, Values: map[string][]string{"process": nil}}},
	"proc.args":     {{Path: "args", Form: profile.FormDerived}},
}

func stored(f *event.Field, a event.Arg) ([]profile.Stored, bool) {
	name := f.Name
	if f.Name == "proc.aname" {
		if !a.Set || a.Index > 2 {
			return nil, true
		}
		name = "proc.aname[" + string(rune('0'+a.Index)) + "]"
	}
	p, ok := places[name]
	return p, ok
}

type fields map[string][]mapping.Field

func (f fields) Lookup(path string) []mapping.Field { return f[path] }

func (f fields) Below(path string) []mapping.Field {
	if path == "kind" {
		return []mapping.Field{indexed("kind.of", "keyword")}
	}
	return nil
}

func indexed(path, kind string) mapping.Field {
	return mapping.Field{Path: path, Type: kind, Indexed: true, Aggregatable: true}
}

// index is a mapping such as dynamic templates make.
var index = fields{
	"name":       {indexed("name", "keyword")},
	"line":       {indexed("line", "text"), {Path: "line.keyword", Parent: "line", Type: "keyword", Indexed: true, IgnoreAbove: 8}},
	"exe":        {indexed("exe", "keyword")},
	"old_exe":    {indexed("old_exe", "keyword")},
	"pid":        {indexed("pid", "long")},
	"vpid":       {indexed("vpid", "keyword")},
	"sip":        {indexed("sip", "ip")},
	"cip":        {indexed("cip", "keyword")},
	"cid":        {indexed("cid", "keyword")},
	"action":     {indexed("action", "keyword")},
	"tags":       {indexed("tags", "keyword")},
	"rule":       {indexed("rule", "text")},
	"@timestamp": {indexed("@timestamp", "date")},
	"a1":         {indexed("a1", "keyword")},
	"a2":         {indexed("a2", "keyword")},
	"args":       {indexed("args", "keyword")},
}

func TestCompile(t *testing.T) {
	tests := []struct {
		filter string
		exact  bool
		query  string
	}{
		{`proc.name = nc`, true, `{"term":{"name":"nc"}}`},
		{`proc.name != nc`, true, `{"bool":{"filter":[{"exists":{"field":"name"}}],"must_not":[{"term":{"name":"nc"}}]}}`},
		{`not proc.name = nc`, true, `{"bool":{"must_not":[{"term":{"name":"nc"}}]}}`},
		{
			`proc.name in (nc, ncat) and not proc.pid > 7`, true,
			`{"bool":{"filter":[{"terms":{"name":["nc","ncat"]}}],"must_not":[{"range":{"pid":{"gte":8}}}]}}`,
		},
		{`proc.name contains "n*c"`, true, `{"wildcard":{"name":{"value":"*n\\*c*"}}}`},
		{`proc.name icontains NC`, true, `{"wildcard":{"name":{"case_insensitive":true,"value":"*NC*"}}}`},
		{
			`proc.name startswith n or proc.name endswith c`, true,
			`{"bool":{"minimum_should_match":1,"should":[{"prefix":{"name":"n"}},{"wildcard":{"name":{"value":"*c"}}}]}}`,
		},
		{`tolower(proc.name) = nc`, true, `{"wildcard":{"name":{"case_insensitive":true,"value":"nc"}}}`},
		{`tolower(proc.name) = NC`, true, `{"match_none":{}}`},
		{`proc.name glob "n?"`, false, `{"wildcard":{"name":{"value":"n*"}}}`},
		{`proc.name regex "n[ab]+(c|d)"`, true, `{"regexp":{"name":{"flags":"NONE","value":"(n)(([a-b])+)(([c-d]))"}}}`},
		{`proc.name pmatch (/usr/bin)`, true, `{"regexp":{"name":{"flags":"NONE","value":"/*usr/+bin(/.*)?"}}}`},

		// What is longer than servers take is asked for by its beginning, or not at all.
		{`proc.name startswith "` + strings.Repeat("é", 600) + `"`, false, `{"prefix":{"name":"` + strings.Repeat("é", 500) + `"}}`},
		{`proc.name contains ` + strings.Repeat("n", 600), false, `{"exists":{"field":"name"}}`},

		// The first place that a document has counts.
		{
			`proc.exepath = /bin/sh`, true,
			`{"bool":{"minimum_should_match":1,"should":[{"term":{"exe":"/bin/sh"}},` +
				`{"bool":{"filter":[{"term":{"old_exe":"/bin/sh"}}],"must_not":[{"exists":{"field":"exe"}}]}}]}}`,
		},

		// Long values are not in the keyword: their documents are fetched.
		{`proc.cmdline = "nc -l"`, true, `{"term":{"line.keyword":"nc -l"}}`},
		{
			`proc.cmdline contains nc`, false,
			`{"bool":{"minimum_should_match":1,"should":[{"wildcard":{"line.keyword":{"value":"*nc*"}}},{"term":{"_ignored":"line.keyword"}},` +
				`{"bool":{"filter":[{"exists":{"field":"line"}}],"must_not":[{"exists":{"field":"line.keyword"}}]}}]}}`,
		},
		{`not proc.cmdline contains nc`, false, `{"bool":{"must_not":[{"wildcard":{"line.keyword":{"value":"*nc*"}}}]}}`},
		{
			`proc.cmdline = "nc -l -p 4444"`, false,
			`{"bool":{"minimum_should_match":1,"should":[{"term":{"_ignored":"line.keyword"}},` +
				`{"bool":{"filter":[{"exists":{"field":"line"}}],"must_not":[{"exists":{"field":"line.keyword"}}]}}]}}`,
		},
		{
			`alert.rule = "Terminal shell"`, false,
			`{"bool":{"filter":[{"exists":{"field":"rule"}},{"match_phrase":{"rule":{"query":"Terminal shell","zero_terms_query":"all"}}}]}}`,
		},

		// Numbers, also those that are stored as texts.
		{`proc.pid = 0x10`, true, `{"term":{"pid":16}}`},
		{`proc.vpid = 16`, true, `{"regexp":{"vpid":{"flags":"NONE","value":"0{0,17}16"}}}`},
		{`proc.vpid > 16`, false, `{"exists":{"field":"vpid"}}`},

		{`fd.sip = 10.0.0.7`, true, `{"term":{"sip":"10.0.0.7"}}`},
		{`fd.snet = 10.0.0.0/8`, true, `{"term":{"sip":"10.0.0.0/8"}}`},
		{`fd.cnet = 10.1.0.0/16`, true, `{"regexp":{"cip":{"flags":"NONE","value":"(::ffff:)?10\\.1\\.[0-9]+\\.[0-9]+"}}}`},
		{
			`fd.ip = 10.0.0.7`, true,
			`{"bool":{"minimum_should_match":1,"should":[{"terms":{"cip":["10.0.0.7","::ffff:10.0.0.7"]}},{"term":{"sip":"10.0.0.7"}}]}}`,
		},

		{
			`container.id = 0123456789ab`, true,
			`{"regexp":{"cid":{"flags":"NONE","value":"(.*://)?0123456789ab[0-9a-fA-F]*"}}}`,
		},
		{`container.id != host`, true, `{"bool":{"filter":[{"range":{"cid":{"gt":""}}}],"must_not":[{"regexp":{"cid":{"flags":"NONE","value":"(.*://)?host"}}}]}}`},

		{`evt.type in (execve, connect)`, true, `{"terms":{"action":["exec","executed","net"]}}`},
		{`evt.type startswith exec`, true, `{"terms":{"action":["exec","executed"]}}`},
		{`evt.category = process`, true, `{"exists":{"field":"kind"}}`},
		{`evt.category != process`, true, `{"match_none":{}}`},
		{`evt.type = openat`, true, `{"match_none":{}}`},

		{`alert.tags intersects (network, process)`, true, `{"terms":{"tags":["network","process"]}}`},
		{
			`alert.tags in (network)`, false,
			`{"bool":{"minimum_should_match":1,"should":[{"term":{"tags":"network"}},{"bool":{"must_not":[{"exists":{"field":"tags"}}]}}]}}`,
		},

		{
			`proc.aname = sh`, true,
			`{"bool":{"minimum_should_match":1,"should":[{"term":{"a1":"sh"}},{"term":{"a2":"sh"}}]}}`,
		},
		{`proc.aname[2] exists`, true, `{"exists":{"field":"a2"}}`},

		{`evt.rawtime >= 1700000000123000000`, true, `{"range":{"@timestamp":{"gte":"2023-11-14T22:13:20.123Z"}}}`},
		{`evt.rawtime > 1700000000123456789`, false, `{"range":{"@timestamp":{"gte":"2023-11-14T22:13:20.123Z"}}}`},

		// What is not stored holds for nothing, what is not known for anything.
		{`fd.name exists`, true, `{"match_none":{}}`},
		{`not fd.name exists`, true, `{"match_all":{}}`},
		{`proc.cwd = /`, false, `{"match_all":{}}`},
		{`proc.args contains x`, false, `{"exists":{"field":"args"}}`},
		{`proc.cwd = / and proc.name = nc`, false, `{"term":{"name":"nc"}}`},
		{`proc.cwd = / or proc.name = nc`, false, `{"match_all":{}}`},
		{`len(proc.name) > 3`, false, `{"exists":{"field":"name"}}`},
		{
			`proc.name = val(proc.exepath)`, false,
			`{"bool":{"filter":[{"exists":{"field":"name"}},{"bool":{"minimum_should_match":1,"should":[{"exists":{"field":"exe"}},` +
				`{"bool":{"filter":[{"exists":{"field":"old_exe"}}],"must_not":[{"exists":{"field":"exe"}}]}}]}}]}}`,
		},
	}
	c := &compiler{stored: stored, m: index}
	for _, tt := range tests {
		f, err := filter.Compile(tt.filter, event.Fields)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		plan := c.plan(f)
		if string(plan.Query) != tt.query || plan.Exact != tt.exact {
			t.Errorf("%s\n got %v %s\nwant %v %s", tt.filter, plan.Exact, plan.Query, tt.exact, tt.query)
		}
	}
}

// A document that is indexed as one text is found by what must stand in it.
func TestInText(t *testing.T) {
	c := &compiler{stored: stored, text: "message", m: fields{"message": {indexed("message", "text")}}}
	for text, want := range map[string]string{
		`proc.name = "nc"`:                `{"match_phrase":{"message":{"query":"nc","zero_terms_query":"all"}}}`,
		`not proc.name = "nc"`:            `{"match_all":{}}`,
		`proc.name = 'a"b'`:               `{"match_all":{}}`, // may be written as \" or \u0022
		`evt.type = execve`:               `{"match_all":{}}`, // is stored under another name
		`proc.pid = 5 and proc.name = nc`: `{"match_phrase":{"message":{"query":"nc","zero_terms_query":"all"}}}`,
	} {
		f, err := filter.Compile(text, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		if plan := c.plan(f); string(plan.Query) != want || plan.Exact {
			t.Errorf("%s\n got %v %s\nwant %s", text, plan.Exact, plan.Query, want)
		}
	}
}

// FuzzCompile: every filter has a query that is JSON and no deeper than
// servers allow.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`proc.name = nc and not (proc.pid > 3 or fd.sip = ::1)`, `proc.aname in (a, b)`, `container.id startswith 01`,
		`proc.name regex "(a|b)*[^c]{2,3}"`, `proc.cmdline glob "*[!a]\\*"`, `alert.tags in ()`, `toupper(proc.name) != X`,
	} {
		f.Add(seed)
	}
	c := &compiler{stored: stored, m: index}
	f.Fuzz(func(t *testing.T, text string) {
		cond, err := filter.Compile(text, event.Fields)
		if err != nil {
			return
		}
		plan := c.plan(cond)
		var q any
		if err := json.Unmarshal(plan.Query, &q); err != nil {
			t.Fatalf("%s: %s: %v", text, plan.Query, err)
		}
		if n := nesting(q); n > 30 {
			t.Fatalf("%s: %d bool queries in each other", text, n)
		}
	})
}

// nesting counts bool queries in each other.
func nesting(q any) (n int) {
	switch q := q.(type) {
	case []any:
		for _, x := range q {
			n = max(n, nesting(x))
		}
	case map[string]any:
		for key, x := range q {
			deeper := nesting(x)
			if key == "bool" {
				deeper++
			}
			n = max(n, deeper)
		}
	}
	return n
}
