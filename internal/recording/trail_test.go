package recording

import (
	"bytes"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/profile/falcogen"
	"github.com/stoop-project/stoop/internal/source"
)

// notRead are fields that say where an event stands among others, and what a
// document does not hold: control groups, and of ancestors their environment, and
// whether those with a command line of one word had no arguments.
var notRead = map[string]bool{"thread.cgroups": true, "proc.aenv": true, "proc.aargs": true, "evt.num": true, "evt.reltime": true, "evt.reltime.s": true, "evt.reltime.ns": true, "evt.deltatime": true, "evt.deltatime.s": true, "evt.deltatime.ns": true}

// noArgs are fields that a command line of one word makes empty.
var noArgs = map[string]bool{"proc.args": true, "proc.cmdnargs": true, "proc.cmdlenargs": true}

// Events that were written as documents read back with the same fields: a real
// incident, and alerts of Falco.
func TestTrailReadsBack(t *testing.T) {
	var alerts bytes.Buffer
	if _, err := falcogen.New(5).Write(&alerts, 200<<10); err != nil {
		t.Fatal(err)
	}
	batches := collect(t, open(t, "../demo/incident.stoop.zst"), source.Request{})
	batches = append(batches, collect(t, open(t, write(t, alerts.String())), source.Request{})...)
	n, seen := 0, map[event.Type]int{}
	for _, b := range batches {
		w := &profile.Writer{Source: "demo"}
		tab := event.NewTables()
		m := profile.NewMapper(profile.ByName("stoop"), tab)
		m.Alone = true
		for i := range b.Len() {
			if seen[b.Type[i]]++; seen[b.Type[i]] > 20 && i%100 != 0 {
				continue
			}
			n++
			doc := w.Append(nil, b.Row(i))
			if p := profile.Sniff(doc); p == nil || p.Name != "stoop" {
				t.Fatalf("%v reads %s", p, doc)
			}
			e, err := m.Map(doc)
			if err != nil {
				t.Fatalf("%v: %s", err, doc)
			}
			back := event.NewBatch(tab, b.Seq+uint64(i), 1)
			back.Append(e, doc)
			sameFields(t, b.Row(i), back.Row(0), fmt.Sprint("event ", b.Seq+uint64(i)))
			if t.Failed() {
				t.Fatalf("%s", doc)
			}
		}
	}
	if n < 200 {
		t.Errorf("%d events", n)
	}
}

// sameFields compares all that two events' fields show.
func sameFields(t *testing.T, want, got event.Row, what string) {
	t.Helper()
	for _, f := range event.Fields.All() {
		if notRead[f.Name] || f.Class == "json" || f.Flags&(event.Deprecated|event.TableOnly) != 0 {
			continue
		}
		args := []event.Arg{{}}
		if f.Arg&event.ArgRequired != 0 {
			args = nil
		}
		if f.Name == "proc.aname" || f.Name == "proc.apid" {
			args = append(args, event.Arg{Set: true, Index: 1, Key: "1"}, event.Arg{Set: true, Index: 2, Key: "2"}, event.Arg{Set: true, Index: 4, Key: "4"})
		}
		for _, a := range args {
			v, ok := f.Show(want, a)
			w, ok2 := f.Show(got, a)
			if !ok && ok2 && w.Str == "" && noArgs[f.Name] {
				continue // a command line without arguments, of a process whose arguments are not known
			}
			if ok && !utf8.ValidString(v.String()) {
				continue // the document says so
			}
			if ok != ok2 || ok && v.String() != w.String() {
				t.Errorf("%s: %s%v was %q (%v), reads back as %q (%v)", what, f.Name, a.Key, v.String(), ok, w.String(), ok2)
			}
		}
	}
	if want.B.Bits[want.I]&event.HasDoc != 0 {
		return
	}
	f, _ := event.Fields.Lookup("evt.arg")
	for a := range event.Args(want.B, want.I) {
		if !utf8.ValidString(a.Text()) {
			continue
		}
		if v, ok := f.Get(got, event.Arg{Set: true, Key: a.Name, Index: -1}); !ok || v.String() != a.Text() {
			t.Errorf("%s: argument %s was %q, reads back as %q", what, a.Name, a.Text(), v.String())
		}
	}
}
