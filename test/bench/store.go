//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/synth"
)

// heldEvents is how many events store and screen hold.
const heldEvents = 10_000_000

// boundFor is how many bytes of memory the store is allowed for its events: 59.2
// each, a little more than they take.
func boundFor(events int) int64 { return int64(events) * 592 / 10 }

// liveBatch is how many events a busy live source hands on at once.
const liveBatch = 512

// storeResult is what the child of the suite store measured.
type storeResult struct {
	Events, Commands, Paths, Containers int
	Filled, Rest                        memoryJSON
	Counted                             int64     // bytes, as the store itself says
	AppendNS                            sample    // processor time an event, collecting garbage included
	FilterNS                            []sample  // by question
	Matches                             []float64 // by question, of the last round
}

type memoryJSON struct{ Now, Peak int64 }

// questions are the filters that are timed. Each is asked with another constant
// every round (%d), so that nothing is remembered of the round before.
var questions = []struct {
	what   string
	filter string
	asked  limit
}{
	{"filter on names, types and containers", `proc.name in (bash, curl, x%d) and evt.type in (openat, connect) and container.id != host`, atMost(60e6)},
	{"filter on a container's name and failed opens", `container.name = c%d and evt.type = openat and evt.failed = true`, limit{}},
	{"filter on numbers of each event", `fd.num > 2%d and evt.type = read`, limit{}},
	{"substring of command lines", `proc.cmdline contains "/etc/nginx/9%d"`, atMost(150e6)},
	{"substring of paths", `fd.name contains "file-123%d"`, limit{}},
}

// storeChild fills a store as a live source does and asks it. Its arguments are
// the number of events and of rounds.
func storeChild(ctx context.Context, args []string) (any, error) {
	events, rounds, err := twoNumbers(args)
	if err != nil {
		return nil, err
	}
	r := &storeResult{Events: events, FilterNS: make([]sample, len(questions)), Matches: make([]float64, len(questions))}
	r.AppendNS = appendRounds(rounds, min(events, 1_000_000))
	debug.FreeOSMemory()

	// As `stoop --memory` does it.
	bound := boundFor(events)
	store.LimitMemory(bound)
	st := store.New(bound)
	r.fill(st)
	if gone := st.Stats().Evicted; gone > 0 {
		return nil, fmt.Errorf("%d events did not fit into %d bytes", gone, bound)
	}
	if r.Filled, err = ownMemory(); err != nil {
		return nil, err
	}
	debug.FreeOSMemory()
	if r.Rest, err = ownMemory(); err != nil {
		return nil, err
	}
	r.Counted = st.Stats().Bytes
	var conditions []condition
	for i := range questions {
		conditions = append(conditions, condition{questions[i].what, func(round int) error {
			spent, matches, err := ask(ctx, st, fmt.Sprintf(questions[i].filter, round%8))
			r.FilterNS[i] = append(r.FilterNS[i], float64(spent))
			r.Matches[i] = float64(matches)
			return err
		}})
	}
	return r, interleave(ctx, rounds, conditions)
}

func twoNumbers(args []string) (a, b int, err error) {
	if len(args) != 2 {
		return 0, 0, fmt.Errorf("two numbers are needed, not %q", args)
	}
	a, errA := strconv.Atoi(args[0])
	b, errB := strconv.Atoi(args[1])
	return a, b, errors.Join(errA, errB)
}

func ownMemory() (memoryJSON, error) {
	m, err := memoryOf(os.Getpid())
	return memoryJSON{m.now, m.peak}, err
}

// fill fills the store and counts how varied the events are that it got.
func (r *storeResult) fill(st *store.Store) {
	feed := synth.New(synth.Node())
	commands, containers := map[event.Str]bool{}, map[event.ContID]bool{}
	paths := map[event.ObjID]bool{}
	for made := 0; made < r.Events; made += liveBatch {
		b := feed.Batch(min(liveBatch, r.Events-made))
		for i := range b.Len() {
			p := feed.Tables.Proc(b.Proc[i])
			commands[p.Args], containers[p.Cont] = true, true
			if feed.Tables.Obj(b.Obj[i]).Kind == event.ObjFile {
				paths[b.Obj[i]] = true
			}
		}
		st.Batch(b)
	}
	r.Commands, r.Paths, r.Containers = len(commands), len(paths), len(containers)
}

// appendRounds measures what it costs to build batches out of single events and
// to put them into a store.
func appendRounds(rounds, events int) (ns sample) {
	feed := synth.New(synth.Node())
	var made []*event.Batch
	for n := 0; n < events; n += liveBatch {
		made = append(made, feed.Batch(liveBatch))
	}
	for range rounds {
		debug.FreeOSMemory() // the last round's garbage is not this one's
		before := ownTime()
		st := store.New(4 << 30)
		for _, from := range made {
			b := event.NewBatch(from.Tables, from.Seq, from.Len())
			for i := range from.Len() {
				b.Append(from.At(i), from.Payload(i))
			}
			st.Batch(b)
		}
		ns = append(ns, float64(ownTime()-before)/float64(st.Stats().Events))
	}
	return ns
}

// ask times a filter from its text to the last event looked at.
func ask(ctx context.Context, st *store.Store, text string) (spent time.Duration, matches int, err error) {
	began := time.Now()
	f, err := filter.Compile(text, event.Fields)
	if err != nil {
		return 0, 0, err
	}
	v := st.View(f)
	if !v.Update(ctx, time.Hour) {
		return 0, 0, ctx.Err()
	}
	return time.Since(began), v.Len(), nil
}

func runStore(ctx context.Context, b *bench) (section, error) {
	var r storeResult
	if err := call(ctx, &r, "store", strconv.Itoa(b.scaled(heldEvents)), strconv.Itoa(b.rounds)); err != nil {
		return section{}, err
	}
	perCore := r.AppendNS.each(func(ns float64) float64 { return 1e9 / ns })
	rows := []figure{
		{what: "resident memory, all events held", got: sample{float64(r.Filled.Now)}, show: asMB, asked: atMost(640e6)},
		{what: "resident memory, after garbage was given back", got: sample{float64(r.Rest.Now)}, show: asMB, asked: atMost(640e6)},
		{what: "greatest resident memory meanwhile", got: sample{float64(r.Filled.Peak)}, show: asMB},
		{what: "bytes an event, as the store counts them", got: sample{float64(r.Counted) / float64(r.Events)}, show: digits},
	}
	for i, q := range questions {
		rows = append(rows, figure{what: fmt.Sprintf("%s (%s hits)", q.what, grouped(r.Matches[i])), got: r.FilterNS[i], show: asMS, asked: q.asked})
	}
	rows = append(rows, figure{what: "append, a core", got: perCore, show: asMillions, asked: atLeast(2e6)})
	return section{
		how: fmt.Sprintf(`A process of its own is given %s made-up events of a busy node in batches of %d: %s command lines, %s paths,
%s containers, each with its arguments. A filter is timed from its text to the last event looked at, with another constant
each round, so that nothing is remembered; all cores work on it. Memory is bounded as by --memory %s. Append is building
the batches event by event and putting them into the store, in processor time with the collection of garbage in it.`,
			grouped(float64(r.Events)), liveBatch, grouped(float64(r.Commands)), grouped(float64(r.Paths)), grouped(float64(r.Containers)), asMB(float64(boundFor(r.Events)))),
		tables: []table{figures(rows...)},
	}, nil
}
