package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// containers is the list of containers: two lines each, the name with its
// rate and alerts, and what it runs.
type containers struct {
	all   []store.ContainerCount // sorted as shown
	rates map[string][]int       // events in equal steps of time, by container
	reach map[string]source.Reach
	order containerOrder

	cursor string // the id under the cursor
	top    int
	area   grid.Area
}

// containerOrder says how the list is sorted.
type containerOrder uint8

// The orders, in the order in which a key goes through them.
const (
	byAlerts containerOrder = iota // the worst alerts first, the most of them before
	byName
	byEvents
	numOrders
)

func (o containerOrder) String() string { return [...]string{"alerts", "name", "events"}[o] }

const (
	cardLines  = 2
	rateSteps  = 12 // columns of a sparkline
	cardMargin = 2
)

// set takes new counts and sorts them; the cursor stays on its container.
func (c *containers) set(all []store.ContainerCount) {
	c.all = all
	c.sort()
}

func (c *containers) sort() {
	name := func(x store.ContainerCount) string { return containerTitle(x.Row()) }
	slices.SortStableFunc(c.all, func(a, b store.ContainerCount) int {
		switch {
		case c.order == byAlerts && rank(a) != rank(b):
			return rank(a) - rank(b)
		case c.order == byAlerts && a.Alerts != b.Alerts:
			return b.Alerts - a.Alerts
		case c.order == byEvents && a.Events != b.Events:
			return b.Events - a.Events
		case (a.ID == event.HostID) != (b.ID == event.HostID): // the host is no container: last
			if a.ID == event.HostID {
				return 1
			}
			return -1
		}
		return strings.Compare(name(a)+a.ID, name(b)+b.ID)
	})
}

// rank orders containers by their worst alert, those without any last.
func rank(c store.ContainerCount) int {
	switch {
	case c.Alerts == 0:
		return 1 << 8
	case c.Worst == event.PriorityUnknown:
		return 1<<8 - 1
	}
	return int(c.Worst)
}

// at returns the place of the cursor; 0 when its container is gone.
func (c *containers) at() int {
	for i := range c.all {
		if c.all[i].ID == c.cursor {
			return i
		}
	}
	return 0
}

// move moves the cursor by n containers.
func (c *containers) move(n int) {
	if len(c.all) > 0 {
		c.cursor = c.all[min(max(c.at()+n, 0), len(c.all)-1)].ID
	}
}

// selected returns the container under the cursor.
func (c *containers) selected() (store.ContainerCount, bool) {
	if len(c.all) == 0 {
		return store.ContainerCount{}, false
	}
	return c.all[c.at()], true
}

// page is how many containers fit.
func (c *containers) page() int { return max(c.area.H/cardLines, 1) }

// draw draws the list. partly says that the sources hold more events than those
// that were fetched, which are counted here.
func (c *containers) draw(a grid.Area, r reader, focus, partly bool, within string) {
	head, body := a.CutTop(1)
	c.area = body
	st := styFaint
	if focus {
		st = styFocus
	}
	x := head.Text(1, 0, st, "containers")
	x = head.Text(x+1, 0, styFaint, count(int64(len(c.all))))
	order := "by " + c.order.String()
	if partly && x+1+len("fetched, "+order) < head.W {
		order = "fetched, " + order
	} else if partly {
		order = "fetched" // says more than the order
	}
	head.Right(head.W-1, 0, styFaint, order)
	if len(c.all) == 0 {
		return
	}
	at, page := c.at(), c.page()
	c.top = min(max(c.top, at-page+1), at)
	c.top = min(c.top, max(len(c.all)-page, 0))
	for i := c.top; i < min(c.top+page, len(c.all)); i++ {
		card := body.Sub(0, (i-c.top)*cardLines, body.W, cardLines)
		c.drawCard(card, c.all[i], r, c.all[i].ID == within)
		if i == at && focus {
			card.Tint(grid.Select, 0)
		} else if i == at {
			card.Tint(grid.Select2, 0)
		}
	}
}

// drawCard draws one container:
//
//	▌web              ▁▃▇▂  1.2k ▲3
//	 web-0 · shop/web:2.4.1   −9m50s
func (c *containers) drawCard(a grid.Area, cc store.ContainerCount, r reader, within bool) {
	row := cc.Row()
	if within {
		a.Text(0, 0, styAccent, "▌")
		a.Text(0, 1, styAccent, "▌")
	}
	right := a.W - 1
	if cc.Alerts > 0 {
		st := priorityStyle(cc.Worst)
		right = a.Right(right, 0, st, "▲"+short(int64(cc.Alerts))) - 1
	}
	right = a.Sub(0, 0, right, 1).Right(right, 0, styDim, short(int64(cc.Events))) - 1
	if steps := min(rateSteps, a.W-24); steps > 3 {
		right = a.Right(right, 0, styBar, sparkline(c.rates[cc.ID], steps)) - 1
	}
	name := styText
	if cc.Alerts > 0 {
		name = styBold
	}
	a.Fit(1, 0, right-1, name, r.mask(containerTitle(row)))

	right = a.W - 1
	if re, ok := c.reach[cc.ID]; ok {
		text, st := reachText(re, cc.Last)
		right = a.Right(right, 1, st, text) - 1
	}
	a.Fit(1, 1, right-1, styFaint, r.mask(containerSubtitle(row)))
}

// containerTitle is what a container is called: its own name, else its id.
func containerTitle(row event.Row) string {
	c := row.C()
	switch {
	case c.IsHost():
		return "host"
	case c.Name > event.EmptyStr:
		return row.T.Text(c.Name)
	case c.ID > event.EmptyStr:
		return row.T.Text(c.ID)
	}
	return "no container known"
}

// containerSubtitle is its pod and image, or its id where that is not its title.
func containerSubtitle(row event.Row) string {
	c := row.C()
	var parts []string
	if c.Pod > event.EmptyStr {
		parts = append(parts, row.T.Text(c.Pod))
	}
	if image := imageName(row); image != "" {
		parts = append(parts, image)
	}
	if len(parts) == 0 && c.ID > event.EmptyStr {
		if c.IsHost() {
			return "what runs in no container"
		}
		if c.Name <= event.EmptyStr { // its id is its title
			return "no name known"
		}
		parts = append(parts, row.T.Text(c.ID))
	}
	return strings.Join(parts, " · ")
}

// imageName is the image without its registry's host name: shop/web:2.4.1.
func imageName(row event.Row) string {
	c := row.C()
	repo, tag := row.T.Text(c.Repo), row.T.Text(c.Tag)
	if repo == "" {
		repo = row.T.Text(c.Image)
	}
	if host, rest, ok := strings.Cut(repo, "/"); ok && strings.ContainsAny(host, ".:") {
		repo = rest
	}
	if repo != "" && tag != "" && !strings.HasSuffix(repo, ":"+tag) {
		repo += ":" + tag
	}
	return repo
}

// reachText says how far back a container's rings reach from its newest event:
// deeds, and behind a plus sign everything.
func reachText(re source.Reach, newest int64) (string, grid.Style) {
	st := styFaint
	text := ""
	back := func(t time.Time) string { return "−" + span(time.Duration(newest-t.UnixNano())) }
	if !re.Deeds.IsZero() {
		text = back(re.Deeds)
	}
	if re.BulkOn {
		st = styAccent
		text = "● " + text
		if !re.Bulk.IsZero() {
			text = "● " + back(re.Bulk)
		}
	}
	if re.Lost > 0 {
		st = styWarn
		text += " !" + short(int64(re.Lost))
	}
	return text, st
}
