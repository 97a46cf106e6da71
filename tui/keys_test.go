package tui

import (
	"os"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// keysPage is the reference page that is made from the key map.
const keysPage = "../docs/keys.md"

func TestKeysPage(t *testing.T) {
	want := KeysPage()
	if update {
		if err := os.WriteFile(keysPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(keysPage)
	if err != nil || string(have) != want {
		t.Errorf("%s is not what the key map says (%v); go generate ./tui writes it", keysPage, err)
	}
}

// A key means one thing in one place, every binding can be reached, and the
// help has all of them.
func TestKeyMapIsSound(t *testing.T) {
	groups := strings.Join(keyGroups, ",")
	for _, place := range []where{inTable, inTree, inDetail, inHistogram, inContainers, inBoard, inTrail, everywhere} {
		seen := map[string]string{}
		for _, b := range keyMap() {
			if b.where&place == 0 {
				continue
			}
			for _, k := range b.keys {
				if other, ok := seen[k]; ok {
					t.Errorf("%s, %s: %q and %q", place, k, other, b.help)
				}
				seen[k] = b.help
			}
		}
	}
	for _, b := range keyMap() {
		if b.help == "" || b.do == nil || !strings.Contains(groups, b.group) {
			t.Errorf("%v is not whole", b.keys)
		}
	}
}

// keyCase presses keys and says what must then be so.
type keyCase struct {
	keys string // the last one is what is tested
	want func(m *Model, d *tuitest.Driver) bool
}

func rowText(m *Model) string {
	row, ok := m.level().row()
	if !ok {
		return ""
	}
	return plainText(m.read.summary(row))
}

func rank0(m *Model) int {
	k, _ := m.level().view.Find(m.level().cursor.ID)
	return k
}

func exprIs(want string) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return m.level().expr == want && m.level().next == nil }
}

func focusIs(p panel) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return m.focus == p }
}

func panelIs(n int) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return m.level().board.at == n }
}

func atRow(k int) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return rank0(m) == k }
}

func paneIs(p trailPane) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return m.level().trail != nil && m.level().trail.pane == p }
}

func titleIs(s string) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return m.level().title == s }
}

func says(s string) func(*Model, *tuitest.Driver) bool {
	return func(m *Model, _ *tuitest.Driver) bool { return strings.Contains(m.toast.text, s) }
}

