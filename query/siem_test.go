package query

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/test/siem"
)

// openAt opens an address with the server's own credentials.
func openAt(t *testing.T, s *siem.Server, address string) *SIEM {
	t.Helper()
	s.Env(t)
	src, err := Open(t.Context(), conn.Environment(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// taken keeps what a source hands on.
type taken struct {
	mu    sync.Mutex
	docs  []string
	times []int64
	news  chan struct{}
}

func newTaken() *taken { return &taken{news: make(chan struct{}, 1)} }

func (k *taken) Batch(b *event.Batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range b.Len() {
		k.docs = append(k.docs, string(b.Payload(i)))
		k.times = append(k.times, b.Time[i])
	}
	select {
	case k.news <- struct{}{}:
	default:
	}
}

func (k *taken) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.docs)
}

// wait waits until n documents have come.
func (k *taken) wait(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(time.Minute)
	for len(k.all()) < n {
		select {
		case <-k.news:
		case <-deadline:
			t.Fatalf("%d of %d documents after a minute", len(k.all()), n)
		}
	}
}

// same compares two collections of documents, whatever their order.
func same(t *testing.T, got, want []string) {
	t.Helper()
	counts := make(map[string]int)
	for _, d := range want {
		counts[d]++
	}
	for _, d := range got {
		counts[d]--
	}
	bad := 0
	for d, n := range counts {
		if n != 0 {
			if bad++; bad < 5 {
				t.Errorf("%d times too few: %.200s", n, d)
			}
		}
	}
	if bad > 0 {
		t.Errorf("got %d documents, want %d", len(got), len(want))
	}
}

func texts(docs [][]byte) (all []string) {
	for _, d := range docs {
		all = append(all, string(bytes.TrimSpace(d)))
	}
	return all
}

// alert is an alert of Falco at a time.
func alert(at time.Time, n int) []byte {
	return fmt.Appendf(nil, `{"hostname":"n","output":"o %d","priority":"Warning","rule":"Rule %d","source":"syscall","tags":["a"],"time":%q,"output_fields":{"container.id":"6cf4be7b2388","proc.cmdline":"cmd %d"}}`,
		n, n%7, at.UTC().Format(time.RFC3339Nano), n)
}

// alerts are n of them, several a millisecond, in no order.
func alerts(n int) (docs [][]byte) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range n {
		k := i * 7919 % n
		docs = append(docs, alert(start.Add(time.Duration(k)*150*time.Microsecond), k))
	}
	return docs
}

// Every document of every shape is read once, whatever its index is called.
func TestEveryShape(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for _, shape := range s.Shapes(t) {
			src := openAt(t, s, s.Address(shape.Index))
			got := newTaken()
			if err := src.Run(t.Context(), source.Request{}, got); err != nil {
				t.Errorf("%s: %v", shape.Name, err)
			}
			same(t, got.all(), texts(shape.Docs))
			if st := src.Stats(); st.Taken != uint64(len(shape.Docs)) || st.Bad != 0 {
				t.Errorf("%s (%s): %d taken, %d broken of %d: %v", shape.Name, src.KindsText(), st.Taken, st.Bad, len(shape.Docs), st.Notes)
			}
		}
	})
}

// Everything comes once and in order through many pages, with every fault on
// the way.
func TestExport(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		docs := alerts(3000)
		index := s.Index(t, "", docs...)
		faults := map[string]func(p *siem.Proxy){
			"none":               func(*siem.Proxy) {},
			"slow":               func(p *siem.Proxy) { p.Fail("/_search", siem.Slow, 1, 1) },
			"half an answer":     func(p *siem.Proxy) { p.Fail("/_search", siem.Half, 3, 2) },
			"a cut answer":       func(p *siem.Proxy) { p.Fail("/_search", siem.Cut, 3, 2) },
			"HTML":               func(p *siem.Proxy) { p.Fail("/_search", siem.HTML, 2, 1) },
			"a login":            func(p *siem.Proxy) { p.Fail("/_search", siem.LoginPage, 2, 1) },
			"out of time":        func(p *siem.Proxy) { p.Fail("/_search", siem.TimedOut, 2, 2) },
			"a failed shard":     func(p *siem.Proxy) { p.Fail("/_search", siem.ShardFailed, 2, 2) },
			"busy":               func(p *siem.Proxy) { p.Fail("/_search", siem.TooMany, 2, 1) },
			"unavailable":        func(p *siem.Proxy) { p.Fail("/_search", siem.Unavailable, 2, 2) },
			"a lost scroll":      func(p *siem.Proxy) { p.Fail("/_search", siem.Gone, 4, 1) },
			"two lost scrolls":   func(p *siem.Proxy) { p.Fail("/_search", siem.Gone, 2, 1); p.Fail("/_search", siem.Gone, 5, 1) },
			"broken connections": func(p *siem.Proxy) { p.Fail("/_search", siem.Refused, 2, 3) },
		}
		for name, fault := range faults {
			t.Run(name, func(t *testing.T) {
				p := s.Proxy(t)
				src := openAt(t, s, p.Address(index))
				src.page, src.most = 100, 100
				fault(p)
				got := newTaken()
				if err := src.Run(t.Context(), source.Request{}, got); err != nil {
					t.Fatal(err)
				}
				same(t, got.all(), texts(docs))
				if !slices.IsSorted(got.times) {
					t.Error("the order is not that of time")
				}
				if p.Pending() > 0 {
					t.Errorf("%d faults were not met: %v", p.Pending(), p.Seen())
				}
				if st := src.Stats(); st.Taken != 3000 || st.Passed != 3000 {
					t.Errorf("taken %d, passed %d", st.Taken, st.Passed)
				}
			})
		}
	})
}

