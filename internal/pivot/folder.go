package pivot

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Schema is the JSON schema (draft 2020-12) of a file of pivots, for editors.
//
//go:embed pivots.schema.json
var Schema []byte

// Folder is where a user's own pivots are. It is read again when a file in it
// has changed. Its methods may be called from any goroutine.
type Folder struct {
	dir string

	mu    sync.Mutex
	state string // of the files, as they were read
	table *Table
	err   error
}

// NewFolder returns a folder; "" is one that has only the built-in pivots.
func NewFolder(dir string) *Folder { return &Folder{dir: dir} }

// Table returns the pivots as the files have them now (see [Load]); changed says
// that they were read anew. While a file is wrong after a change, all is as it was
// before, and what is wrong with it is said.
func (f *Folder) Table() (t *Table, changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	state := f.look()
	if f.table != nil && state == f.state {
		return f.table, false, f.err
	}
	t, f.err = Load(f.dir)
	f.state = state
	if f.table == nil || f.err == nil {
		changed = f.table != nil
		f.table = t
	}
	return f.table, changed, f.err
}

// look writes down what would be different if a file changed.
func (f *Folder) look() string {
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
