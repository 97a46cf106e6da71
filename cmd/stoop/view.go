package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/respond"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/themes"
	"github.com/stoop-project/stoop/tui"
)

// screenFlags are the flags of the verbs that open the screen.
type screenFlags struct {
	Memory byteSize `default:"512MiB" placeholder:"SIZE" help:"Bound of the memory that holds events; the oldest go first."`
	Theme  string   `placeholder:"NAME" help:"A theme's name: peregrine, gyrfalcon, or one of your own."`
	Stats  bool     `help:"Print all counts at the end."`

	ruleFlags
	deskFlags
	Case   string    `placeholder:"CASE" help:"Work on this case: a name, or a folder (docs/case.md)."`
	detect detecting `kong:"-"`

	first  event.Row      // on whose trail the screen begins; its B nil: it does not
	alone  bool           // it is in none of the sources
	beside []places.Place // where trails are looked for beside the sources
}

// viewCmd opens sources on the screen.
type viewCmd struct {
	sourceFlags
	screenFlags
}

// Run opens the screen; where no source was named and none goes by itself, it
// prints what there is to name.
func (c *viewCmd) Run(a *app) error {
	if len(c.names()) == 0 && (runtime.GOOS != "linux" || os.Geteuid() != 0) {
		return guide(a)
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	req.Newest = true
	if err := c.detect.open(a, &c.ruleFlags, byThemselves...); err != nil {
		return err
	}
	sources, err := c.open(a)
	if err != nil {
		return meantVerb(a, c.Sources, err)
	}
	return c.screen(a, sources, req, c.ShowSecrets)
}

// meantVerb says of a file that is not there which verb was probably meant: a
// word that is no verb is taken for a source.
func meantVerb(a *app, sources []string, err error) error {
	if len(sources) == 0 || strings.ContainsAny(sources[0], "./") || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	word := sources[0]
	var verbs []string
	for _, n := range a.parser.Model.Children {
		if !n.Hidden {
			verbs = append(verbs, n.Name)
		}
	}
	if near := filter.Nearest(word, verbs); near != "" {
		return usageError{fmt.Errorf("%w, and no verb has that name: did you mean 'stoop %s'?", err, near)}
	}
	return usageError{fmt.Errorf("%w, and no verb has that name: stoop --help lists them", err)}
}

// screen runs the TUI over open sources.
func (c *screenFlags) screen(a *app, sources []source.Source, req source.Request, showSecrets bool) error {
	defer closeAll(sources)
	keyboard, err := terminal(a)
	if err != nil {
		return err
	}
	desk, closeDesk, err := c.deskFlags.open(a, sources)
	if err != nil {
		return err
	}
	defer closeDesk()
	work, err := casework(c.Case, c.by(), showSecrets)
	if err != nil {
		return err
	}
	store.LimitMemory(int64(c.Memory))
	expr := "" // sources may let too much through: the first level filters again
	if req.Filter != nil {
		expr = req.Filter.String()
	}
	st := store.New(int64(c.Memory))
	if c.alone {
		st.Batch(c.first.B.Slice(c.first.I, c.first.I+1))
	}
	err = tui.Run(a.ctx, tui.Options{
		Sources: sources, Request: c.detect.request(req, sources), Through: c.detect.through, Notes: c.detect.notes, Made: c.detect.made, Ended: c.detect.end, Store: st, Filter: expr, Theme: c.Theme, Themes: themes.Dir(),
		Again: c.again(req, sources),
		Open:  c.first, Places: c.beside,
		Dashboards:  dashboards(),
		Pivots:      pivots(a.errs),
		Responses:   respond.NewFolder(responseFolder()),
		Tuning:      c.detect.tuning(),
		Catalog:     c.detect.catalog(),
		Desk:        desk,
		By:          c.by(),
		Cases:       work,
		ShowSecrets: showSecrets, In: keyboard, Out: a.out.file,
	})
	report(safetext.NewWriter(a.errs), sources, c.Stats)
	c.detect.report(safetext.NewWriter(a.errs), c.Stats)
	return err
}

// again are the words by which print reads what the screen reads: its time, and
// the rules by which alerts are made here.
func (c *screenFlags) again(req source.Request, sources []source.Source) (words []string) {
	for _, bound := range []struct {
		flag string
		at   time.Time
	}{{"--since", req.Since}, {"--until", req.Until}} {
		if !bound.at.IsZero() {
			words = append(words, bound.flag, bound.at.UTC().Format(time.RFC3339Nano))
		}
	}
	here := func(s source.Source) bool { _, siem := s.(source.Counter); return !siem }
	if !c.detect.named && !slices.ContainsFunc(sources, here) {
		return words // see detecting.through
	}
	for _, name := range c.detect.names {
		if list, is := strings.CutPrefix(name, rules.IndicatorsPrefix); is {
			words = append(words, "--indicators", list)
		} else if !strings.HasPrefix(name, rules.ExceptionsPrefix) { // print takes these too
			words = append(words, "-r", name)
		}
	}
	if c.RuleMatching != "" {
		words = append(words, "--rule-matching", c.RuleMatching)
	}
	return words
}

// errNoTerminal is returned where there is no screen to draw on.
var errNoTerminal = usageError{errors.New("the screen needs a terminal; stoop print writes to pipes and files")}

// errDumb is returned where the terminal cannot place text.
var errDumb = usageError{errors.New("the screen needs a terminal that can place text, and TERM=dumb says that this one cannot; stoop print writes plain lines")}

// terminal returns where keys come from: nil for standard input, the terminal
// itself where standard input is something else.
func terminal(a *app) (io.Reader, error) {
	if !term.IsTerminal(int(a.out.Fd())) {
		return nil, errNoTerminal
	}
	if os.Getenv("TERM") == "dumb" {
		return nil, errDumb
	}
	if term.IsTerminal(int(os.Stdin.Fd())) || runtime.GOOS == "windows" {
		return nil, nil
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return nil, errNoTerminal
	}
	return tty, nil
}

// guide prints what can be opened.
func guide(a *app) error {
	_, err := fmt.Fprintf(a.out, `stoop shows what happened in containers, live or from files.

  stoop demo              a real incident, to look around
  stoop alerts.json       Falco's JSON alerts, or a recording
  sudo stoop              this node, as it happens (Linux 5.15 or newer)
  stoop print SOURCE …    the same as text, JSON or CSV

%s

stoop --help says more.
`, sourceGuide())
	return err
}
