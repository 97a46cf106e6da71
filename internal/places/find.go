package places

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/trail"
)

// Bounds that hold unless [Options] say otherwise.
const (
	DefaultSpan = 30 * time.Minute
	DefaultMost = 200_000
)

// Options say how a trail is looked for.
type Options struct {
	Span time.Duration // before and after the alert; 0: DefaultSpan
	Most int           // events of one question in one place; 0: DefaultMost

	// Subject is whom the alert is about, where the caller knows more than it
	// says; nil: what it says.
	Subject *trail.Subject
}

// Answer is what one place said to one question.
type Answer struct {
	Place string
	Kind  Kind
	What  string // was looked for, in a few words
	For   string // the filter
	From  time.Time
	To    time.Time // both zero: at any time
	Rows  int
	More  bool // there are others, further from the alert
	Took  time.Duration
	Err   error
	Note  string     // a sentence; may be empty
	Skew  trail.Skew // of the place's clock, against the others'; only in [Found]
	Moved bool       // by which its times were corrected
}

// Found is the trail of an alert, and where it was found.
type Found struct {
	Trail   *trail.Trail
	Rows    []Hit // of all places, in the order of time, each event once
	Sure    Sure
	Answers []Answer // by place, and in the order in which was asked
	Missing []string // what was looked for and not found, a sentence each
	Attach  string   // the command that watches the container where it runs; "" where that is known to be over, or not known

	by *finding
}

// ErrNothing says that an alert gives nothing by which its trail could be
// looked for.
var ErrNothing = errors.New("this alert says of no container, pod or process: its trail cannot be looked for; --at TIME --container ID name them")

// ErrNoTime says that an alert has no time.
var ErrNoTime = errors.New("this alert has no time that can be read: --at TIME gives it one")

// Find looks for an alert's trail in every place, side by side, and tells of
// each answer as it comes; told may be nil, and is called by one goroutine at a
// time. Places that cannot be asked are no error: their answers say so.
func Find(ctx context.Context, alert event.Row, in []Place, opt Options, told func(Answer)) (*Found, error) {
	f, err := newFinding(alert, in, opt, told)
	if err != nil {
		return nil, err
	}
	for range maxRounds {
		qs, err := f.known.questions(f.opt.Span, f.asked)
		if err != nil {
			return nil, err
		}
		if len(qs) == 0 {
			break
		}
		if err := f.round(ctx, qs); err != nil {
			return nil, err
		}
		f.learn()
	}
	if len(f.asked) == 0 {
		return nil, ErrNothing
	}
	return f.found(), nil
}

// maxRounds bounds how often is asked for what answers teach: as many
// generations of a lineage are followed where the container is not known.
const maxRounds = 10

// finding is one search.
type finding struct {
	alert event.Row
	in    []Place
	opt   Options
	told  func(Answer)

	known known
	asked map[string]bool

	mu      sync.Mutex
	answers []Answer
	got     []lot
	choice  string // how the container was chosen among several; "" when it was not
}

// lot is what one answer brought.
type lot struct {
	place  int // in finding.in
	answer int // in finding.answers
	wide   bool
	hits   []Hit
}

// sort puts the answers into the order of places and questions; they came in
// any.
func (f *finding) sort() {
	order := make([]int, len(f.answers))
	for i := range order {
		order[i] = i
	}
	key := func(i int) (int, int) {
		a := &f.answers[i]
		return slices.IndexFunc(f.in, func(p Place) bool { return p.Name() == a.Place && p.Kind() == a.Kind }),
			slices.IndexFunc(askings, func(k asking) bool { return strings.HasPrefix(a.What, k.what) })
	}
	slices.SortStableFunc(order, func(a, b int) int {
		pa, qa := key(a)
		pb, qb := key(b)
		return cmp.Or(cmp.Compare(pa, pb), cmp.Compare(qa, qb), cmp.Compare(len(f.answers[a].What), len(f.answers[b].What)))
	})
	sorted, at := make([]Answer, len(order)), make([]int, len(order))
	for to, from := range order {
		sorted[to], at[from] = f.answers[from], to
	}
	f.answers = sorted
	for i := range f.got {
		f.got[i].answer = at[f.got[i].answer]
	}
}

func newFinding(alert event.Row, in []Place, opt Options, told func(Answer)) (*finding, error) {
	if opt.Span == 0 {
		opt.Span = DefaultSpan
	}
	if opt.Most == 0 {
		opt.Most = DefaultMost
	}
	f := &finding{alert: alert, in: in, opt: opt, told: told, asked: map[string]bool{}}
	if opt.Subject != nil {
		f.known.Subject = *opt.Subject
	} else {
		f.known.Subject = trail.SubjectOf(alert)
	}
	k := &f.known
	if k.Time == 0 {
		return nil, ErrNoTime
	}
	k.cut = k.Container != "" && k.Container != event.HostID && len(k.Container) < idDigits
	if k.Entity != "" {
		k.up, k.down = []string{k.Entity}, []string{k.Entity}
		if k.Parent != "" {
			k.up, k.down = append(k.up, k.Parent), append(k.down, k.Parent)
		}
	}
	return f, nil
}

// idDigits is how many digits a container's id has.
const idDigits = 12

// questionsAtOnce is how many questions a place is asked side by side.
const questionsAtOnce = 4

// round asks all places some questions.
func (f *finding) round(ctx context.Context, qs []Question) error {
	var places sync.WaitGroup
	for i := range f.in {
		places.Go(func() {
			var tasks errgroup.Group
			tasks.SetLimit(questionsAtOnce)
			for _, q := range qs {
				tasks.Go(func() error {
					if f.ask(ctx, i, q, false) == 0 && q.wide && ctx.Err() == nil {
						f.ask(ctx, i, q.wider(), true)
					}
					return nil
				})
			}
			_ = tasks.Wait()
		})
	}
	places.Wait()
	return ctx.Err()
}

// ask asks one place one question, and returns how many events it has; -1 when
// it could not be asked.
func (f *finding) ask(ctx context.Context, place int, q Question, wide bool) int {
	p := f.in[place]
	a := Answer{Place: p.Name(), Kind: p.Kind(), What: q.What, For: q.Filter.String()}
	if q.To != 0 {
		a.From, a.To = time.Unix(0, q.From), time.Unix(0, q.To)
	}
	most := f.opt.Most
	if q.most > 0 {
		most = min(most, q.most)
	}
	began := time.Now()
	l, err := p.Look(ctx, q, most)
	if own := (Hit{f.alert.B, f.alert.I}); f.alert.Alert != 0 { // a place that has the alert tells nothing by that
		l.Hits = slices.DeleteFunc(l.Hits, func(h Hit) bool { return same(h, own) })
	}
	a.Took = time.Since(began)
	a.Rows, a.More, a.Note, a.Err = len(l.Hits), l.More, l.Note, err
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, a)
	if len(l.Hits) > 0 {
		f.got = append(f.got, lot{place: place, answer: len(f.answers) - 1, wide: wide, hits: l.Hits})
	}
	if f.told != nil {
		f.told(a)
	}
	if err != nil {
		return -1
	}
	return len(l.Hits)
}
