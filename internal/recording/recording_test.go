package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// maker makes events as a node's kernel does.
type maker struct {
	r     *rand.Rand
	t     *event.Tables
	seq   uint64
	time  int64
	types []event.Type
}

func newMaker(seed uint64) *maker {
	m := &maker{r: rand.New(rand.NewPCG(seed, 2)), t: event.NewTables(), seq: 1, time: 1_795_464_121_579_188_254}
	for _, name := range []string{"openat", "execve", "connect", "close", "procexit"} {
		t, ok := event.TypeOf(name)
		if !ok {
			panic(name)
		}
		m.types = append(m.types, t)
	}
	return m
}

// grow adds rows, and replaces a container's.
func (m *maker) grow(conts, procs, objs int) {
	t := m.t
	for range conts {
		n := t.Conts.Len()
		t.Conts.Add(event.Container{
			ID: t.Strings.Add(fmt.Sprintf("%012x", n)), Pod: t.Strings.Add(fmt.Sprintf("web-%d", n)), Started: m.time, InitPID: -1,
		})
	}
	if n := t.Conts.Len(); n > 1 {
		id := 1 + m.r.IntN(n-1)
		row := *t.Conts.At(uint32(id))
		row.Image = t.Strings.Add(fmt.Sprintf("registry.example.com/app:%d", m.r.IntN(1000)))
		t.Conts.Set(uint32(id), row)
	}
	for range procs {
		n := t.Procs.Len()
		t.Procs.Add(event.Proc{
			PID: int32(1000 + n), PPID: int32(n / 2), Parent: event.ProcID(n / 2), Cont: event.ContID(m.r.IntN(t.Conts.Len())),
			Name: t.Strings.Add("proc"), Args: t.Strings.Add(fmt.Sprintf("--job\x00%d\x00", n)), Exe: event.EmptyStr,
			LoginUID: 0xffffffff, CapEff: 1<<40 - 1, Start: m.time, TTY: -1, Known: event.KnowPID | event.KnowPPID,
		})
	}
	for range objs {
		n := t.Objs.Len()
		t.Objs.Add(event.Object{
			Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient,
			Local:  event.EndpointOf(netip.MustParseAddr("10.0.0.7"), uint16(n)),
			Remote: event.EndpointOf(netip.MustParseAddr("fe80::1"), 443),
			Name:   t.Strings.Add(fmt.Sprintf("/var/log/%d", n)), Ino: uint64(n) << 40,
		})
	}
}

// batch makes n events, with durations when asked.
func (m *maker) batch(n int, durations bool) *event.Batch {
	b := event.NewBatch(m.t, m.seq, n)
	var args event.ArgWriter
	for range n {
		m.time += int64(m.r.IntN(1000))
		e := event.Event{
			Time: m.time, Type: m.types[m.r.IntN(len(m.types))], Bits: event.HasRes, CPU: uint16(m.r.IntN(8)), TID: m.r.Uint32(),
			Proc: event.ProcID(m.r.IntN(m.t.Procs.Len())), FD: int32(m.r.IntN(9) - 1), Obj: event.ObjID(m.r.IntN(m.t.Objs.Len())),
			Res: -int64(m.r.IntN(200)), Dur: -1,
		}
		if durations {
			e.Dur = int64(m.r.IntN(5000))
		}
		args.Reset()
		args.Int(int64(e.FD))
		args.Str(event.Str(m.r.IntN(m.t.Strings.Len())))
		b.Append(e, args.Payload())
	}
	m.seq += uint64(n)
	return b
}

// rows are the events of batches as text that says all of them and of what they
// refer to, whatever the rows' numbers are.
func rows(batches ...*event.Batch) []string {
	var out []string
	for _, b := range batches {
		t := b.Tables
		for i := range b.Len() {
			e := b.At(i)
			var args []string
			for p := b.Payload(i); ; {
				a, rest, ok := event.NextArg(p)
				if !ok {
					break
				}
				args = append(args, fmt.Sprint(a.Kind, a.Num, t.Text(a.Str)))
				p = rest
			}
			p := t.Proc(e.Proc)
			c := t.Cont(p.Cont)
			out = append(out, fmt.Sprint(b.Seq+uint64(i), e, *p, t.Text(p.Args), *t.Obj(e.Obj), *c, t.Text(c.Image), args))
		}
	}
	return out
}

// collect runs a source to its end.
func collect(t testing.TB, s source.Source, req source.Request) []*event.Batch {
	t.Helper()
	var all []*event.Batch
	if err := s.Run(context.Background(), req, source.SinkFunc(func(b *event.Batch) { all = append(all, b) })); err != nil {
		t.Fatal(err)
	}
	return all
}

