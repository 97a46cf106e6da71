package places

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/trail"
)

// Grade is how sure it is that a trail is the alert's.
type Grade uint8

// The grades.
const (
	Unsure  Grade = iota // all of a container, or one of several that fit
	Likely               // one fits, by what others could have too
	Certain              // the key names one thing
)

// String is a word.
func (g Grade) String() string { return [...]string{"unsure", "likely", "sure"}[g] }

// Sure says how sure a match is, and why.
type Sure struct {
	Grade Grade
	Why   []string // sentences without their stop
}

// String says it in one line.
func (s Sure) String() string { return s.Grade.String() + ": " + strings.Join(s.Why, "; ") }

// found builds the trail and says what became of the search.
func (f *finding) found() *Found {
	f.clocks()
	f.sort()
	x := &Found{Rows: f.merged(), Answers: f.answers, by: f}
	x.build()
	return x
}

func (x *Found) build() {
	f := x.by
	x.Trail = trail.BuildFor(f.known.Subject, f.alert, rowsOf(x.Rows))
	for _, p := range f.in {
		if p, ok := p.(covering); ok {
			p.cover(x.Trail)
		}
	}
	x.Sure = f.sure(x.Trail)
	x.Missing = f.missing()
	x.Attach = f.attach(x)
}

// Point turns what was found of a container at a time to the alert that is
// there, or else to the event nearest to it; to none, where nothing is near.
func (x *Found) Point() {
	f := x.by
	var best Hit
	closest, alert := int64(pointSlack)+1, false
	for _, h := range x.Rows {
		r := h.Row()
		if text(r, fieldContainer) != f.known.Container || h.B == f.alert.B {
			continue
		}
		apart, is := max(h.Time()-f.known.Time, f.known.Time-h.Time()), r.Alert != 0
		if apart <= pointSlack && (is && !alert || is == alert && apart < closest) {
			best, closest, alert = h, apart, is
		}
	}
	if best.B == nil {
		return
	}
	was := f.known.Subject
	f.alert = best.Row()
	f.known.Subject = trail.SubjectOf(f.alert)
	f.known.Container = was.Container
	x.build()
	x.Sure.Why = append(x.Sure.Why, map[bool]string{true: "it is of the alert at that time", false: "it is of the event nearest to that time"}[alert])
}

// pointSlack is how far from a time what is at it may be.
const pointSlack = 1e9

// keyWhys are what is to be said of a process that was found by a key.
var keyWhys = map[trail.Key]struct {
	grade Grade
	why   string
}{
	trail.ByEntity:  {Certain, "the process is named by the id that its reporter gave it"},
	trail.ByStart:   {Certain, "a pid and its start are one process"},
	trail.ByPID:     {Likely, "it had this pid at that time"},
	trail.BySession: {Likely, "it was on the alert's terminal or in its session at that time"},
	trail.ByLine:    {Likely, "it ran this command line in the container at that time"},
	trail.ByName:    {Unsure, "it had this name in the container at that time"},
	trail.ByAlerts:  {Unsure, "no event of its process was recorded: what is told is what alerts say of it, and of their parents"},
}

func (f *finding) sure(t *trail.Trail) (s Sure) {
	s.Grade = Unsure
	switch of := t.Subject; {
	case len(f.got) == 0:
		s.Why = append(s.Why, "nothing was found")
	case t.Self == nil && (of.Line != "" || of.PID != 0 || of.Entity != "" || of.Name != ""):
		s.Why = append(s.Why, "the alert's process is not among what was found: all of the container is told")
	case t.Self == nil:
		s.Why = append(s.Why, "the alert names no process: all of the container is told")
	default:
		k := keyWhys[of.Key]
		s.Grade, s.Why = k.grade, append(s.Why, k.why)
		if of.Choices > 1 {
			s.Grade = min(s.Grade, Unsure)
			s.Why = append(s.Why, fmt.Sprintf("%d processes fit, and the last that had started was taken", of.Choices))
		}
	}
	if f.choice != "" {
		s.Grade = min(s.Grade, Likely)
		s.Why = append(s.Why, f.choice)
	}
	if asked := f.opt.Subject; asked == nil {
		if own := trail.SubjectOf(f.alert).Container; own != "" && own != f.known.Container && f.choice == "" {
			s.Why = append(s.Why, fmt.Sprintf("the alert's container id is cut to %s; one container begins so", own))
		}
	}
	if s.Grade < Certain && slices.ContainsFunc(f.answers, func(a Answer) bool { return a.What == askings[0].what && a.Rows > 0 }) {
		s.Why = append(s.Why, "the events bear the alert's id")
	}
	told := map[string]bool{}
	for _, a := range f.answers {
		if a.Moved && !told[a.Place] {
			told[a.Place] = true
			if !a.Skew.Sure() {
				s.Grade = min(s.Grade, Likely)
			}
			s.Why = append(s.Why, fmt.Sprintf("the clock of %s is %v: its times were corrected by that", a.Place, a.Skew))
		}
	}
	return s
}

