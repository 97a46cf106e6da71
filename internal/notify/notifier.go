package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"text/template"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
)

// Options say how alerts are told.
type Options struct {
	MinPriority event.Priority // less grave alerts are not told; 0: all are
	Template    string         // file of notifications' templates; "": the built-in ones
	Spool       string         // folder below which each target's spool is
	SpoolMax    int64          // bytes of each; 0: 64 MiB
	Wait        bool           // [Notifier.Alert] waits rather than lose: for sources that can be read at any speed
	ShowSecrets bool
	Tell        func(source.Note) // is told at once what the user should know; may be nil
}

const defaultSpoolMax = 64 << 20

// maxQueue bounds the alerts that wait in memory for a target.
const maxQueue = 4096

// Notifier tells targets of alerts.
type Notifier struct {
	opt     Options
	workers []*worker
	running sync.WaitGroup
}

// worker serves one target.
type worker struct {
	*Target
	opt     *Options
	counts  counts
	queue   chan *Alert
	reopens chan struct{}
	groups  *grouper // of a notification
	words   *template.Template
	spool   *spool.Spool // of what may be away

	ctx     context.Context // of deliveries
	cancel  context.CancelFunc
	senders sync.WaitGroup
}

// New begins to serve targets, and to deliver what an earlier process has left.
func New(targets []*Target, opt Options) (*Notifier, error) {
	opt.SpoolMax = cmp.Or(opt.SpoolMax, defaultSpoolMax)
	n := &Notifier{opt: opt}
	for _, t := range targets {
		w, err := n.worker(t)
		if err != nil {
			n.abandon()
			return nil, fmt.Errorf("target %s: %w", t.Name, err)
		}
		n.workers = append(n.workers, w)
	}
	for _, w := range n.workers {
		n.running.Go(w.work)
		if w.spool != nil {
			w.senders.Go(w.sendAll)
			w.senders.Go(w.syncAll)
		}
	}
	return n, nil
}

func (n *Notifier) worker(t *Target) (*worker, error) {
	w := &worker{Target: t, opt: &n.opt, queue: make(chan *Alert, maxQueue), reopens: make(chan struct{}, 1)}
	w.counts.name, w.counts.tell = t.Name, n.opt.Tell
	w.ctx, w.cancel = context.WithCancel(context.Background())
	if t.dialect != nil {
		w.groups = newGrouper(t.grouping)
		var err error
		if w.words, err = Template(cmp.Or(t.template, n.opt.Template)); err != nil {
			return nil, err
		}
	}
	if t.spooled {
		return w, w.openSpool()
	}
	return w, nil
}

// openSpool opens the target's folder.
func (w *worker) openSpool() error {
	s, lost, damaged, err := spool.Open(filepath.Join(w.opt.Spool, w.folder), spool.Options{Max: w.opt.SpoolMax, For: "target " + w.Name})
	if err != nil {
		return fmt.Errorf("the spool cannot be opened: %w; name another folder (--spool)", err)
	}
	w.spool = s
	for _, err := range damaged {
		level := source.NoteWarn
		if errors.Is(err, spool.ErrCut) {
			level = source.NoteInfo // a process was killed while it wrote
		}
		w.counts.note(source.Note{Level: level, Text: fmt.Sprintf("a part of the spool cannot be read: %v", err)})
	}
	found, _ := s.Left()
	w.counts.add(func(st *Stats) { st.Lost += uint64(lost); st.Found = uint64(found) })
	if found > 0 {
		w.counts.note(source.Note{Level: source.NoteInfo, Text: fmt.Sprintf("%d alerts that an earlier process left are delivered first", found)})
	}
	return nil
}

// abandon lets go what was opened.
func (n *Notifier) abandon() {
	for _, w := range n.workers {
		_ = w.out.close()
		if w.spool != nil {
			w.spool.Close()
		}
	}
}

// Alert tells all targets of an alert. It waits only with [Options.Wait].
func (n *Notifier) Alert(a *Alert) {
	for _, w := range n.workers {
		w.offer(a)
	}
}

func (w *worker) offer(a *Alert) {
	least := cmp.Or(w.min, w.opt.MinPriority)
	if least != event.PriorityUnknown && rank(a.Priority) > rank(least) {
		w.counts.add(func(st *Stats) { st.Below++ })
		return
	}
	w.counts.add(func(st *Stats) { st.Taken++ })
	if w.opt.Wait {
		w.queue <- a
		return
	}
	select {
	case w.queue <- a:
	default:
		w.lose(1, "queue", "alerts come faster than the target takes them")
	}
}

