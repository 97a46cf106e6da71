package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/journal"
)

// File is the desk of one machine: a journal of records, the later of one id in
// place of the earlier. Several processes may work at it.
type File struct {
	mu      sync.Mutex
	journal *journal.Journal
	records map[string]Record
	damaged int
}

var _ Desk = (*File)(nil)

// fileEvery is how often the file is looked at for what others wrote.
const fileEvery = time.Second

// OpenFile opens the desk in a file, which is made with the first record.
func OpenFile(path string) *File {
	return &File{journal: journal.New(path), records: make(map[string]Record)}
}

// Name implements [Desk].
func (f *File) Name() string { return f.journal.Path() }

// Load implements [Desk].
func (f *File) Load(context.Context) ([]Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.news(); err != nil {
		return nil, err
	}
	all := make([]Record, 0, len(f.records))
	for _, r := range f.records {
		all = append(all, r)
	}
	return all, nil
}

// Damaged counts the lines that could not be read.
func (f *File) Damaged() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.damaged
}

// news reads what came since.
func (f *File) news() ([]Record, error) {
	lines, err := f.journal.Read()
	return f.take(lines), err
}

func (f *File) take(lines [][]byte) (news []Record) {
	for _, line := range lines {
		r, err := readRecord(line)
		if err != nil {
			f.damaged++
			continue
		}
		f.records[r.ID] = r
		news = append(news, r)
	}
	return news
}

// readRecord reads a record as it was written.
func readRecord(line []byte) (r Record, err error) {
	if err := json.Unmarshal(line, &r); err != nil {
		return r, err
	}
	if _, err := strconv.ParseUint(r.Version, 10, 63); err != nil {
		return r, fmt.Errorf("version %q is no number", r.Version)
	}
	return r, r.Check()
}

// Save implements [Desk].
func (f *File) Save(ctx context.Context, r Record) (Record, error) {
	if err := r.Check(); err != nil {
		return r, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.journal.Append(ctx, func(lines [][]byte) error {
		f.take(lines)
		if now := f.records[r.ID]; now.Version != r.Version {
			return &Conflict{now}
		}
		return nil
	}, func() ([]byte, error) {
		n, _ := strconv.ParseUint(r.Version, 10, 63) // "" is 0
		r.Version = strconv.FormatUint(n+1, 10)
		return json.Marshal(r)
	})
	if err == nil {
		f.records[r.ID] = r
	}
	return r, err
}

// Watch implements [Desk].
func (f *File) Watch(ctx context.Context, told func([]Record)) error {
	tick := time.NewTicker(fileEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		f.mu.Lock()
		news, err := f.news()
		f.mu.Unlock()
		if err != nil {
			return err
		}
		if len(news) > 0 {
			told(news)
		}
	}
}
