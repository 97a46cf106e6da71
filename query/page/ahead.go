package page

import (
	"bytes"
	"context"
)

// place is where a page begins, and how many hits it is to have.
type place struct {
	pit   string
	after []byte // sort values as JSON; nil for the first page
	size  int
	each  int // bytes of a hit, on the page before; 0 when that is not known
}

// flight is a page that was asked for.
type flight struct {
	at     place
	done   chan struct{} // closed when what follows is there
	cancel context.CancelFunc
	room   bool // it has a place of [reader.room]

	a      *Answer
	weight int // of the answer, in bytes
	err    error
	next   *flight // the page behind it; nil when that was not asked for yet
}

// maxFlights is how many pages may be asked for and not taken yet.
const maxFlights = 2

// launch asks for a page.
func (r *reader) launch(ctx context.Context, at place) *flight {
	f := &flight{at: at, done: make(chan struct{})}
	own, cancel := context.WithCancel(ctx)
	f.cancel = cancel
	go func() {
		defer close(f.done)
		select {
		case r.room <- struct{}{}:
			f.room = true
		case <-own.Done():
			f.err = own.Err()
			return
		}
		f.a, f.weight, f.err = r.ask(own, at, func(body []byte) {
			f.dropNext(r) // an answer before this one was broken
			if behind, ok := r.behind(at, body); ok {
				f.next = r.launch(ctx, behind)
			}
		})
	}()
	return f
}

// take waits for a page and makes room for another.
func (r *reader) take(f *flight) {
	<-f.done
	f.cancel()
	if f.room {
		f.room = false
		<-r.room
	}
}

// drop lets a page go that was asked for, and those behind it.
func (r *reader) drop(f *flight) {
	if f == nil {
		return
	}
	f.cancel()
	r.take(f)
	f.dropNext(r)
}

func (f *flight) dropNext(r *reader) {
	r.drop(f.next)
	f.next = nil
}

// behind returns where the page behind an answer begins, as soon as the answer
// is there and before anybody has looked through it; ok is false where that must
// not be guessed. The guess is held against what the answer says ([reader.Next]).
func (r *reader) behind(at place, body []byte) (next place, ok bool) {
	if !r.o.Ahead || !r.byShard {
		return next, false
	}
	after, ok := lastSort(body)
	if !ok {
		return next, false
	}
	hits := at.size
	if len(body) < at.size*at.each*3/4 || at.each == 0 { // else it is as large as a full page: no need to count
		hits = bytes.Count(body, []byte(sortMark))
	}
	if hits < at.size {
		return next, false
	}
	next = place{pit: at.pit, after: after, size: r.q.sizeFor(hits, len(body)), each: len(body) / hits}
	if pit, some := pitOf(body); some {
		next.pit = pit
	}
	return next, true
}

const sortMark = `"sort":[`

// lastSort returns the sort values of an answer's last hit, which it ends with.
func lastSort(body []byte) (last []byte, ok bool) {
	from := bytes.LastIndex(body, []byte(sortMark))
	if from < 0 {
		return nil, false
	}
	last = body[from+len(sortMark)-1:]
	end := bytes.IndexByte(last, ']') + 1
	if end == 0 || string(last[end:]) != "}]}}" || bytes.IndexByte(last[:end], '"') >= 0 {
		return nil, false
	}
	return bytes.Clone(last[:end]), true
}

// pitOf returns the point in time that an answer begins with.
func pitOf(body []byte) (pit string, ok bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"pit_id":"`))
	if !ok {
		return "", false
	}
	id, _, ok := bytes.Cut(rest, []byte(`"`))
	return string(id), ok && bytes.IndexByte(id, '\\') < 0
}

// prefetch reads one page ahead of pages that do not do so by themselves.
type prefetch struct {
	Pages
	pages  chan fetched // nil before the first
	cancel context.CancelFunc
}

type fetched struct {
	a   *Answer
	err error
}

// Next implements [Pages].
func (p *prefetch) Next(ctx context.Context) (*Answer, error) {
	if p.pages == nil {
		p.begin(ctx)
	}
	got, ok := <-p.pages
	if !ok {
		return nil, ctx.Err()
	}
	return got.a, got.err
}

// begin reads until there is nothing more, or an error.
func (p *prefetch) begin(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	p.pages = make(chan fetched, 1)
	go func() {
		defer close(p.pages)
		for {
			a, err := p.Pages.Next(ctx)
			select {
			case p.pages <- fetched{a, err}:
			case <-ctx.Done():
				return
			}
			if a == nil || err != nil {
				return
			}
		}
	}()
}

// Close implements [Pages].
func (p *prefetch) Close() {
	if p.pages != nil {
		p.cancel()
		for range p.pages { // until nothing is asked for any more
		}
	}
	p.Pages.Close()
}
