package query

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/siem"
)

// Patterns that overlap are read as one: each document is one event, is counted
// once, and those that were recognised are counted.
func TestTogether(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		docs := alerts(900)
		a, b, c := s.Index(t, "", docs[:300]...), s.Index(t, "", docs[300:600]...), s.Index(t, "", docs[600:]...)
		alias := "y" + b
		s.Do(t, "POST", "/_aliases", fmt.Appendf(nil, `{"actions":[{"add":{"index":%q,"alias":%q,"filter":{"match":{"rule":{"query":"Rule 1","operator":"and"}}}}}]}`, b, alias))
		tests := map[string]struct {
			patterns []string
			want     [][]byte
			twice    string
		}{
			"some of the indices": {[]string{a + "," + c, c}, append(docs[:300:300], docs[600:]...), "300 documents"},
			"the same again":      {[]string{a, a}, docs[:300], "300 documents"},
			"three":               {[]string{a + "," + c, c + "," + a, a}, append(docs[:300:300], docs[600:]...), "600 documents"},
			"others":              {[]string{a, c}, append(docs[:300:300], docs[600:]...), ""},
			"a part of an index":  {[]string{alias, b}, docs[300:600], " documents"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				var sources []source.Source
				for _, p := range tt.patterns {
					src := openAt(t, s, s.Address(p))
					src.page, src.most = 50, 70
					sources = append(sources, src)
				}
				Together(t.Context(), sources)
				got := newTaken()
				if err := source.Merge(t.Context(), source.Request{}, sources, got); err != nil {
					t.Fatal(err)
				}
				same(t, got.all(), texts(tt.want))
				told := ""
				for _, src := range sources {
					told += fmt.Sprint(src.Stats().Notes)
				}
				if twice := strings.Contains(told, "in another source of the same cluster"); twice != (tt.twice != "") || !strings.Contains(told, tt.twice) {
					t.Errorf("the notes are %s", told)
				}
				panel := dashboard.Panel{Kind: dashboard.Stat}
				found, err := source.Count(t.Context(), []dashboard.Query{{Panel: &panel}}, sources, store.New(0))
				if name == "a part of an index" { // the server cannot tell, and that is said
					if err != nil || !strings.Contains(fmt.Sprint(found[0].Notes), "both show is counted twice") {
						t.Errorf("the notes are %v: %v", found[0].Notes, err)
					}
					return
				}
				if err != nil || found[0].Total != int64(len(tt.want)) {
					t.Errorf("%v counted, want %d: %v", found, len(tt.want), err)
				}
			})
		}
	})
}

// On the screen too: the newest of both, older ones, and what arrives.
func TestTogetherOnScreen(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	docs := alerts(200)
	index := s.Index(t, "", docs...)
	alias := "y" + index
	s.Do(t, "POST", "/_aliases", fmt.Appendf(nil, `{"actions":[{"add":{"index":%q,"alias":%q,"filter":{"match_all":{}}}}]}`, index, alias))
	one, other := openAt(t, s, s.Address(index)), openAt(t, s, s.Address(alias))
	one.page, other.page = 30, 40
	sources := []source.Source{other, one}
	Together(t.Context(), sources)
	if other.once == nil || len(one.beside) > 0 {
		t.Fatal("an alias with a filter shows a part of an index")
	}
	ctx, cancel := context.WithCancel(t.Context())
	got, done := newTaken(), make(chan error, 1)
	go func() {
		done <- source.Merge(ctx, source.Request{Newest: true, Follow: true}, sources, source.SinkFunc(func(b *event.Batch) { got.Batch(b) }))
	}()
	for _, src := range source.Pagers(sources) {
		for !src.Exhausted() {
			if err := src.More(ctx, 50); err != nil {
				t.Fatal(err)
			}
		}
	}
	late := [][]byte{alert(time.Now(), 1000), alert(time.Now(), 1001)}
	s.Add(t, index, late...)
	got.wait(t, len(docs)+len(late))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	same(t, got.all(), texts(append(docs, late...)))
}
