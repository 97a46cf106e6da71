package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Spool keeps batches on disk until they are delivered, in files of which each
// goes when all of its batches are. What a process that ended had not delivered
// is found in its folder by the next one.
//
// Files survive the process, and what [Spool.Sync] was called behind survives the
// machine too.
type Spool struct {
	opt    Options
	dir    string
	unlock func()

	mu      sync.Mutex
	changed *sync.Cond
	files   []*segment
	cur     *segment // that is written; nil: none
	number  int      // of the last file
	buf     []byte   // what is written
	bytes   int64    // of all files
	events  int      // that wait or are on their way
	waiting []*Batch // not on their way
	hurried bool     // nobody waits for room any more
	ended   bool     // nothing is added any more
	stopped bool     // nothing is taken any more
}

// segment is a file of batches.
type segment struct {
	path string
	f    *os.File
	size int64
	open int // batches that are not delivered

	unsynced bool // it holds more than the disk does
}

// Batch is a batch in the spool.
type Batch struct {
	found
	seg     *segment
	settled int // events of it that need not be sent any more
}

// segmentSize is where a file ends and the next begins.
const segmentSize = 8 << 20

const segmentExt = ".spool"

// Options say what a spool may hold.
type Options struct {
	// Max bounds all files together, in bytes.
	Max int64
	// For says whom the spool is for, to people ([List]).
	For string
	// Count says how many events are in a batch's text; nil does not look. One
	// whose header says otherwise is damaged.
	Count func(text []byte) int
	// Adopt is told of a folder that another process has left: what lies there
	// beside the spool's own files. It may be nil.
	Adopt func(mine, other string)
}

// Open opens a folder for one process. What is left in it, and in those
// beside it whose processes have ended, waits to be delivered; damaged says what
// of it cannot be read.
func Open(root string, opt Options) (s *Spool, lost int, damaged []error, err error) {
	s = &Spool{opt: opt}
	s.changed = sync.NewCond(&s.mu)
	if s.dir, s.unlock, err = ownFolder(root); err != nil {
		return nil, 0, nil, err
	}
	if opt.For != "" {
		_ = os.WriteFile(filepath.Join(root, forName), []byte(opt.For+"\n"), 0o600)
	}
	names, err := leftovers(s.dir)
	if err != nil {
		s.unlock()
		return nil, 0, nil, err
	}
	for _, name := range names {
		var n int
		if _, err := fmt.Sscanf(filepath.Base(name), "%d", &n); err == nil {
			s.number = max(s.number, n)
		}
	}
	for _, name := range s.adopt(root, names) {
		n, err := s.load(name)
		lost += n
		if err != nil {
			damaged = append(damaged, fmt.Errorf("%s: %w", name, err))
		}
	}
	return s, lost, damaged, nil
}

// maxFolders is how many processes may have a folder of one root at a time.
const maxFolders = 64

// ownFolder makes and locks a folder below root for this process.
func ownFolder(root string) (dir string, unlock func(), err error) {
	for n := 1; n <= maxFolders; n++ {
		dir = filepath.Join(root, fmt.Sprint(n))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", nil, err
		}
		unlock, err := Lock(filepath.Join(dir, "lock"))
		if err == nil {
			return dir, unlock, nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue // who had it has removed it this moment
		}
		if !errors.Is(err, ErrLocked) {
			return "", nil, err
		}
	}
	return "", nil, fmt.Errorf("%s: %d processes are at work here already", root, maxFolders)
}

// leftovers lists the files in a folder, the oldest first.
func leftovers(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+segmentExt))
	slices.Sort(names)
	return names, err
}

// adopt moves the files of processes that have ended into the folder.
func (s *Spool) adopt(root string, names []string) []string {
	others, _ := filepath.Glob(filepath.Join(root, "*"))
	for _, dir := range others {
		if dir == s.dir {
			continue
		}
		unlock, err := Lock(filepath.Join(dir, "lock"))
		if err != nil {
			continue // it is at work, or no folder
		}
		left, _ := leftovers(dir)
		for _, name := range left {
			if to := s.nextPath(); os.Rename(name, to) == nil {
				names = append(names, to)
			}
		}
		if s.opt.Adopt != nil {
			s.opt.Adopt(s.dir, dir)
		}
		unlock()
		_ = os.Remove(dir) // what is not empty stays
	}
	return names
}

func (s *Spool) nextPath() string {
	s.number++
	return filepath.Join(s.dir, fmt.Sprintf("%08d%s", s.number, segmentExt))
}

// load takes up a file that was left. One that holds nothing goes; one that is
// damaged keeps what can be read, and stays beside the spool under another name.
func (s *Spool) load(path string) (lost int, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	all, lost, err := scan(data, s.opt.Count)
	if err != nil && !errors.Is(err, ErrCut) {
		_ = os.WriteFile(strings.TrimSuffix(path, segmentExt)+".damaged", data, 0o600)
	}
	if len(all) == 0 {
		return lost, errors.Join(err, os.Remove(path))
	}
	f, openErr := os.OpenFile(path, os.O_RDWR, 0)
	if openErr != nil {
		return lost, openErr
	}
	seg := &segment{path: path, f: f, size: int64(len(data)), open: len(all)}
	s.files = append(s.files, seg)
	s.bytes += seg.size
	for _, b := range all {
		b.Again = true
		s.waiting = append(s.waiting, &Batch{found: b, seg: seg})
		s.events += b.Events
	}
	return lost, err
}