// lose counts alerts that nobody will be told of, and says so once.
func (w *worker) lose(n int, hop, why string) {
	w.counts.add(func(st *Stats) { st.Lost += uint64(n) })
	w.counts.once(hop, source.Note{Level: source.NoteWarn, Text: why + ": some are lost"})
}

// work takes alerts from the queue until it is closed.
func (w *worker) work() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case a, ok := <-w.queue:
			if !ok {
				w.letters(time.Now(), true)
				return
			}
			if w.groups == nil {
				w.keep(w.out.text(a), 1)
				continue
			}
			w.groups.add(a, time.Now())
		case now := <-tick.C:
			w.letters(now, false)
		case <-w.reopens:
			if err := w.out.reopen(); err != nil {
				w.counts.note(source.Note{Level: source.NoteError, Text: fmt.Sprintf("it cannot be opened again: %v", err)})
			}
		}
	}
}

// letters makes the messages that are due.
func (w *worker) letters(now time.Time, all bool) {
	if w.groups == nil {
		return
	}
	for _, groups := range w.groups.due(now, all) {
		l, err := render(w.words, w.dialect, !w.opt.ShowSecrets, groups...)
		if err != nil {
			w.counts.once("template", source.Note{Level: source.NoteWarn, Text: fmt.Sprintf("%v; the built-in one is used", err)})
			if l, err = render(builtin, w.dialect, !w.opt.ShowSecrets, groups...); err != nil {
				w.lose(l.Alerts, "template", err.Error())
				continue
			}
		}
		w.keep(l.encode(), l.Alerts)
	}
	waiting := w.groups.waiting()
	w.counts.add(func(st *Stats) { st.Grouped = uint64(waiting) })
}

// keep puts a text where it waits for its delivery, or delivers it.
func (w *worker) keep(text []byte, alerts int) {
	if w.spool == nil {
		w.write(text, alerts)
		return
	}
	switch err := w.spool.Add(spool.Head{Events: alerts, Oldest: time.Now().UnixNano()}, text, w.opt.Wait); {
	case err == nil:
	case errors.Is(err, spool.ErrFull):
		w.lose(alerts, "full", fmt.Sprintf("the spool is full (%d MB)", w.opt.SpoolMax>>20))
	default:
		w.lose(alerts, "disk", fmt.Sprintf("the spool takes nothing: %v", err))
	}
}

// write hands a text to a target of this machine. One that fails is tried once
// more, with the file opened anew.
func (w *worker) write(text []byte, alerts int) {
	err := w.out.send(w.ctx, text)
	if err == nil {
		w.counts.delivered(alerts)
		return
	}
	w.counts.add(func(st *Stats) { st.Lost += uint64(alerts) })
	w.counts.trouble(err)
}

// Reopen has files opened anew: somebody has moved them away.
func (n *Notifier) Reopen() {
	for _, w := range n.workers {
		select {
		case w.reopens <- struct{}{}:
		default:
		}
	}
}

// Close tells what waits, and lets everything go: once all is delivered, ctx is
// done, or the patience is at its end. What is not delivered stays in the spool
// ([Stats.Waiting]). Nobody may call [Notifier.Alert] any more.
func (n *Notifier) Close(ctx context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, w := range n.workers {
		if w.spool != nil {
			w.spool.Hurry()
		}
		close(w.queue)
	}
	worked := make(chan struct{})
	go func() { n.running.Wait(); close(worked) }()
	select {
	case <-worked:
	case <-ctx.Done(): // one writes to a pipe that nobody reads
	}
	for _, w := range n.workers {
		w.finish(ctx)
	}
}

// finish waits for what a worker has still to deliver.
func (w *worker) finish(ctx context.Context) {
	if w.spool == nil {
		if left := len(w.queue); left > 0 {
			w.lose(left, "end", "the target did not take all alerts in time")
			return
		}
		_ = w.out.close()
		return
	}
	w.spool.End()
	for ctx.Err() == nil {
		if left, _ := w.spool.Left(); left == 0 {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	w.spool.Stop()
	w.cancel()
	w.senders.Wait()
	left, _ := w.spool.Left()
	w.counts.add(func(st *Stats) { st.Waiting = uint64(left) })
	w.spool.Close()
	_ = w.out.close()
}
