package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// The story's columns and lines.
const (
	storyWhole  = 90 // a narrower screen has no lineage beside the story
	storyTime   = 14
	storyTactic = 20
	storySay    = 5 // lines for the whole of the sentence under the cursor
)

// draw implements overlay.
func (s *story) draw(m *Model, area grid.Area) {
	area.Fill(styText)
	head, body := area.CutTop(3)
	x := head.Text(2, 0, styFocus, "what led to it, and what came of it")
	right := head.Right(head.W-2, 0, styFaint, "⏎ its events · e E alerts · esc closes this")
	head.Fit(x+2, 0, max(right-x-4, 0), styDim, m.clock.stamp(s.from.Time())+"  "+s.title)
	head.Fit(2, 1, head.W-4, styDim, safe(m.read.mask(s.how())))
	if s.trail == nil {
		body.Text(2, 0, styFaint, "reading the events of the container …")
		return
	}
	if body.H > 2*storySay {
		var say grid.Area
		say, body = body.CutBottom(storySay)
		s.drawSay(m, say)
	}
	if body.W >= storyWhole && len(s.tree) > 0 {
		var left grid.Area
		left, body = body.CutLeft(body.W * 2 / 5)
		s.drawTree(left)
		left.VLine(left.W-1, styLine)
	}
	s.area = body
	s.top = min(max(s.top, s.at-body.H+1), s.at)
	for y := 0; y < body.H && s.top+y < len(s.lines); y++ {
		line := body.Sub(0, y, body.W, 1)
		s.drawLine(line, s.lines[s.top+y])
		if s.top+y == s.at {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, s.top, len(s.lines))
}

// how says how the process was found, and where it began.
func (s *story) how() string {
	if s.trail == nil {
		return ""
	}
	text := "found by " + s.trail.Subject.Key.String()
	if s.trail.Root == nil {
		return text + "; all of the container is told"
	}
	text += "; began with " + s.trail.Root.Line()
	if s.trail.RootInferred {
		text += " ≈"
	}
	return text
}

// drawLine draws a sentence, or what is not known.
func (s *story) drawLine(line grid.Area, l storyLine) {
	if l.told == nil {
		line.FitRight(0, 0, storyTime, styFaint, "?")
		line.Fit(storyTime+3, 0, line.W-storyTime-4, styFaint, safe(l.unknown))
		return
	}
	st, mark := styText, " "
	if len(l.told.Alerts) > 0 {
		st, mark = styAlarm, "▲"
	}
	line.FitRight(0, 0, storyTime, styDim, trail.Offset(l.told.Time-s.from.Time()))
	line.Text(storyTime+1, 0, styAlarm, mark)
	end := line.W - 2
	if line.W > 2*storyTactic+storyTime {
		end = line.Right(line.W-2, 0, styFaint, strings.ToLower(l.told.Tactic)) - 1
	}
	line.Fit(storyTime+3, 0, max(end-storyTime-4, 0), st, sentence(l.told))
}

// sentence is a sentence's text as it is shown.
func sentence(x *trail.Sentence) string {
	if x.Inferred {
		return "≈ " + safe(x.Text)
	}
	return safe(x.Text)
}

// drawSay writes the sentence under the cursor whole, with what fired on it.
func (s *story) drawSay(m *Model, say grid.Area) {
	say.HLine(0, styLine)
	if s.at >= len(s.lines) {
		return
	}
	l := s.lines[s.at]
	text := l.unknown
	if l.told != nil {
		text = sentence(l.told)
		if l.told.Inferred {
			text += " (≈: concluded, not seen)"
		}
		if n := l.told.Count; n > 1 {
			text += " — " + plural(int64(n), "event")
		}
	}
	y := 1
	for _, line := range wrap(text, say.W-4) {
		if y < say.H {
			say.Text(2, y, styText, line)
			y++
		}
	}
	if l.told == nil {
		return
	}
	for _, rule := range l.told.Alerts {
		if y < say.H {
			say.Fit(2, y, say.W-4, styAlarm, "▲ "+safe(m.read.mask(rule)))
			y++
		}
	}
}

// drawTree draws the lineage, the process of the sentence under the cursor
// marked.
func (s *story) drawTree(a grid.Area) {
	var of *trail.Node
	if s.at < len(s.lines) && s.lines[s.at].told != nil {
		of = s.lines[s.at].told.Node
	}
	at := 0
	for i, l := range s.tree {
		if l.node == of {
			at = i
		}
	}
	s.treeTop = min(max(s.treeTop, at-a.H+1), at)
	for y := 0; y < a.H && s.treeTop+y < len(s.tree); y++ {
		l := s.tree[s.treeTop+y]
		line := a.Sub(0, y, a.W-1, 1)
		st := styText
		switch {
		case l.node == s.trail.Self:
			st = styAlarm
		case l.node.Outer || l.depth < len(s.trail.Above):
			st = styFaint
		}
		x := 2 + min(2*l.depth, a.W/2)
		end := line.W - 1
		if text := ended(l.node); text != "" {
			end = line.Right(line.W-1, 0, styWarn, text) - 1
		}
		line.Fit(x, 0, max(end-x, 0), st, safe(safetext.Redact(l.node.Title())))
		if l.node == of {
			line.Tint(grid.Select, 0)
		}
	}
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
