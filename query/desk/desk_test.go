package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/test/siem"
)

// at returns a desk of an index at a server, with the server's own credentials.
func at(t *testing.T, s *siem.Server, index, alerts string) *Desk {
	t.Helper()
	s.Env(t)
	c, err := conn.Open(t.Context(), conn.Environment(s.Address(index)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d, err := New(c, index, alerts)
	if err != nil {
		t.Fatal(err)
	}
	d.every = 50 * time.Millisecond
	return d
}

func newIndex(t *testing.T) string {
	return fmt.Sprintf("stoop-queue-%x", time.Now().UnixNano())
}

var when = time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)

// Two analysts at one index: what one decides the other sees, and neither
// writes over what was not seen.
func TestTwoAnalysts(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		index := newIndex(t)
		ann, bob := at(t, s, index, ""), at(t, s, index, "")
		if all, err := bob.Load(t.Context()); len(all) != 0 || err != nil {
			t.Fatalf("before the index is there: %v, %v", all, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		news, done := make(chan queue.Record, 100), make(chan error)
		go func() {
			done <- bob.Watch(ctx, func(all []queue.Record) {
				for _, r := range all {
					news <- r
				}
			})
		}()
		k := queue.Kind{Rule: "Terminal shell", Workload: "shop/web"}
		first, err := ann.Save(t.Context(), queue.Record{ID: k.ID(), Kind: &k, State: queue.Acknowledged, By: "ann", Note: "mine \x1b[2J", At: when, Until: when})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case r := <-news:
			if r.ID != first.ID || r.State != queue.Acknowledged || r.Version != first.Version || r.Note != first.Note || *r.Kind != k || !r.Until.Equal(when) {
				t.Errorf("bob sees %+v, ann wrote %+v", r, first)
			}
		case <-time.After(time.Minute):
			t.Fatal("bob is told nothing")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}

		second := first
		second.State, second.Verdict, second.At = queue.Closed, "benign", when.Add(time.Minute)
		if second, err = ann.Save(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		var conflict *queue.Conflict
		for what, stale := range map[string]queue.Record{"who saw the first": first, "who saw none": {ID: first.ID, State: queue.Open, By: "bob", At: when}} {
			if _, err := bob.Save(t.Context(), stale); !errors.As(err, &conflict) || conflict.Theirs.Version != second.Version || conflict.Theirs.Verdict != "benign" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := bob.Save(t.Context(), conflict.Theirs); err != nil {
			t.Errorf("who saw theirs: %v", err)
		}
		all, err := at(t, s, index, "").Load(t.Context())
		if err != nil || len(all) != 1 || all[0].State != queue.Closed {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// Many records come in pages, and documents that are none are left alone.
func TestManyRecords(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index := newIndex(t)
	d := at(t, s, index, "")
	if err := d.make(t.Context()); err != nil {
		t.Fatal(err)
	}
	var docs [][]byte
	for i := range 2500 {
		doc, _ := json.Marshal(queue.Record{ID: fmt.Sprint("alert-", i), State: queue.Open, At: when})
		docs = append(docs, doc)
	}
	docs = append(docs, []byte(`{"id":"x","state":"nonsense"}`), []byte(`{"other":1}`))
	s.Add(t, index, docs...)
	if all, err := d.Load(t.Context()); len(all) != 2500 || err != nil {
		t.Errorf("%d records, %v", len(all), err)
	}
	if all, err := d.news(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("%d again, %v", len(all), err)
	}
}

// The state of Elastic's alerts is written where Kibana looks for it, whichever
// way their fields are written, and what others write there is told.
func TestMark(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	settings := `{"mappings":{"properties":{"kibana":{"properties":{"alert":{"properties":{"uuid":{"type":"keyword"},"workflow_status":{"type":"keyword"},"workflow_status_updated_at":{"type":"date"}}}}}}}}`
	alerts := s.Index(t, settings,
		[]byte(`{"kibana.alert.uuid":"a","kibana.alert.workflow_status":"open"}`),
		[]byte(`{"kibana":{"alert":{"uuid":"b","workflow_status":"open"}}}`),
		[]byte(`{"kibana.alert.uuid":"c","kibana.alert.workflow_status":"open"}`),
	)
	d := at(t, s, newIndex(t), alerts)
	now := time.Now()
	done, err := d.Mark(t.Context(), []string{"a", "b", "nobody"}, queue.Record{State: queue.Closed, At: now})
	if done != (queue.Marked{Written: 2}) || err != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	told, next, err := d.marked(t.Context(), now.Add(-time.Second))
	if err != nil || len(told) != 2 || told[0].State != queue.Closed || next.Before(now.Truncate(time.Millisecond)) {
		t.Errorf("%+v, %v, %v", told, next, err)
	}
}

// What cannot be written is said in a sentence, with what to do.
func TestRefused(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index := s.Index(t, "", []byte(`{"a":1}`))
	t.Setenv("TEST_KEY", s.APIKey(t, index, "read"))
	at := conn.Environment(s.Address(index))
	at.CAFile, at.Credentials.APIKeyEnv = s.CAFile, "TEST_KEY"
	c, err := conn.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d, err := New(c, "stoop-queue-of-others", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Save(t.Context(), queue.Record{ID: "x", State: queue.Open, At: when}); err == nil || !strings.Contains(err.Error(), "privilege") {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"stoop-*", "a,b", "Upper", "_x"} {
		if _, err := New(c, name, ""); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// What somebody else writes to between looking and writing is left as theirs,
// and counted.
func TestMarkConflict(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	settings := `{"mappings":{"properties":{"kibana.alert.uuid":{"type":"keyword"},"kibana.alert.workflow_status":{"type":"keyword"}}}}`
	alerts := s.Index(t, settings,
		[]byte(`{"kibana.alert.uuid":"a","kibana.alert.workflow_status":"open"}`), []byte(`{"kibana.alert.uuid":"b","kibana.alert.workflow_status":"open"}`))
	d := at(t, s, newIndex(t), alerts)
	found, err := d.find(t.Context(), []string{"a", "b"})
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	s.Do(t, "POST", "/"+alerts+"/_update/"+found[0].ID+"?refresh=true", []byte(`{"doc":{"kibana.alert.workflow_status":"acknowledged"}}`))
	done, err := d.write(t.Context(), found, queue.Record{State: queue.Closed, At: when})
	if done != (queue.Marked{Written: 1, Conflicts: 1}) || err != nil {
		t.Errorf("%+v, %v", done, err)
	}
	if now, err := d.find(t.Context(), []string{"a", "b"}); err != nil || !strings.Contains(string(now[0].Source)+string(now[1].Source), "acknowledged") {
		t.Errorf("theirs is gone: %s %s, %v", now[0].Source, now[1].Source, err)
	}
}
