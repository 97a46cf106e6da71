package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/keep"
	"github.com/stoop-project/stoop/internal/notify"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/query/conn"
)

// watchCmd makes alerts of sources and tells others of them.
type watchCmd struct {
	sourceFlags
	ruleFlags
	notifyFlags
	keepFlags

	Relay bool `help:"Tell of alerts that others made too: of Falco's that --alerts takes in, and of those in the sources."`

	Follow  bool `help:"Go on when the end of a file is reached, and wait for more."`
	Timeout span `placeholder:"SPAN" help:"Stop after this time."`
	Stats   bool `help:"Print all counts at the end."`

	detect detecting `kong:"-"`
}

// Run watches until the sources end, the time is up or a signal comes.
func (c *watchCmd) Run(a *app) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	if err := c.keepFlags.check(); err != nil {
		return usageError{err}
	}
	if err := c.detect.open(a, &c.ruleFlags, byThemselves...); err != nil {
		return err
	}
	if err := c.checkPurpose(); err != nil {
		return usageError{err}
	}
	sources, err := c.openSources(a)
	if err != nil {
		return err
	}
	defer func() { closeAll(sources) }()
	kept, err := c.keepFlags.open(a, sources, !c.ShowSecrets)
	if err != nil {
		return err
	}
	others, err := c.alertSources(a.ctx)
	if err != nil {
		return err
	}
	sources = append(sources, others...)
	live := c.Follow
	for _, s := range sources {
		live = live || s.Info().Live
	}
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	n, err := c.notifyFlags.open(a, !live, c.ShowSecrets, cancel)
	if err != nil {
		return err
	}
	t := &teller{to: n, only: req, redact: !c.ShowSecrets, names: c.names(), kept: kept}
	if c.detect.detector != nil {
		c.detect.detector.OnAlert(t.tell)
	} else if sources, err = recordersAlone(sources); err != nil {
		return err
	}
	var rest source.Sink = source.SinkFunc(func(*event.Batch) {})
	if c.Relay {
		rest = relay{t, c.detect.catalog()}
	}
	go c.hangups(ctx, a, n)
	watched, stop := context.WithCancel(ctx)
	looked := make(chan struct{})
	losses := lossWatch{lost: func() source.Stats { return source.Totals(sources) }, tell: n.Alert}
	go func() { losses.run(watched); close(looked) }()

	req.Filter, req.Follow = nil, c.Follow // -f is about alerts
	err = source.Merge(ctx, c.detect.alertsAlone(req, sources), sources, c.detect.sink(kept.sink(rest)))
	c.detect.end()
	stop()
	<-looked
	err = errors.Join(err, kept.close(a.ctx))
	closeAll(sources)
	n.Close(context.WithoutCancel(ctx), time.Duration(c.Patience))
	errs := safetext.NewWriter(a.errs)
	lost := reportTargets(errs, n.Stats(), c.Stats)
	c.detect.report(errs, c.Stats)
	kept.report(errs, c.Stats)
	report(errs, sources, c.Stats)
	if t.bad > 0 {
		err = errors.Join(err, fmt.Errorf("%d alerts could not be read: %w", t.bad, t.why))
	}
	if lost > 0 {
		err = errors.Join(err, fmt.Errorf("%d alerts were not delivered and are lost", lost))
	}
	return err
}

// checkPurpose refuses a watch of which nothing comes.
func (c *watchCmd) checkPurpose() error {
	switch {
	case c.detect.detector != nil, c.Relay && (len(c.Alerts) > 0 || len(c.names()) > 0):
		return nil
	case len(c.Alerts) == 0:
		return errors.New("there are no rules to watch by: name some by -r (docs/rules.md), or alerts of Falco's by --alerts")
	case c.Keep == "" && c.KeepTo == "":
		return errors.New("without rules nothing comes of --alerts: --relay tells of them, --keep DIR and --keep-to SIEM keep their trails")
	}
	return nil
}

// openSources opens what was named. Where only alerts of others are told of,
// that is nothing.
func (c *watchCmd) openSources(a *app) ([]source.Source, error) {
	if c.detect.detector == nil && len(c.names()) == 0 && c.Keep == "" && c.KeepTo == "" {
		return nil, nil
	}
	return c.sourceFlags.open(a)
}

