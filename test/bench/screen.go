//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/test/terminal"
)

// What the screen is measured under.
const (
	arriving     = 50_000 // events each second
	keyPresses   = 300    // of each kind; 99 % of them are 297
	sshFrame     = time.Second / 30
	idleSpan     = 10 * time.Second
	quietSpan    = 150 * time.Millisecond
	betweenPress = 40 * time.Millisecond
)

func runScreen(ctx context.Context, b *bench) (section, error) {
	putAhead(os.Getpid()) // the terminal
	local, err := b.pressKeys(ctx, "locally", atMost(16e6))
	if err != nil {
		return section{}, err
	}
	remote, err := b.pressKeys(ctx, "over SSH", atMost(float64(sshFrame+8*time.Millisecond)), "SSH_TTY=/dev/pts/0", "SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22")
	if err != nil {
		return section{}, err
	}
	still, err := b.standStill(ctx)
	if err != nil {
		return section{}, err
	}
	starts, err := b.startUp(ctx)
	if err != nil {
		return section{}, err
	}
	rows := make([]figure, 0, 16)
	for _, more := range [][]figure{local, remote, still, starts} {
		rows = append(rows, more...)
	}
	return section{
		how: fmt.Sprintf(`stoop's screen of %d×%d runs in a terminal emulator over a pty, with %s events in the store and %s more each
second. A key's time is from its write to the pty to the read after which its effect is on the screen: the next
row's details, the typed character in the filter, the help. %d keys of each kind are pressed at random intervals.
Memory is bounded as by --memory %s: the oldest events go for those that come. Stoop and the terminal run ahead of the
machine's other programs (niceness %d). The pty has no network behind it: *over SSH* is the pace that stoop keeps there,
one frame in 33 ms, and two at once after a rest.`, columns, lines, grouped(float64(b.scaled(heldEvents))), grouped(arriving), b.presses(),
			asMB(float64(boundFor(b.scaled(heldEvents)))), highest),
		tables: []table{figures(rows...)},
	}, nil
}

func (b *bench) presses() int { return max(b.scaled(keyPresses), 20) }

// steadyScreen starts the screen over a steady source and waits until all of
// what is held is in.
func (b *bench) steadyScreen(ctx context.Context, rate int, env ...string) (*terminal.Terminal, *exec.Cmd, error) {
	held := b.scaled(heldEvents)
	cmd, err := childCommand(ctx, "screen", strconv.Itoa(held), strconv.Itoa(rate))
	if err != nil {
		return nil, nil, err
	}
	term, err := openScreen(cmd, env...)
	if err != nil {
		return nil, nil, err
	}
	if err := term.WaitFor("all events", patience, func(text string) bool { return eventsIn(text) >= held }); err != nil {
		term.Close()
		return nil, nil, err
	}
	return term, cmd, nil
}

// eventsIn returns how many events the screen's status line says have come in,
// without the alerts that were made here.
func eventsIn(text string) int {
	_, after, found := strings.Cut(text, "\n in ")
	number, _, ended := strings.Cut(after, " ·")
	number, _, _ = strings.Cut(number, " + ")
	n, err := strconv.Atoi(strings.ReplaceAll(number, ",", ""))
	if !found || !ended || err != nil {
		return 0
	}
	return n
}

// detailsOf returns the line that says which event's details are shown.
func detailsOf(text string) string {
	_, after, _ := strings.Cut(text, " details  ")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}

