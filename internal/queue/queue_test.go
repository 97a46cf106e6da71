package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// scene makes alerts up.
type scene struct {
	t *event.Tables
	b *event.Batch
}

var start = time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)

func newScene() *scene {
	t := event.NewTables()
	return &scene{t, event.NewBatch(t, 1, 8)}
}

// alert is an alert of the scene.
type alert struct {
	after            time.Duration
	rule             string
	pri              event.Priority
	pod, cont        string
	image, digest    string
	parent           string
	origin, document string
}

func (s *scene) add(all ...alert) *event.Batch {
	str := s.t.Strings.Add
	for _, a := range all {
		c := event.Container{ID: str(a.cont), Name: str("web"), Pod: str(a.pod), Namespace: str("shop"), Repo: str(a.image), Tag: str("2.4.1"), Digest: str(a.digest)}
		if a.cont == event.HostID {
			c = event.Container{ID: str(event.HostID), Flags: event.ContHost}
		}
		cont := event.ContID(s.t.Conts.Intern(c))
		parent := s.t.Procs.Intern(event.Proc{Name: str(a.parent), Cont: cont})
		proc := event.ProcID(s.t.Procs.Intern(event.Proc{Name: str("sh"), Parent: event.ProcID(parent), Cont: cont}))
		if a.origin == "" {
			a.origin = "falco"
		}
		row := event.AlertID(s.t.Alerts.Intern(event.Alert{Rule: str(a.rule), Origin: str(a.origin), Priority: a.pri}))
		e := event.Event{Time: start.Add(a.after).UnixNano(), Proc: proc, Alert: row, FD: -1, Dur: -1}
		if a.document != "" {
			e.Bits |= event.HasDoc
		}
		s.b.Append(e, []byte(a.document))
	}
	b := s.b
	s.b = event.NewBatch(s.t, b.Seq+uint64(b.Len()), 8)
	return b
}

func shell(after time.Duration, pod string) alert {
	return alert{after: after, rule: "Terminal shell", pri: event.PriorityNotice, pod: pod, cont: "c-" + pod, image: "shop/web", parent: "runc"}
}

func groups(q *Queue) []Group { all, _ := q.Groups(); return all }

// Thirty thousand of a kind are one row with a count and a trend, whichever pod
// of the Deployment they are of.
func TestOneRowOfAKind(t *testing.T) {
	q, s := New(), newScene()
	pods := []string{"web-7d9c5f6b8-x2k8p", "web-7d9c5f6b8-zzv4t", "web-68b7f9c4d5-b2cdf"}
	for i := range 300 {
		var all []alert
		for k := range 100 {
			all = append(all, shell(time.Duration(i*100+k)*100*time.Millisecond, pods[k%3]))
		}
		q.Batch(s.add(all...))
	}
	all := groups(q)
	if len(all) != 1 {
		t.Fatalf("%d groups: %+v", len(all), all)
	}
	g := all[0]
	if g.Count != 30000 || g.Workload != "shop/web" || g.Containers != 3 || g.Image != "shop/web:2.4.1" || g.Parent != "runc" || g.ID != g.Kind.ID() {
		t.Errorf("%+v", g)
	}
	var n [10]int
	g.Trend(n[:], g.First, g.Last+1)
	if sum := n[0] + n[1] + n[2] + n[3] + n[4] + n[5] + n[6] + n[7] + n[8] + n[9]; sum != 30000 || slices.Min(n[:]) < 1500 || slices.Max(n[:]) > 4500 {
		t.Errorf("trend %v", n)
	}
}

// What makes alerts of another kind, and what does not.
func TestKinds(t *testing.T) {
	base := alert{rule: "r", pod: "web-7d9c5f6b8-x2k8p", cont: "a", image: "shop/web", parent: "sh"}
	edit := func(f func(*alert)) alert { a := base; f(&a); return a }
	for what, c := range map[string]struct {
		a    alert
		same bool
	}{
		"another pod of the Deployment": {edit(func(a *alert) { a.pod, a.cont = "web-7d9c5f6b8-bcdfg", "b" }), true},
		"another time":                  {edit(func(a *alert) { a.after = time.Hour }), true},
		"another rule":                  {edit(func(a *alert) { a.rule = "s" }), false},
		"another parent":                {edit(func(a *alert) { a.parent = "bash" }), false},
		"another image":                 {edit(func(a *alert) { a.image = "shop/api" }), false},
		"another Deployment":            {edit(func(a *alert) { a.pod = "api-7d9c5f6b8-x2k8p" }), false},
		"another digest, the same tag":  {edit(func(a *alert) { a.digest = "sha256:00" }), false},
		"the host":                      {edit(func(a *alert) { a.cont = event.HostID }), false},
	} {
		q := New()
		q.Batch(newScene().add(base, c.a))
		if n := len(groups(q)); (n == 1) != c.same {
			t.Errorf("%s: %d groups", what, n)
		}
	}
}