var (
	// ErrFull is returned of a batch that there is no room for.
	ErrFull = errors.New("the spool is full")
	// ErrEnded is returned to whoever waited for room when the spool ended.
	ErrEnded = errors.New("the spool takes nothing more")
	// ErrLocked is returned of a file that another process has locked.
	ErrLocked = errors.New("another process has it")
)

// Add puts a batch into the spool; with wait, once there is room.
func (s *Spool) Add(h Head, text []byte, wait bool) error {
	h.length, h.crc = len(text), crc32.Checksum(text, castagnoli)
	need := int64(batchHeadSize + len(text))
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.bytes+need > s.opt.Max && s.events > 0 {
		switch {
		case !wait:
			return ErrFull
		case s.hurried || s.ended:
			return ErrEnded
		}
		s.changed.Wait()
	}
	if s.ended {
		return ErrEnded
	}
	if s.cur == nil || s.cur.size+need > segmentSize && s.cur.size > int64(len(segmentHead)) {
		if err := s.begin(); err != nil {
			return err
		}
	}
	seg := s.cur
	at := seg.size
	s.buf = append(h.put(s.buf[:0]), text...)
	if _, err := seg.f.WriteAt(s.buf, at); err != nil {
		_ = seg.f.Truncate(at) // half a batch is none
		return err
	}
	seg.size += need
	seg.unsynced = true
	seg.open++
	s.bytes += need
	s.events += h.Events
	s.waiting = append(s.waiting, &Batch{found: found{h, at + batchHeadSize}, seg: seg})
	s.changed.Broadcast()
	return nil
}

// begin opens the next file.
func (s *Spool) begin() error {
	if s.cur != nil && s.cur.open == 0 {
		s.remove(s.cur)
	}
	path := s.nextPath()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(segmentHead); err != nil {
		f.Close()
		return errors.Join(err, os.Remove(path))
	}
	s.cur = &segment{path: path, f: f, size: int64(len(segmentHead))}
	s.files = append(s.files, s.cur)
	s.bytes += s.cur.size
	return nil
}

// Sync has the disk hold what is in the files. Those that go meanwhile need not be.
func (s *Spool) Sync() {
	s.mu.Lock()
	var files []*os.File
	for _, seg := range s.files {
		if seg.unsynced {
			seg.unsynced = false
			files = append(files, seg.f)
		}
	}
	s.mu.Unlock()
	for _, f := range files {
		_ = f.Sync() // what a disk refuses shows when it is read
	}
	if len(files) > 0 {
		syncFolder(s.dir)
	}
}

// syncFolder has the disk hold a folder's names, where systems can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// remove lets a file go.
func (s *Spool) remove(seg *segment) {
	_ = seg.f.Close()
	_ = os.Remove(seg.path)
	s.bytes -= seg.size
	s.files = slices.DeleteFunc(s.files, func(o *segment) bool { return o == seg })
	if s.cur == seg {
		s.cur = nil
	}
}

// Next takes the batch that has waited longest on its way, once there is one and
// the taker may. It returns nil when the spool is stopped.
func (s *Spool) Next(may func() bool) *Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.stopped && (len(s.waiting) == 0 || !may()) {
		s.changed.Wait()
	}
	if s.stopped {
		return nil
	}
	e := s.waiting[0]
	s.waiting[0] = nil
	s.waiting = s.waiting[1:]
	return e
}

// Wake has takers look again whether they may.
func (s *Spool) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// Stop lets nobody take anything any more.
func (s *Spool) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.changed.Broadcast()
}

// Back puts a batch among those that wait again.
func (s *Spool) Back(e *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Again = true
	s.waiting = append([]*Batch{e}, s.waiting...)
	s.changed.Broadcast()
}

// Read returns the text of a batch, which it reads into a room if that is large
// enough.
func (s *Spool) Read(e *Batch, into []byte) ([]byte, error) {
	text := slices.Grow(into[:0], e.length)[:e.length]
	if _, err := e.seg.f.ReadAt(text, e.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return text, e.check(text, s.opt.Count)
}

// Settled counts events of a batch that need not be sent any more.
func (s *Spool) Settled(e *Batch, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.settled += n
	s.events -= n
}

// Done lets a batch go.
func (s *Spool) Done(e *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events -= e.Events - e.settled
	e.seg.open--
	if e.seg.open == 0 && e.seg != s.cur {
		s.remove(e.seg)
	} else {
		e.done = true // should it fail, the batch is sent once more
		_, _ = e.seg.f.WriteAt(e.put(nil), e.at-batchHeadSize)
	}
	s.changed.Broadcast()
}

// Dir is the folder of this process.
func (s *Spool) Dir() string { return s.dir }

// Left returns how many events are not delivered, and how many batches are not
// on their way.
func (s *Spool) Left() (events, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events, len(s.waiting)
}

// Hurry lets nobody wait for room any more.
func (s *Spool) Hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurried = true
	s.changed.Broadcast()
}

// End lets nothing more be added.
func (s *Spool) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.changed.Broadcast()
}

// Close lets the files go; those with nothing in them are removed.
func (s *Spool) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range slices.Clone(s.files) {
		if seg.open == 0 {
			s.remove(seg)
			continue
		}
		_ = seg.f.Close()
	}
	s.unlock()
	if os.Remove(s.dir) == nil { // only one with nothing in it
		removeRoot(filepath.Dir(s.dir))
	}
}

// removeRoot removes a root that nothing is left in but whom it was for.
func removeRoot(root string) {
	if left, err := os.ReadDir(root); err == nil && len(left) == 1 && left[0].Name() == forName {
		_ = os.Remove(filepath.Join(root, forName))
	}
	_ = os.Remove(root)
}
