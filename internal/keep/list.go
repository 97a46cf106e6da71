package keep

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/stoop-project/stoop/internal/recording"
)

// Kept is a trail that is in a folder.
type Kept struct {
	Path string
	recording.Trail
}

// List returns the trails in a folder, those of other keepers and those that
// never are removed among them, by name. Files that are no trails are passed
// over, and counted.
func List(dir string) (all []Kept, others int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".stoop") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		m, err := recording.ReadMeta(path)
		if err != nil || m.Trail == nil {
			others++
			continue
		}
		all = append(all, Kept{path, *m.Trail})
	}
	return all, others, nil
}