// A server that is killed in the middle of reading, and started again, costs
// nothing but time.
func TestKilledInTheMiddle(t *testing.T) {
	s := siem.Own(t, siem.ES8)
	docs := alerts(4000)
	index := s.Index(t, "", docs...)
	src := openAt(t, s, s.Address(index))
	src.page, src.most = 100, 100
	got := newTaken()
	var once sync.Once
	killed := false
	err := src.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) {
		got.Batch(b)
		if len(got.all()) > 1000 {
			once.Do(func() {
				killed = true
				s.Kill(t)
				go s.Start(t)
			})
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got.all(), texts(docs))
	if !killed || !slices.IsSorted(got.times) {
		t.Errorf("killed: %v, in order: %v", killed, slices.IsSorted(got.times))
	}
	if notes := fmt.Sprint(src.Stats().Notes); !strings.Contains(notes, "answers again") {
		t.Errorf("nothing was said of it: %s", notes)
	}
}

// The newest page comes at once, older ones when they are asked for, and all of
// them once.
func TestNewest(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		docs := alerts(2500)
		src := openAt(t, s, s.Address(s.Index(t, "", docs...)))
		ctx, cancel := context.WithCancel(t.Context())
		got := newTaken()
		done := make(chan error, 1)
		go func() { done <- src.Run(ctx, source.Request{Newest: true}, got) }()
		got.wait(t, 1000)
		oldest := slices.Min(got.times)
		if len(got.all()) != 1000 || slices.Max(got.times)-oldest > int64(time.Second) {
			t.Errorf("%d events first, over %s", len(got.all()), time.Duration(slices.Max(got.times)-oldest))
		}
		if err := src.More(ctx, 1); err != nil || len(got.all()) != 2000 || src.Exhausted() {
			t.Errorf("%d events after one more page, exhausted %v: %v", len(got.all()), src.Exhausted(), err)
		}
		if err := src.More(ctx, 5000); err != nil || !src.Exhausted() {
			t.Errorf("exhausted %v: %v", src.Exhausted(), err)
		}
		same(t, got.all(), texts(docs))
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := src.More(t.Context(), 1); err != nil {
			t.Error(err)
		}
	})
}

// What arrives is handed on, in time or minutes late, each document once.
func TestFollow(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for _, newest := range []bool{false, true} {
			t.Run(fmt.Sprintf("newest %v", newest), func(t *testing.T) {
				now := time.Now()
				var docs [][]byte
				for i := range 1500 { // the newest page has 1,000
					docs = append(docs, alert(now.Add(-time.Duration(i)*100*time.Millisecond), i))
				}
				docs = append(docs, alert(now.Add(time.Hour), 5000)) // a clock that is ahead
				index := s.Index(t, "", docs...)
				src := openAt(t, s, s.Address(index))
				ctx, cancel := context.WithCancel(t.Context())
				got := newTaken()
				done := make(chan error, 1)
				go func() { done <- src.Run(ctx, source.Request{Newest: newest, Follow: !newest}, got) }()
				if newest {
					got.wait(t, 1000)
				} else {
					got.wait(t, len(docs))
				}
				add := func(late time.Duration, n int) {
					d := alert(time.Now().Add(-late), n)
					docs = append(docs, d)
					s.Add(t, index, d)
				}
				was := len(got.all())
				add(0, 10000)
				add(2*time.Second, 10001)
				add(30*time.Second, 10002)
				got.wait(t, was+3)
				if newest {
					if err := src.More(ctx, 1000); err != nil {
						t.Error(err)
					}
				}
				was = len(got.all())
				add(4*time.Minute+45*time.Second, 10003)
				add(2*time.Minute, 10004)
				add(0, 10005)
				got.wait(t, was+3)
				time.Sleep(sweepEvery + 4*pollEvery) // nothing comes a second time
				same(t, got.all(), texts(docs))
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// Time ranges: none of the events in them is missed.
func TestSpan(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	docs := alerts(2000)
	src := openAt(t, s, s.Address(s.Index(t, "", docs...)))
	if at := src.Known().Time; at == nil || !at.Own || at.Path != "time" {
		t.Fatalf("the time field is %v", at)
	}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	from, to := start.Add(50*150*time.Microsecond), start.Add(1000*150*time.Microsecond)
	got := newTaken()
	if err := src.Run(t.Context(), source.Request{Since: from, Until: to}, got); err != nil {
		t.Fatal(err)
	}
	inside := 0
	for _, at := range got.times {
		if at >= from.UnixNano() && at <= to.UnixNano() {
			inside++
		}
	}
	if inside != 951 || len(got.times) > 951+20 {
		t.Errorf("%d events of the span, %d in all", inside, len(got.times))
	}
}
