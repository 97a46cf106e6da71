package ship

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

// spool keeps batches on disk until they are delivered, in files of which each
// goes when all of its batches are. What a process that ended had not delivered
// is found in its folder by the next one.
//
// Files are not synced: they survive the process, not the machine.
type spool struct {
	dir    string
	max    int64 // bytes of all files
	unlock func()

	mu      sync.Mutex
	changed *sync.Cond
	files   []*segment
	cur     *segment // that is written; nil: none
	number  int      // of the last file
	bytes   int64    // of all files
	events  int      // that wait or are on their way
	waiting []*entry // not on their way
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
}

// entry is a batch in the spool.
type entry struct {
	found
	seg     *segment
	settled int // events of it that need not be sent any more
}

// segmentSize is where a file ends and the next begins.
const segmentSize = 8 << 20

const segmentExt = ".spool"

// openSpool opens a folder for one process. What is left in it, and in those
// beside it whose processes have ended, waits to be delivered; damaged says what
// of it cannot be read.
func openSpool(root string, most int64) (s *spool, lost int, damaged []error, err error) {
	s = &spool{max: most}
	s.changed = sync.NewCond(&s.mu)
	if s.dir, s.unlock, err = ownFolder(root); err != nil {
		return nil, 0, nil, err
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

// maxFolders is how many processes may ship to one stream at a time.
const maxFolders = 64

// ownFolder makes and locks a folder below root for this process.
func ownFolder(root string) (dir string, unlock func(), err error) {
	for n := 1; n <= maxFolders; n++ {
		dir = filepath.Join(root, fmt.Sprint(n))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", nil, err
		}
		unlock, err := lockFile(filepath.Join(dir, "lock"))
		if err == nil {
			return dir, unlock, nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue // who had it has removed it this moment
		}
		if !errors.Is(err, errLocked) {
			return "", nil, err
		}
	}
	return "", nil, fmt.Errorf("%s: %d processes ship from here already", root, maxFolders)
}

// leftovers lists the files in a folder, the oldest first.
func leftovers(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+segmentExt))
	slices.Sort(names)
	return names, err
}

// adopt moves the files of processes that have ended into the folder.
func (s *spool) adopt(root string, names []string) []string {
	others, _ := filepath.Glob(filepath.Join(root, "*"))
	for _, dir := range others {
		if dir == s.dir {
			continue
		}
		unlock, err := lockFile(filepath.Join(dir, "lock"))
		if err != nil {
			continue // it is at work, or no folder
		}
		left, _ := leftovers(dir)
		for _, name := range left {
			if to := s.nextPath(); os.Rename(name, to) == nil {
				names = append(names, to)
			}
		}
		_ = appendFile(filepath.Join(s.dir, refusedName), filepath.Join(dir, refusedName))
		unlock()
		_ = os.Remove(dir) // what is not empty stays
	}
	return names
}

func (s *spool) nextPath() string {
	s.number++
	return filepath.Join(s.dir, fmt.Sprintf("%08d%s", s.number, segmentExt))
}

// load takes up a file that was left. One that holds nothing goes; one that is
// damaged keeps what can be read, and stays beside the spool under another name.
func (s *spool) load(path string) (lost int, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	all, lost, err := scan(data)
	if err != nil && !errors.Is(err, errCut) {
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
		b.again = true
		s.waiting = append(s.waiting, &entry{found: b, seg: seg})
		s.events += b.events
	}
	return lost, err
}

var (
	errFull  = errors.New("the spool is full")
	errEnded = errors.New("the spool takes nothing more") // of whoever waited for room
)

// add puts a batch into the spool; with wait, once there is room.
func (s *spool) add(h batchHead, text []byte, wait bool) error {
	h.length, h.crc = len(text), crc32.Checksum(text, castagnoli)
	need := int64(batchHeadSize + len(text))
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.bytes+need > s.max && s.events > 0 {
		switch {
		case !wait:
			return errFull
		case s.hurried || s.ended:
			return errEnded
		}
		s.changed.Wait()
	}
	if s.ended {
		return errEnded
	}
	if s.cur == nil || s.cur.size+need > segmentSize && s.cur.size > int64(len(segmentHead)) {
		if err := s.begin(); err != nil {
			return err
		}
	}
	seg := s.cur
	at := seg.size
	if _, err := seg.f.WriteAt(append(h.put(nil), text...), at); err != nil {
		_ = seg.f.Truncate(at) // half a batch is none
		return err
	}
	seg.size += need
	seg.open++
	s.bytes += need
	s.events += h.events
	s.waiting = append(s.waiting, &entry{found: found{h, at + batchHeadSize}, seg: seg})
	s.changed.Broadcast()
	return nil
}

// begin opens the next file.
func (s *spool) begin() error {
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

// remove lets a file go.
func (s *spool) remove(seg *segment) {
	_ = seg.f.Close()
	_ = os.Remove(seg.path)
	s.bytes -= seg.size
	s.files = slices.DeleteFunc(s.files, func(o *segment) bool { return o == seg })
	if s.cur == seg {
		s.cur = nil
	}
}

// next takes the batch that has waited longest on its way, once there is one and
// the taker may. It returns nil when the spool is stopped.
func (s *spool) next(may func() bool) *entry {
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

// wake has takers look again whether they may.
func (s *spool) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// stop lets nobody take anything any more.
func (s *spool) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.changed.Broadcast()
}

// back puts a batch among those that wait again.
func (s *spool) back(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.again = true
	s.waiting = append([]*entry{e}, s.waiting...)
	s.changed.Broadcast()
}

// read returns the text of a batch.
func (s *spool) read(e *entry) ([]byte, error) {
	text := make([]byte, e.length)
	if _, err := e.seg.f.ReadAt(text, e.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return text, e.check(text)
}

// settled counts events of a batch that need not be sent any more.
func (s *spool) settled(e *entry, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.settled += n
	s.events -= n
}

// done lets a batch go.
func (s *spool) done(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events -= e.events - e.settled
	e.seg.open--
	if e.seg.open == 0 && e.seg != s.cur {
		s.remove(e.seg)
	} else {
		e.done = true // should it fail, the batch is sent once more
		_, _ = e.seg.f.WriteAt(e.put(nil), e.at-batchHeadSize)
	}
	s.changed.Broadcast()
}

// left returns how many events are not delivered, and how many batches are not
// on their way.
func (s *spool) left() (events, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events, len(s.waiting)
}

// hurry lets nobody wait for room any more.
func (s *spool) hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurried = true
	s.changed.Broadcast()
}

// end lets nothing more be added.
func (s *spool) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.changed.Broadcast()
}

// close lets the files go; those with nothing in them are removed.
func (s *spool) close() {
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
		_ = os.Remove(filepath.Dir(s.dir))
	}
}
