package source

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// script is a source that hands on made-up events at given times.
type script struct {
	name  string
	live  bool
	times [][]int64 // a batch each
	err   error
	hold  bool // stay silent until ctx is done
	t     *event.Tables
}

func (s *script) Info() Info   { return Info{Name: s.name, Live: s.live} }
func (s *script) Stats() Stats { return Stats{} }
func (s *script) Close() error { return nil }

func (s *script) Run(ctx context.Context, _ Request, sink Sink) error {
	s.t = event.NewTables()
	for _, times := range s.times {
		b := event.NewBatch(s.t, 1, len(times))
		for _, at := range times {
			b.Append(event.Event{Time: at, Dur: -1}, []byte(s.name))
		}
		sink.Batch(b)
	}
	if s.hold {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.err
}

// collect writes down whose event came when: "a1 b2 a3".
func collect(words *[]string) Sink {
	return SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			*words = append(*words, string(b.Payload(i))+time.Duration(b.Time[i]).String())
		}
	})
}

func TestMergeByTime(t *testing.T) {
	tests := []struct {
		name    string
		sources []Source
		want    string
	}{
		{"one", []Source{&script{name: "a", times: [][]int64{{1, 5}, {7}}}}, "a1ns a5ns a7ns"},
		{"interleaved", []Source{
			&script{name: "a", times: [][]int64{{1, 5}, {7}}},
			&script{name: "b", times: [][]int64{{2, 3, 6}}},
		}, "a1ns b2ns b3ns a5ns b6ns a7ns"},
		{"one behind the other", []Source{
			&script{name: "a", times: [][]int64{{10, 11}}},
			&script{name: "b", times: [][]int64{{1}, {2}, {3}}},
			&script{name: "c"},
		}, "b1ns b2ns b3ns a10ns a11ns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var words []string
			if err := Merge(t.Context(), Request{}, tt.sources, collect(&words)); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(words, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestMergeNamesTheSourceThatFailed(t *testing.T) {
	broken := &script{name: "b.json", err: errors.New("disk on fire")}
	var words []string
	err := Merge(t.Context(), Request{}, []Source{&script{name: "a", times: [][]int64{{1}}}, broken}, collect(&words))
	if err == nil || !strings.Contains(err.Error(), "b.json: disk on fire") {
		t.Errorf("error is %v", err)
	}
	if len(words) != 1 {
		t.Errorf("the other source's event is gone: %v", words)
	}
}

func TestSilentLiveSourceHoldsNobodyBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := make(chan struct{})
	quiet := &script{name: "live", live: true, hold: true}
	talker := &script{name: "a", times: [][]int64{{1}}}
	go func() {
		<-got
		cancel()
	}()
	err := Merge(ctx, Request{}, []Source{quiet, talker}, SinkFunc(func(*event.Batch) { close(got) }))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
	default:
		t.Error("the event was held back until the end")
	}
}

// A file beside a silent live source is read at full speed, not a batch each
// quarter of a second.
func TestSilentLiveSourceSlowsNobodyDown(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	file := &script{name: "a"}
	for i := range 2000 {
		file.times = append(file.times, []int64{int64(i)})
	}
	n := 0
	sources := []Source{&script{name: "live", live: true, hold: true}, file}
	if err := Merge(ctx, Request{}, sources, SinkFunc(func(b *event.Batch) {
		if n += b.Len(); n == 2000 {
			cancel()
		}
	})); err != nil {
		t.Fatal(err)
	}
	if n != 2000 {
		t.Errorf("%d of 2000 events within 20 s", n)
	}
}

func TestOpenSaysWhatSourcesThereAre(t *testing.T) {
	r := NewRegistry()
	r.Add("live", "this node", func(context.Context, string, Options) (Source, error) { return &script{name: "live"}, nil })
	if s, err := r.Open(t.Context(), "live", Options{}); err != nil || s.Info().Name != "live" {
		t.Errorf("live opens as %v, %v", s, err)
	}
	_, err := r.Open(t.Context(), "gopher://x", Options{})
	if err == nil || !strings.Contains(err.Error(), "gopher://") || !strings.Contains(err.Error(), "live") {
		t.Errorf("error is %v: it should name the scheme and what there is", err)
	}
}
