package event

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Str refers to an interned string of a [Strings].
type Str uint32

// NoStr is the absence of a string: a field that reads it is missing.
// EmptyStr is the string "".
const (
	NoStr    Str = 0
	EmptyStr Str = 1
)

const (
	strPage  = 1 << 12  // strings a page
	strArena = 64 << 10 // bytes an arena block
)

// Strings interns text: equal strings have equal [Str]. It only grows; the
// memory goes with its Tables. Add is for one goroutine at a time (it locks),
// Get for any number beside it without a lock.
type Strings struct {
	pages atomic.Pointer[[]*[strPage]string]
	n     atomic.Uint32
	bytes atomic.Int64

	mu      sync.Mutex
	index   map[string]Str
	indexed uint32 // strings that the index knows: the first so many
	arena   []byte
}

func newStrings() *Strings {
	s := &Strings{index: make(map[string]Str)}
	s.pages.Store(&[]*[strPage]string{})
	s.append("") // NoStr reads as ""
	s.append("")
	s.index[""] = EmptyStr
	s.indexed = 2
	return s
}

// Add interns a string.
func (s *Strings) Add(text string) Str {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	if id, ok := s.index[text]; ok {
		return id
	}
	return s.insert(text)
}

// AddBytes interns text without allocating when it is known.
func (s *Strings) AddBytes(text []byte) Str {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	if id, ok := s.index[string(text)]; ok {
		return id
	}
	return s.insert(unsafe.String(unsafe.SliceData(text), len(text)))
}

// AddForeign appends a string whose bytes live elsewhere (a mapped file) as
// the next Str, without copying and without looking for an equal one. The
// caller keeps the bytes alive as long as the Tables. It is indexed when
// somebody looks for a string, which of a recording hardly anybody does.
func (s *Strings) AddForeign(text string) Str {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(text)
}

// catchUp indexes the strings that were added without it. Of equal ones the
// first counts.
func (s *Strings) catchUp() {
	n := s.n.Load()
	if s.indexed == n {
		return
	}
	pages := *s.pages.Load()
	for ; s.indexed < n; s.indexed++ {
		text := pages[s.indexed/strPage][s.indexed%strPage]
		if _, ok := s.index[text]; !ok {
			s.index[text] = Str(s.indexed)
		}
	}
}

func (s *Strings) insert(text string) Str {
	if len(text) > cap(s.arena)-len(s.arena) {
		s.arena = make([]byte, 0, max(strArena, len(text)))
	}
	at := len(s.arena)
	s.arena = append(s.arena, text...)
	kept := unsafe.String(unsafe.SliceData(s.arena[at:]), len(text))
	id := s.append(kept)
	s.index[kept] = id
	s.indexed = uint32(id) + 1
	s.bytes.Add(int64(len(text)))
	return id
}

func (s *Strings) append(text string) Str {
	n := s.n.Load()
	pages := *s.pages.Load()
	if int(n/strPage) == len(pages) {
		grown := append(pages[:len(pages):len(pages)], new([strPage]string))
		s.pages.Store(&grown)
		pages = grown
	}
	pages[n/strPage][n%strPage] = text
	s.n.Store(n + 1)
	return Str(n)
}

// Find returns the Str of a string when it is interned already.
func (s *Strings) Find(text string) (Str, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	id, ok := s.index[text]
	return id, ok
}

// Get returns the text of an id; "" for NoStr and for ids never given out.
func (s *Strings) Get(id Str) string {
	if uint32(id) >= s.n.Load() {
		return ""
	}
	return (*s.pages.Load())[id/strPage][id%strPage]
}

// Len returns how many strings there are, NoStr and EmptyStr included.
func (s *Strings) Len() int { return int(s.n.Load()) }

// Bytes estimates the memory held: text, headers and index.
func (s *Strings) Bytes() int64 { return s.bytes.Load() + int64(s.n.Load())*64 }
