package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
	"time"
)

// HashOptions bound what is hashed; zero values stand for the defaults.
type HashOptions struct {
	MaxFile int64 // bytes of a file; larger ones are left out (256 MiB)
	Rate    int64 // bytes a second, on the average (64 MiB)
	Queue   int   // files that wait for being read (256)
}

// HashStats count what became of the programs that were to be hashed.
type HashStats struct {
	Asked, Hashed, Known uint64 // Known: the same file was hashed before, and its hash told again
	Gone                 uint64 // the process had ended, and its file could not be found
	TooLarge             uint64
	Dropped              uint64 // too many waited
	Failed               uint64 // could not be read
}

// Left is how many were not hashed.
func (s HashStats) Left() uint64 { return s.Gone + s.TooLarge + s.Dropped + s.Failed }

// Hasher hashes programs beside those who ask.
type Hasher struct {
	opt   HashOptions
	queue chan hashing
	done  chan struct{}
	wait  func(time.Duration)

	mu     sync.Mutex
	stats  HashStats
	closed bool

	// Of the worker alone.
	known  map[fileID]string
	credit int64 // bytes that may be read at once
	paid   time.Time
}

type hashing struct {
	f    *os.File
	told func(sha256 string, size int64)
}

// maxKnown bounds how many hashes are remembered.
const maxKnown = 4096

// NewHasher returns a hasher at work.
func NewHasher(opt HashOptions) *Hasher {
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&opt.MaxFile, 256<<20)
	def(&opt.Rate, 64<<20)
	if opt.Queue == 0 {
		opt.Queue = 256
	}
	h := &Hasher{
		opt: opt, queue: make(chan hashing, opt.Queue), done: make(chan struct{}), wait: time.Sleep,
		known: make(map[fileID]string), credit: opt.Rate, paid: time.Now(),
	}
	go h.work()
	return h
}

// Take has a program's file hashed, and told the SHA-256 in hex, and the size,
// from another goroutine. It opens the file, which holds it even when the
// process ends now, and never waits.
func (h *Hasher) Take(p Program, told func(sha256 string, size int64)) {
	f, err := openProgram(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Asked++
	switch {
	case h.closed:
		h.stats.Dropped++
	case err != nil:
		h.stats.Gone++
	default:
		select {
		case h.queue <- hashing{f, told}:
			return
		default:
			h.stats.Dropped++
		}
	}
	if f != nil {
		_ = f.Close()
	}
}

// Stats returns what has become of the programs so far.
func (h *Hasher) Stats() HashStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

// Close waits until all that was taken is told.
func (h *Hasher) Close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.queue)
	}
	h.mu.Unlock()
	<-h.done
}

func (h *Hasher) work() {
	defer close(h.done)
	for x := range h.queue {
		sum, size, counted := h.hash(x.f)
		_ = x.f.Close()
		h.mu.Lock()
		*counted++
		h.mu.Unlock()
		if sum != "" {
			x.told(sum, size)
		}
	}
}

// hash returns a file's hash, "" when it has none, and which count that is.
func (h *Hasher) hash(f *os.File) (sum string, size int64, counted *uint64) {
	info, err := f.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		return "", 0, &h.stats.Failed
	case info.Size() > h.opt.MaxFile:
		return "", 0, &h.stats.TooLarge
	}
	id := idOf(info)
	if sum = h.known[id]; sum != "" {
		return sum, info.Size(), &h.stats.Known
	}
	h.pay(info.Size())
	sha := sha256.New()
	if _, err := io.Copy(sha, io.NewSectionReader(f, 0, info.Size())); err != nil {
		return "", 0, &h.stats.Failed
	}
	sum = hex.EncodeToString(sha.Sum(nil))
	if len(h.known) >= maxKnown {
		clear(h.known)
	}
	// A file that is written while it is read is another one afterwards.
	if after, err := f.Stat(); err == nil && idOf(after) == id {
		h.known[id] = sum
	}
	return sum, info.Size(), &h.stats.Hashed
}

// pay waits until so many bytes may be read.
func (h *Hasher) pay(bytes int64) {
	now := time.Now()
	h.credit = min(h.opt.Rate, h.credit+int64(now.Sub(h.paid).Seconds()*float64(h.opt.Rate)))
	h.paid = now
	if h.credit -= bytes; h.credit < 0 {
		h.wait(time.Duration(float64(-h.credit) / float64(h.opt.Rate) * float64(time.Second)))
	}
}