// keyCases has a case for each place and first key of a binding, and for its
// other keys where they stand alone. The scene has 280 events; its alerts are
// rows 109, 114, 116, …
var keyCases = map[string][]keyCase{
	"table up":             {{"down down up", atRow(1)}, {"j j k", atRow(1)}},
	"table down":           {{"down", atRow(1)}, {"j", atRow(1)}},
	"table pgup":           {{"G pgup", func(m *Model, _ *tuitest.Driver) bool { return rank0(m) == 279-(m.feed.height-1) }}, {"G ctrl+b", func(m *Model, _ *tuitest.Driver) bool { return rank0(m) < 279 }}},
	"table pgdown":         {{"pgdown", func(m *Model, _ *tuitest.Driver) bool { return rank0(m) == m.feed.height-1 }}, {"ctrl+f", func(m *Model, _ *tuitest.Driver) bool { return rank0(m) > 1 }}},
	"table home":           {{"G home", atRow(0)}, {"G g", atRow(0)}},
	"table end":            {{"end", atRow(279)}, {"G", atRow(279)}},
	"table left":           {{"right right left", func(m *Model, _ *tuitest.Driver) bool { return m.level().col == 1 }}, {"l h", func(m *Model, _ *tuitest.Driver) bool { return m.level().col == 0 }}},
	"table right":          {{"right", func(m *Model, _ *tuitest.Driver) bool { return m.level().col == 1 }}, {"l", func(m *Model, _ *tuitest.Driver) bool { return m.level().col == 1 }}},
	"histogram left":       {{"tab tab right right left", func(m *Model, _ *tuitest.Driver) bool { return m.hist.at == 1 }}, {"tab tab l l h", func(m *Model, _ *tuitest.Driver) bool { return m.hist.at == 1 }}},
	"histogram right":      {{"tab tab right", func(m *Model, _ *tuitest.Driver) bool { return m.hist.at == 1 }}, {"tab tab l", func(m *Model, _ *tuitest.Driver) bool { return m.hist.at == 1 }}},
	"dashboard left":       {{"b right left", panelIs(4)}, {"b tab l h", panelIs(5)}, {"b shift+tab l l h", func(m *Model, _ *tuitest.Driver) bool { return m.level().board.picks[3] == 1 }}},
	"dashboard right":      {{"b right", panelIs(5)}, {"b l", panelIs(5)}},
	"dashboard tab":        {{"b tab", panelIs(5)}, {"b tab tab tab tab tab", panelIs(0)}},
	"dashboard shift+tab":  {{"b shift+tab", panelIs(3)}},
	"everywhere tab":       {{"tab", focusIs(onDetail)}, {"tab tab", focusIs(onHistogram)}, {"tab tab tab", focusIs(onContainers)}, {"tab tab tab tab", focusIs(onFeed)}},
	"everywhere shift+tab": {{"shift+tab", focusIs(onContainers)}},
	"everywhere e":         {{"e", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "Redirect STDOUT") }}},
	"everywhere E":         {{"e e E", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "Redirect STDOUT") }}, {"E", says("no alert before")}},

	"table enter": {{"enter", titleIs("server 4522")}, {"e e enter", func(m *Model, _ *tuitest.Driver) bool {
		return m.level().pin.B != nil && m.level().trail.trail.Self.Name() == "cat" && m.level().relative
	}}},
	"process tree enter": {{"e e p k enter", titleIs("bash 5902")}},
	"containers enter": {{"shift+tab down enter", func(m *Model, _ *tuitest.Driver) bool {
		return m.level().expr == "container.id = b20d7c11a9e4" && m.level().counted.shown == 40
	}}},
	"histogram enter": {{"tab tab right space right right enter", func(m *Model, _ *tuitest.Driver) bool {
		return strings.HasPrefix(m.level().expr, "evt.rawtime >= ") && m.level().counted.shown > 0
	}}},
	"details enter": {{"e e tab enter", exprIs(`alert.rule = "Read sensitive file untrusted"`)}},
	"everywhere esc": {
		{"enter esc", func(m *Model, _ *tuitest.Driver) bool { return len(m.stack) == 1 }},
		{"j j enter backspace", func(m *Model, _ *tuitest.Driver) bool { return len(m.stack) == 1 && rank0(m) == 2 }},
		{"tab esc", focusIs(onFeed)},
		{"tab tab space esc", func(m *Model, _ *tuitest.Driver) bool { return m.hist.mark < 0 && m.focus == onHistogram }},
		{"esc", says("first level")},
	},
	"table w": {
		{"e e j enter w", func(m *Model, _ *tuitest.Driver) bool {
			return m.level().expr == "container.id = 6cf4be7b2388 and (proc.pid = 5901 or proc.apid = 5901)" && m.level().counted.shown > 20
		}},
		{"e e j enter w w", exprIs("container.id = 6cf4be7b2388")},
	},
	"process tree w": {{"e e p w", func(_ *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "├─nmap -sT") }}},
	"everywhere O":   {{"O", says("no event is far away in time")}}, // TestHistogramLeavesOutWhatIsFar has one that is
	"dashboard o": {{"b o", func(m *Model, _ *tuitest.Driver) bool {
		return m.level().board == nil && m.level().expr == "alert.rule exists and alert.priority = Notice" && m.level().counted.shown == 3
	}}},
	"table c": {{"e c", exprIs("container.id = 6cf4be7b2388")}},
	"table a": {{"e e enter a", func(m *Model, _ *tuitest.Driver) bool {
		return m.level().expr == "" && strings.HasPrefix(rowText(m), "Read sensitive")
	}}},
	"table p": {{"e e p", func(m *Model, d *tuitest.Driver) bool {
		return m.level().tree != nil && strings.Contains(d.Text(), "(entry point)")
	}}},

	"table s": {
		{"e e s", func(m *Model, d *tuitest.Driver) bool {
			return m.level().trail.pane == onStory && strings.Contains(d.Text(), "nc.traditional made the connection")
		}},
		{"e e s enter", func(m *Model, _ *tuitest.Driver) bool { return m.level().trail.pane == onEvents }},
		{"e e s esc esc", func(m *Model, _ *tuitest.Driver) bool { return len(m.stack) == 1 }},
	},

	"trail tab":       {{"e e enter tab", paneIs(onObject)}, {"e e enter tab tab", paneIs(onLineage)}, {"e e enter tab tab tab", paneIs(onStory)}},
	"trail shift+tab": {{"e e enter shift+tab", paneIs(onStory)}},
	"trail enter": {
		{"e e enter shift+tab shift+tab k enter", paneIs(onEvents)},
		{"e e enter enter", exprIs("container.id = 6cf4be7b2388")},
		{"e e enter j enter esc", func(m *Model, _ *tuitest.Driver) bool { return m.level().trail != nil && len(m.stack) == 2 }},
		{"e e enter tab enter", paneIs(onEvents)},
		{"e e s G enter", says("no event stands behind")},
	},
	"trail o": {
		{"e e enter o", func(m *Model, _ *tuitest.Driver) bool {
			return m.level().trail.only.object == "/etc/shadow" && m.level().trail.events.lines.Steps() == 2
		}},
		{"e e enter o o", func(m *Model, _ *tuitest.Driver) bool { return !m.level().trail.only.any() }},
		{"e e enter o esc", func(m *Model, _ *tuitest.Driver) bool { return !m.level().trail.only.any() && len(m.stack) == 2 }},
	},
	"trail O": {
		{"e e enter O", func(m *Model, _ *tuitest.Driver) bool {
			return m.level().trail.only.process.PID == 5912 && m.level().trail.events.lines.Steps() == 3
		}},
		{"e e enter shift+tab shift+tab k k o", func(m *Model, _ *tuitest.Driver) bool { return m.level().trail.only.process.PID == 5902 }},
	},
	"trail v": {
		{"e e enter v", func(m *Model, d *tuitest.Driver) bool {
			return m.level().trail.object.asStream && strings.Contains(d.Text(), "No data went through it")
		}},
		{"e e enter v v", func(m *Model, _ *tuitest.Driver) bool { return !m.level().trail.object.asStream }},
	},
	"trail p": {
		{"e e enter p", func(m *Model, _ *tuitest.Driver) bool { return m.level().trail.lineage.node().Name() == "bash" }},
		{"e e enter p p p p p p p", says("what made this process is not known")},
	},
	"trail s": {{"e e enter s", paneIs(onStory)}, {"e e enter s s", paneIs(onEvents)}},
	"trail W": {{"e e enter W", func(m *Model, d *tuitest.Driver) bool {
		return m.level().trail.places.shown && strings.Contains(d.Text(), "where it was looked for")
	}}, {"e e enter W esc", func(m *Model, _ *tuitest.Driver) bool { return !m.level().trail.places.shown }}},
	"trail d": {
		{"e e enter d", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "alert.priority") }},
		{"e e enter d esc", func(m *Model, _ *tuitest.Driver) bool { return !m.level().trail.details }},
	},
	// Keys that mean in a trail what they mean elsewhere.
	"trail": {
		{"e e enter e", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "Launch Suspicious") }},
		{"e e enter E", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "Redirect STDOUT") }},
		{"e e enter g E", says("no alert before")},
		{"e e enter l -", func(m *Model, _ *tuitest.Driver) bool {
			return strings.HasSuffix(m.level().expr, "and not proc.name = cat") && m.level().trail.events.lines.Steps() == 69
		}},
		{"e e enter l - u", func(m *Model, _ *tuitest.Driver) bool { return m.level().trail.events.lines.Steps() == 72 }},
		{"e e enter / n m a p enter", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "exec nmap") }},
		{"e e enter / n m a p enter n", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "Launch Suspicious") }},
		{"e e enter / n o w h e r e enter", says("nothing here holds")},
		{"e e enter t + 2 s enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.level().cursor.Time() >= m.level().pin.Time()+2e9
		}},
		{"e e enter r", func(m *Model, d *tuitest.Driver) bool { return !m.level().relative }},
		{"e e enter y", func(_ *Model, d *tuitest.Driver) bool { return d.Copied == "20:02:01.080221000" }},
		{"e e enter c", exprIs("container.id = 6cf4be7b2388")},
		{"e e enter a", exprIs("")},
		{"e e enter i", func(m *Model, _ *tuitest.Driver) bool { return m.over != nil }},
		{"e e enter x", func(m *Model, _ *tuitest.Driver) bool { _, ok := m.over.(*except); return ok }},
		{"e e enter Y", func(_ *Model, d *tuitest.Driver) bool {
			return strings.Contains(d.Copied, "stoop print scene --story ")
		}},
		{"e e enter b", titleIs("Event summary")},
		{"e e enter f", func(m *Model, _ *tuitest.Driver) bool { _, ok := m.input.(*filterBar); return ok }},
	},
	"table i": {
		{"e e i", func(m *Model, d *tuitest.Driver) bool {
			return m.over == overlay(m.around) && m.around.waiting() == 0 && strings.Contains(d.Text(), "what else happened in the container")
		}},
		{"e e i esc", func(m *Model, _ *tuitest.Driver) bool { return m.over == nil && len(m.stack) == 1 }},
		{"e e i enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.over == nil && len(m.stack) == 2 && m.level().pin.B != nil && m.level().counted.shown == 72
		}},
		{"e e i j j j j enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.level().title == "what else happened in the container" && strings.HasPrefix(m.level().expr, "container.id = 6cf4be7b2388 and evt.rawtime >= ")
		}},
		{"e e i j enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.over != nil && strings.Contains(m.toast.text, "then -10m +1m, then -1h +5m")
		}},
	},

	"table P": {{"l l P", says("proc.name = server: in 1 container of ")}},
	"table V": {
		{"e e V", func(m *Model, d *tuitest.Driver) bool {
			c, ok := m.over.(*comparison)
			return ok && c.report != nil && strings.Contains(d.Text(), "programs run")
		}},
		{"e e V enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.over == nil && strings.HasPrefix(m.level().title, "only here: ") && m.level().counted.shown > 0
		}},
		{"e e V tab", func(m *Model, d *tuitest.Driver) bool {
			return strings.Contains(d.Text(), "nothing of another container of")
		}},
		{"e e V esc", func(m *Model, _ *tuitest.Driver) bool { return m.over == nil && len(m.stack) == 1 }},
	},
	"containers d": {{"shift+tab d", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "only here") }}},

	"everywhere f": {{"f", func(m *Model, _ *tuitest.Driver) bool { _, ok := m.input.(*filterBar); return ok }}, {":", func(m *Model, _ *tuitest.Driver) bool { return m.input != nil }}},
	"table +":      {{"l l +", exprIs("proc.name = server")}, {"l l =", exprIs("proc.name = server")}},
	"table -":      {{"l l -", exprIs("not proc.name = server")}},
	"dashboard enter": {
		{"b enter", exprIs("alert.rule exists and alert.priority = Notice")},
		{"b j +", exprIs("alert.rule exists and alert.priority = Warning")},
		{"b tab tab =", exprIs("alert.rule exists and alert.tags intersects (mitre_execution)")},
		{"b shift+tab space right right enter", func(m *Model, _ *tuitest.Driver) bool {
			return strings.HasPrefix(m.level().expr, "alert.rule exists and evt.rawtime >= ") && m.level().board.mark < 0
		}},
		{"b shift+tab shift+tab enter", says("nothing to filter by")},
	},
	"dashboard -":  {{"b -", exprIs("alert.rule exists and not alert.priority = Notice")}},
	"everywhere u": {{"l l + u", exprIs("")}, {"u", says("has not been changed")}},
	"everywhere /": {{"/", func(m *Model, _ *tuitest.Driver) bool { return m.input == input(&m.find) }}},
	"everywhere n": {{"/ s h a d o w enter n", func(m *Model, _ *tuitest.Driver) bool { return strings.HasPrefix(rowText(m), "open r /etc/shadow") }}, {"n", says("nothing is searched")}},
	"everywhere N": {{"/ s h a d o w enter n N", func(m *Model, _ *tuitest.Driver) bool { return rowText(m) == "exec cat /etc/shadow" }}},

	"table space": {{"space", func(m *Model, d *tuitest.Driver) bool {
		return m.level().paused && strings.Contains(d.Text(), "paused, 0 new")
	}}, {"space space", func(m *Model, _ *tuitest.Driver) bool { return !m.level().paused }}},
	"histogram space": {{"tab tab space", func(m *Model, _ *tuitest.Driver) bool { return m.hist.mark == m.hist.at }}, {"tab tab v", func(m *Model, _ *tuitest.Driver) bool { return m.hist.mark == m.hist.at }}},
	"dashboard space": {{"b space", says("in a trend")}, {"b shift+tab l l v l", func(m *Model, _ *tuitest.Driver) bool { return m.level().board.mark == 2 }}, {"b shift+tab space space", func(m *Model, _ *tuitest.Driver) bool { return m.level().board.mark < 0 }}},
	"everywhere F":    {{"F", func(m *Model, _ *tuitest.Driver) bool { return m.level().follow }}, {"F F", func(m *Model, _ *tuitest.Driver) bool { return !m.level().follow }}},
	"everywhere t": {
		{"t + 1 2 s enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.level().cursor.Time() >= tuitest.Start.UnixNano()+12e9
		}},
		{"t 2 2 : 0 2 : 0 1 enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.times().stamp(m.level().cursor.Time()) == "22:02:01.079"
		}},
	},
	"everywhere r": {{"r", func(m *Model, d *tuitest.Driver) bool {
		return m.level().relative && strings.Contains(d.Text(), "from mark")
	}}, {"r r", func(m *Model, _ *tuitest.Driver) bool { return !m.level().relative }}},
	"everywhere z": {{"z", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "20:01:50.000") }}},

	"everywhere W": {
		{"e e W", func(m *Model, d *tuitest.Driver) bool {
			_, ok := m.over.(*act)
			return ok && strings.Contains(d.Text(), "cut the pod off the network") && strings.Contains(d.Text(), "no source here is a SIEM")
		}},
		{"l l + W j y", func(_ *Model, d *tuitest.Driver) bool { return d.Copied == "proc.name = server" }},
		{"W j y", func(m *Model, d *tuitest.Driver) bool { return says("has no filter")(m, d) && d.Copied == "" }},
		{"e e W j j j y", func(_ *Model, d *tuitest.Driver) bool {
			return strings.HasPrefix(d.Copied, "- rule: Read sensitive file")
		}},
		{"e e W j j j j enter", func(_ *Model, d *tuitest.Driver) bool {
			return strings.HasPrefix(d.Copied, "stoop print scene --story 2026-11-23T20:02:01")
		}},
		{"e e W j j j j j enter", func(m *Model, d *tuitest.Driver) bool {
			return strings.Contains(d.Copied, "kubectl -n shop label pod web-0 stoop-isolated=true") && says("nothing was run")(m, d)
		}},
		{"W esc", func(m *Model, _ *tuitest.Driver) bool { return m.over == nil }},
	},
	"table m":      {{"m", says("no place for cases")}},
	"everywhere M": {{"M", says("no place for cases")}},
	"everywhere Q": {
		{"Q", func(m *Model, d *tuitest.Driver) bool {
			return m.over == overlay(m.queue) && strings.Contains(d.Text(), "6 alerts in 6 groups · 6 open") && m.queue.groups[0].Rule == "Drop and execute new binary in container"
		}},
		{"Q enter", func(m *Model, _ *tuitest.Driver) bool {
			return m.over == nil && m.level().pin.B != nil && strings.HasPrefix(rowText(m), "Drop and execute")
		}},
		{"Q j o", func(m *Model, _ *tuitest.Driver) bool {
			return m.over == nil && strings.HasPrefix(m.level().title, "alerts: ") && m.level().counted.shown == 1
		}},
		{"Q a", func(m *Model, d *tuitest.Driver) bool {
			return says("acknowledged; kept nowhere")(m, d) && strings.Contains(d.Text(), "5 open · 1 acknowledged")
		}},
		{"Q c 3", func(m *Model, d *tuitest.Driver) bool {
			return says("closed, benign")(m, d) && len(m.queue.groups) == 5 && m.queue.k == 0
		}},
		{"Q c 2 h G", func(m *Model, d *tuitest.Driver) bool {
			g, _ := m.queue.group()
			return g.State == "closed" && g.Record.Verdict == "false-positive" && strings.Contains(d.Text(), "closed by ann, ")
		}},
		{"Q c 2 h G r", func(m *Model, _ *tuitest.Driver) bool { return m.queue.sum.States["open"] == 6 }},
		{"Q c esc", says("left as it was")},
		{"Q w", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "owned by ann") }},
		{"Q w w", func(m *Model, d *tuitest.Driver) bool { return !strings.Contains(d.Text(), "owned by ann") }},
		{"Q n h i ! enter", func(m *Model, d *tuitest.Driver) bool { g, _ := m.queue.group(); return g.Record.Note == "hi!" }},
		{"Q n h i esc", func(m *Model, _ *tuitest.Driver) bool {
			g, _ := m.queue.group()
			return g.Record.ID == "" && m.over != nil
		}},
		{"Q y", func(m *Model, d *tuitest.Driver) bool {
			return d.Copied == "stoop queue set "+m.queue.at+" scene --state acknowledged"
		}},
		{"Q esc", func(m *Model, _ *tuitest.Driver) bool { return m.over == nil && len(m.stack) == 1 }},
	},
	"table A": {
		{"A", says("this is no alert")},
		{"e e A", func(m *Model, d *tuitest.Driver) bool {
			return m.queue.onAlert && strings.Contains(d.Text(), "└ this alert, 22:02:") && m.queue.at == m.queue.groupOfOne()
		}},
		{"e e A c 1", func(m *Model, d *tuitest.Driver) bool {
			return strings.Contains(d.Text(), ": closed") && m.queue.groups[m.queue.k].Alerts["closed"] == 1 && m.queue.groups[m.queue.k].State == "closed"
		}},
		{"e e A k j enter", func(m *Model, _ *tuitest.Driver) bool { return m.level().pin.B != nil }},
	},
	"everywhere b": {
		{"b", titleIs("Event summary")},
		{"b b", func(m *Model, _ *tuitest.Driver) bool { return m.level().title == "Log summary" && len(m.stack) == 2 }},
		{"l l + b b", exprIs("proc.name = server")},
	},
	"dashboard B":  {{"b B B", says("file exists")}},
	"everywhere d": {{"d", func(m *Model, d *tuitest.Driver) bool { return !strings.Contains(d.Text(), "details  2026") }}},
	"everywhere C": {{"C", func(m *Model, _ *tuitest.Driver) bool { _, ok := m.over.(*chooser); return ok }}},
	"containers s": {{"shift+tab s", func(m *Model, _ *tuitest.Driver) bool {
		return m.conts.order == byName && m.conts.all[0].ID == "b20d7c11a9e4"
	}}},
	"everywhere S": {{"S", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "handed on 280") }}},
	"table x": {
		{"e e x", func(m *Model, d *tuitest.Driver) bool {
			_, ok := m.over.(*except)
			return ok && strings.Contains(d.Text(), "silences 1 of this rule's 1 alert (6 alerts are held)")
		}},
		{"e e x j space y", func(_ *Model, d *tuitest.Driver) bool {
			return strings.HasPrefix(d.Copied, "- rule: Read sensitive file")
		}},
		{"e e x esc", func(m *Model, _ *tuitest.Driver) bool { return m.over == nil }},
	},
	"table y":           {{"l l y", func(_ *Model, d *tuitest.Driver) bool { return d.Copied == "server" }}},
	"everywhere Y":      {{"l l + Y", func(_ *Model, d *tuitest.Driver) bool { return d.Copied == "stoop print scene -f 'proc.name = server'" }}},
	"everywhere R":      {{"R", says("no source here keeps a flight recorder")}},
	"everywhere D":      {{"D", says("no source here keeps a flight recorder")}},
	"everywhere T":      {{"T", func(m *Model, _ *tuitest.Driver) bool { return m.theme.Name == "gyrfalcon" }}, {"T T", func(m *Model, _ *tuitest.Driver) bool { return m.theme.Name == "peregrine" }}},
	"everywhere ?":      {{"?", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "one line up") }}, {"? esc", func(m *Model, _ *tuitest.Driver) bool { return m.over == nil }}},
	"everywhere ctrl+l": {{"ctrl+l", func(m *Model, d *tuitest.Driver) bool { return strings.Contains(d.Text(), "280 events") }}},
	"everywhere q":      {{"q", func(_ *Model, d *tuitest.Driver) bool { return d.HasQuit }}, {"ctrl+c", func(_ *Model, d *tuitest.Driver) bool { return d.HasQuit }}},
}

