package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// Two indices that disagree, as Elasticsearch 8 tells of them.
const (
	caps = `{"indices":["a-1","a-2"],"fields":{
		"_id":{"_id":{"type":"_id","metadata_field":true,"searchable":true,"aggregatable":false}},
		"ne.x":{"keyword":{"type":"keyword","searchable":true,"aggregatable":true}},
		"nd":{"object":{"type":"object","searchable":false,"aggregatable":false}},
		"nd.a":{"keyword":{"type":"keyword","searchable":true,"aggregatable":true}},
		"ne":{"nested":{"type":"nested","searchable":false,"aggregatable":false}},
		"labels":{"flattened":{"type":"flattened","searchable":true,"aggregatable":true}},
		"rule":{"keyword":{"type":"keyword","searchable":true,"aggregatable":true,"indices":["a-2"]},
			"text":{"type":"text","searchable":true,"aggregatable":false,"indices":["a-1"]}},
		"rule.keyword":{"keyword":{"type":"keyword","searchable":true,"aggregatable":true}},
		"short":{"keyword":{"type":"keyword","searchable":true,"aggregatable":true}},
		"num":{"long":{"type":"long","searchable":true,"aggregatable":true}},
		"low":{"keyword":{"type":"keyword","searchable":false,"aggregatable":true}}}}`
	both = `{"a-1":{"mappings":{"properties":{
			"rule":{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}},
			"num":{"type":"long"},
			"low":{"type":"keyword","normalizer":"lowercase","index":false},
			"labels":{"type":"flattened","ignore_above":100},
			"short":{"type":"alias","path":"rule.keyword"},
			"o":{"type":"object","enabled":false},
			"ne":{"type":"nested","properties":{"x":{"type":"keyword"}}},
			"nd":{"dynamic":"false","properties":{"a":{"type":"keyword","ignore_above":1024}}}}}},
		"a-2":{"mappings":{"properties":{"rule":{"type":"keyword"}, "nd":{"properties":{"a":{"type":"wildcard","ignore_above":512}}}}}}}`
)

// show writes fields down briefly.
func show(fields []Field) string {
	var all []string
	for _, f := range fields {
		line := f.Path + ":" + f.Type
		if f.Parent != "" {
			line += " in " + f.Parent
		}
		if f.IgnoreAbove != 0 {
			line += fmt.Sprintf(" <=%d", f.IgnoreAbove)
		}
		if !f.Indexed {
			line += " unindexed"
		}
		if f.Aggregatable {
			line += " agg"
		}
		if f.Malformed {
			line += " malformed"
		}
		if f.Normalized {
			line += " normalized"
		}
		if f.Nested != "" {
			line += " nested in " + f.Nested
		}
		if f.Indices != nil {
			line += " of " + strings.Join(f.Indices, "+")
		}
		all = append(all, line)
	}
	return strings.Join(all, "; ")
}

func TestLookup(t *testing.T) {
	tests := []struct {
		name              string
		mapping, settings string
		path, want        string
	}{
		{"a conflict and a multi-field of one index", both, "", "rule", "rule:keyword agg of a-2; rule:text of a-1; rule.keyword:keyword in rule <=256 agg of a-1"},
		{"a multi-field itself", both, "", "rule.keyword", "rule.keyword:keyword in rule <=256 agg of a-1"},
		{"the smallest bound of all indices", both, "", "nd.a", "nd.a:keyword <=512 agg"},
		{"not searchable, and normalized", both, "", "low", "low:keyword unindexed agg normalized"},
		{"in a nested object", both, "", "ne.x", "ne.x:keyword agg nested in ne"},
		{"an alias", both, "", "short", "short:keyword <=256 agg"},
		{"a key of a flattened object", both, "", "labels.app.name", "labels.app.name:flattened <=100 agg"},
		{"in an object that is only stored", both, "", "o.x.y", "o.x.y: unindexed"},
		{"in an object that does not grow", both, "", "nd.b", "nd.b: unindexed"},
		{"nowhere", both, "", "nothing.here", ""},
		{"an object that is only stored", both, "", "o", "o: unindexed"},
		{"an object that does not grow, itself", both, "", "nd", "nd: unindexed"},
		{"an object is no field", both, "", "ne", ""},
		{"metadata is no field", both, "", "_id", ""},
		{"an index that has stopped growing", both, `{"a-1":{"settings":{"index.mapping.total_fields.ignore_dynamic_beyond_limit":"true","index.mapping.total_fields.limit":"50"}}}`, "nothing.here", "nothing.here: unindexed"},
		{"an index that will stop growing", both, `{"a-1":{"settings":{"index.mapping.total_fields.ignore_dynamic_beyond_limit":"true"}}}`, "nothing.here", ""},
		{"a bound of the index", both, `{"a-2":{"settings":{"index.mapping.ignore_above":"99"}}}`, "rule", "rule:keyword <=99 agg of a-2; rule:text of a-1; rule.keyword:keyword in rule <=256 agg of a-1"},
		{"a bound of the index's mode", both, `{"a-2":{"settings":{"index.mode":"logsdb"}}}`, "rule", "rule:keyword <=8191 agg of a-2; rule:text of a-1; rule.keyword:keyword in rule <=256 agg of a-1"},
		{"what is malformed is left out", both, `{"a-1":{"settings":{"index.mapping.ignore_malformed":"true"}}}`, "num", "num:long agg malformed"},
		{"and is not", both, "", "num", "num:long agg"},
		{"mapping may not be read", "", "", "rule", "rule:keyword <=-1 agg of a-2; rule:text of a-1; rule.keyword:keyword in rule <=-1 agg"},
		{"what nobody told of, then", "", "", "nothing.here", "nothing.here: unindexed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := Answers{FieldCaps: []byte(caps)}
			if tt.mapping != "" {
				a.Mapping = []byte(tt.mapping)
			}
			if tt.settings != "" {
				a.Settings = []byte(tt.settings)
			}
			m, indices, err := Parse(a)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(indices, " "); got != "a-1 a-2" {
				t.Errorf("indices %s", got)
			}
			// A field with a multi-field (rule.keyword) is none.
			if rule, ne := m.Below("rule"), m.Below("ne"); len(rule) > 0 || len(ne) == 0 {
				t.Errorf("below rule lies %v, below ne %v; want some below ne alone", rule, ne)
			}
			if got := show(m.Lookup(tt.path)); got != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", tt.path, got, tt.want)
			}
		})
	}
}

