package tui

import (
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// completions are what could stand where the cursor of a filter is.
type completions struct {
	list   []offer
	at     int
	chosen bool // the user has moved into the list
}

// offer is one of them.
type offer struct {
	text     string // what would stand in the filter
	doc      string
	from, to int // the bytes of the filter that it replaces
}

// maxOffers is how many are shown at a time.
const maxOffers = 8

func (c *completions) move(n int) {
	if len(c.list) == 0 {
		return
	}
	if !c.chosen {
		c.chosen, c.at = true, 0
		return
	}
	c.at += n
	if c.at < 0 {
		c.chosen, c.at = false, 0
	}
	c.at = min(c.at, len(c.list)-1)
}

// draw draws the list below the word that it completes.
func (c *completions) draw(a grid.Area, x int) {
	top := max(c.at-maxOffers+1, 0)
	n := min(len(c.list)-top, maxOffers, a.H)
	width := 0
	for _, o := range c.list[top : top+n] {
		width = max(width, grid.Width(safe(o.text)))
	}
	width = min(width, 40)
	for y := range n {
		o := c.list[top+y]
		line := a.Sub(0, y, a.W, 1)
		on := grid.Raised
		if c.chosen && top+y == c.at {
			on = grid.Select
		}
		line.Fill(styText.Over(on))
		at := line.Fit(x, 0, width, styAccent.Over(on), o.text)
		line.Fit(at+2, 0, a.W-at-3, styDim.Over(on), o.doc)
	}
	if rest := len(c.list) - top - n; rest > 0 && n > 0 {
		a.Right(a.W-1, n-1, styFaint.Over(grid.Raised), "+"+itoa(rest))
	}
}

// take puts the offer under the cursor into the text.
func (b *filterBar) take() {
	if !b.offers.chosen || b.offers.at >= len(b.offers.list) {
		return
	}
	o := b.offers.list[b.offers.at]
	b.edit.replace(o.from, o.to, o.text+" ")
	b.offers = completions{}
}

// offer looks up what could stand where the cursor is.
func (b *filterBar) offer() {
	b.offers = completions{}
}