func TestEveryKey(t *testing.T) {
	for name, cases := range keyCases {
		for _, c := range cases {
			t.Run(name+"/"+c.keys, func(t *testing.T) {
				d, m := open(t, 120, 40)
				d.Keys(strings.Fields(c.keys)...)
				if !c.want(m, d) {
					t.Errorf("after %s, filter %q, level %q, toast %q:\n%s", c.keys, m.level().expr, m.level().title, m.toast.text, d.Text())
				}
			})
		}
	}
	for _, b := range keyMap() {
		place, _, _ := strings.Cut(b.where.String(), ", ")
		if len(keyCases[place+" "+b.keys[0]]) == 0 {
			t.Errorf("no case for %s %s", place, b.keys[0])
		}
	}
}

// The recorder keys, on a source that has one.
func TestRecorderKeys(t *testing.T) {
	src := liveSource()
	ring := tuitest.NewWorld()
	cont := ring.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	p := ring.Proc(0, cont, 4410, 33, "www-data", "/usr/bin/python3")
	ring.Do(p, "openat", ring.File("/before"), 3)
	src.Rings = map[string]*event.Batch{"6cf4be7b2388": ring.Take()}
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 280 })
	refreshNow(d, m)
	d.Keys("shift+tab")
	if d.Keys("R"); !says("no longer recording")(m, d) {
		t.Errorf("R on a recorded container: %q", m.toast.text)
	}
	if d.Keys("R"); !says("recording every system call of web")(m, d) || !m.conts.reach["6cf4be7b2388"].BulkOn {
		t.Errorf("R: %q, %+v", m.toast.text, m.conts.reach["6cf4be7b2388"])
	}
	if d.Keys("D"); !says("web: 1 event brought in from the rings")(m, d) {
		t.Errorf("D: %q", m.toast.text)
	}
	if d.Keys("D"); !says("hold nothing that is not here")(m, d) {
		t.Errorf("D again: %q", m.toast.text)
	}
}