func TestWorkloadOf(t *testing.T) {
	for pod, want := range map[string]string{
		"web-7d9c5f6b8-x2k8p":     "web",
		"my-web-68b7f9c4d5-b2cdf": "my-web",
		"agent-x2k8p":             "agent",
		"node-exporter-x2k8p":     "node-exporter", // a DaemonSet: exporter is no hash
		"backup-29384720-zx4vd":   "backup",
		"db-0":                    "db",
		"kafka-broker-12":         "kafka-broker",
		"standalone":              "standalone",
		"my-pod":                  "my-pod",
		"job-2026":                "job",
		"-x2k8p":                  "-x2k8p",
		"web-":                    "web-",
		"":                        "",
	} {
		if got := WorkloadOf(pod, ""); got != want {
			t.Errorf("%s: %s, want %s", pod, got, want)
		}
	}
	if got := WorkloadOf("web-grpc42-x2k8p", "7d9c5f6b8"); got != "web-grpc42" {
		t.Errorf("a part that is not the hash was cut: %s", got)
	}
	if got := WorkloadOf("web-bcdfgh-x2k8p", "bcdfgh"); got != "web" {
		t.Errorf("the hash that the label names stayed: %s", got)
	}
}

// What matters stands first, and each group says why it stands where it does.
func TestOrder(t *testing.T) {
	q, s := New(), newScene()
	var all []alert
	for i := range 1000 {
		all = append(all, alert{after: time.Duration(i) * 10 * time.Second, rule: "noise", pri: event.PriorityNotice, cont: "a", image: "i"})
	}
	all = append(all,
		alert{after: 10000 * time.Second, rule: "critical", pri: event.PriorityCritical, cont: "a", image: "i"},
		alert{after: 10 * time.Second, rule: "old notice", pri: event.PriorityNotice, cont: "a", image: "i"},
		alert{after: 9999 * time.Second, rule: "new notice", pri: event.PriorityNotice, cont: "a", image: "i"},
	)
	q.Batch(s.add(all...))
	var got []string
	for _, g := range groups(q) {
		got = append(got, g.Rule+" "+fmt.Sprint(g.Why))
	}
	want := []string{
		"critical [priority.Critical 60 new 20 rare 10]",
		"new notice [priority.Notice 15 new 20 rare 10]",
		"old notice [priority.Notice 15 rare 10]",
		"noise [priority.Notice 15 tenfold 3]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Every criterion of the table can hold, and every priority has one.
func TestOrderTable(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Order {
		if names[c.Name] || c.Says == "" {
			t.Errorf("%+v", c)
		}
		names[c.Name] = true
	}
	for p := event.PriorityUnknown; p < event.PriorityDebug; p++ {
		if !names["priority."+priorityName(p)] {
			t.Errorf("no points for %s", priorityName(p))
		}
	}
	for _, name := range []string{"sequence", "again", "new", "rare", "rising", "spread", "tenfold"} {
		if !names[name] {
			t.Errorf("no points for %s", name)
		}
	}
}

// A trend keeps its sum whatever the order and the span of what it counts.
func TestTrend(t *testing.T) {
	for name, times := range map[string][]int64{
		"forward":  {0, 1e9, 2e9, 3600e9, 7200e9, 86400e9 * 365},
		"backward": {86400e9 * 365, 7200e9, 3600e9, 5, 0},
		"extremes": {-1 << 63, 1<<63 - 1, 0},
		"one time": {7, 7, 7},
		"one now":  {start.UnixNano(), start.UnixNano()},
	} {
		var tr trend
		for i, ns := range times {
			tr.add(ns, i == 0)
		}
		n := make([]int, 7)
		tr.spread(n, slices.Min(times), slices.Max(times))
		if slices.Max(times) == slices.Min(times) {
			tr.spread(n, times[0], times[0]+1)
		}
		sum := 0
		for _, c := range n {
			sum += c
		}
		if sum != len(times) {
			t.Errorf("%s: %v, of %d", name, n, len(times))
		}
	}
}

// Kinds without number cost a bounded amount, and no alert is uncounted.
func TestTooManyKinds(t *testing.T) {
	q, s := New(), newScene()
	for i := range 11 {
		var all []alert
		for k := range 5000 {
			all = append(all, alert{rule: "r", pod: fmt.Sprintf("pod%d", i*5000+k), cont: "a"})
		}
		q.Batch(s.add(all...))
	}
	all, sum := q.Groups()
	if len(all) != MaxGroups+1 || sum.Alerts != 55000 {
		t.Errorf("%d groups of %d alerts", len(all), sum.Alerts)
	}
	i := slices.IndexFunc(all, func(g Group) bool { return g.Workload == otherKinds })
	if i < 0 || all[i].Count != 5000 {
		t.Errorf("what was too much is not counted under its rule")
	}
}

// What a million alerts cost, of 200 kinds.
func BenchmarkBatch(b *testing.B) {
	s := newScene()
	var all []alert
	for i := range 10_000 {
		all = append(all, alert{after: time.Duration(i) * time.Millisecond, rule: fmt.Sprint("rule ", i%50), pod: fmt.Sprintf("web-7d9c5f6b8-x2k8%c", "bcdf"[i%4]), cont: fmt.Sprint(i % 4), image: "shop/web", parent: "runc"})
	}
	batch := s.add(all...)
	b.ReportAllocs()
	for b.Loop() {
		q := New()
		for range 100 {
			q.Batch(batch)
		}
	}
}
