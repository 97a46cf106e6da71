package tui

import (
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// cover is a screen that covers the panels, with the keys that it has beside
// those by which one moves in a list.
type cover struct {
	name string
	keys []coverKey
}

// coverKey is one key of a cover, as Bubble Tea names it, or several that do the
// same.
type coverKey struct {
	keys  []string
	short string // a word for the line at the top
	help  string // what it does, for the reference page
}

// hints are the keys as the line at the top names them.
func (c *cover) hints() (hints [][2]string) {
	for _, k := range c.keys {
		hints = append(hints, [2]string{showKeys(k.keys), k.short})
	}
	return hints
}

// words are the keys as they are named where a click on one is the key.
func (c *cover) words() (words []keyWord) {
	for _, k := range c.keys {
		words = append(words, keyWord{showKeys(k.keys), k.short, k.keys[0]})
	}
	return words
}

// hintText is the same as one text.
func (c *cover) hintText() (text string) {
	for i, k := range c.hints() {
		if i > 0 {
			text += " · "
		}
		text += k[0] + " " + k[1]
	}
	return text
}

// drawKeys names keys and what they do, as many as there is room for, the last
// one, which leads back, in any case.
func drawKeys(line grid.Area, x int, keys [][2]string) {
	width := func(k [2]string) int { return grid.Width(k[0]) + 1 + grid.Width(k[1]) + 2 }
	for i, k := range keys {
		last := i == len(keys)-1
		if !last && x+width(k)+width(keys[len(keys)-1])-2 > line.W {
			continue
		}
		x = line.Text(x, 0, styAccent, k[0])
		x = line.Text(x+1, 0, styFaint, k[1]) + 2
	}
}

// covers lists the covers that have keys of their own. The hints on the screen
// and docs/keys.md come from here.
var covers = []*cover{&queueCover, &verdictCover, &caseCover, &actCover, &comparedCover, &aroundCover, &exceptCover, &columnsCover}

var leave = coverKey{[]string{"esc"}, "back", "back to the panels"}

var queueCover = cover{"queue", []coverKey{
	{[]string{"enter"}, "newest alert", "the newest alert of the group, as enter in the table"},
	{[]string{"o"}, "alerts", "all alerts of the group, as a level"},
	{[]string{"a"}, "acknowledge", "acknowledge"},
	{[]string{"c"}, "close", "close; the verdict is asked for"},
	{[]string{"r"}, "reopen", "reopen"},
	{[]string{"w"}, "mine", "it is mine; again: nobody's"},
	{[]string{"n"}, "note", "a note"},
	{[]string{"h"}, "closed ones", "show closed groups too, or hide them"},
	{[]string{"y"}, "copy", "copy the command that decides the same from a script"},
	leave,
}}

var verdictCover = cover{"verdict", verdictKeys()}

// verdictKeys have a digit for each verdict.
func verdictKeys() (keys []coverKey) {
	for i, v := range queue.Verdicts {
		keys = append(keys, coverKey{[]string{itoa(i + 1)}, v.Name, "close: " + v.Says})
	}
	return append(keys,
		coverKey{[]string{"enter"}, "just close", "close without a verdict"},
		coverKey{[]string{"esc"}, "no", "leave it as it was"})
}

var caseCover = cover{"case", []coverKey{
	{[]string{"enter"}, "open", "to the event of a mark, the events of a filter or a trail"},
	{[]string{"n"}, "note", "a note on the entry"},
	{[]string{"N"}, "note on the case", "a note on the case"},
	{[]string{"f"}, "filter", "keep the filter of the level below"},
	{[]string{"t"}, "trail", "keep the trail of the row under the cursor: its story and its events"},
	{[]string{"p"}, "picture", "keep a picture of the screen below"},
	{[]string{"T"}, "title", "the case's title"},
	{[]string{"x"}, "take out", "take the entry out"},
	{[]string{"e"}, "export", "export the case into a folder beside where stoop was started"},
	leave,
}}

var actCover = cover{"take along", []coverKey{
	{[]string{"enter", "y"}, "copy as text; nothing is run", "copy the text under the cursor"},
	leave,
}}

var comparedCover = cover{"only here", []coverKey{
	{[]string{"enter"}, "its events", "the events of the value"},
	{[]string{"tab"}, "the other side", "compare with its own past instead of the others of its image, or the other way"},
	{[]string{"esc"}, "closes this", "back to the panels"},
}}

var aroundCover = cover{"what else is known", []coverKey{
	{[]string{"enter"}, "opens the timeline", "the timeline of the line, as a level"},
	{[]string{"esc"}, "closes this", "back to the panels"},
}}

var exceptCover = cover{"exception", []coverKey{
	{[]string{"space", "enter"}, "picks", "take the field into the exception, or out of it"},
	{[]string{"y"}, "copies", "copy the exception"},
	{[]string{"w"}, "writes it", "write the exception into the rules file"},
	{[]string{"esc"}, "closes", "back to the panels"},
}}

var columnsCover = cover{"columns", []coverKey{
	{[]string{"enter"}, "shows or hides", "show the column, or take it away; typing finds a field"},
	{[]string{"left", "right"}, "moves", "move a column"},
	{[]string{"esc"}, "closes", "back to the panels"},
}}