// open opens a file and closes it with the test.
func open(t testing.TB, path string) source.Source {
	t.Helper()
	s, err := Open(context.Background(), path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// record writes events of two sources and returns what they are.
func record(t testing.TB, path string, opt Options, rounds int) []string {
	t.Helper()
	w, err := Create(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	one, two := newMaker(1), newMaker(2)
	sink := w.Sink(source.Info{Name: "live", Scheme: "live", Origin: event.FromLive})
	var want []*event.Batch
	for i := range rounds {
		one.grow(2, 5, 7)
		two.grow(1, 1, 1)
		for _, b := range []*event.Batch{one.batch(40, i%2 == 0), two.batch(3, false)} {
			sink.Batch(b)
			want = append(want, b)
		}
		if i%3 == 0 { // as if time had passed
			w.mu.Lock()
			w.write()
			w.mu.Unlock()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return rows(want...)
}

// same compares events of several Tables, whose order among each other is free.
func same(t *testing.T, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if reflect.DeepEqual(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%d events, want %d; event %d\n got %s\nwant %s", len(got), len(want), i, got[i], want[i])
		}
	}
	t.Fatalf("%d events, want %d", len(got), len(want))
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.stoop")
	want := record(t, path, Options{Meta: Meta{Stoop: "1.2.3"}}, 20)
	plain, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("mapped", func(t *testing.T) {
		s := open(t, path)
		got := collect(t, s, source.Request{})
		same(t, rows(got...), want)
		if info := s.Info(); info.Events != int64(len(want)) || info.Origin != event.FromLive || info.Bounds[0].IsZero() {
			t.Errorf("info %+v", info)
		}
		if st := s.Stats(); st.Passed != uint64(len(want)) || st.Bad != 0 || len(st.Notes) != 0 {
			t.Errorf("stats %+v", st)
		}
	})
	t.Run("gzip", func(t *testing.T) {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write(plain)
		_ = w.Close()
		zipped := filepath.Join(t.TempDir(), "any.name")
		if err := os.WriteFile(zipped, z.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		same(t, rows(collect(t, open(t, zipped), source.Request{})...), want)
	})
	t.Run("zstd stream", func(t *testing.T) {
		z, _ := zstd.NewWriter(nil)
		s := OpenReader("pipe", bytes.NewReader(z.EncodeAll(plain, nil)))
		same(t, rows(collect(t, s, source.Request{})...), want)
	})
	t.Run("recorded again", func(t *testing.T) {
		again := filepath.Join(t.TempDir(), "again")
		w, err := Create(again, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, path)
		sink := w.Sink(s.Info())
		for _, b := range collect(t, s, source.Request{}) {
			sink.Batch(b)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		same(t, rows(collect(t, open(t, again), source.Request{})...), want)
	})
}

// What belongs to a Tables beside its rows travels too: the node's name, the
// names of addresses, and when the source began.
func TestTablesTravel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(1)
	m.t.Host = m.t.Strings.Add("node-1")
	m.grow(1, 1, 1)
	early, late := netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("fe80::1")
	m.t.Names.Learn(early, "early.example.com")
	first := m.batch(10, false)
	w.Batch(m.batch(10, false)) // the first ten were left out
	w.mu.Lock()
	w.write()
	w.mu.Unlock()
	m.t.Names.Learn(late, "late.example.com")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := collect(t, open(t, path), source.Request{})[0].Tables
	if got.Text(got.Host) != "node-1" || got.First() != first.Time[0] {
		t.Errorf("host %q, first event at %d, want %d", got.Text(got.Host), got.First(), first.Time[0])
	}
	if e, l := got.Names.Of(early), got.Names.Of(late); len(e) != 1 || e[0] != "early.example.com" || len(l) != 1 || l[0] != "late.example.com" {
		t.Errorf("names %v, %v", e, l)
	}
}

// What a filter left of a source lies as close as the whole would, and is
// numbered without gaps.
func TestSparseEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(1)
	m.grow(1, 10, 10)
	b := m.batch(2000, false)
	for i := 1; i < b.Len(); i += 2 {
		w.Batch(b.Slice(i, i+1))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := collect(t, open(t, path), source.Request{})
	if len(got) != 1 || got[0].Len() != 1000 || got[0].Seq != 2 || got[0].Time[999] != b.Time[1999] {
		t.Errorf("%d batches, %d bytes", len(got), w.at)
	}
}

func TestCreateRefusesToReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	record(t, path, Options{}, 1)
	if _, err := Create(path, Options{}); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("got %v", err)
	}
	record(t, path, Options{Force: true}, 1)
}

func TestSinceUntil(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	record(t, path, Options{}, 30)
	bounds := open(t, path).Info().Bounds
	middle := bounds[0].Add(bounds[1].Sub(bounds[0]) / 2)
	s := open(t, path)
	late := collect(t, s, source.Request{Since: middle})
	if len(late) == 0 || late[0].Time[late[0].Len()-1] < middle.UnixNano() {
		t.Errorf("%d batches", len(late))
	}
	st := s.Stats()
	if st.Dropped == 0 || st.Taken != st.Passed+st.Dropped {
		t.Errorf("stats %+v", st)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ content, want string }{
		"scap":   {"\x0a\x0d\x0d\x0a....", "a pcapng or scap capture"},
		"other":  {`{"a":1}` + "\n", "of no kind that is known"},
		"array":  {`[{"a":1}]`, "JSON array"},
		"noise":  {"\x00\x01\x02 what", "it begins with"},
		"future": {string(func() []byte { b := make([]byte, headerSize); putFileHeader(b); b[8] = 9; return b }()), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(context.Background(), path, source.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := Open(context.Background(), t.TempDir(), source.Options{}); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Open(context.Background(), "/no/such/file", source.Options{}); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// What waits for a block stands before what came later, of whatever tables.
func TestBlocksInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var at int64
	put := func(m *maker, n int) {
		b := m.batch(n, false)
		for i := range b.Time {
			at++
			b.Time[i] = at
		}
		w.Batch(b)
	}
	early, late := newMaker(1), newMaker(2)
	early.grow(1, 10, 10)
	late.grow(1, 10, 10)
	put(early, 10)
	put(late, blockEvents)
	put(early, 10)
	put(late, 100)
	put(late, blockEvents/4-1)
	put(early, blockEvents)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var last int64
	for _, b := range collect(t, open(t, path), source.Request{}) {
		if b.Time[0] < last {
			t.Errorf("%d events from %d on stand behind %d", b.Len(), b.Time[0], last)
		}
		last = b.Time[0]
	}
	if last == 0 {
		t.Error("no events")
	}
}