func TestParseSaysWhatCannotBeRead(t *testing.T) {
	for want, a := range map[string]Answers{
		"_field_caps": {FieldCaps: []byte("<html>")},
		"_mapping":    {FieldCaps: []byte(caps), Mapping: []byte(`[]`)},
		"_settings":   {FieldCaps: []byte(caps), Mapping: []byte(both), Settings: []byte(`1`)},
		"a-1":         {FieldCaps: []byte(caps), Mapping: []byte(`{"a-1":{"mappings":[]}}`)},
	} {
		if _, _, err := Parse(a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(caps), []byte(both), []byte(`{"a-2":{"settings":{"index.mode":"logsdb"}}}`), "rule")
	f.Add([]byte(`{"fields":{"a":{"text":{}}}}`), []byte(`{"i":{"mappings":{"properties":{"a":null}}}}`), []byte(`{}`), "a.b.c")
	f.Fuzz(func(t *testing.T, caps, mapping, settings []byte, path string) {
		m, _, err := Parse(Answers{FieldCaps: caps, Mapping: mapping, Settings: settings})
		if err != nil {
			return
		}
		for _, p := range append(m.Paths(), path) {
			for _, f := range m.Lookup(p) {
				if f.Path == "" && p != "" {
					t.Errorf("%q leads to a field without a path", p)
				}
			}
		}
	})
}

// What indices hold apart from their documents is known by their mappings and
// settings, with the field that has it as doc values.
func TestApart(t *testing.T) {
	caps := `{"indices":["on","off","cut"],"fields":{`
	for _, f := range []string{"k:keyword:true", "data.set:constant_keyword:true", "run:keyword:true", "other:keyword:true", "x.y:long:true", "x.deep.z:ip:true", "t:text:false", "u:text:false", "u.keyword:keyword:true", "flat:flattened:true"} {
		w := strings.Split(f, ":")
		caps += fmt.Sprintf(`%q:{%q:{"type":%q,"searchable":true,"aggregatable":%s}},`, w[0], w[1], w[1], w[2])
	}
	caps = strings.TrimSuffix(caps, ",") + "}}"
	const properties = `"properties":{"k":{"type":"keyword"},"t":{"type":"text"},"u":{"type":"text","fields":{"keyword":{"type":"keyword"}}},"flat":{"type":"flattened"},
		"x":{"properties":{"y":{"type":"long"},"deep":{"properties":{"z":{"type":"ip"}}}}}}`
	on := `"on":{"mappings":{"runtime":{"run":{"type":"keyword"}},"properties":{"data":{"properties":{"set":{"type":"constant_keyword","value":"a"}}},"other":{"type":"alias","path":"k"},"k":{"type":"keyword"}}}}`
	for name, c := range map[string]struct{ index, settings, apart, partly string }{
		"whole":    {`"cut":{"mappings":{` + properties + `}}`, `{}`, "data.set other run", ""},
		"synth":    {`"cut":{"mappings":{"_source":{"mode":"synthetic"},` + properties + `}}`, `{}`, "data.set other run", ""},
		"disabled": {`"cut":{"mappings":{"_source":{"enabled":false},` + properties + `}}`, `{}`, "data.set k other run u=u.keyword x.deep.z x.y", "cut"},
		"setting":  {`"cut":{"mappings":{` + properties + `}}`, `{"cut":{"settings":{"index.mapping.source.mode":"disabled"}}}`, "data.set k other run u=u.keyword x.deep.z x.y", "cut"},
		"excludes": {`"cut":{"mappings":{"_source":{"excludes":["x.*.z","u"]},` + properties + `}}`, `{}`, "data.set other run u=u.keyword x.deep.z", "cut"},
		"object":   {`"cut":{"mappings":{"_source":{"excludes":["x"]},` + properties + `}}`, `{}`, "data.set other run x.deep.z x.y", "cut"},
		"includes": {`"cut":{"mappings":{"_source":{"includes":["*.y","k"]},` + properties + `}}`, `{}`, "data.set other run u=u.keyword x.deep.z", "cut"},
	} {
		m, _, err := Parse(Answers{FieldCaps: []byte(caps), Mapping: []byte("{" + on + "," + c.index + "}"), Settings: []byte(c.settings)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range m.Apart {
			if a.Ask != a.Path {
				a.Path += "=" + a.Ask
			}
			got = append(got, a.Path)
		}
		if strings.Join(got, " ") != c.apart || strings.Join(m.Partly, " ") != c.partly {
			t.Errorf("%s: %v of %v", name, got, m.Partly)
		}
	}
}
