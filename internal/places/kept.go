package places

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// KeptTrail is a recording of what one container did around an alert.
type KeptTrail struct {
	Path      string
	Alert     string // id
	Container string
	From, To  time.Time // zero: not known
}

// Folder is a folder of kept trails: those of the alert, of its container and of
// its time are read, the others passed over.
func Folder(dir string, list func() ([]KeptTrail, error), open func(ctx context.Context, path string) (source.Source, error)) Place {
	return &folder{dir: dir, list: list, open: open, read: map[string]bool{}}
}

type folder struct {
	dir  string
	list func() ([]KeptTrail, error)
	open func(ctx context.Context, path string) (source.Source, error)

	mu   sync.Mutex
	read map[string]bool // trails whose gaps are known
	gaps []source.Gap    // when events were lost in those that were read
}

func (p *folder) Name() string { return p.dir }
func (p *folder) Kind() Kind   { return Kept }

// maxKept is how many trails are read for one question.
const maxKept = 50

func (p *folder) Look(ctx context.Context, q Question, most int) (l Looked, err error) {
	trails, err := p.list()
	if err != nil {
		return l, err
	}
	read, left := 0, 0
	for _, t := range trails {
		if !q.mayBeIn(t) {
			continue
		}
		if read == maxKept {
			left++
			continue
		}
		read++
		if err := p.look(ctx, t.Path, q, &l); err != nil {
			return l, err
		}
	}
	l.Hits, l.More = nearest(l.Hits, q.At, most)
	if read > 0 {
		l.Note = fmt.Sprintf("%d of %s read", read, count(len(trails), "trail"))
	}
	if left > 0 {
		l.Note += fmt.Sprintf("; %s fit too", count(left, "other"))
	}
	return l, nil
}

// mayBeIn reports whether a trail may have events that are asked for.
func (q Question) mayBeIn(t KeptTrail) bool {
	if q.Alert != "" {
		return t.Alert == q.Alert
	}
	if q.Container != "" && t.Container != "" && t.Container != q.Container {
		return false
	}
	return q.To == 0 || (t.From.IsZero() || t.From.UnixNano() < q.To) && (t.To.IsZero() || t.To.UnixNano() >= q.From)
}

func (p *folder) look(ctx context.Context, path string, q Question, l *Looked) error {
	src, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	defer src.Close()
	err = src.Run(ctx, request(q), source.SinkFunc(func(b *event.Batch) { l.Hits = append(l.Hits, chosen(b, q)...) }))
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read[path] {
		p.read[path] = true
		p.gaps = append(p.gaps, src.Stats().Gaps...)
	}
	return err
}

// request is what a source is asked for a question.
func request(q Question) source.Request {
	req := source.Request{Filter: q.Filter}
	if q.To != 0 {
		req.Since, req.Until = time.Unix(0, q.From), time.Unix(0, q.To)
	}
	return req
}