// pressKeys measures how soon keys show, and what the program takes meanwhile.
func (b *bench) pressKeys(ctx context.Context, where string, asked limit, env ...string) ([]figure, error) {
	term, cmd, err := b.steadyScreen(ctx, arriving, env...)
	if err != nil {
		return nil, err
	}
	defer term.Close()
	time.Sleep(time.Second) // the held events' garbage and counts are done with
	cpu, err := cpuOf(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	time.Sleep(2 * time.Second)
	after, err := cpuOf(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	busy := float64(after-cpu) / float64(time.Since(began))

	p := &presser{term: term, rng: rand.New(rand.NewPCG(1, 2))}
	move, err := p.moves(ctx, b.presses())
	if err != nil {
		return nil, err
	}
	typing, err := p.types(ctx, b.presses())
	if err != nil {
		return nil, err
	}
	help, err := p.helps(ctx, b.presses())
	if err != nil {
		return nil, err
	}
	rows := keyFigures(where, "cursor", move, asked)
	rows = append(rows, keyFigures(where, "character of a filter", typing, asked)...)
	rows = append(rows, keyFigures(where, "help", help, asked)...)
	return append(rows, figure{what: where + ", following: processor time, of a core", got: sample{busy}, show: asPercent}), nil
}

func keyFigures(where, key string, ns sample, asked limit) []figure {
	return []figure{
		{what: fmt.Sprintf("%s, %s: key to frame, median", where, key), got: ns, show: asMS},
		{what: fmt.Sprintf("%s, %s: key to frame, p99", where, key), got: sample{ns.quantile(0.99)}, show: asMS, asked: asked},
	}
}

// presser presses keys and notes when they show.
type presser struct {
	term *terminal.Terminal
	rng  *rand.Rand
}

// press presses a key after a random while and returns how long it was until
// the screen showed what it should.
func (p *presser) press(ctx context.Context, key, what string, shows func(text string) bool) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	time.Sleep(betweenPress + time.Duration(p.rng.Int64N(int64(betweenPress))))
	began := time.Now()
	if err := p.term.Type(key); err != nil {
		return 0, err
	}
	at, err := p.term.When(what, patience, shows)
	return float64(at.Sub(began)), err
}

// moves moves the cursor up and down: the details are another event's.
func (p *presser) moves(ctx context.Context, n int) (ns sample, err error) {
	if err := p.term.Type("k"); err != nil { // stops following
		return nil, err
	}
	time.Sleep(500 * time.Millisecond)
	for i := range n {
		before := detailsOf(p.term.Text())
		took, err := p.press(ctx, []string{"k", "j"}[i%2], "details of another event", func(text string) bool {
			now := detailsOf(text)
			return now != "" && now != before
		})
		if err != nil {
			return nil, err
		}
		ns = append(ns, took)
	}
	return ns, nil
}

// typed is what is typed into the filter, again and again: half of its
// beginnings are filters that all events are asked again for.
const typed = "evt.type in (openat, connect) and proc.name = curl"

func (p *presser) types(ctx context.Context, n int) (ns sample, err error) {
	for len(ns) < n {
		if _, err := p.press(ctx, "f", "the filter's line", func(text string) bool { return strings.Contains(text, "everything passes") }); err != nil {
			return nil, err
		}
		for i := 1; i <= len(typed) && len(ns) < n; i++ {
			took, err := p.press(ctx, typed[i-1:i], "the character", func(text string) bool { return filterTyped(text) == strings.TrimSpace(typed[:i]) })
			if err != nil {
				return nil, err
			}
			if typed[i-1] != ' ' { // a blank cannot be seen
				ns = append(ns, took)
			}
		}
		if err := p.term.Type("<esc>"); err != nil { // back to no filter
			return nil, err
		}
		if err := p.term.WaitFor("no filter", patience, func(text string) bool { return strings.Contains(text, "filter none") }); err != nil {
			return nil, err
		}
	}
	return ns, nil
}

// filterTyped returns what stands in the filter's line.
func filterTyped(text string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, " filter "); ok {
			rest, _, _ = strings.Cut(rest, "   ")
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// helps opens and closes the help. Esc would close it too, but after the while in
// which a terminal could still send the rest of a longer key.
func (p *presser) helps(ctx context.Context, n int) (ns sample, err error) {
	for i := range n {
		open := i%2 == 0
		took, err := p.press(ctx, "?", "the help", func(text string) bool {
			return strings.Contains(text, "one line up") == open
		})
		if err != nil {
			return nil, err
		}
		ns = append(ns, took)
	}
	return ns, nil
}

// standStill measures what is written for one row, and what idling costs.
func (b *bench) standStill(ctx context.Context) ([]figure, error) {
	term, cmd, err := b.steadyScreen(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer term.Close()
	if err := term.Type("k"); err != nil {
		return nil, err
	}
	if err := term.Settle(time.Second, patience); err != nil {
		return nil, err
	}
	moved, err := writtenFor(term, "k", "j")
	if err != nil {
		return nil, err
	}
	if err := term.Type("d"); err != nil { // the details go
		return nil, err
	}
	if err := term.Settle(quietSpan, patience); err != nil {
		return nil, err
	}
	rowsOnly, err := writtenFor(term, "k", "j")
	if err != nil {
		return nil, err
	}
	if err := term.Settle(time.Second, patience); err != nil {
		return nil, err
	}
	before, err := cpuOf(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	bytes, began := term.Written(), time.Now()
	time.Sleep(idleSpan)
	after, err := cpuOf(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	return []figure{
		{what: "written when the cursor goes to the next row", got: rowsOnly, show: asBytes, asked: atMost(4096)},
		{what: "the same, with the row's details shown", got: moved, show: asBytes, asked: atMost(4096)},
		{what: "idle for 10 s: processor time, of a core", got: sample{float64(after-before) / float64(time.Since(began))}, show: asPercent, asked: atMost(0.01)},
		{what: "idle for 10 s: written", got: sample{float64(term.Written() - bytes)}, show: asBytes},
	}, nil
}

// writtenFor presses keys in turn and returns how many bytes each wrote.
func writtenFor(term *terminal.Terminal, keys ...string) (bytes sample, err error) {
	for i := range 20 {
		before := term.Written()
		if err := term.Type(keys[i%len(keys)]); err != nil {
			return nil, err
		}
		if err := term.Settle(quietSpan, patience); err != nil {
			return nil, err
		}
		bytes = append(bytes, float64(term.Written()-before))
	}
	return bytes, nil
}

// startUp measures how soon the demo paints and live has an event.
func (b *bench) startUp(ctx context.Context) (rows []figure, err error) {
	var demo, version sample
	conditions := []condition{
		{"demo", func(int) error {
			p, err := paint(exec.CommandContext(ctx, b.stoop, "demo"), "", nil)
			demo = append(demo, float64(p.events))
			return err
		}},
		{"version", func(int) error {
			s, err := timed(quiet(exec.CommandContext(ctx, b.stoop, "version")))
			version = append(version, float64(s.wall))
			return err
		}},
	}
	if err := interleave(ctx, 3*b.rounds, conditions); err != nil {
		return nil, err
	}
	rows = []figure{
		{what: "`stoop demo`: exec to first events painted", got: demo, show: asMS, asked: atMost(60e6)},
		{what: "`stoop version`: exec to exit", got: version, show: asMS},
	}
	first, why := b.firstEvent(ctx)
	if why != nil {
		rows = append(rows, absent("`stoop print live`: exec to first event printed", atMost(150e6), asMS, why.Error()))
		return rows, nil
	}
	return append(rows, figure{what: "`stoop print live`: exec to first event printed", got: first, show: asMS, asked: atMost(150e6)}), nil
}
