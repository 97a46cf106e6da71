package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"
	"unsafe"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// Options say how a recording is written. The zero Options write one file.
type Options struct {
	Meta   Meta
	Rotate int64         // bytes after which a file is closed and the next begun; 0: never. See limit
	Age    time.Duration // after which a file with events is closed and the next begun; 0: never
	Keep   int64         // bytes that all files may take, the oldest are removed; 0: no bound
	Files  int           // how many closed files stay, the oldest are removed; 0: all
	Zstd   bool          // compress files that were closed
	Force  bool          // replace a file that is there

	// Stats is asked at most once a second for what the sources counted and
	// lost, which the recording then says too. It may be nil.
	Stats func() source.Stats
}

// How events are gathered and written. What a killed process had not written
// is at most flushEvery old; what damage in the middle costs is a block, about
// 1 MB; and between two blocks a file can be closed and the next begun.
const (
	flushEvery  = 300 * time.Millisecond
	blockEvents = 1 << 14
	blockHeap   = 1 << 20  // bytes of payload gathered for one block
	maxWaiting  = 64 << 20 // bytes that wait for a disk that takes nothing
)

// Writer appends events to a recording. Its methods may be called by many
// goroutines, those of one source by that source's.
type Writer struct {
	series
	opt Options

	mu      sync.Mutex
	f       *os.File
	at      int64  // bytes of f that are written
	buf     []byte // blocks that wait to be written
	base    int64  // bytes of rows that were there before the file was
	blocks  uint32 // in this file
	events  uint64 // in this file
	total   uint64 // in the recording
	waiting uint64 // of these, in buf
	part    int
	began   time.Time // when this file did
	tables  map[weak.Pointer[event.Tables]]*written
	order   []*written // of them, in the order of their numbers
	numbers int        // how many Tables this file has
	held    []*written // those that are held, the latest last
	infos   map[weak.Pointer[event.Tables]]source.Info
	next    map[weak.Pointer[event.Tables]]uint64 // number of the next event
	stats   []byte                                // as last written to this file
	latest  []byte                                // as last asked for
	lost    uint64
	err     error // why nothing is written any more
	closed  bool

	askMu   sync.Mutex // of the two below
	asked   []byte
	counted []byte // asked without its time
	askedAt time.Time

	stop    chan struct{}
	ticker  sync.WaitGroup
	packers sync.WaitGroup // compress and remove files
	packMu  sync.Mutex
	packErr error
}

// Create begins a recording. It refuses to replace a file unless told to;
// with Rotate, a file that is there becomes one of the closed ones.
func Create(path string, opt Options) (*Writer, error) {
	var err error
	if opt.Rotate, err = rotateAt(opt.Rotate, opt.Keep); err != nil {
		return nil, err
	}
	w := &Writer{
		series: series{path, opt.Keep, opt.Files}, opt: opt, stop: make(chan struct{}),
		infos: make(map[weak.Pointer[event.Tables]]source.Info), next: make(map[weak.Pointer[event.Tables]]uint64),
	}
	if opt.Rotate > 0 || opt.Age > 0 {
		if err := w.retire(); err != nil {
			return nil, err
		}
	}
	if err := w.begin(); err != nil {
		return nil, err
	}
	w.ticker.Add(1)
	go w.tick()
	return w, nil
}

// rotateAt is the size at which files are closed, where all together may take
// what is kept.
func rotateAt(rotate, keep int64) (int64, error) {
	if keep > 0 && rotate == 0 {
		rotate = max(keep/8, 1<<20)
	}
	if keep > 0 && keep < 2*rotate {
		return 0, fmt.Errorf("keeping %d bytes leaves no room for two files of %d; keep more or rotate sooner", keep, rotate)
	}
	return rotate, nil
}

// begin opens the next file.
func (w *Writer) begin() error {
	f, err := create(w.path, w.opt.Force)
	if err != nil {
		return err
	}
	w.part++
	w.began = time.Now()
	w.f, w.at, w.base, w.blocks, w.events = f, 0, 0, 0, 0
	w.tables, w.order, w.numbers, w.held, w.stats = make(map[weak.Pointer[event.Tables]]*written), nil, 0, nil, nil
	w.buf = append(w.buf[:0], make([]byte, headerSize)...)
	putFileHeader(w.buf)
	meta := w.opt.Meta
	meta.fill(w.part)
	w.putJSON(kindMeta, 0, meta)
	w.putJSON(kindLayout, 0, describe())
	if w.part > 1 {
		w.putStats() // what is counted from here on was lost in this file
	}
	return w.flush()
}

// create makes a file, and replaces one that is there only when it is told to.
func create(path string, force bool) (*os.File, error) {
	mode := os.O_RDWR | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_RDWR | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, mode, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is there already; choose another name, or replace it (--force)", path)
	}
	return f, err
}

