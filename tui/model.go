package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/themes"
	"github.com/stoop-project/stoop/tui/internal/grid"
	"github.com/stoop-project/stoop/tui/internal/paint"
)

// panel is a part of the screen that can have the focus.
type panel uint8

// The panels, in the order in which tab goes through them.
const (
	onFeed panel = iota // the event table, or the process tree in its place
	onDetail
	onHistogram
	onContainers
	numPanels
)

// Model is the whole screen. It is a [tea.Model]; make it with [New].
type Model struct {
	ctx    context.Context
	opt    Options
	now    func() time.Time
	keys   []binding
	remote bool // over SSH

	hub    *hub
	store  *store.Store
	tally  *store.Containers
	alerts *store.View // every alert held, for the histogram and for jumps

	stack []*level
	focus panel
	over  overlay // what covers the panels; nil for nothing
	input input   // what is being typed; nil for nothing
	toast toast

	conts  containers
	hist   histogram
	brush  brush
	feed   feed
	detail detail
	again  *casefile.Place // where the screen was when a case was left; nil: it is there
	past   history         // filters that were entered
	find   search
	queue  *queueView // alerts by kind
	cases  cases      // the case that is worked on
	desk   desk       // where what is decided about them is kept
	around *around    // what else is known around a row, as looked for last; nil: nothing yet

	sightings sightings // of the rules of alerts, elsewhere

	read  reader
	clock clock

	painter   *paint.Painter // nil: Bubble Tea paints what View returns
	w, h      int
	detailSet bool // whether the details are shown has been decided
	grid      *grid.Grid
	theme     *themes.Theme
	palette   *grid.Palette
	plain     bool // the terminal has no colours

	unchanged bool // the last message left the screen as it was

	asked  string // the filter that sources were asked for last
	filled int    // pages that were fetched since, to fill the screen

	refreshing, stale, panelsDue bool
	panelsAt                     time.Time
	panelsCost                   time.Duration
	stats                        store.Stats
	sourceStats                  source.Stats
	made                         uint64 // alerts that were made here of what came in
}

// overlay is a screen over the panels: help, the sources, the columns.
type overlay interface {
	draw(m *Model, a grid.Area)
	// key handles a key, and reports false when the overlay is to be closed.
	key(m *Model, name string) (cmd tea.Cmd, open bool)
}

// clicker is an overlay that has something to click.
type clicker interface {
	click(m *Model, x, y int) tea.Cmd
}

// input is a line that is being typed: a filter, a search, a time.
type input interface {
	// draw draws the line at the bottom of the area and what belongs to it
	// above; it returns where the cursor stands.
	draw(m *Model, a grid.Area) (x, y int)
	// key handles a key or pasted text. Keys that type something have text.
	key(m *Model, name, text string) tea.Cmd
}

// toast is a sentence that is shown in place of the key hints until the next
// key.
type toast struct {
	text string
	bad  bool
}

