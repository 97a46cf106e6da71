package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// lineagePane lists the processes of a trail, the ancestors first.
type lineagePane struct {
	branches []trail.Branch
	within   int  // how many are of the trail itself
	siblings bool // the root's siblings are listed
	at, top  int
	area     grid.Area
}

// set takes the processes of a trail in; the cursor stays on its process.
func (p *lineagePane) set(v *trailView, first bool) {
	var on trail.Process
	if n := p.node(); n != nil {
		on = n.Process
	}
	if first && v.trail.Self != nil {
		on = v.trail.Self.Process
	}
	p.branches, p.within = v.trail.Branches(p.siblings), 0
	for _, b := range p.branches {
		if b.Place == trail.Within {
			p.within++
		}
	}
	p.to(on)
}

// to puts the cursor on a process.
func (p *lineagePane) to(on trail.Process) bool {
	for i, b := range p.branches {
		if b.Node != nil && b.Node.Process == on {
			p.at = i
			return true
		}
	}
	p.at = min(p.at, max(len(p.branches)-1, 0))
	return false
}

func (p *lineagePane) move(n int) {
	p.at = min(max(p.at+min(max(n, -len(p.branches)), len(p.branches)), 0), max(len(p.branches)-1, 0))
}

// node is the process under the cursor; nil where none is.
func (p *lineagePane) node() *trail.Node {
	if p.at >= len(p.branches) {
		return nil
	}
	return p.branches[p.at].Node
}

// onWho reports whether the cursor is on who stands behind the root.
func (p *lineagePane) onWho() bool {
	return p.at < len(p.branches) && p.branches[p.at].Place == trail.Behind
}

// drawWho writes whole who stands behind the root, and by which requests to the
// API server that is known.
func (p *lineagePane) drawWho(a grid.Area, v *trailView, r reader) {
	head, body := a.CutTop(1)
	much := plural(int64(len(v.trail.Visits)), "request") + " to the API server"
	if !v.trail.VisitSure {
		much += " · ≈ concluded from pod and time"
	}
	drawPaneHead(head, "who", much, "⏎ the sentence", false)
	y := drawWrapped(body, 0, styText, r.mask(p.branches[p.at].Who))
	for _, x := range v.trail.Visits {
		body.Fit(2, y, body.W-4, styDim, r.mask(fromAlert(x.Began-v.from.Time())+"  pods/"+x.How+"  "+x.Container+"  "+strings.Join(x.Command, " ")))
		y++
	}
}

// draw draws the lines on screen; of is the process of the event under the
// cursor.
func (p *lineagePane) draw(a grid.Area, v *trailView, r reader, focus bool, of *trail.Node) {
	head, body := a.CutTop(1)
	p.area = body
	drawPaneHead(head, "lineage", processes(p.within), "", focus)
	at := p.at
	if !focus && of != nil && (at >= len(p.branches) || p.branches[at].Node != of) {
		if p.to(of.Process) {
			at = p.at
		}
	}
	p.top = min(max(p.top, at-body.H+1), at)
	p.top = max(min(p.top, len(p.branches)-body.H), 0)
	for y := 0; y < body.H && p.top+y < len(p.branches); y++ {
		line := body.Sub(0, y, body.W, 1)
		p.drawBranch(line, p.branches[p.top+y], v, r)
		switch {
		case p.top+y == at && focus:
			line.Tint(grid.Select, 0)
		case p.top+y == at:
			line.Tint(grid.Select2, 0)
		}
	}
	drawScrollbar(body, p.top, len(p.branches))
}

// processes writes a count of processes.
func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return count(int64(n)) + " processes"
}

// drawBranch draws one process: its programs and command line, as whom it ran
// where that changed, how it ended, and what it did.
func (p *lineagePane) drawBranch(a grid.Area, b trail.Branch, v *trailView, r reader) {
	x := 1 + min(2*int(b.Depth), a.W/3)
	if b.Depth > 0 {
		corner := "├"
		if b.Last {
			corner = "└"
		}
		a.Text(x-1, 0, styFaint, corner)
	}
	if b.Place == trail.Behind {
		a.Fit(x, 0, a.W-x-1, styAccent, r.mask(b.Who))
		return
	}
	if b.Node == nil {
		a.Fit(x, 0, a.W-x-1, styFaint, "+ "+plural(int64(b.More), "sibling")+", no part of the trail · ⏎")
		return
	}
	st := styText
	switch {
	case b.Node == v.trail.Self:
		st = styAlarm
	case b.Place != trail.Within:
		st = styFaint
	}
	end := p.drawBadges(a, b, v)
	if b.Node == v.trail.Root {
		mark := "◂ began here"
		if v.trail.RootInferred {
			mark += " ≈"
		}
		if end-x > grid.Width(mark)+20 {
			end = a.Right(end, 0, styAccent, mark) - 1
		}
	}
	if b.Node.Inferred {
		x = a.Text(x, 0, styAccent, "≈ ")
	}
	a.Fit(x, 0, max(end-x, 0), st, r.mask(b.Node.Title()))
}

// drawBadges draws, from the right, what is to be known of a process at a
// glance, and returns where they begin.
func (p *lineagePane) drawBadges(a grid.Area, b trail.Branch, v *trailView) int {
	x := a.W - 2
	put := func(st grid.Style, text string) {
		if text != "" && x-grid.Width(safe(text)) > a.W/3 {
			x = a.Right(x, 0, st, text) - 1
		}
	}
	put(styWarn, ended(b.Node))
	if bs := v.badges[b.Node]; bs != nil {
		put(styDim, badge("✎", bs.Writes))
		put(grid.Style{Fg: grid.Net}, badge("⇄", bs.Net))
		put(styAlarm, badge("▲", bs.Alerts))
	}
	if us := b.Node.Users(); len(us) > 1 {
		put(styWarn, strings.Join(us, "→"))
	} else if len(us) == 1 && (b.Node.Parent == nil || !sameUser(us[0], b.Node.Parent)) {
		put(styFaint, us[0])
	}
	return x
}

// sameUser reports whether a process ended as a user.
func sameUser(user string, n *trail.Node) bool {
	us := n.Users()
	return len(us) > 0 && us[len(us)-1] == user
}

func badge(sign string, n int) string {
	if n == 0 {
		return ""
	}
	return sign + short(int64(n))
}

// ended says how a process ended, where that is not with 0.
func ended(n *trail.Node) string {
	switch {
	case n.Ended != 0 && n.Exit > 0:
		return "→ " + itoa(int(n.Exit))
	case n.Ended != 0 && n.Exit < 0:
		return "→ " + event.SignalName(-n.Exit)
	}
	return ""
}

// drawPaneHead draws the line above a pane: what it is, how much there is, and
// what can be done.
func drawPaneHead(a grid.Area, name, much, hint string, focus bool) {
	st := styDim
	if focus {
		st = styFocus
	}
	a.HLine(0, styLine)
	x := a.Text(1, 0, st, " "+name+" ")
	if much != "" {
		x = a.Text(x, 0, styFaint, safetext.Line(much)+" ")
	}
	if hint != "" && x+grid.Width(hint)+4 < a.W {
		a.Right(a.W-1, 0, styFaint, " "+hint+" ")
	}
}
