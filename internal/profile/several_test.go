package profile

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Where a document has several values and one is expected, a check holds if it
// does for one of them, and != if it does for all. So does an index say of them.
func TestSeveralValues(t *testing.T) {
	batch := batchOf(t, "falco",
		`{"rule":"R","priority":["Notice","Error"],"time":"2026-01-01T00:00:00Z","output_fields":{"proc.name":["sh","bash"],"proc.pid":[7,9],"proc.tty":["0"],"fd.cip":["10.0.0.1","10.0.0.2"],"my.own":["x","y"],"proc.aname[2]":["a","b"]}}`,
		`{"rule":"R","priority":"Notice","time":"2026-01-01T00:00:00Z","output_fields":{"proc.name":"sh","proc.pid":7,"proc.aname[2]":[],"user.name":[null]}}`)
	for expr, want := range map[string][2]bool{
		"proc.name = bash":                                 {true, false},
		"proc.name != bash":                                {false, true},
		"proc.name != zsh":                                 {true, true},
		"not proc.name = bash":                             {false, true},
		"proc.name in (bash, zsh)":                         {true, false},
		"proc.name startswith s":                           {true, true},
		"proc.name contains allof (sh, ba)":                {true, false},
		"proc.name = oneof (sh, bash)":                     {false, true},
		"tolower(proc.name) = bash":                        {true, false},
		"proc.pid > 8":                                     {true, false},
		"proc.pid = 7":                                     {true, true},
		"proc.tty = 0":                                     {true, false},
		"fd.cip = 10.0.0.2":                                {true, false},
		"fd.ip != 10.0.0.2":                                {false, false},
		"fd.net = 10.0.0.2/32":                             {true, false},
		"alert.priority = Error":                           {true, false},
		"alert.priority != Error":                          {false, true},
		"proc.aname = b":                                   {true, false},
		"proc.aname[2] exists":                             {true, false},
		"user.name exists":                                 {false, false},
		"evt.rawtime exists and proc.name = bash":          {true, false},
		"not (alert.rule = R and not proc.name = bash)":    {true, false},
		"proc.pid = 9 or alert.priority = Error":           {true, false},
		"proc.pid = 7 and proc.name = sh and proc.tty = 0": {true, false},
	} {
		f, err := filter.Compile(expr, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		sel := []uint64{3}
		f.Select(batch, sel)
		group := filter.NewGroup([]*filter.Filter{f})
		group.Begin(batch)
		together := []uint64{3}
		group.Select(0, together)
		for i, holds := range want {
			if got := f.Match(batch, i); got != holds || sel[0]>>i&1 == 1 != holds || together[0]>>i&1 == 1 != holds {
				t.Errorf("%s: document %d: match %v, selected %b, together %b; want %v", expr, i, got, sel[0], together[0], holds)
			}
		}
	}
}

func batchOf(t *testing.T, kind string, docs ...string) *event.Batch {
	t.Helper()
	tables := event.NewTables()
	mapper := NewMapper(ByName(kind), tables)
	batch := event.NewBatch(tables, 1, len(docs))
	for _, doc := range docs {
		e, err := mapper.Map([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		batch.Append(e, []byte(doc))
	}
	return batch
}

// What stoop ships itself has lists where lists belong: none of it is looked at
// value by value, which costs a reading of the document for each check.
func TestOwnListsAreNotSeveral(t *testing.T) {
	doc := `{"@timestamp":"2026-11-23T23:37:11.775524049Z","event":{"kind":"event","module":"stoop","dataset":"stoop.trail","sequence":1,"action":"connect"},` +
		`"process":{"pid":7,"name":"nc","args":["nc","-e","sh"]},"container":{"id":"9a804b51dbe4"},` +
		`"stoop":{"source":"demo","fields":{"fd_types":["ipv4","file"],"fd_sip_name":["a.example","b.example"],"evt_type":"connect"}}}`
	_, e, err := Choose(event.NewTables).Map([]byte(doc))
	if err != nil || e.Bits&event.Several != 0 {
		t.Errorf("%v, %b", err, e.Bits)
	}
}