// Sink returns a sink for the batches of a source, of which the recording then
// says where they are from.
func (w *Writer) Sink(info source.Info) source.Sink {
	return source.SinkFunc(func(b *event.Batch) {
		w.mu.Lock()
		w.infos[weak.Make(b.Tables)] = info
		w.mu.Unlock()
		w.Batch(b)
	})
}

// Batch records events. Errors show in Err and Close.
func (w *Writer) Batch(b *event.Batch) {
	if b.Len() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || w.closed {
		w.lost += uint64(b.Len())
		return
	}
	for from := 0; from < b.Len(); {
		to := w.fits(b, from)
		w.gather(w.of(b.Tables), b.Slice(from, to))
		from = to
	}
	if len(w.buf) >= blockHeap {
		w.write()
	}
}

// fits returns where a run of b's events ends that one block can take.
func (w *Writer) fits(b *event.Batch, from int) int {
	to := min(b.Len(), from+blockEvents)
	for to > from+1 && b.ArgOff[to]-b.ArgOff[from] > blockHeap {
		to = from + (to-from)/2
	}
	return to
}

// gather adds events to those that wait for their block. They are numbered
// without gaps from the first one's number on, and so keep their numbers unless
// some were left out.
func (w *Writer) gather(st *written, b *event.Batch) {
	at := weak.Make(b.Tables)
	if next := w.next[at]; next != 0 {
		b.Seq = next
	}
	w.next[at] = b.Seq + uint64(b.Len())
	p := st.waiting
	if p != nil && (p.Len()+b.Len() > blockEvents || len(p.Heap)+int(b.ArgOff[b.Len()]-b.ArgOff[0]) > blockHeap) {
		w.sealTo(st)
		p = nil
	}
	if p == nil && b.Len() >= blockEvents/4 {
		st.waiting = b
		w.sealTo(st)
		return
	}
	if p == nil {
		p = event.NewBatch(b.Tables, b.Seq, max(b.Len(), 1024))
		st.waiting = p
	}
	appendBatch(p, b)
}

// appendBatch copies the events of b behind those of p.
func appendBatch(p, b *event.Batch) {
	n := p.Len()
	p.Time, p.Type, p.Bits = append(p.Time, b.Time...), append(p.Type, b.Type...), append(p.Bits, b.Bits...)
	p.CPU, p.TID, p.Proc = append(p.CPU, b.CPU...), append(p.TID, b.TID...), append(p.Proc, b.Proc...)
	p.FD, p.Obj, p.Res = append(p.FD, b.FD...), append(p.Obj, b.Obj...), append(p.Res, b.Res...)
	if b.Alert != nil && p.Alert == nil {
		p.Alert = make([]event.AlertID, n)
	}
	if p.Alert != nil {
		p.Alert = append(p.Alert, b.Alert...)
		p.Alert = append(p.Alert, make([]event.AlertID, p.Len()-len(p.Alert))...)
	}
	if b.Dur != nil && p.Dur == nil {
		p.Dur = slices.Repeat([]int64{-1}, n)
	}
	if p.Dur != nil {
		p.Dur = append(p.Dur, b.Dur...)
		for len(p.Dur) < p.Len() {
			p.Dur = append(p.Dur, -1)
		}
	}
	base, at := b.ArgOff[0], uint32(len(p.Heap))
	p.Heap = append(p.Heap, b.Heap[base:b.ArgOff[b.Len()]]...)
	for _, off := range b.ArgOff[1 : b.Len()+1] {
		p.ArgOff = append(p.ArgOff, off-base+at)
	}
}

// sealTo makes a block of a table's events, behind those that have waited for
// longer: a reader takes blocks as they stand.
func (w *Writer) sealTo(st *written) {
	for _, other := range w.order {
		if b := other.waiting; other != st && b != nil && b.Time[0] < st.waiting.Time[0] {
			w.seal(other)
		}
	}
	w.seal(st)
}

// seal makes a block of the events that wait, behind the rows that they refer
// to.
func (w *Writer) seal(st *written) {
	b := st.waiting
	st.waiting = nil
	w.rows(st)
	if b == nil || b.Len() == 0 {
		return
	}
	h := blockHeader{kind: kindEvents, tables: st.number, rows: uint32(b.Len()), first: b.Seq, from: slices.Min(b.Time), to: slices.Max(b.Time)}
	w.put(h, func(dst []byte) []byte { return appendEvents(dst, b) })
	w.events += uint64(b.Len())
	w.total += uint64(b.Len())
	w.waiting += uint64(b.Len())
}

// rows writes what a Tables got since the last time. A row only refers to rows
// that were there before it: counting the strings last makes sure that those
// of all rows are among them.
func (w *Writer) rows(st *written) {
	t := st.t
	if st.strs == firstString && w.part > 1 {
		before := len(w.buf)
		defer func() { w.base += int64(len(w.buf) - before) }()
	}
	alerts, procs, objs := uint32(t.Alerts.Len()), uint32(t.Procs.Len()), uint32(t.Objs.Len())
	conts, strs := uint32(t.Conts.Len()), uint32(t.Strings.Len())
	w.strings(st, strs)
	w.containers(st, conts)
	w.names(st, st.objs, objs)
	putRows(w, st, kindObjects, t.Objs, &st.objs, objs)
	putRows(w, st, kindProcs, t.Procs, &st.procs, procs)
	putRows(w, st, kindAlerts, t.Alerts, &st.alerts, alerts)
}

