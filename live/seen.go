//go:build linux

package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/live/probe"
)

// seen remembers which of the records in the rings were handed on too: the same
// record for deeds, for bulk the one that another program of ours made as the
// same call returned.
type seen struct {
	now, before map[uint64]struct{} // deeds
	since       uint64
	calls       []call // of cgroups with a bulk ring, in the order in which they were handed on

	twins map[uint64]struct{} // records of bulk whose call was handed on: see pair
}

// call is what two records of the return of one call have in common, and the
// time of one of them.
type call struct {
	time uint64
	tid  uint32
	nr   uint16
	ret  int64
}

func callOf(r bpf.Record) call { return call{r.Time(), r.Tid(), r.Nr(), r.Ret()} }

func (c call) like(o call) bool { return c.tid == o.tid && c.nr == o.nr && c.ret == o.ret }

const (
	seenFor  = uint64(11 * time.Minute)
	seenMost = 1 << 20
	apart    = uint64(time.Second) // at most, between two records of one call: the thread may lose its CPU
)

// handed notes a record of the stream that a ring may hold too.
func (l *Live) handed(r bpf.Record) {
	_, bulk := l.flown.keys[r.Cgroup()]
	if deed := r.Flags()&bpf.FlagDeed != 0; deed || bulk {
		l.seen.note(r, deed, bulk)
	}
}

// note takes in a record of the stream.
func (s *seen) note(r bpf.Record, deed, bulk bool) {
	if t := r.Time(); s.now == nil || t-s.since > seenFor/2 || len(s.now) > seenMost {
		s.now, s.before, s.since = make(map[uint64]struct{}), s.now, t
	}
	if deed {
		s.now[exactly(r.Time(), r.Tid())] = struct{}{}
	}
	if bulk && r.Kind() == bpf.KindSyscall {
		if len(s.calls) == seenMost {
			s.calls = append(s.calls[:0], s.calls[seenMost/2:]...)
		}
		s.calls = append(s.calls, callOf(r))
	}
}

func (s *seen) has(r bpf.Record) bool {
	k := exactly(r.Time(), r.Tid())
	if r.Flags()&bpf.FlagBulk != 0 {
		_, ok := s.twins[k]
		return ok
	}
	_, a := s.now[k]
	_, b := s.before[k]
	return a || b
}

// pair finds the records in the bulk rings whose calls were handed on, for the
// drain that follows.
func (l *Live) pair(id string) {
	var bulk []call
	for _, key := range l.probe.Recorder().Cgroups(probe.Bulk) {
		if id != "" && l.conts.IDOf(key) != id {
			continue
		}
		l.probe.Recorder().Ring(key, probe.Bulk, func(ring *probe.Ring) {
			ring.Scan(0, func(r bpf.Record) bool {
				bulk = append(bulk, callOf(r))
				return true
			})
		})
	}
	l.seen.pair(bulk)
}

// pair names the twins among the records of bulk rings. A thread makes one call
// at a time, and the rings have all of its calls: the record of the stream lies
// between those of the same and the next call, or of the previous and the same,
// always one or always the other, by which of the two programs runs first.
func (s *seen) pair(bulk []call) {
	byThread := func(a, b call) int { return cmp.Or(cmp.Compare(a.tid, b.tid), cmp.Compare(a.time, b.time)) }
	handed := slices.Clone(s.calls)
	slices.SortStableFunc(handed, byThread)
	slices.SortStableFunc(bulk, byThread)

	var before, after []uint64     // twins, if bulk is the first of the two, or the second
	var onlyBefore, onlyAfter int  // calls for which it cannot be the other
	var gapBefore, gapAfter uint64 // sums, in ns
	i := 0
	for _, h := range handed {
		for i < len(bulk) && byThread(bulk[i], h) <= 0 {
			i++
		}
		first := i > 0 && bulk[i-1].like(h) && h.time-bulk[i-1].time < apart
		second := i < len(bulk) && bulk[i].like(h) && bulk[i].time-h.time < apart
		if first {
			before = append(before, exactly(bulk[i-1].time, h.tid))
			gapBefore += h.time - bulk[i-1].time
		}
		if second {
			after = append(after, exactly(bulk[i].time, h.tid))
			gapAfter += bulk[i].time - h.time
		}
		if first && !second {
			onlyBefore++
		}
		if second && !first {
			onlyAfter++
		}
	}
	twins := before
	if onlyAfter > onlyBefore || onlyAfter == onlyBefore && gapAfter < gapBefore {
		twins = after
	}
	s.twins = make(map[uint64]struct{}, len(twins))
	for _, k := range twins {
		s.twins[k] = struct{}{}
	}
}

func exactly(time uint64, tid uint32) uint64 { return mix(time, uint64(tid)) }

// mix is a 64-bit hash of two words (the finaliser of splitmix64).
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 ^ b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