// New returns a model over the sources of the options, which it does not run.
func New(ctx context.Context, opt Options) (*Model, error) {
	m := &Model{
		ctx: ctx, opt: opt, now: opt.Now, store: opt.Store, keys: keyMap(), grid: grid.New(0, 0),
		read: newReader(opt.ShowSecrets), feed: feed{columns: defaultColumns()}, hist: histogram{mark: -1},
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.store == nil {
		m.store = store.New(0)
	}
	m.detail.anatomy = anatomy{m.store, opt.Catalog, &m.sightings}
	m.clock.zone = opt.Zone
	if m.clock.zone == nil {
		m.clock.zone = time.Local
	}
	m.hub = newHub(opt, m.store)
	m.queue, m.desk.to, m.desk.by = &queueView{}, opt.Desk, opt.By
	m.tally = m.store.Containers()
	m.feed.noPIDs = len(opt.Sources) > 0
	for _, s := range opt.Sources {
		m.feed.noPIDs = m.feed.noPIDs && s.Info().Origin&event.FromLive == 0
	}
	m.remote = overSSH(opt.Env)
	if err := m.setTheme(opt.Theme); err != nil {
		return nil, err
	}
	alerts, err := compile("alert.rule exists")
	if err != nil {
		return nil, err
	}
	m.alerts = m.store.View(alerts)
	first, err := newLevel(m.store, m.sourceName(), opt.Filter)
	if err != nil {
		return nil, err
	}
	first.follow = m.hub.live()
	m.asked, m.hub.first = opt.Filter, first.filter()
	m.stack = []*level{first}
	m.cases.Casework = opt.Cases
	m.cases.read()
	m.feed.marked = func(row event.Row) bool { _, ok := m.cases.marked(row); return ok }
	if opt.Cases.Case != nil {
		if p := opt.Cases.Case.Place(); p != nil {
			if err := m.restore(p); err != nil {
				return nil, err
			}
		}
	}
	if opt.Open.B != nil {
		if err := m.openAt(opt.Open); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// overSSH reports whether an environment is that of an SSH session.
func overSSH(env []string) bool {
	for _, e := range env {
		if strings.HasPrefix(e, "SSH_TTY=") || strings.HasPrefix(e, "SSH_CONNECTION=") {
			return true
		}
	}
	return false
}

// setTheme takes a theme by name; "" is the dark one, until the terminal has
// said which ground it has.
func (m *Model) setTheme(name string) error {
	if name == "" {
		name = themes.Dark
	}
	t, err := m.opt.Themes.Load(name)
	if err != nil {
		return err
	}
	m.theme, m.palette = t, paletteOf(t)
	return nil
}

// level is where the user is.
func (m *Model) level() *level { return m.stack[len(m.stack)-1] }

// times says how this level writes times.
func (m *Model) times() clock {
	c, l := m.clock, m.level()
	c.relative, c.anchor = l.relative, l.anchor
	return c
}

// sourceName is what the sources are called on the screen.
func (m *Model) sourceName() string {
	var names []string
	for _, s := range m.hub.sources {
		names = append(names, s.Info().Name)
	}
	if len(names) == 0 {
		return "no source"
	}
	return strings.Join(names, " + ")
}

// Init starts the first refresh and asks the terminal what it can do.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.refresh()}
	if m.painter != nil {
		// Terminals that do not know the mode do not answer. Bubble Tea would
		// not ask over SSH, where half-drawn frames show most.
		m.painter.Raw(ansi.RequestModeSynchronizedOutput)
	}
	if m.opt.Theme == "" && m.painter != nil {
		m.painter.Raw(ansi.RequestBackgroundColor)
	} else if m.opt.Theme == "" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Update handles one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.unchanged = onlyAsks(msg)
	cmd := m.update(msg)
	if look := m.lookForSightings(); look != nil {
		return m, tea.Batch(cmd, look)
	}
	return m, cmd
}

// onlyAsks reports whether a message changes nothing on the screen: it asks for
// a refresh, whose result will.
func onlyAsks(msg tea.Msg) bool {
	switch msg.(type) {
	case changedMsg, panelsMsg:
		return true
	}
	return false
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		return m.refresh()
	case tea.KeyPressMsg:
		m.takeOver()
		return m.andPlace(m.key(msg.String(), msg.Text))
	case tea.PasteMsg:
		if m.input != nil {
			return m.input.key(m, "", msg.Content)
		}
	case tea.MouseWheelMsg:
		m.takeOver()
		m.wheel(msg.Mouse())
		return m.andPlace(nil)
	case tea.MouseClickMsg:
		m.takeOver()
		return m.andPlace(m.click(msg.Mouse()))
	case tea.MouseMotionMsg:
		m.drag(msg.Mouse())
	case tea.MouseReleaseMsg:
		return m.andPlace(m.endBrush())
	case tea.ColorProfileMsg:
		m.plain = msg.Profile <= colorprofile.ASCII
		if m.painter != nil {
			m.painter.SetProfile(msg.Profile)
		}
	case tea.ModeReportMsg:
		if m.painter != nil && msg.Mode == ansi.ModeSynchronizedOutput && msg.Value == ansi.ModeReset {
			m.painter.SetSync()
		}
	case tea.BackgroundColorMsg:
		if m.opt.Theme == "" && !msg.IsDark() {
			_ = m.setTheme(themes.Light)
		}
	case changedMsg:
		return m.refresh()
	case panelsMsg:
		return m.panelsNow(msg)
	case refreshedMsg:
		return tea.Batch(m.refreshed(msg), m.settle(msg.level), m.countBoard(), m.refreshTrail(), m.surveyQueue(), m.lookForOutcomes())
	case boardMsg:
		return m.boardCounted(msg)
	case boardDueMsg:
		msg.board.counts.due = false
		return m.countBoard()
	case thereMsg:
		return m.thereCounted(msg)
	case thereDueMsg:
		msg.level.there.due = false
		return m.countThere()
	case typedMsg:
		return m.typed(msg)
	case checkedMsg:
		return m.checked(msg)
	case foundMsg:
		return m.found(msg)
	case commonMsg:
		m.common(msg)
	case comparedMsg:
		m.compared(msg)
	case pivotMsg:
		m.pivoted(msg)
	case trailMsg:
		return m.trailed(msg)
	case placesMsg:
		return m.placesSaid(msg)
	case linesMsg:
		return m.lined(msg)
	case placesDueMsg:
		return m.placesDue(msg)
	case trailDueMsg:
		msg.of.due = false
		return m.trailDue()
	case sightDueMsg:
		return m.countSightings(msg)
	case sightMsg:
		m.sighted(msg)
	case exceptMsg:
		m.excepted(msg)
	case placeMsg:
		m.cases.due = false
		return m.keepPlace(true)
	case caseMsg:
		return m.caseChanged(msg)
	case exceptWrittenMsg:
		m.exceptWritten(msg)
	case outcomesMsg:
		return m.outcomesFound(msg)
	case surveyMsg:
		return m.surveyed(msg)
	case surveyDueMsg:
		m.queue.there.due = false
		return m.surveyQueue()
	case savedMsg:
		m.saved(msg)
	case drainedMsg:
		m.drained(msg)
	}
	return nil
}

// key hands a key to what is being typed, to the overlay, or to the key map.
func (m *Model) key(name, text string) tea.Cmd {
	m.toast = toast{}
	if name == "ctrl+c" {
		return tea.Quit
	}
	if m.input != nil {
		return m.input.key(m, name, text)
	}
	if m.over != nil {
		return m.overKey(name)
	}
	if b := m.binding(name); b != nil {
		return b.do(m)
	}
	return nil
}

// overKey hands a key to the overlay that is open.
func (m *Model) overKey(name string) tea.Cmd {
	if _, has := m.over.(commander); has && name == "Y" {
		return m.copyCommand()
	}
	cmd, open := m.over.key(m, name)
	if !open {
		m.over = nil
	}
	return cmd
}

// say shows a sentence until the next key.
func (m *Model) say(text string) { m.toast = toast{text: text} }

// fail shows what went wrong until the next key.
func (m *Model) fail(text string) { m.toast = toast{text: text, bad: true} }
