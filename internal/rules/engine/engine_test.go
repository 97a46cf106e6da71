package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// madeUp writes a file of rules at random: macros that several use, disabled
// ones, both sources.
func madeUp(rng *rand.Rand) string {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	check := func() string {
		return pick(
			"evt.type in (execve, execveat)", "evt.type = openat", "evt.type in (connect, sendto)", "evt.type != close", "container.id != host",
			"proc.name in (sh, bash)", "proc.name = nginx", "proc.pname exists", "proc.aname = bash", "fd.name startswith /etc", "fd.name contains passwd", "fd.num >= 3",
			"evt.rawres < 0", "evt.failed = true", "thread.tid = 2", "user.uid = 0", "evt.dir = <", "fd.typechar = f", "ka.verb = create", "proc.cmdline contains -c",
		)
	}
	var expr func(depth int) string
	expr = func(depth int) string {
		if depth == 0 {
			return check()
		}
		switch rng.IntN(5) {
		case 0:
			return "not (" + expr(depth-1) + ")"
		case 1:
			return "(" + expr(depth-1) + " or " + expr(depth-1) + ")"
		case 2:
			return fmt.Sprintf("m%d", rng.IntN(4))
		}
		return "(" + expr(depth-1) + " and " + expr(depth-1) + ")"
	}
	var b strings.Builder
	for i := range 4 {
		fmt.Fprintf(&b, "- macro: m%d\n  condition: (%s and %s)\n", i, check(), check())
	}
	for i := range 1 + rng.IntN(12) {
		fmt.Fprintf(&b, "- rule: r%d\n  desc: d\n  condition: %s\n  output: o\n  priority: NOTICE\n  enabled: %v\n", i, expr(3), rng.IntN(6) > 0)
		if rng.IntN(5) == 0 {
			b.WriteString("  source: k8s_audit\n")
		}
	}
	return b.String()
}

// someEvents makes events up that the rules of [madeUp] speak of.
func someEvents(rng *rand.Rand, t *event.Tables, n int) *event.Batch {
	str := func(of ...string) event.Str { return t.Strings.Add(of[rng.IntN(len(of))]) }
	for range 20 {
		t.Conts.Add(event.Container{ID: str("host", "aaaaaaaaaaaa", "bbbbbbbbbbbb")})
		t.Procs.Add(event.Proc{
			PID: int32(rng.IntN(9)), Name: str("sh", "bash", "nginx", "cat"), Args: str("-c\x00id\x00", "x\x00"), Known: ^event.ProcKnown(0), UID: uint32(rng.IntN(2)),
			Parent: event.ProcID(rng.IntN(t.Procs.Len())), Cont: event.ContID(rng.IntN(t.Conts.Len())),
		})
		t.Objs.Add(event.Object{Kind: event.ObjFile, Name: str("/etc/passwd", "/etc", "/tmp/passwd", "/tmp/x")})
	}
	b := event.NewBatch(t, 1, n)
	for range n {
		typ, _ := event.TypeOf([]string{"execve", "openat", "connect", "sendto", "close", "pluginevent", "log", "lost"}[rng.IntN(8)])
		e := event.Event{
			Time: 1, Type: typ, TID: uint32(rng.IntN(3)), Proc: event.ProcID(rng.IntN(t.Procs.Len())), Obj: event.ObjID(rng.IntN(t.Objs.Len())),
			FD: int32(rng.IntN(6)) - 1, Res: int64(rng.IntN(3)) - 1, Bits: event.HasRes, Dur: -1,
		}
		if rng.IntN(10) == 0 {
			e.Alert = event.AlertID(t.Alerts.Intern(event.Alert{Rule: str("another's")}))
		}
		b.Append(e, nil)
	}
	return b
}

