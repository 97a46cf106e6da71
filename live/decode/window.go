//go:build linux

package decode

// window holds records until all that are older can be taken to be there, and
// gives them back in the order of their time. Records of one CPU come in
// order, those of several are interleaved: what arrives is a few rising runs.
type window struct {
	data []byte
	recs []waiting
	tmp  []waiting
	runs []int
	last uint64 // time of the youngest record given out
	late uint64 // records that came after a younger one was given out
}

type waiting struct {
	time     uint64
	off, len uint32
}

// maxWindow bounds the bytes that wait; beyond it the oldest are released.
const maxWindow = 64 << 20

func (w *window) add(time uint64, rec []byte) {
	w.recs = append(w.recs, waiting{time, uint32(len(w.data)), uint32(len(rec))})
	w.data = append(w.data, rec...)
}

// release calls take for every record not younger than horizon, in the order
// of time.
func (w *window) release(horizon uint64, take func(rec []byte)) {
	w.sort()
	n := 0
	for n < len(w.recs) && w.recs[n].time <= horizon {
		r := w.recs[n]
		if r.time < w.last {
			w.late++
		} else {
			w.last = r.time
		}
		take(w.data[r.off : r.off+r.len : r.off+r.len])
		n++
	}
	w.compact(n)
}

// compact drops the first n records.
func (w *window) compact(n int) {
	rest := w.recs[n:]
	if len(rest) == 0 {
		w.recs, w.data = w.recs[:0], w.data[:0]
		return
	}
	if n == 0 {
		return
	}
	kept := make([]byte, 0, max(cap(w.data)/2, 1<<16))
	for i, r := range rest {
		off := uint32(len(kept))
		kept = append(kept, w.data[r.off:r.off+r.len]...)
		w.recs[i] = waiting{r.time, off, r.len}
	}
	w.recs, w.data = w.recs[:len(rest)], kept
}

// sort is a natural merge sort: stable, and linear when the records are in
// order already.
func (w *window) sort() {
	w.runs = append(w.runs[:0], 0)
	for i := 1; i < len(w.recs); i++ {
		if w.recs[i].time < w.recs[i-1].time {
			w.runs = append(w.runs, i)
		}
	}
	if len(w.runs) == 1 {
		return
	}
	if cap(w.tmp) < len(w.recs) {
		w.tmp = make([]waiting, len(w.recs), 2*len(w.recs))
	}
	for len(w.runs) > 1 {
		src, dst := w.recs, w.tmp[:len(w.recs)]
		out := 0
		for i := 0; i < len(w.runs); i += 2 {
			lo, mid, hi := w.runs[i], len(src), len(src)
			if i+1 < len(w.runs) {
				mid = w.runs[i+1]
			}
			if i+2 < len(w.runs) {
				hi = w.runs[i+2]
			}
			merge(dst[lo:hi], src[lo:mid], src[mid:hi])
			w.runs[out] = lo
			out++
		}
		w.runs = w.runs[:out]
		w.recs, w.tmp = dst, src
	}
}

func merge(dst, a, b []waiting) {
	for i := range dst {
		if len(b) == 0 || len(a) > 0 && a[0].time <= b[0].time {
			dst[i], a = a[0], a[1:]
		} else {
			dst[i], b = b[0], b[1:]
		}
	}
}
