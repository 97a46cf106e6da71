package profile

import "testing"

// What profiles read is known by its path, wherever their documents lie in
// others.
func TestReads(t *testing.T) {
	for path, want := range map[string]bool{
		"rule": true, "json.rule": true, "output_fields.proc.name": true, "data_stream.dataset": true, "message": true,
		"nobody.reads.this": false, "rule.keyword": false, "json": false,
	} {
		if got := InUse().Reads(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	for path, want := range map[string]bool{"a.b": true, "a.b.c": false, "x.y": true, "n": false, "z": false} {
		if got := Has([]byte(`{"a":{"b":0},"x.y":false,"n":null}`), path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}
