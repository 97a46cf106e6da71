package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// objectPane shows one file, socket or process: everything that the trail did
// with it, or the data that went through it.
type objectPane struct {
	x     trail.Object
	known bool
	id    int // of the object; -1: a process
	of    *trail.Trail

	asStream bool
	stream   *trail.Stream
	lines    []streamLine

	at, top int
	area    grid.Area
}

// streamLine is a line of a stream, as it is shown.
type streamLine struct {
	piece *trail.Piece
	first bool // of its piece
	text  string
	note  bool // said by stoop, not by those who spoke
}

// turn turns to what the event under the cursor is about, or to the process
// under the lineage's.
func (p *objectPane) turn(v *trailView) {
	if v.pane == onLineage {
		if n := v.lineage.node(); n != nil {
			p.show(v, v.objects.Process(n), -1)
		}
		return
	}
	step, ok := v.events.step()
	if !ok {
		return
	}
	if id, ok := v.objects.Of(step); ok {
		if p.known && p.id == id && p.of == v.trail {
			p.toStep(step)
			return
		}
		p.show(v, v.objects.Object(id), id)
	} else {
		p.show(v, v.objects.Process(v.trail.Steps[step].Node), -1)
	}
	p.toStep(step)
}

func (p *objectPane) show(v *trailView, x trail.Object, id int) {
	p.x, p.id, p.known, p.of, p.at, p.top = x, id, true, v.trail, 0, 0
	p.stream, p.lines = nil, nil
	if p.asStream {
		p.load(v)
	}
}

// renew turns to the same object, or process, in the trail that took the place of
// the one that it is of; to none where that does not have it.
func (p *objectPane) renew(v *trailView) {
	if !p.known || p.of == v.trail {
		return
	}
	was, id, at := p.x, p.id, p.at
	p.x, p.known, p.stream, p.lines = trail.Object{}, false, nil, nil
	if steps := v.objects.Named(was.Name); id >= 0 && len(steps) > 0 {
		id, _ = v.objects.Of(int(steps[0]))
		p.show(v, v.objects.Object(id), id)
	}
	if id < 0 && len(was.By) > 0 {
		for _, b := range v.lineage.branches {
			if b.Node != nil && b.Node.Process == was.By[0].Process {
				p.show(v, v.objects.Process(b.Node), -1)
			}
		}
	}
	p.at = min(at, max(p.len()-1, 0))
}

