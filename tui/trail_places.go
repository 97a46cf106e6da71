package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// placesPane says where a trail was looked for beside what is held of its
// container, and what was found and not.
type placesPane struct {
	shown   bool // in place of the object
	looking bool
	due     bool // they will be asked again
	askedAt time.Time
	cost    time.Duration
	version uint64 // of the store, when they were asked last
	found   *places.Found
	err     error

	lines   []placesLine
	at, top int
	area    grid.Area
}

// placesLine is a line of what was looked for.
type placesLine struct {
	text string
	st   grid.Style
}

// placesMsg is what the places said.
type placesMsg struct {
	of    *trailView
	found *places.Found
	err   error
	trail trailMsg // of what they have; its trail nil: nothing beyond what is shown
}

// lookInPlaces looks for the trail in every place, in the background, once what
// is being read has been.
func (m *Model) lookInPlaces(v *trailView) tea.Cmd {
	if v.trail == nil || v.building || m.hub.reading() || v.places.looking || v.places.found != nil || v.places.err != nil {
		return nil
	}
	return m.askPlaces(v)
}

// beyond reports whether a trail tells more than another: its key is surer, it
// has more events by the same, or more of who got in or was at the other end.
func beyond(a, b *trail.Trail) bool {
	if known, before := a.Self != nil, b.Self != nil; known != before {
		return known
	}
	if len(a.Steps) != len(b.Steps) {
		return len(a.Steps) > len(b.Steps)
	}
	return a.Ends() > b.Ends() || a.Audited > b.Audited
}

// placesSaid takes in what the places said.
func (m *Model) placesSaid(msg placesMsg) tea.Cmd {
	v := msg.of
	p := &v.places
	p.looking, p.cost = false, time.Since(p.askedAt)
	if msg.err == nil || p.found == nil {
		p.found, p.err = msg.found, msg.err
		p.write()
		v.resume(m)
	}
	again := m.lookAgain(v)
	if msg.trail.trail == nil {
		return again
	}
	v.fresh = v.fresh || !v.elsewhere
	v.elsewhere = true
	if m.levelOf(v).paused {
		v.waiting = msg.trail
		return again
	}
	return tea.Batch(m.trailed(msg.trail), again)
}

// write makes the lines.
func (p *placesPane) write() {
	p.lines, p.at = nil, 0
	add := func(st grid.Style, text string) { p.lines = append(p.lines, placesLine{text, st}) }
	if p.err != nil {
		add(styError, p.err.Error())
		return
	}
	add(styBold, p.found.Sure.Grade.String())
	for _, why := range p.found.Sure.Why {
		add(styText, "  "+why)
	}
	for i := range p.found.Answers {
		a := &p.found.Answers[i]
		st := styText
		if a.Err != nil {
			st = styWarn
		} else if a.Rows == 0 {
			st = styDim
		}
		add(st, a.Say())
	}
	for _, text := range p.found.Missing {
		add(styWarn, text)
	}
	if p.found.Attach != "" {
		add(styAccent, "watch it where it runs: "+p.found.Attach)
	}
}

// summary says in a few words where the trail was looked for.
func (p *placesPane) summary() string {
	switch {
	case p.looking:
		return "looking in other places …"
	case p.err != nil:
		return "not looked for elsewhere"
	case p.found == nil:
		return ""
	}
	asked, failed := map[string]bool{}, map[string]bool{}
	for i := range p.found.Answers {
		a := &p.found.Answers[i]
		asked[a.Place] = true
		if a.Err != nil {
			failed[a.Place] = true
		}
	}
	text := plural(int64(len(asked)), "place")
	if len(failed) > 0 {
		text += ", " + itoa(len(failed)) + " failed"
	}
	if n := len(p.found.Missing); n > 0 {
		text += ", " + itoa(n) + " not found"
	}
	return text
}

func (p *placesPane) move(n int) {
	p.at = min(max(p.at+min(max(n, -len(p.lines)), len(p.lines)), 0), max(len(p.lines)-1, 0))
}

func (p *placesPane) draw(a grid.Area, r reader, focus bool) {
	head, body := a.CutTop(1)
	p.area = body
	drawPaneHead(head, "where it was looked for", p.summary(), "W the object", focus)
	p.top = min(max(p.top, p.at-body.H+1), p.at)
	p.top = max(min(p.top, len(p.lines)-body.H), 0)
	for y := 0; y < body.H && p.top+y < len(p.lines); y++ {
		line := body.Sub(0, y, body.W, 1)
		l := p.lines[p.top+y]
		line.Fit(2, 0, line.W-4, l.st, r.mask(l.text))
		if p.top+y == p.at && focus {
			line.Tint(grid.Select, 0)
		}
	}
	drawScrollbar(body, p.top, len(p.lines))
}

// viewPlaces shows where the trail was looked for in place of the object, or
// the object again.
func (v *trailView) viewPlaces(*Model) tea.Cmd {
	v.places.shown, v.details = !v.places.shown, false
	if v.places.shown {
		v.pane = onObject
	}
	return nil
}