// hangups opens files anew and reads rules again whenever SIGHUP comes.
func (c *watchCmd) hangups(ctx context.Context, a *app, n *notify.Notifier) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-hup:
			n.Reopen()
			if c.detect.detector == nil {
				continue
			}
			if err := c.detect.detector.Reload(); err != nil {
				fmt.Fprintln(safetext.NewWriter(a.errs), "stoop:", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// teller hands alerts on to a notifier.
type teller struct {
	to     *notify.Notifier
	only   source.Request // alerts outside of it are nobody's business
	redact bool
	names  []string // of the sources
	kept   *keeping

	mu   sync.Mutex
	told map[any]map[string]bool // by rule or sequence
	bad  int
	why  error
}

func (t *teller) tell(x detect.Alert) {
	if !t.wanted(x.Batch, x.I) {
		return
	}
	guide := rules.Guide{}
	switch {
	case x.Rule != nil:
		guide = x.Rule.Guide
	case x.Sequence != nil:
		guide = x.Sequence.Sequence.Guide
	}
	t.mu.Lock()
	told := t.fields(x)
	t.mu.Unlock()
	t.hand(x.Row(), told, guide)
}

// hand hands an alert to the notifier, with those of its fields that are told;
// nil: all.
func (t *teller) hand(row event.Row, told map[string]bool, guide rules.Guide) {
	a, err := notify.Read(profile.Document(row.B.Payload(row.I)), t.redact)
	if err != nil {
		t.mu.Lock()
		t.bad, t.why = t.bad+1, err
		t.mu.Unlock()
		return
	}
	a.Told, a.Guide = told, guide
	t.explain(a, row)
	if a.Open = t.kept.openCommand(keep.AlertID(row)); a.Open == "" {
		a.Open = openCommand(t.names, a)
	}
	t.to.Alert(a)
}

// explain adds what is known beyond the alert's own fields.
func (t *teller) explain(a *notify.Alert, row event.Row) {
	if a.Why = trail.Why(row); t.redact {
		a.Why = safetext.Redact(a.Why)
	}
	c := trail.ChainOf(row)
	if c == nil {
		return
	}
	a.Chain = chainText(c, t.redact)
	if doc, ok := appendClean(nil, c.JSON(), clean(t.redact)); ok {
		a.Sequence = doc
	}
}

// wanted reports whether an alert is in the user's time, and the filter holds.
func (t *teller) wanted(b *event.Batch, i int) bool {
	at := time.Unix(0, b.Time[i])
	if !t.only.Since.IsZero() && at.Before(t.only.Since) || !t.only.Until.IsZero() && at.After(t.only.Until) {
		return false
	}
	f := t.only.Filter
	return f == nil || filterHolds(f, b, i)
}

func filterHolds(f *filter.Filter, b *event.Batch, i int) bool {
	sel := []uint64{1}
	f.Select(b.Slice(i, i+1), sel)
	return sel[0] != 0
}

// besideTold are the fields of a container that Falco's own outputs end with
// (append_output's suggested_output of its configuration).
var besideTold = []string{"container.id", "container.name", "container.image.repository", "container.image.tag", "k8s.pod.name", "k8s.ns.name"}

// fields returns which fields outputs write of the alerts of a rule or sequence:
// those that its output names, and the container's.
func (t *teller) fields(x detect.Alert) map[string]bool {
	var of any = x.Rule
	if x.Sequence != nil {
		of = x.Sequence.Sequence
	}
	if told := t.told[of]; told != nil {
		return told
	}
	told := make(map[string]bool)
	for _, name := range besideTold {
		told[name] = true
	}
	add := func(name string, _ event.Value, _ bool) { told[name] = true }
	switch {
	case x.Sequence != nil && x.Sequence.Sequence.Format != nil:
		x.Sequence.Sequence.Format.Each(func(string) (event.Row, bool) { return x.Row(), true }, add)
	case x.Rule != nil && x.Rule.Format != nil:
		x.Rule.Format.Each(x.Row(), add)
	}
	if x.Rule != nil {
		for _, extra := range x.Rule.Extra {
			told[extra.Key] = true
		}
	}
	if t.told == nil || len(t.told) > maxTold { // rules are read again now and then
		t.told = make(map[any]map[string]bool)
	}
	t.told[of] = told
	return told
}

const maxTold = 10000

// trailSpan is how far before and after an alert its command shows what happened
// where nothing says in which container.
const trailSpan = time.Minute

// openCommand returns the command that opens an alert's trail: what the sources
// hold of its container at its time, or what a node's does from now on.
func openCommand(sources []string, a *notify.Alert) string {
	if len(sources) == 0 {
		sources = []string{"live"}
	}
	if slices.Contains(sources, "-") {
		return ""
	}
	container := a.Field("container.id")
	live := slices.Contains(sources, "live")
	var words []string
	switch {
	case live && (container == "" || container == event.HostID): // there is no ring of the host's deeds
		words = append([]string{"stoop", "view"}, sources...)
		words = append(words, "--before", "1h")
		if container != "" {
			words = append(words, "-f", "container.id = "+container)
		}
	case container != "":
		words = append([]string{"stoop", "open", "--at", a.Time.UTC().Format(time.RFC3339Nano), "--container", container}, sources...)
	default:
		words = append([]string{"stoop", "view"}, sources...)
		words = append(words, "--since", a.Time.Add(-trailSpan).UTC().Format(time.RFC3339), "--until", a.Time.Add(trailSpan).UTC().Format(time.RFC3339))
	}
	for i, w := range words {
		words[i] = conn.ShellQuoted(w)
	}
	if live && runtime.GOOS == "linux" {
		return "sudo " + strings.Join(words, " ")
	}
	return strings.Join(words, " ")
}
