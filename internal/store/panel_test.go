package store

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
)

// tally counts what a panel is about event by event.
func tally(p *dashboard.Panel, span dashboard.Span, batches []*event.Batch) (counts map[string]int64, total int64) {
	counts = map[string]int64{}
	for _, b := range batches {
		for i := range b.Len() {
			if !span.Has(b.Time[i]) {
				continue
			}
			total++
			var keys []string
			some := false
			for _, r := range p.Fields() {
				v, ok := r.Field.Get(b.Row(i), r.Arg)
				key := ""
				if ok && p.Shows(v.String()) {
					key, some = v.String(), true
				}
				keys = append(keys, key)
			}
			if some {
				counts[strings.Join(keys, "\x00")]++
			}
		}
	}
	return counts, total
}

// A panel's counts are those of a loop over the events, whether its fields lie
// in dimensions or in the events themselves.
func TestPanel(t *testing.T) {
	st, f := New(0), newFeed(7)
	var batches []*event.Batch
	at := int64(1000)
	for range 40 {
		b := f.batch(at, 1+f.rng.IntN(3000))
		at = b.Time[b.Len()-1]
		batches = append(batches, b)
		st.Batch(b)
	}
	span := dashboard.Span{From: 1500, To: at - 500, Buckets: 20}
	for _, p := range []dashboard.Panel{
		{Kind: dashboard.Stat},
		{Kind: dashboard.Terms, By: []string{"proc.name"}},
		{Kind: dashboard.Terms, By: []string{"proc.name"}, Only: "p[2-4]"},
		{Kind: dashboard.Terms, By: []string{"alert.rule"}},
		{Kind: dashboard.Terms, By: []string{"fd.num"}, Limit: 3},
		{Kind: dashboard.Trend},
		{Kind: dashboard.Trend, By: []string{"evt.type"}},
		{Kind: dashboard.Heat, By: []string{"container.id"}},
		{Kind: dashboard.Table, By: []string{"container.id", "alert.rule", "evt.type"}},
		{Kind: dashboard.Table, By: []string{"container.id", "fd.num"}, Limit: 100},
	} {
		p, err := dashboard.Of(p)
		if err != nil {
			t.Fatal(err)
		}
		v := st.View(nil)
		if !v.Update(context.Background(), time.Minute) {
			t.Fatal("the view is not complete")
		}
		res := v.panel(context.Background(), p, span, nil)
		counts, total := tally(p, span, batches)
		if res.Total != total {
			t.Errorf("%v: %d events, want %d", p.By, res.Total, total)
		}
		if len(p.By) > 0 && (res.Values != int64(len(counts)) || len(res.Groups) != min(len(counts), p.Rows())) {
			t.Errorf("%v: %d values, %d shown, want %d", p.By, res.Values, len(res.Groups), len(counts))
		}
		var sum, all int64
		for _, n := range counts {
			all += n
		}
		for i, g := range res.Groups {
			if g.Count != counts[strings.Join(g.Keys, "\x00")] {
				t.Errorf("%v: %v is counted %d times, want %d", p.By, g.Keys, g.Count, counts[strings.Join(g.Keys, "\x00")])
			}
			if i > 0 && g.Count > res.Groups[i-1].Count {
				t.Errorf("%v: %v comes after one with less", p.By, g.Keys)
			}
			if p.Timed() && total64(g.Buckets) != g.Count {
				t.Errorf("%v: %v has buckets %v", p.By, g.Keys, g.Buckets)
			}
			sum += g.Count
		}
		if len(p.By) > 0 && (sum+res.Other != all || res.None != total-all) {
			t.Errorf("%v: %d shown, %d others, %d without, of %d with and %d in all", p.By, sum, res.Other, res.None, all, total)
		}
		if p.Timed() && total64(res.Trend) != total {
			t.Errorf("%v: the trend adds up to %d of %d", p.By, total64(res.Trend), total)
		}
	}
}

func total64(ns []int64) (sum int64) {
	for _, n := range ns {
		sum += n
	}
	return sum
}

// Each member of a list counts, and only those that the panel is about.
func TestPanelOfList(t *testing.T) {
	st, tables := New(0), event.NewTables()
	b := event.NewBatch(tables, 1, 3)
	for _, tags := range []string{"container\x00mitre_execution\x00", "mitre_execution\x00mitre_discovery\x00", "host\x00"} {
		id := tables.Alerts.Intern(event.Alert{Rule: tables.Strings.Add("r"), Tags: tables.Strings.Add(tags)})
		b.Append(event.Event{Time: 1, Alert: event.AlertID(id), Dur: -1}, nil)
	}
	st.Batch(b)
	v := st.View(nil)
	v.Update(context.Background(), time.Minute)
	p, err := dashboard.Of(dashboard.Panel{Kind: dashboard.Terms, By: []string{"alert.tags"}, Only: "mitre_*"})
	if err != nil {
		t.Fatal(err)
	}
	res := v.panel(context.Background(), p, dashboard.Span{}, nil)
	want := []dashboard.Group{{Keys: []string{"mitre_execution"}, Count: 2, Last: 1}, {Keys: []string{"mitre_discovery"}, Count: 1, Last: 1}}
	if !reflect.DeepEqual(res.Groups, want) || res.None != 1 || res.Total != 3 {
		t.Errorf("got %+v", res)
	}
}
