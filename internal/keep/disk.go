package keep

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/recording"
)

// Suffix ends the names of trails that are never removed: an analyst gives it.
const Suffix = ".keep.stoop"

const (
	timeLayout = "20060102T150405.000Z"
	maxPart    = 48 // characters of a rule's name or an id in a file's name
)

// ours matches the names that fileName makes.
var ours = regexp.MustCompile(`^\d{8}T\d{6}\.\d{3}Z-.*\.stoop$`)

// fileName is TIME-RULE-CONTAINER-ALERTID.stoop. Names sort by time.
func fileName(m recording.Trail) string {
	return m.Time.UTC().Format(timeLayout) + "-" + plain(m.Rule) + "-" + plain(m.Container) + "-" + plain(m.Alert) + ".stoop"
}

// plain makes a part of a file's name of any text.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case b.Len() >= maxPart:
			return b.String()
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()
}

// makeRoom removes the oldest recordings until another one fits: fewer files
// than may be there, and half of what one may take.
func (k *Keeper) makeRoom() {
	entries, err := os.ReadDir(k.opt.Dir)
	if err != nil {
		return // making the file will say why
	}
	busy := make(map[string]bool)
	k.mu.Lock()
	for _, t := range k.trails {
		busy[filepath.Base(t.path)] = true
	}
	k.mu.Unlock()
	type file struct {
		name string
		size int64
	}
	var files []file
	var bytes int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !ours.MatchString(e.Name()) || strings.HasSuffix(e.Name(), Suffix) {
			continue
		}
		bytes += info.Size()
		files = append(files, file{e.Name(), info.Size()})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	n := len(files)
	for _, f := range files {
		if n < k.opt.Files && bytes+min(k.opt.Each, k.opt.Bytes)/2 <= k.opt.Bytes {
			break
		}
		if busy[f.name] || os.Remove(filepath.Join(k.opt.Dir, f.name)) != nil {
			continue
		}
		n, bytes = n-1, bytes-f.size
		k.mu.Lock()
		k.stats.Removed++
		k.mu.Unlock()
	}
}