// toStep puts the cursor on a step.
func (p *objectPane) toStep(step int) {
	if p.asStream {
		return
	}
	lo, hi := 0, len(p.x.Steps)
	for lo < hi {
		if mid := (lo + hi) / 2; int(p.x.Steps[mid]) < step {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	p.at = min(lo, max(len(p.x.Steps)-1, 0))
}

// load breaks the data that went through the object into lines.
func (p *objectPane) load(v *trailView) {
	p.stream = v.trail.Stream(p.x.Steps)
	p.lines, p.at, p.top = nil, 0, 0
	note := func(piece *trail.Piece, text string) {
		p.lines = append(p.lines, streamLine{piece: piece, text: text, note: true})
	}
	for i := range p.stream.Pieces {
		piece := &p.stream.Pieces[i]
		for k, l := range piece.Lines() {
			p.lines = append(p.lines, streamLine{piece: piece, first: k == 0, text: string(l)})
		}
		if piece.Missing > 0 {
			note(piece, size(piece.Missing)+" more moved and was not kept")
		}
	}
	if p.stream.Cut {
		note(nil, "what follows is left out: a stream is shown up to "+size(trail.MaxStream))
	}
}

func (p *objectPane) len() int {
	if p.asStream {
		return len(p.lines)
	}
	return len(p.x.Steps)
}

func (p *objectPane) move(n int) {
	count := p.len()
	p.at = min(max(p.at+min(max(n, -count), count), 0), max(count-1, 0))
}

// step is the number of the step under the cursor.
func (p *objectPane) step() (int, bool) {
	switch {
	case p.at >= p.len():
		return 0, false
	case !p.asStream:
		return int(p.x.Steps[p.at]), true
	case p.lines[p.at].piece == nil:
		return 0, false
	}
	return p.lines[p.at].piece.Step, true
}

func (p *objectPane) draw(a grid.Area, v *trailView, m *Model, clk clock, focus bool) {
	head, body := a.CutTop(1)
	p.area = body
	hint := "o follows it · v its data"
	if p.asStream {
		hint = "v its events"
	}
	name := p.x.Kind
	if !p.known {
		name = "object"
	}
	drawPaneHead(head, name, p.headText(m.read), hint, focus)
	n := p.len()
	if n == 0 && p.asStream && p.known {
		body.Text(2, 0, styDim, "No data went through it, or none was kept: watch with a larger --payload to keep more.")
	}
	p.top = min(max(p.top, p.at-body.H+1), p.at)
	p.top = max(min(p.top, n-body.H), 0)
	for y := 0; y < body.H && p.top+y < n; y++ {
		line := body.Sub(0, y, body.W, 1)
		if p.asStream {
			p.drawStream(line, p.lines[p.top+y], v, m.read)
		} else {
			p.drawStep(line, int(p.x.Steps[p.top+y]), v, m, clk)
		}
		switch {
		case p.top+y == p.at && focus:
			line.Tint(grid.Select, 0)
		case p.top+y == p.at:
			line.Tint(grid.Select2, 0)
		}
	}
	drawScrollbar(body, p.top, n)
}

// headText says in a line what was done with the object.
func (p *objectPane) headText(r reader) string {
	if !p.known {
		return ""
	}
	parts := []string{r.mask(p.x.Name)}
	if p.x.Far != "" {
		parts[0] += " (" + r.mask(p.x.Far) + ")"
	}
	if p.id >= 0 {
		names := make([]string, 0, len(p.x.By))
		for _, n := range p.x.By[:min(len(p.x.By), 3)] {
			names = append(names, n.Name())
		}
		by := strings.Join(names, ", ")
		if more := len(p.x.By) - len(names); more > 0 {
			by += " and " + itoa(more) + " more"
		}
		parts = append(parts, "by "+by)
	}
	parts = append(parts, plural(int64(len(p.x.Steps)), "event"))
	if p.x.Failed > 0 {
		parts = append(parts, itoa(p.x.Failed)+" failed")
	}
	if p.x.In > 0 {
		parts = append(parts, "read "+size(p.x.In))
	}
	if p.x.Out > 0 {
		parts = append(parts, "wrote "+size(p.x.Out))
	}
	if p.asStream && p.stream != nil {
		parts = append(parts, "kept "+size(p.stream.Kept)+" of "+size(p.stream.Moved))
	}
	return strings.Join(parts, " · ")
}

// drawStep draws one event.
func (p *objectPane) drawStep(a grid.Area, step int, v *trailView, m *Model, clk clock) {
	s := v.trail.Steps[step]
	row := s.Row
	mark, st := rowMark(row, false)
	a.Text(0, 0, st, mark)
	a.FitRight(gutter, 0, storyTime, styDim, clk.stamp(row.B.Time[row.I]))
	a.Fit(gutter+storyTime+1, 0, 14, styText, m.read.first(row, "proc.name"))
	drawPieces(a.Sub(gutter+storyTime+16, 0, a.W-gutter-storyTime-18, 1), m.read.summary(row))
}

// drawStream draws one line of data. < came in, > went out.
func (p *objectPane) drawStream(a grid.Area, l streamLine, v *trailView, r reader) {
	if l.note {
		a.Fit(storyTime+4, 0, a.W-storyTime-6, styFaint, "… "+l.text)
		return
	}
	s := v.trail.Steps[l.piece.Step]
	if l.first {
		a.FitRight(0, 0, storyTime, styDim, fromAlert(s.Row.B.Time[s.Row.I]-v.from.Time()))
	}
	sign, st := "‹", styAccent
	if l.piece.Out {
		sign, st = "›", styText
	}
	a.Text(storyTime+2, 0, styFaint, sign)
	a.Fit(storyTime+4, 0, a.W-storyTime-6, st, r.mask(l.text))
}
