package tui

import (
	"sort"
	"strings"

	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// storyPane tells a trail in sentences, each a link to its events.
type storyPane struct {
	lines   []storyLine
	at, top int
	area    grid.Area
}

// storyLine is a sentence, or at the end something that is not known.
type storyLine struct {
	told    *trail.Sentence
	unknown string
}

// The columns of the story.
const (
	storyTime   = 14
	storyTimeIn = 12 // of a story without room
	storyTactic = 20

	storyContext = 3 // sentences that stand before and behind that of the cursor
)

// set takes a story in, the cursor on what the alert is about, or where it was.
func (p *storyPane) set(v *trailView, told []*trail.Sentence, unknown []string, first bool) {
	at, fromEnd := v.from.Time(), 0
	if !first && !v.events.near && p.at < len(p.lines) {
		if now := p.lines[p.at].told; now != nil {
			at = now.Time
		} else { // on what is not known, at the end
			fromEnd = len(p.lines) - p.at
		}
	}
	p.lines = nil
	for _, x := range told {
		p.lines = append(p.lines, storyLine{told: x})
		if x.Time <= at {
			p.at = len(p.lines) - 1
		}
	}
	for _, text := range unknown {
		p.lines = append(p.lines, storyLine{unknown: text})
	}
	if fromEnd > 0 {
		p.at = max(len(p.lines)-fromEnd, 0)
	}
	p.at = min(p.at, max(len(p.lines)-1, 0))
}

func (p *storyPane) move(n int) {
	p.at = min(max(p.at+min(max(n, -len(p.lines)), len(p.lines)), 0), max(len(p.lines)-1, 0))
}

// told is the sentence under the cursor; nil where none is.
func (p *storyPane) told() *trail.Sentence {
	if p.at >= len(p.lines) {
		return nil
	}
	return p.lines[p.at].told
}

// follow puts the cursor on the sentence that tells of the event under the
// cursor of the events: the last one before it, of its process if there is one
// near.
func (p *storyPane) follow(v *trailView) {
	step, ok := v.events.step()
	if !ok {
		return
	}
	s := v.trail.Steps[step]
	now := s.Row.B.Time[s.Row.I]
	n := sort.Search(len(p.lines), func(i int) bool { return p.lines[i].told == nil || p.lines[i].told.Time > now })
	if n == 0 {
		return
	}
	p.at = n - 1
	const near = 64
	for i := n - 1; i >= max(n-near, 0); i-- {
		if p.lines[i].told.Node == s.Node {
			p.at = i
			return
		}
	}
}

// toSentence puts the cursor of the events on the first event of the sentence.
func (v *trailView) toSentence() {
	x := v.story.told()
	if x == nil {
		return
	}
	if len(x.Events) > 0 {
		if step, ok := v.trail.Find(x.Events[0]); ok {
			v.events.goTo(step)
			return
		}
	}
	v.events.goTo(min(v.trail.FindTime(x.Time), len(v.trail.Steps)-1))
}

func (p *storyPane) draw(a grid.Area, v *trailView, r reader, focus bool) {
	head, body := a.CutTop(1)
	told, unknown := 0, 0
	for _, l := range p.lines {
		if l.told != nil {
			told++
		} else {
			unknown++
		}
	}
	much := plural(int64(told), "sentence")
	if unknown > 0 {
		much += ", " + itoa(unknown) + " not known"
	}
	drawPaneHead(head, "story", much, "≈ concluded, not seen · △ no rule fired", focus)
	p.area = body
	before := min(storyContext, max(body.H-2, 0))
	behind := min(storyContext, max(body.H-1-before, 0))
	p.top = min(max(p.top, p.at-body.H+1+behind), p.at-before)
	p.top = max(min(p.top, len(p.lines)-body.H), 0)
	for y := 0; y < body.H && p.top+y < len(p.lines); y++ {
		line := body.Sub(0, y, body.W, 1)
		p.drawLine(line, p.lines[p.top+y], v, r)
		switch {
		case p.top+y == p.at && focus:
			line.Tint(grid.Select, 0)
		case p.top+y == p.at:
			line.Tint(grid.Select2, 0)
		}
	}
	drawScrollbar(body, p.top, len(p.lines))
}

// drawSay writes the sentence under the cursor whole, with what fired on it.
func (p *storyPane) drawSay(a grid.Area, r reader) {
	head, body := a.CutTop(1)
	if p.at >= len(p.lines) {
		drawPaneHead(head, "sentence", "", "", false)
		return
	}
	l := p.lines[p.at]
	if l.told == nil {
		drawPaneHead(head, "not known", "", "", false)
		drawWrapped(body, 0, styText, r.mask(l.unknown))
		return
	}
	much := plural(int64(l.told.Count), "event")
	if l.told.Tactic != "" {
		much += " · " + l.told.Tactic
	}
	if l.told.Inferred {
		much += " · ≈ concluded, not seen"
	}
	drawPaneHead(head, "sentence", much, "⏎ its events", false)
	y := drawWrapped(body, 0, styText, sentence(l.told))
	for _, rule := range l.told.Alerts {
		body.Fit(2, y, body.W-4, styAlarm, "▲ "+r.mask(rule))
		y++
	}
}

// drawWrapped draws a text on as many lines as it needs, and returns the next.
func drawWrapped(a grid.Area, y int, st grid.Style, text string) int {
	for _, line := range wrap(safe(text), max(a.W-4, 8)) {
		a.Text(2, y, st, line)
		y++
	}
	return y
}

// drawLine draws a sentence, or what is not known.
func (p *storyPane) drawLine(line grid.Area, l storyLine, v *trailView, r reader) {
	at := storyTime
	if line.W < trailTwo {
		at = storyTimeIn
	}
	if l.told == nil {
		line.FitRight(0, 0, at, styFaint, "?")
		line.Fit(at+3, 0, line.W-at-5, styFaint, r.mask(l.unknown))
		return
	}
	st, mark := styText, " "
	if len(l.told.Alerts) > 0 {
		st, mark = styAlarm, "▲"
	} else if l.told.Silent {
		mark = "△"
	}
	line.FitRight(0, 0, at, styDim, fromAlert(l.told.Time-v.from.Time()))
	line.Text(at+1, 0, styAlarm, mark)
	end := line.W - 2
	if line.W > 3*storyTactic+storyTime {
		end = line.Right(line.W-2, 0, styFaint, strings.ToLower(l.told.Tactic)) - 1
	}
	line.Fit(at+3, 0, max(end-at-4, 0), st, sentence(l.told))
}

// sentence is a sentence's text as it is shown.
func sentence(x *trail.Sentence) string {
	if x.Inferred {
		return "≈ " + safe(x.Text)
	}
	return safe(x.Text)
}