// blockRows bounds the payload of a block of rows or strings.
const blockRows = 4 << 20

// putRows writes the rows of a dimension from *from up to to.
func putRows[T comparable](w *Writer, st *written, kind blockKind, d *event.Dim[T], from *uint32, to uint32) {
	l := layouts[kind]
	for *from < to {
		h := blockHeader{kind: kind, tables: st.number, first: uint64(*from)}
		w.putCounted(h, func(dst []byte) ([]byte, uint32) {
			rows, start := uint32(0), len(dst)
			for ; *from < to && len(dst)-start < blockRows; *from++ {
				dst = l.append(dst, unsafe.Pointer(d.At(*from)))
				rows++
			}
			return dst, rows
		})
	}
}

// firstString is the first string that is not in every Tables (NoStr, EmptyStr).
const firstString = 2

// strings writes the strings up to to, each behind its length.
func (w *Writer) strings(st *written, to uint32) {
	for st.strs < to {
		h := blockHeader{kind: kindStrings, tables: st.number, first: uint64(st.strs)}
		w.putCounted(h, func(dst []byte) ([]byte, uint32) {
			rows, start := uint32(0), len(dst)
			for ; st.strs < to && len(dst)-start < blockRows; st.strs++ {
				dst = appendText(dst, st.t.Strings.Get(event.Str(st.strs)))
				rows++
			}
			return dst, rows
		})
	}
}

// containers writes the containers that are new, and again those whose row was
// replaced.
func (w *Writer) containers(st *written, to uint32) {
	l := layouts[kindContainers]
	for at := 0; at < len(st.conts); {
		h := blockHeader{kind: kindChanged, tables: st.number}
		var again []byte
		for ; at < len(st.conts) && len(again) < blockRows; at++ {
			if now := st.t.Conts.At(uint32(at + 1)); now != st.conts[at] {
				again = l.append(appendUint(again, uint64(at+1)), unsafe.Pointer(now))
				st.conts[at] = now
				h.rows++
			}
		}
		if h.rows > 0 {
			w.put(h, func(dst []byte) []byte { return append(dst, again...) })
		}
	}
	for uint32(len(st.conts)+1) < to {
		h := blockHeader{kind: kindContainers, tables: st.number, first: uint64(len(st.conts) + 1)}
		w.putCounted(h, func(dst []byte) ([]byte, uint32) {
			rows, start := uint32(0), len(dst)
			for id := uint32(len(st.conts) + 1); id < to && len(dst)-start < blockRows; id++ {
				row := st.t.Conts.At(id)
				dst = l.append(dst, unsafe.Pointer(row))
				st.conts = append(st.conts, row)
				rows++
			}
			return dst, rows
		})
	}
}

// names writes the domain names of the addresses in a run of objects.
func (w *Writer) names(st *written, from, to uint32) {
	h := blockHeader{kind: kindNames, tables: st.number}
	var text []byte
	for ; from < to; from++ {
		o := st.t.Objs.At(from)
		for _, end := range []event.Endpoint{o.Local, o.Remote} {
			if !end.Known || len(text) >= blockRows {
				continue
			}
			a := end.Addr()
			all := st.t.Names.Of(a)
			for _, name := range all[min(st.names[a], len(all)):] {
				text = appendText(append(text, end.IP[:]...), name)
				h.rows++
			}
			if len(all) > 0 {
				st.names[a] = len(all)
			}
		}
	}
	if h.rows > 0 {
		w.put(h, func(dst []byte) []byte { return append(dst, text...) })
	}
}

// put appends a block to those that wait.
func (w *Writer) put(h blockHeader, payload func(dst []byte) []byte) {
	w.putCounted(h, func(dst []byte) ([]byte, uint32) { return payload(dst), h.rows })
}

func (w *Writer) putCounted(h blockHeader, payload func(dst []byte) ([]byte, uint32)) {
	at := len(w.buf)
	w.buf = append(w.buf, make([]byte, headerSize)...)
	w.buf, h.rows = payload(w.buf)
	body := w.buf[at+headerSize:]
	h.length = uint32(len(body))
	h.number = w.blocks
	h.crc = crc32.Checksum(body, castagnoli)
	w.blocks++
	w.buf = append(w.buf, make([]byte, pad8(len(body))-len(body))...)
	h.put(w.buf[at:])
}

func (w *Writer) putJSON(kind blockKind, tables uint16, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("recording: %s: %v", reflect.TypeOf(v), err))
	}
	w.put(blockHeader{kind: kind, tables: tables}, func(dst []byte) []byte { return append(dst, data...) })
}
