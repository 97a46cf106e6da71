package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Program is a process whose file is wanted, and why.
type Program struct {
	PID       int       `json:"pid"`
	Path      string    `json:"exepath"` // as the event has it: in the process's own mounts
	Container string    `json:"container.id,omitempty"`
	Rule      string    `json:"rule,omitempty"`
	Alert     string    `json:"alert.id,omitempty"`
	Time      time.Time `json:"time"`

	Ino  uint64 `json:"-"` // of the file, 0 when it is not known
	Near []int  `json:"-"` // processes in the same container, which may live longer
}

// Options bound what is kept; zero values stand for the defaults.
type Options struct {
	MaxFile  int64 // bytes of a file that is kept; larger ones are hashed alone (64 MiB)
	MaxTotal int64 // bytes of all files in the folder (1 GiB)
	MaxHash  int64 // bytes of a file that is hashed (1 GiB)
	Queue    int   // files that wait for being read (64)
}

func (o *Options) setDefaults() {
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.MaxFile, 64<<20)
	def(&o.MaxTotal, 1<<30)
	def(&o.MaxHash, 1<<30)
	if o.Queue == 0 {
		o.Queue = 64
	}
}

// Stats count what became of the programs that were asked for.
type Stats struct {
	Asked, Hashed, Kept, Known uint64 // Known: its file is in the folder already
	Gone                       uint64 // the process had ended, or runs another file
	TooLarge                   uint64 // hashed but not kept, or not even hashed
	Dropped                    uint64 // the queue was full
	Failed                     uint64
}

// Keeper keeps programs in a folder.
type Keeper struct {
	dir   string
	opt   Options
	queue chan job
	done  chan struct{}
	log   *os.File

	mu     sync.Mutex
	stats  Stats
	closed bool
	err    error // the first

	total int64 // of the worker alone
}

// job is a file that is open and not read yet.
type job struct {
	p Program
	f *os.File
}

// Open returns a keeper that writes into a folder, which is made if need be.
func Open(dir string, opt Options) (*Keeper, error) {
	opt.setDefaults()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	k := &Keeper{dir: dir, opt: opt, queue: make(chan job, opt.Queue), done: make(chan struct{})}
	samples, err := filepath.Glob(filepath.Join(dir, "*.sample"))
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	for _, path := range samples {
		if info, err := os.Lstat(path); err == nil {
			k.total += info.Size()
		}
	}
	if k.log, err = os.OpenFile(filepath.Join(dir, "evidence.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	go k.work()
	return k, nil
}

// Take has the file of a process kept. It opens the file, which holds it even
// when the process ends now, and leaves the reading to a worker: it never waits.
func (k *Keeper) Take(p Program) {
	f, err := openProgram(p)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stats.Asked++
	switch {
	case k.closed:
		k.stats.Dropped++
	case err != nil:
		k.stats.Gone++
	default:
		select {
		case k.queue <- job{p, f}:
			return
		default:
			k.stats.Dropped++
		}
	}
	if f != nil {
		_ = f.Close()
	}
}

var errOther = errors.New("the process runs another file")

// openImage opens the file that a process runs, unless its name shows that the
// pid belongs to another program by now.
func openImage(p Program) (*os.File, error) {
	link := fmt.Sprintf("/proc/%d/exe", p.PID)
	name, err := os.Readlink(link)
	if err != nil {
		return nil, err
	}
	if p.Path != "" && filepath.Base(strings.TrimSuffix(name, " (deleted)")) != filepath.Base(p.Path) {
		return nil, errOther
	}
	return os.Open(link)
}

// Close waits until all that was taken is kept.
func (k *Keeper) Close() error {
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.queue)
	}
	k.mu.Unlock()
	<-k.done
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.err, k.log.Close())
}

// Stats returns what has become of the programs so far.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

func (k *Keeper) work() {
	defer close(k.done)
	for j := range k.queue {
		l, err := k.keep(j)
		_ = j.f.Close()
		if err == nil {
			err = k.write(l)
		}
		k.mu.Lock()
		if err != nil {
			k.stats.Failed++
			if k.err == nil {
				k.err = fmt.Errorf("evidence: %w", err)
			}
		}
		k.mu.Unlock()
	}
}

// line is what evidence.jsonl says of a program.
type line struct {
	Program
	SHA256 string `json:"sha256,omitempty"` // missing for what is too large to be hashed
	Size   int64  `json:"size"`
	File   string `json:"file,omitempty"` // in this folder; missing when it is not kept
}

func (k *Keeper) count(n *uint64) {
	k.mu.Lock()
	*n++
	k.mu.Unlock()
}

// keep hashes a file, and copies it under its hash.
func (k *Keeper) keep(j job) (line, error) {
	l := line{Program: j.p}
	info, err := j.f.Stat()
	if err != nil {
		return l, err
	}
	if l.Size = info.Size(); !info.Mode().IsRegular() || l.Size > k.opt.MaxHash {
		k.count(&k.stats.TooLarge)
		return l, nil
	}
	hash := sha256.New()
	// It may grow while it is read: no more than it had is.
	if _, err := io.Copy(hash, io.NewSectionReader(j.f, 0, l.Size)); err != nil {
		return l, err
	}
	l.SHA256 = hex.EncodeToString(hash.Sum(nil))
	k.count(&k.stats.Hashed)
	name := l.SHA256 + ".sample"
	path := filepath.Join(k.dir, name)
	if _, err := os.Lstat(path); err == nil {
		l.File = name
		k.count(&k.stats.Known)
		return l, nil
	}
	if l.Size > k.opt.MaxFile || k.total+l.Size > k.opt.MaxTotal {
		k.count(&k.stats.TooLarge)
		return l, nil
	}
	if err := copyTo(path, io.NewSectionReader(j.f, 0, l.Size)); err != nil {
		return l, err
	}
	k.total += l.Size
	l.File = name
	k.count(&k.stats.Kept)
	return l, nil
}

// copyTo writes a file whole or not at all. Nobody may execute or change it.
func copyTo(path string, r io.Reader) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".taking-")
	if err != nil {
		return err
	}
	_, err = io.Copy(tmp, r)
	err = errors.Join(err, tmp.Chmod(0o400), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

func (k *Keeper) write(l line) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = k.log.Write(append(b, '\n'))
	return err
}
