package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
)

// siem holds alerts, of which a queue is fed the newest few.
type siem struct {
	q       *Queue
	all     *event.Batch
	held    *store.Store
	fetched int
	cannot  string // a field that it has not in its index
	fail    error
}

func newSIEM(q *Queue, all *event.Batch, newest int) *siem {
	s := &siem{q: q, all: all, held: store.New(0)}
	s.held.Batch(all)
	q.HoldMore(func(t *event.Tables) bool { return t == all.Tables })
	q.Batch(all.Slice(all.Len()-newest, all.Len()))
	return s
}

func (s *siem) survey(within string) Survey {
	return Survey{
		Count: func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
			return s.held.Panels(ctx, qs, nil), s.fail
		},
		Window: func(context.Context, *filter.Filter) (dashboard.Mass, bool, error) {
			return dashboard.Mass{First: s.all.Time[0], Last: s.all.Time[s.all.Len()-1]}, true, s.fail
		},
		Exact: func(f *filter.Filter) bool { return s.cannot == "" || !strings.Contains(f.String(), s.cannot) },
		Fetch: func(_ context.Context, f *filter.Filter, n int) (fetched int, err error) {
			for i := s.all.Len() - 1; i >= 0 && fetched < n; i-- {
				if f.Match(s.all, i) {
					s.q.Batch(s.all.Slice(i, i+1))
					fetched++
				}
			}
			s.fetched += fetched
			return fetched, nil
		},
		Within: within,
	}
}

// shift is 40 hours with 30,000 alerts of one kind, and few of others long ago.
func shift(s *scene) *event.Batch {
	all := []alert{
		{rule: "Reverse shell", pri: event.PriorityCritical, pod: "api-7d9c5f6b8-x2k8p", cont: "c-api", image: "shop/api", parent: "sh"},
		{after: time.Minute, rule: "Terminal shell", pri: event.PriorityNotice, pod: "web-admin-7d9c5f6b8-x2k8p", cont: "c-admin", image: "shop/web", parent: "runc"},
		{after: 2 * time.Minute, rule: "Terminal shell", pri: event.PriorityNotice, cont: event.HostID, parent: "sshd"},
	}
	for i := range 30_000 {
		all = append(all, shell(10*time.Minute+time.Duration(i)*4*time.Second, fmt.Sprintf("web-7d9c5f6b8-x2k%cb", generated[i%len(generated)])))
	}
	return s.add(all...)
}

// Of a SIEM that hands on the newest hundred of 30,003 alerts the queue shows
// all kinds with their counts and trends, of which next to nothing is fetched.
func TestSurvey(t *testing.T) {
	q := New()
	s := newSIEM(q, shift(newScene()), 100)
	if _, sum := q.Groups(); sum.Groups != 1 || sum.Alerts != 100 || !sum.Least {
		t.Fatalf("before: %+v", sum)
	}
	found, err := s.survey("").Run(t.Context(), q)
	if err != nil || found.Alerts != 30_003 || found.Untold != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	all, sum := q.Groups()
	have := map[string]int{}
	for _, g := range all {
		have[g.Rule+" "+g.Workload] = g.Count
		var n [12]int
		g.Trend(n[:], sum.First, sum.Last+1)
		total := 0
		for _, k := range n {
			total += k
		}
		if total != g.Count || !g.Counted {
			t.Errorf("%s %s: a trend of %v, %+v", g.Rule, g.Workload, n, g)
		}
	}
	want := map[string]int{"Reverse shell shop/api": 1, "Terminal shell shop/web-admin": 1, "Terminal shell host:": 1, "Terminal shell shop/web": 30_000}
	if fmt.Sprint(have) != fmt.Sprint(want) || sum.Alerts != 30_003 || sum.Least {
		t.Errorf("%v, %+v", have, sum)
	}
	if s.fetched > 3*surveyNewest {
		t.Errorf("%d alerts were fetched", s.fetched)
	}
	if all[0].Rule != "Reverse shell" {
		t.Errorf("the first is %s", all[0].Rule)
	}

	// What comes of a source that hands on all it has is added.
	other := newScene()
	q.Batch(other.add(shell(41*time.Hour, "web-7d9c5f6b8-x2k8p")))
	if g, _ := q.Group(Kind{"Terminal shell", "shop/web", "runc", "shop/web:2.4.1"}.ID()); g.Count != 30_001 || g.Last != start.Add(41*time.Hour).UnixNano() {
		t.Errorf("%d of the kind", g.Count)
	}
}

// Where the server cannot tell kinds apart, a group is counted as far as it
// came, and says so.
func TestSurveyOfWhatCannotBeTold(t *testing.T) {
	q := New()
	s := newSIEM(q, shift(newScene()), 100)
	s.cannot = "proc.pname"
	found, err := s.survey("").Run(t.Context(), q)
	web, _ := q.Group(Kind{"Terminal shell", "shop/web", "runc", "shop/web:2.4.1"}.ID())
	if _, sum := q.Groups(); err != nil || !sum.Least || web.Counted || web.Count != 100 || found.Untold != 29_902 {
		t.Errorf("%+v, %+v, %v", found, sum, err)
	}
	s.fail = errors.New("no shards")
	if _, err := s.survey("").Run(t.Context(), q); !errors.Is(err, s.fail) {
		t.Errorf("%v", err)
	}
}

// A survey keeps within what is asked of the sources.
func TestSurveyWithin(t *testing.T) {
	q := New()
	s := newSIEM(q, shift(newScene()), 100)
	found, err := s.survey("k8s.ns.name = shop and alert.priority = Critical").Run(t.Context(), q)
	if err != nil || found.Alerts != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

// The condition of each kind holds for its alerts.
func TestKindFilterHolds(t *testing.T) {
	s := newScene()
	b := s.add(shell(0, "web-7d9c5f6b8-x2k8p"), shell(0, ""), alert{rule: "x", cont: event.HostID},
		alert{rule: "x", pod: "db-0", cont: "c", image: "r:5000/db", parent: "sh"}, alert{rule: "x", cont: "c", image: "db", digest: "sha256:ab"})
	for i := range b.Len() {
		k := KindOf(b.Row(i))
		for _, text := range []string{k.Filter(), k.exact()} {
			if f, err := filter.Compile(text, event.Fields); err != nil || !f.Match(b, i) {
				t.Errorf("%+v: %s, %v", k, text, err)
			}
		}
	}
}
