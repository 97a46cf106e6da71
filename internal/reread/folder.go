package reread

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Folder is a folder of files, *.yaml. Its methods may be called from any
// goroutine.
type Folder[T any] struct {
	dir  string
	load func(dir string) (*T, error)

	mu    sync.Mutex
	state string // of the files, as they were read
	have  *T
	err   error
}

// New returns a folder; "" is one without files. load reads what is in it, and
// what goes by itself: with an error too, as far as the files are right.
func New[T any](dir string, load func(dir string) (*T, error)) *Folder[T] {
	return &Folder[T]{dir: dir, load: load}
}

// Get returns what the files say now; changed says that they were read anew.
// While a file is wrong after a change, all is as it was before, and what is wrong
// with it is said.
func (f *Folder[T]) Get() (have *T, changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	state := f.look()
	if f.have != nil && state == f.state {
		return f.have, false, f.err
	}
	have, f.err = f.load(f.dir)
	f.state = state
	if f.have == nil || f.err == nil {
		changed = f.have != nil
		f.have = have
	}
	return f.have, changed, f.err
}

// look writes down what would be different if a file changed.
func (f *Folder[T]) look() string {
	if f.dir == "" {
		return ""
	}
	names, _ := filepath.Glob(filepath.Join(f.dir, "*.yaml"))
	var b strings.Builder
	for _, name := range names {
		if st, err := os.Stat(name); err == nil {
			fmt.Fprintf(&b, "%q %d %d\n", name, st.Size(), st.ModTime().UnixNano())
		}
	}
	return b.String()
}
