//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/test/terminal"
)

// What trails are measured with.
const (
	trailEvents    = 1_000_000
	trailProcesses = 50_000
	trailOpens     = 40 // alerts that are opened
)

func runTrail(ctx context.Context, b *bench) (section, error) {
	putAhead(os.Getpid())
	events := b.scaled(heldEvents)
	opened, err := b.openTrails(ctx, events)
	if err != nil {
		return section{}, err
	}
	large, processes := b.scaled(trailEvents), b.scaled(trailProcesses)
	scrolled, err := b.scrollTrails(ctx, large, processes)
	if err != nil {
		return section{}, err
	}
	var r trailFigures
	if err := call(ctx, &r, "trail", strconv.Itoa(large), strconv.Itoa(processes), strconv.Itoa(b.rounds)); err != nil {
		return section{}, err
	}
	told := []figure{
		{what: "made of the events, with what is shown beside them", got: r.Made, show: asMS},
		{what: "its lines, runs folded", got: r.Folded, show: asMS},
		{what: "its story", got: r.Told, show: asMS, asked: atMost(1e9)},
	}
	return section{
		how: fmt.Sprintf(`A recording of %s events of 400 containers is open in a terminal of %d×%d; %d of its alerts are opened one after the
other. The time is from Enter to the read of the terminal after which lineage, story and events are on the screen. Then a
trail of %s events of %s processes is scrolled, and one of ten: from the key to the read after which the screen has
moved, %d presses in each pane, the trails in turn. What is said of the large trail is the time of making it in memory,
in rounds. All of it runs ahead of the machine's other programs (niceness %d).`,
			grouped(float64(events)), columns, lines, trailOpens, grouped(float64(large)), grouped(float64(processes)), b.presses(), highest),
		tables: []table{figures(append(append(opened, scrolled...), told...)...)},
	}, nil
}

// openTrails opens one alert after the other of a recording.
func (b *bench) openTrails(ctx context.Context, events int) ([]figure, error) {
	path := filepath.Join(b.dir, "node.stoop")
	if _, err := writeRecording(path, events); err != nil {
		return nil, err
	}
	defer os.Remove(path)
	term, err := openScreen(exec.CommandContext(ctx, b.stoop, "view", path))
	if err != nil {
		return nil, err
	}
	defer term.Close()
	if err := term.WaitFor("all events", patience, func(text string) bool { return eventsIn(text) >= events }); err != nil {
		return nil, err
	}
	var first sample
	p := &presser{term: term, rng: rand.New(rand.NewPCG(3, 4))}
	for range trailOpens {
		before := term.Text()
		if _, err := p.press(ctx, "e", "the next alert", func(text string) bool { return text != before }); err != nil {
			return nil, err
		}
		if err := term.Settle(quietSpan, patience); err != nil {
			return nil, err
		}
		took, err := p.press(ctx, "<enter>", "the trail", trailShown)
		if err != nil {
			return nil, err
		}
		first = append(first, took)
		if _, err := p.press(ctx, "<backspace>", "the events", func(text string) bool { return !strings.Contains(text, "─ lineage ") }); err != nil {
			return nil, err
		}
	}
	return []figure{
		{what: "Enter to the first painted trail, median", got: first, show: asMS, asked: atMost(100e6)},
		{what: "Enter to the first painted trail, p99", got: sample{first.quantile(0.99)}, show: asMS, asked: atMost(100e6)},
	}, nil
}

// trailShown reports whether a trail is on the screen: its lineage and its events.
func trailShown(text string) bool {
	_, head, ok := strings.Cut(text, "─ events ")
	return ok && strings.Contains(text, "─ lineage ") && !strings.HasPrefix(head, "reading") && strings.Contains(text, " found by ")
}

// scrollTrails scrolls the events and the lineage of a large trail and of a
// small one, in turn.
func (b *bench) scrollTrails(ctx context.Context, events, processes int) ([]figure, error) {
	large, err := b.openTrailOf(ctx, "large", events, processes)
	if err != nil {
		return nil, err
	}
	defer large.Close()
	small, err := b.openTrailOf(ctx, "small", 10, 3)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	var rows []figure
	for _, pane := range []struct{ name, keys string }{{"events", ""}, {"lineage", "<tab><tab>"}} {
		for _, term := range []*terminal.Terminal{large, small} {
			if err := errorsOf(term.Type(pane.keys), term.Settle(quietSpan, patience)); err != nil {
				return nil, err
			}
		}
		big, ten := &presser{term: large, rng: rand.New(rand.NewPCG(5, 6))}, &presser{term: small, rng: rand.New(rand.NewPCG(5, 6))}
		var bigs, tens sample
		for i := range b.presses() {
			key := []string{"k", "j"}[i%2]
			for _, s := range []struct {
				p  *presser
				to *sample
			}{{big, &bigs}, {ten, &tens}} {
				took, err := s.p.scroll(ctx, key)
				if err != nil {
					return nil, err
				}
				*s.to = append(*s.to, took)
			}
		}
		rows = append(rows,
			figure{what: pane.name + ", a trail of " + grouped(float64(events)) + " events: key to frame", got: bigs, show: asMS, asked: atMost(16e6)},
			figure{what: pane.name + ", a trail of ten: key to frame", got: tens, show: asMS})
	}
	return rows, nil
}