// TestDetectAgainstMatch compares what fires with what each rule's condition
// says by itself, on rules and events made up.
func TestDetectAgainstMatch(t *testing.T) {
	fired := 0
	for seed := range uint64(80) {
		rng := rand.New(rand.NewPCG(seed, 1))
		set, report := rules.Load([]rules.File{{Name: "made-up.yaml", Text: []byte(madeUp(rng))}}, rules.Options{})
		if err := report.Err(); err != nil {
			t.Fatal(err)
		}
		tables := event.NewTables()
		for _, all := range []bool{false, true} {
			e := New(set, Options{All: all, Stats: seed%2 == 0})
			for range 5 {
				b := someEvents(rng, tables, 1+rng.IntN(300))
				want := expected(set, b, all)
				var got []string
				e.Detect(b, func(i int, r *rules.Rule) { got = append(got, fmt.Sprint(i, " ", r.Name)) })
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d, all %v: fired\n%v\nbut conditions hold\n%v", seed, all, got, want)
				}
				fired += len(got)
			}
		}
	}
	if fired == 0 {
		t.Error("no rule ever fired")
	}
}

// expected asks each condition about each event.
func expected(set *rules.Set, b *event.Batch, all bool) (want []string) {
	for i := range b.Len() {
		source := map[string]string{"pluginevent": "k8s_audit", "log": "", "lost": ""}
		of, other := source[b.Type[i].String()]
		if !other {
			of = "syscall"
		}
		for _, r := range set.Rules {
			if r.Enabled && r.Source == of && b.AlertAt(i) == 0 && r.Filter.Match(b, i) {
				want = append(want, fmt.Sprint(i, " ", r.Name))
				if !all {
					break
				}
			}
		}
	}
	return want
}

// three are rules of which two hold for the same events.
const three = `
- rule: shell
  desc: d
  condition: evt.type = execve and proc.name = sh
  output: o
  priority: NOTICE
- rule: anything executed
  desc: d
  condition: evt.type = execve
  output: o
  priority: DEBUG
- rule: off
  desc: d
  condition: evt.type = execve
  output: o
  priority: DEBUG
  enabled: false
`

func TestFirstAloneOrAll(t *testing.T) {
	set, _ := rules.Load([]rules.File{{Name: "three.yaml", Text: []byte(three)}}, rules.Options{})
	tables := event.NewTables()
	sh := event.ProcID(tables.Procs.Add(event.Proc{Name: tables.Strings.Add("sh")}))
	execve, _ := event.TypeOf("execve")
	b := event.NewBatch(tables, 1, 2)
	b.Append(event.Event{Type: execve, Dur: -1}, nil)
	b.Append(event.Event{Type: execve, Proc: sh, Dur: -1}, nil)
	for _, c := range []struct {
		all  bool
		want string
	}{
		{false, "0 anything executed, 1 shell"},
		{true, "0 anything executed, 1 shell, 1 anything executed"},
	} {
		e := New(set, Options{All: c.all, Stats: true})
		var got []string
		e.Detect(b, func(i int, r *rules.Rule) { got = append(got, fmt.Sprint(i, " ", r.Name)) })
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("all %v: %s, want %s", c.all, got, c.want)
		}
		if s := e.Stats(); len(s) != 2 || s[0].Fired != 1 || s[0].Events != 2 {
			t.Errorf("all %v: stats %+v: want the shell rule asked about 2 events, fired once", c.all, s)
		}
		if s := e.Scope(); s.String() != "evt.type in (execve)" {
			t.Errorf("scope is %s", s)
		}
	}
}

// unmet are rules that ask much and hold for nothing.
const unmet = `
- macro: opened
  condition: (evt.type in (openat, read, execve) and fd.num >= 0)
- rule: nowhere
  desc: d
  condition: opened and fd.name startswith /nowhere and proc.aname = nobody
  output: o
  priority: NOTICE
- rule: nobody
  desc: d
  condition: opened and evt.arg.flags contains NOTHING and evt.is_open_create = true and (proc.name = nobody or container.id = cccccccccccc)
  output: o
  priority: NOTICE
`

// TestDetectAllocatesNothing holds that events on which no rule fires cost no
// memory.
func TestDetectAllocatesNothing(t *testing.T) {
	set, report := rules.Load([]rules.File{{Name: "unmet.yaml", Text: []byte(unmet)}}, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	e := New(set, Options{Stats: true})
	b := node(20_000)[0]
	detect := func() { e.Detect(b, func(int, *rules.Rule) { t.Error("a rule fired") }) }
	detect()
	if n := testing.AllocsPerRun(20, detect); n != 0 {
		t.Errorf("%v allocations for a batch without a hit", n)
	}
	if s := e.Stats(); s[1].Events == 0 {
		t.Error("no event came to the rules")
	}
}
