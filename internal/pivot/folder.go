package pivot

import (
	_ "embed"

	"github.com/stoop-project/stoop/internal/reread"
)

// Schema is the JSON schema (draft 2020-12) of a file of pivots, for editors.
//
//go:embed pivots.schema.json
var Schema []byte

// Folder is where a user's own pivots are. It is read again when a file in it
// has changed. Its methods may be called from any goroutine.
type Folder struct{ files *reread.Folder[Table] }

// NewFolder returns a folder; "" is one that has only the built-in pivots.
func NewFolder(dir string) *Folder { return &Folder{reread.New(dir, Load)} }

// Table returns the pivots as the files have them now (see [Load]); changed says
// that they were read anew. While a file is wrong after a change, all is as it was
// before, and what is wrong with it is said.
func (f *Folder) Table() (t *Table, changed bool, err error) { return f.files.Get() }
