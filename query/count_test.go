package query

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/siem"
)

// The server's figures are those of the same events counted here, for every
// shape of documents and every panel of the built-in dashboards.
func TestCountAgreesWithStore(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for _, shape := range s.Shapes(t) {
			t.Run(shape.Name, func(t *testing.T) { compareCounts(t, s, s.Address(shape.Index)) })
		}
	})
}

// Several kinds in one pattern are counted together.
func TestCountOfSeveralKinds(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	var names []string
	for _, shape := range s.Shapes(t) {
		switch shape.Name {
		case "falco-raw/attack", "k8s-audit-elastic/pipeline.derived", "tetragon-raw/events":
			names = append(names, shape.Index)
		}
	}
	if len(names) != 3 {
		t.Fatalf("found %v", names)
	}
	compareCounts(t, s, s.Address(strings.Join(names, ",")))
}

func compareCounts(t *testing.T, s *siem.Server, address string) {
	t.Helper()
	src := openAt(t, s, address)
	st := store.New(0)
	if err := src.Run(t.Context(), source.Request{}, st); err != nil {
		t.Fatal(err)
	}
	stats := st.Stats()
	if stats.Events == 0 || stats.Oldest == 0 {
		return // no profile reads these documents, or their time is one that none can be
	}
	for _, name := range []string{"event-summary", "log-summary"} {
		d, err := dashboard.Folder("").Load(name)
		if err != nil {
			t.Fatal(err)
		}
		span := dashboard.Span{Buckets: 20}
		span.From, span.To = dashboard.Frame(stats.Oldest, stats.Newest, span.Buckets)
		qs, err := d.Queries("", span)
		if err != nil {
			t.Fatal(err)
		}
		got, err := src.Count(t.Context(), qs)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range st.Panels(context.Background(), qs, nil) {
			sameFigures(t, fmt.Sprintf("%s, %s (%s) %v", name, qs[i].Panel.Title, qs[i].Panel.Kind, qs[i].Panel.By), got[i], want)
		}
	}
}

// sameFigures compares what does not depend on who wins among equals.
func sameFigures(t *testing.T, what string, got, want *dashboard.Result) {
	t.Helper()
	elsewhere := strings.Contains(strings.Join(got.Notes, " "), "have their time elsewhere")
	sameTrend := elsewhere || reflect.DeepEqual(got.Trend, want.Trend)
	sameValues := got.Values == want.Values || got.Values == -1 && want.Other > 0 // the server knows them only where they lie in one place
	if got.Total != want.Total || got.None != want.None || !sameValues || !sameTrend {
		t.Errorf("%s: %d events, %d without, %d values, %v; want %d, %d, %d, %v (%v)",
			what, got.Total, got.None, got.Values, got.Trend, want.Total, want.None, want.Values, want.Trend, got.Notes)
		return
	}
	if strings.Contains(what, "(stat)") {
		return // shows no values
	}
	if len(got.Groups) != len(want.Groups) {
		t.Errorf("%s: %d values are shown, want %d", what, len(got.Groups), len(want.Groups))
		return
	}
	for i, g := range got.Groups {
		if g.Count != want.Groups[i].Count {
			t.Errorf("%s: %v is counted %d times, want %v %d", what, g.Keys, g.Count, want.Groups[i].Keys, want.Groups[i].Count)
		}
		k := slices.IndexFunc(want.Groups, func(w dashboard.Group) bool { return slices.Equal(w.Keys, g.Keys) })
		if k >= 0 && !elsewhere && !reflect.DeepEqual(g.Buckets, want.Groups[k].Buckets) {
			t.Errorf("%s: %v lies at %v, want %v", what, g.Keys, g.Buckets, want.Groups[k].Buckets)
		}
	}
}

// What a source counts is not counted again among what it has handed on.
func TestOwns(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index := s.Index(t, "", []byte(`{"rule":"r","priority":"Notice","time":"2026-11-23T22:00:00Z","output_fields":{}}`))
	src := openAt(t, s, s.Address(index))
	st := store.New(0)
	if err := src.Run(t.Context(), source.Request{}, st); err != nil {
		t.Fatal(err)
	}
	if tables := st.Tables(); len(tables) != 1 || !src.Owns(tables[0]) || src.Owns(event.NewTables()) {
		t.Errorf("%d tables", len(tables))
	}
	p, err := dashboard.Of(dashboard.Panel{Kind: dashboard.Stat})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results, err := source.Count(ctx, []dashboard.Query{{Panel: p}}, []source.Source{src}, st)
	if err != nil || results[0].Total != 1 {
		t.Errorf("%v, %v", results, err)
	}
}
