package tui

import "github.com/stoop-project/stoop/tui/internal/grid"

// keyWord is a key that is named on the screen: as it is shown, what it does, and
// its name.
type keyWord struct{ shown, does, key string }

// keyWords are the keys that an overlay names in its head; a click on one is the
// key.
type keyWords struct {
	all    []keyWord
	places []grid.Area
}

// draw writes the words on a line, up to its column right, and returns where
// they begin. Those for which there is no room are left out.
func (w *keyWords) draw(line grid.Area, right int, all []keyWord) (left int) {
	const between = " · "
	w.all, w.places, left = all, w.places[:0], right
	width := func(x keyWord) int { return grid.Width(x.shown) + 1 + grid.Width(x.does) }
	for i, x := range all {
		if left -= width(x); i > 0 {
			left -= grid.Width(between)
		}
	}
	left = max(left, 0)
	for i, at := 0, left; i < len(all); i++ {
		if i > 0 {
			at = line.Text(at, 0, styFaint, between)
		}
		x := all[i]
		if at+width(x) > right {
			w.all = all[:i]
			break
		}
		w.places = append(w.places, line.Sub(at, 0, width(x), 1))
		at = line.Text(at, 0, styAccent, x.shown)
		at = line.Text(at+1, 0, styFaint, x.does)
	}
	return left
}

// at returns the key of the word at a place of the screen, "" where there is none.
func (w *keyWords) at(x, y int) string {
	for i, p := range w.places {
		if p.Has(x, y) {
			return w.all[i].key
		}
	}
	return ""
}
