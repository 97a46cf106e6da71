package query

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/siem"
)

// numbered are alerts a second apart, each hundredth of a rule of its own.
func numbered(n int) (docs [][]byte) {
	for i := range n {
		rule := "often"
		if i%100 == 7 {
			rule = "rare"
		}
		docs = append(docs, fmt.Appendf(nil, `{"rule":%q,"priority":"Notice","time":"2026-11-23T%02d:%02d:%02dZ","output":"","output_fields":{"proc.pid":%d,"proc.name":"p"}}`,
			rule, i/3600, i/60%60, i%60, i))
	}
	return docs
}

// What is asked for comes from all that the server has, newest first, and each
// event once, whichever filters find it.
func TestAsk(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		const all, rare = 4000, 40
		src := openAt(t, s, s.Address(s.Index(t, "", numbered(all)...)))
		src.page = 500
		got := newTaken()
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- src.Run(ctx, source.Request{Newest: true}, got) }()
		got.wait(t, 500)
		newest := len(got.all())

		f, err := filter.Compile("alert.rule = rare", event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		if err := src.Ask(ctx, f); err != nil {
			t.Fatal(err)
		}
		matching := 0
		for _, doc := range got.all() {
			if strings.Contains(doc, `"rare"`) {
				matching++
			}
		}
		if matching != rare {
			t.Errorf("%d of %d events were found", matching, rare)
		}
		if n := len(got.all()); n != newest+rare-newest/100 {
			t.Errorf("%d events were handed on after %d: some twice, or too many", n, newest)
		}

		// Without a filter the rest comes, each event once.
		if err := src.Ask(ctx, nil); err != nil {
			t.Fatal(err)
		}
		for !src.Exhausted() {
			if err := src.More(ctx, 1000); err != nil {
				t.Fatal(err)
			}
		}
		var want []string
		for _, d := range numbered(all) {
			want = append(want, string(d))
		}
		same(t, got.all(), want)
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := src.Ask(t.Context(), nil); err != nil {
			t.Errorf("after the run has ended: %v", err)
		}
	})
}