// scroll presses a key after a random while and returns how long it was until
// something was written for it: a line that is under the cursor now differs in
// its colours alone.
func (p *presser) scroll(ctx context.Context, key string) (float64, error) {
	time.Sleep(time.Duration(p.rng.Int64N(int64(betweenPress))))
	if err := errorsOf(ctx.Err(), p.term.Settle(betweenPress, patience)); err != nil {
		return 0, err
	}
	before, began := p.term.Written(), time.Now()
	if err := p.term.Type(key); err != nil {
		return 0, err
	}
	at, err := p.term.When("the screen to move", patience, func(string) bool { return p.term.Written() != before })
	return float64(at.Sub(began)), err
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// openTrailOf opens the alert of a recording that is one trail, and waits until
// all of it was read.
func (b *bench) openTrailOf(ctx context.Context, name string, events, processes int) (*terminal.Terminal, error) {
	path := filepath.Join(b.dir, name+".stoop")
	w, err := recording.Create(path, recording.Options{Meta: recording.Meta{Stoop: "bench"}})
	if err != nil {
		return nil, err
	}
	for _, batch := range trailOf(events, processes) {
		w.Batch(batch)
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	term, err := openScreen(exec.CommandContext(ctx, b.stoop, "view", path))
	if err != nil {
		return nil, err
	}
	whole := func(text string) bool { return trailShown(text) && !strings.Contains(text, "reading …") }
	for _, step := range []struct {
		key, what string
		ok        func(string) bool
	}{
		{"", "all events", func(text string) bool { return eventsIn(text) >= events }},
		{"e", "the alert", func(text string) bool { return strings.Contains(text, "alert.rule") }},
		{"<enter>", "the trail", whole},
	} {
		if err := errorsOf(term.Type(step.key), term.WaitFor(step.what, patience, step.ok)); err != nil {
			term.Close()
			return nil, err
		}
	}
	return term, nil
}

// trailOf makes the events of one trail: a service runs a shell, which an alert
// is about, and that some programs, which read, write, connect and fail.
func trailOf(events, processes int) (batches []*event.Batch) {
	t := event.NewTables()
	str := t.Strings.Add
	cont := event.ContID(t.Conts.Add(event.Container{ID: str("6cf4be7b2388"), Name: str("web"), InitPID: 100}))
	now := int64(1_795_464_000_000_000_000)
	pid := int32(99)
	process := func(parent event.ProcID, exe string) event.ProcID {
		pid++
		return event.ProcID(t.Procs.Add(event.Proc{
			PID: pid, VPID: pid - 99, PPID: t.Proc(parent).PID, Start: now, ExecTime: now, Parent: parent, Cont: cont, Name: str(exe[strings.LastIndexByte(exe, '/')+1:]),
			ExePath: str(exe), Exe: str(exe), User: str("root"), Known: event.KnowPID | event.KnowVPID | event.KnowPPID | event.KnowStart,
		}))
	}
	b := event.NewBatch(t, 1, liveBatch)
	made := 0
	does := func(p event.ProcID, typ string, obj event.ObjID, res int64, alert event.AlertID) {
		if b.Full() || b.Len() == liveBatch {
			batches = append(batches, b)
			b = event.NewBatch(t, uint64(made+1), liveBatch)
		}
		et, _ := event.TypeOf(typ)
		now += 20_000
		made++
		b.Append(event.Event{Time: now, Type: et, Proc: p, TID: uint32(t.Proc(p).PID), FD: 3, Obj: obj, Res: res, Bits: event.HasRes, Alert: alert, Dur: -1}, nil)
	}
	file := event.ObjID(t.Objs.Add(event.Object{Kind: event.ObjFile, Name: str("/srv/data/1")}))
	conn := event.ObjID(t.Objs.Add(event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient}))
	service := process(0, "/usr/bin/service")
	does(service, "execve", 0, 0, 0)
	now += 60e9
	shell := process(service, "/bin/sh")
	does(shell, "execve", 0, 0, 0)
	does(shell, "execve", 0, 0, event.AlertID(t.Alerts.Add(event.Alert{Rule: str("Shell"), Source: str(event.SourceSyscall), Priority: event.PriorityCritical})))
	each := max(events/max(processes, 1), 4)
	for made < events-1 {
		p := process(shell, "/usr/bin/tool"+strconv.Itoa(int(pid)%7))
		does(p, "execve", 0, 0, 0)
		does(p, "openat", file, 3, 0)
		does(p, "connect", conn, 0, 0)
		for i := 3; i < each && made < events; i += 2 {
			does(p, "read", file, 4096, 0)
			does(p, "write", conn, 4096, 0)
		}
	}
	return append(batches, b)
}

// trailFigures are what a child says of a large trail, in ns, by rounds.
type trailFigures struct{ Made, Folded, Told sample }

// trailChild makes a trail in memory. Its arguments are how many events and
// processes it has, and how many rounds.
func trailChild(_ context.Context, args []string) (any, error) {
	var n [3]int
	for i := range n {
		if i >= len(args) {
			return nil, fmt.Errorf("trail takes three numbers")
		}
		var err error
		if n[i], err = strconv.Atoi(args[i]); err != nil {
			return nil, err
		}
	}
	batches := trailOf(n[0], n[1])
	rows := func(yield func(event.Row) bool) {
		for _, b := range batches {
			for i := range b.Len() {
				if !yield(b.Row(i)) {
					return
				}
			}
		}
	}
	var r trailFigures
	for range n[2] {
		began := time.Now()
		t := trail.Build(batches[0].Row(2), rows)
		t.Badges()
		t.Objects()
		t.Branches(false)
		r.Made = append(r.Made, float64(time.Since(began)))
		began = time.Now()
		trail.Fold(t.Steps, trail.FoldOptions{Pause: int64(time.Second)})
		r.Folded = append(r.Folded, float64(time.Since(began)))
		began = time.Now()
		t.Story()
		r.Told = append(r.Told, float64(time.Since(began)))
	}
	return r, nil
}
