package casefile

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/journal"
	"github.com/stoop-project/stoop/internal/spool"
)

// journalName is the file of entries in a case's folder.
const journalName = "case.ndjson"

// Case is a case that is open. Its methods may be called by several goroutines.
type Case struct {
	dir string
	by  string

	mu      sync.Mutex
	journal *journal.Journal
	all     []Entry // in the order in which they came, dropped ones too
	dropped map[string]bool
	place   *Place
	damaged int
}

// Dir is where cases lie by themselves.
func Dir() (string, error) { return spool.StateDir("cases") }

// Path returns the folder that an argument names: a path, or the name of a case
// in [Dir].
func Path(arg string) (string, error) {
	if strings.ContainsAny(arg, `/\`) || isCase(arg) {
		return arg, nil
	}
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, arg), nil
}

func isCase(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, journalName))
	return err == nil
}

// List names the cases in [Dir], the one that was changed last in front.
func List() (names []string, err error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	changed := make(map[string]time.Time)
	for _, f := range found {
		if st, err := os.Stat(filepath.Join(dir, f.Name(), journalName)); err == nil {
			names = append(names, f.Name())
			changed[f.Name()] = st.ModTime()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return changed[b].Compare(changed[a]) })
	return names, err
}

// NewName is a name for a case that nobody has named.
func NewName(now time.Time) string {
	return now.UTC().Format("2006-01-02-1504") + "-" + strings.ToLower(rand.Text()[:4])
}

// Open opens the case in a folder. One that is not there is begun with the first
// entry, unless it must be there.
func Open(dir, by string, must bool) (*Case, error) {
	c := &Case{dir: dir, by: by, journal: journal.New(filepath.Join(dir, journalName)), dropped: make(map[string]bool)}
	if must && !isCase(dir) {
		return nil, fmt.Errorf("%s: there is no case (stoop case list names those there are)", dir)
	}
	lines, err := c.journal.Read()
	if err != nil {
		return nil, err
	}
	c.take(lines)
	return c, nil
}

// Folder returns where the case lies.
func (c *Case) Folder() string { return c.dir }

// take takes in lines of the journal.
func (c *Case) take(lines [][]byte) {
	for _, line := range lines {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil || e.check() != nil {
			c.damaged++
			continue
		}
		c.keep(e)
	}
}

func (c *Case) keep(e Entry) {
	switch e.Kind {
	case Dropped:
		c.dropped[e.Of] = true
	case View:
		c.place = e.Place
	default:
		c.all = append(c.all, e)
	}
}

// Add adds an entry and returns it as it is kept, when it is on the disk.
func (c *Case) Add(ctx context.Context, e Entry) (Entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.At.IsZero() {
		e.At = time.Now().UTC()
	}
	e.ID, e.By = strings.ToLower(rand.Text()[:12]), c.by
	if err := e.check(); err != nil {
		return e, err
	}
	err := c.journal.Append(ctx, func(lines [][]byte) error { c.take(lines); return nil }, func() ([]byte, error) { return json.Marshal(e) })
	if err != nil {
		return e, fmt.Errorf("the case was not changed: %w", err)
	}
	c.keep(e)
	return e, nil
}

// Drop takes an entry out.
func (c *Case) Drop(ctx context.Context, id string) error {
	_, err := c.Add(ctx, Entry{Kind: Dropped, Of: id})
	return err
}

// Entries returns what is in the case, in the order in which it came. The views
// are not among them.
func (c *Case) Entries() (all []Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.all {
		if !c.dropped[e.ID] {
			all = append(all, e)
		}
	}
	return all
}

// Marked returns the entry of a marked event by its key.
func (c *Case) Marked(key string) (Entry, bool) {
	for _, e := range c.Entries() {
		if e.Kind == Mark && e.Key == key {
			return e, true
		}
	}
	return Entry{}, false
}

// Title is what the case is called: as it was named last, or its folder.
func (c *Case) Title() string {
	title := filepath.Base(c.dir)
	for _, e := range c.Entries() {
		if e.Kind == Begun && e.Title != "" {
			title = e.Title
		}
	}
	return title
}

// Place is where the screen was left; nil when it never was.
func (c *Case) Place() *Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.place
}

// Damaged counts the lines that could not be read.
func (c *Case) Damaged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.damaged
}
