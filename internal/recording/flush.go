package recording

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"
)

// tick writes what waits, again and again.
func (w *Writer) tick() {
	defer w.ticker.Done()
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-t.C:
			stats := w.askStats(false)
			w.mu.Lock()
			w.latest = stats
			if w.err == nil && !w.closed {
				w.write()
			}
			w.mu.Unlock()
		}
	}
}

// write seals what waits, writes it, and turns to the next file when it is time.
func (w *Writer) write() {
	for _, st := range w.order {
		if st.waiting != nil {
			w.seal(st)
		}
	}
	w.putStats()
	if err := w.flush(); err != nil {
		if len(w.buf) > maxWaiting {
			w.giveUp(err)
		}
		return
	}
	if w.due() {
		if err := w.rotate(); err != nil {
			w.giveUp(err)
		}
	}
}

// giveUp ends the recording: what waits is lost, and so is what comes.
func (w *Writer) giveUp(err error) {
	w.err = err
	w.lost += w.waiting
	w.total -= w.waiting
	w.buf, w.waiting = nil, 0
}

// flush hands the blocks that wait to the system. When it fails, what was
// written of them is cut off again, and they wait for the next time.
func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	n, err := w.f.WriteAt(w.buf, w.at)
	if err != nil {
		if n > 0 {
			_ = w.f.Truncate(w.at)
		}
		return err
	}
	w.at += int64(n)
	w.buf, w.waiting = w.buf[:0], 0
	if cap(w.buf) > 4*blockHeap {
		w.buf = nil
	}
	return nil
}

// askStats asks what the sources counted, if it is time. It is called without
// the lock: who counts may be waiting for it with a lock of its own.
func (w *Writer) askStats(now bool) []byte {
	if w.opt.Stats == nil {
		return nil
	}
	w.askMu.Lock()
	defer w.askMu.Unlock()
	if !now && time.Since(w.askedAt) < time.Second {
		return w.asked
	}
	before := w.askedAt
	w.askedAt = time.Now()
	s := w.opt.Stats()
	m := statsMeta{Taken: s.Taken, Passed: s.Passed, Bad: s.Bad, Lost: s.Lost, Notes: s.Notes}
	counted, err := json.Marshal(m)
	if err != nil || bytes.Equal(counted, w.counted) {
		return w.asked // it need not be written again for the time alone
	}
	m.Since, m.At = before.UTC(), w.askedAt.UTC()
	if data, err := json.Marshal(m); err == nil {
		w.asked, w.counted = data, counted
	}
	return w.asked
}

// putStats writes what the sources counted, if this file does not say so yet.
func (w *Writer) putStats() {
	if len(w.latest) == 0 || bytes.Equal(w.latest, w.stats) {
		return
	}
	w.stats = w.latest
	w.put(blockHeader{kind: kindStats}, func(dst []byte) []byte { return append(dst, w.latest...) })
}

// finish closes the file.
func (w *Writer) finish(more bool) error {
	for _, st := range w.order {
		w.complete(st)
	}
	w.putStats()
	w.putJSON(kindEnd, 0, endMeta{Events: w.events, Ended: time.Now().UTC(), Next: more})
	if err := w.flush(); err != nil {
		return err
	}
	return w.f.Close()
}

// Close writes what waits and ends the recording. It returns the first error
// that there was.
func (w *Writer) Close() error {
	stats := w.askStats(true)
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed, w.latest = true, stats
	if w.err == nil {
		if err := w.finish(false); err != nil {
			w.giveUp(err)
		}
	}
	err := w.err
	_ = w.f.Close()
	close(w.stop)
	w.mu.Unlock()
	w.ticker.Wait()
	w.packers.Wait()
	w.packMu.Lock()
	defer w.packMu.Unlock()
	return errors.Join(err, w.packErr)
}

// Err returns why nothing is written any more, nil as long as all is well.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Events returns how many events were recorded, and how many could not be.
func (w *Writer) Events() (recorded, lost uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	recorded = w.total
	for _, st := range w.order {
		if st.waiting != nil {
			recorded += uint64(st.waiting.Len())
		}
	}
	return recorded, w.lost
}

func appendUint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

func appendText(dst []byte, s string) []byte { return append(appendUint(dst, uint64(len(s))), s...) }