// missing says what was looked for and not found, what could not be asked, and
// what the alert lacks to be asked for.
func (f *finding) missing() (lines []string) {
	var order []string
	where := map[string][]string{}
	rows := map[string]int{}
	for _, a := range f.answers {
		if a.Err != nil {
			lines = append(lines, fmt.Sprintf("%s could not be asked for %s: %v", a.Place, a.What, a.Err))
			continue
		}
		if _, seen := rows[a.What]; !seen {
			order = append(order, a.What)
		}
		rows[a.What] += a.Rows
		where[a.What] = append(where[a.What], a.Place)
		if a.More {
			lines = append(lines, fmt.Sprintf("%s has more than the %s nearest to the alert that were taken of %s: a shorter --window has all of less", a.Place, count(a.Rows, "event"), a.What))
		}
		if a.Rows > 0 && a.Note != "" {
			lines = append(lines, fmt.Sprintf("%s, asked for %s: %s", a.Place, a.What, a.Note))
		}
	}
	for _, what := range order {
		if rows[what] == 0 && what != otherEnds {
			lines = append(lines, fmt.Sprintf("Nothing of %s in %s", what, strings.Join(where[what], ", ")))
		}
	}
	for _, lacks := range []struct {
		missing bool
		what    string
	}{
		{f.known.ID == "" && f.alert.Alert != 0, "id: a trail that was kept of it cannot be told by it"},
		{f.known.Container == "", "container, and none was found: what else ran beside it is not known"},
		{f.known.Pod == "" && f.known.Container != event.HostID, "pod, and none was found: audit records cannot be asked for"},
	} {
		if lacks.missing {
			lines = append(lines, "The alert gives no "+lacks.what)
		}
	}
	if len(f.in) == 0 {
		lines = append(lines, "There was no place to look in")
	}
	return lines
}

// longAgo is after what time without an event nobody expects a container to be
// still there.
const longAgo = 24 * time.Hour

// attach is the command that watches the container on its node.
func (f *finding) attach(x *Found) string {
	k := &f.known
	if k.Container == "" || k.Container == event.HostID || k.Node == "" || time.Since(time.Unix(0, x.Trail.To)) > longAgo {
		return ""
	}
	for i := len(x.Rows) - 1; i >= 0; i-- {
		r := x.Rows[i].Row()
		if c := r.C(); r.T.Text(c.ID) == k.Container {
			if c.Exited != 0 {
				return ""
			}
			break
		}
	}
	for _, n := range append(slices.Clone(x.Trail.Above), x.Trail.Root) {
		if n != nil && n.Ended != 0 && n.Row().P().VPID == 1 {
			return ""
		}
	}
	inner := "sudo stoop live -f " + quoted(filter.Source(is("container.id", k.Container)))
	return "ssh -t -- " + quoted(k.Node) + " " + quoted(inner)
}

// quoted makes a word of a text for a shell.
func quoted(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Say says in one line what a place answered; how long it took is in Took.
func (a Answer) Say() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s), %s: ", a.Place, a.Kind, a.What)
	switch {
	case a.Err != nil:
		fmt.Fprintf(&b, "%v", a.Err)
	case a.Rows == 0:
		b.WriteString("nothing")
	default:
		b.WriteString(count(a.Rows, "event"))
		if a.More {
			b.WriteString(" and more")
		}
	}
	if a.Note != "" {
		b.WriteString("; " + a.Note)
	}
	if a.Skew.Known() {
		fmt.Fprintf(&b, "; clock %v", a.Skew)
	}
	return b.String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
