package query

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/siem"
)

// follow runs a source with a filter until the test ends, and says what it hands
// on that the filter holds for.
func follow(t *testing.T, src *SIEM, expr string, newest bool) *taken {
	t.Helper()
	src.relearn = pace{every: 200 * time.Millisecond, share: 1}
	f, err := filter.Compile(expr, event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	got, done := newTaken(), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		done <- src.Run(ctx, source.Request{Filter: f, Follow: true, Newest: newest}, source.SinkFunc(func(b *event.Batch) {
			for i := range b.Len() {
				if f.Match(b, i) {
					got.Batch(b.Slice(i, i+1))
				}
			}
		}))
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return got
}

func audit(at time.Time, n int) []byte {
	stamp := at.UTC().Format(time.RFC3339Nano)
	return fmt.Appendf(nil, `{"@timestamp":%q,"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a%d","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"jo"},"stageTimestamp":%q,"requestReceivedTimestamp":%q}`,
		stamp, n, stamp, stamp)
}

// stamped is an alert with the shipper's time.
func stamped(at time.Time, n int) []byte {
	return []byte(strings.Replace(string(alert(at, n)), "{", fmt.Sprintf(`{"@timestamp":%q,`, at.UTC().Format(time.RFC3339Nano)), 1))
}

// A kind of documents, and a field, that come up while somebody follows are
// found by the filter that was asked before they were there.
func TestKindsThatComeLater(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for _, newest := range []bool{false, true} {
			t.Run(fmt.Sprintf("newest %t", newest), func(t *testing.T) {
				index := s.Index(t, "", stamped(time.Now(), 1))
				src := openAt(t, s, s.Address(index))
				got := follow(t, src, `ka.verb = list or proc.name = late or proc.cmdline = "cmd 1"`, newest)
				got.wait(t, 1)
				s.Add(t, index, audit(time.Now(), 2))
				got.wait(t, 2)
				s.Add(t, index, []byte(strings.Replace(string(stamped(time.Now(), 3)), `"container.id"`, `"proc.name":"late","container.id"`, 1)), audit(time.Now(), 4))
				got.wait(t, 4)
				if kinds := src.KindsText(); !strings.Contains(kinds, "k8s-audit") || !strings.Contains(kinds, "falco") {
					t.Errorf("the kinds are %s", kinds)
				}
				seen := make(map[string]bool)
				for _, doc := range got.all() {
					if seen[doc] {
						t.Errorf("twice: %s", doc)
					}
					seen[doc] = true
				}
			})
		}
	})
}

// An index that is empty when it is opened is followed all the same.
func TestFollowEmpty(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for _, newest := range []bool{false, true} {
			index := s.Index(t, "")
			src := openAt(t, s, s.Address(index))
			got := follow(t, src, "alert.priority = Warning", newest)
			s.Add(t, index, alert(time.Now(), 1))
			got.wait(t, 1)
			s.Add(t, index, alert(time.Now(), 2))
			got.wait(t, 2)
			if notes := fmt.Sprint(src.Stats().Notes); strings.Contains(notes, "nothing in") || strings.Contains(notes, "cannot be followed") {
				t.Errorf("the notes are %s", notes)
			}
		}
	})
}

// Of several fields that may hold the time the one is gone by that the most
// documents have, so that none is left behind.
func TestTimeThatMostHave(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index := s.Index(t, "", stamped(time.Now(), 1), audit(time.Now(), 2))
	src := openAt(t, s, s.Address(index))
	if at := src.Known().Time; at == nil || at.Path != "@timestamp" {
		t.Errorf("documents are ordered by %v", at)
	}
	alone := openAt(t, s, s.Address(s.Index(t, "", alert(time.Now(), 1), alert(time.Now(), 2), audit(time.Now(), 2))))
	if notes := fmt.Sprint(alone.Stats().Notes); !strings.Contains(notes, "1 of 3 documents that were looked at have no time") {
		t.Errorf("the notes are %s", notes)
	}
}
