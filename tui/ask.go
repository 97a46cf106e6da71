package tui

// fillPages is how many pages are fetched by themselves to fill the screen when
// a filter finds little: past them the user has to go up.
const fillPages = 20

// askSources has the sources that hold more than is here look for the level's
// events, when its filter is another than they were asked for last.
func (m *Model) askSources() {
	expr := ""
	f := m.level().filter()
	if f != nil {
		expr = f.String()
	}
	if expr == m.asked {
		return
	}
	m.asked, m.filled = expr, 0
	m.hub.ask(f)
}

// fillScreen fetches older events until the rows fill the screen: of those that
// a source could not tell apart many may not pass the filter.
func (m *Model) fillScreen() {
	l := m.level()
	if l.filter() == nil && l.view.Len() == 0 {
		return // the first page is on its way
	}
	if l.view.Len() >= m.feed.height || l.next != nil || m.filled >= fillPages || m.stats.Evicted > 0 || m.hub.asking() || m.hub.fetching() {
		return
	}
	if m.hub.older(olderEvents) {
		m.filled++
	}
}
