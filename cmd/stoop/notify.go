package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/notify"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/ship"
)

// notifyFlags say whom alerts are told, and how.
type notifyFlags struct {
	Output      string   `short:"o" default:"text" enum:"json,text,none" help:"Alerts on standard output: json (as Falco writes them), text (their output) or none."`
	To          []string `sep:"none" placeholder:"TARGET" help:"Tell alerts: file:PATH, syslog:, syslog+udp://HOST, https://… (as Falco's http_output), slack://…, smtp://… and others by shoutrrr; env:VARIABLE or secret:FILE where such a URL is; or a target of the configuration by its name; may be given several times (docs/watch.md)." predictor:"file"`
	MinPriority string   `placeholder:"PRIORITY" help:"Tell only alerts that are at least that grave: emergency, alert, critical, error, warning, notice, informational, debug."`
	Template    string   `placeholder:"FILE" help:"Template of notifications (docs/watch.md)." predictor:"file"`
	Group       span     `default:"5m" placeholder:"SPAN" help:"Notifications: alerts of one rule, container and parent within this time are one message; 0s for a message each."`
	Spool       string   `placeholder:"DIR" help:"Folder for what a target has not taken yet (~/.local/state/stoop/spool)."`
	SpoolMax    byteSize `placeholder:"SIZE" help:"What the spool of each target may hold (64MiB)."`
	Patience    span     `default:"10s" placeholder:"SPAN" help:"At the end, how long to wait for targets to take what is left."`
}

// minTargetSpool is the least that a target's spool may hold.
const minTargetSpool = 64 << 10

// open begins to serve the targets. unread is called when nobody reads standard
// output any more, and there is no other target.
func (f *notifyFlags) open(a *app, wait, showSecrets bool, unread func()) (*notify.Notifier, error) {
	opt := notify.Options{
		Template: f.Template, Spool: f.Spool, SpoolMax: int64(f.SpoolMax), Wait: wait, ShowSecrets: showSecrets,
		Tell: func(n source.Note) {
			fmt.Fprintln(safetext.NewWriter(a.errs), "stoop:", noteLine("notify", n))
		},
	}
	if f.MinPriority != "" {
		if opt.MinPriority = event.PriorityOf(f.MinPriority); opt.MinPriority == event.PriorityUnknown {
			return nil, usageError{fmt.Errorf("--min-priority: %q is no priority of Falco's: emergency, alert, critical, error, warning, notice, informational, debug", f.MinPriority)}
		}
	}
	if f.SpoolMax != 0 && f.SpoolMax < minTargetSpool {
		return nil, usageError{fmt.Errorf("--spool-max: a spool has at least %s", humanize.IBytes(minTargetSpool))}
	}
	if _, err := notify.Template(f.Template); err != nil {
		return nil, usageError{fmt.Errorf("--template: %w", err)}
	}
	if opt.Spool == "" && len(f.To) > 0 {
		var err error
		if opt.Spool, err = ship.DefaultSpool(); err != nil {
			return nil, err
		}
	}
	opt.Spool = filepath.Join(opt.Spool, "notify")
	targets, err := f.targets(a.ctx, opt.Tell)
	if err != nil {
		return nil, err
	}
	if f.Output != "none" {
		if len(targets) > 0 {
			unread = func() {}
		}
		targets = append([]*notify.Target{notify.Output(a.out.file, f.Output, unread)}, targets...)
	}
	if len(targets) == 0 {
		return nil, usageError{fmt.Errorf("nobody would be told: give --to, or -o json or text")}
	}
	if len(f.To) > 0 && foreignFolder(firstFolder(opt.Spool)) {
		keepPrivileges() // the spool could not be written without them
	}
	return notify.New(targets, opt)
}

// firstFolder returns a path in the part of a folder's path that is there.
func firstFolder(dir string) string {
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, "x")
}

func (f *notifyFlags) targets(ctx context.Context, tell func(source.Note)) (targets []*notify.Target, err error) {
	if len(f.To) == 0 {
		return nil, nil
	}
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	how := notify.DefaultGrouping
	how.Span = time.Duration(f.Group)
	for _, to := range f.To {
		t, warning, err := notify.OpenTarget(ctx, to, cfg, how)
		if err != nil {
			return nil, usageError{fmt.Errorf("--to: %w", err)}
		}
		if warning != "" {
			tell(source.Note{Level: source.NoteWarn, Text: warning})
		}
		if path, ok := strings.CutPrefix(to, "file:"); (ok || !strings.Contains(to, ":")) && foreignFolder(path) {
			keepPrivileges() // the file could not be rotated without them
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// reportTargets prints what became of alerts, and returns how many are lost.
func reportTargets(w io.Writer, stats []notify.Stats, all bool) (lost uint64) {
	for _, st := range stats {
		lost += st.Lost + st.Refused
		if all {
			fmt.Fprintf(w, "%s: %d alerts taken, %d below the priority, %d delivered in %d texts, %d tries failed, %d refused, %d lost\n",
				st.Target, st.Taken+st.Found, st.Below, st.Delivered, st.Sent, st.Again, st.Refused, st.Lost)
		} else if st.Lost+st.Refused > 0 {
			fmt.Fprintf(w, "%s: %d alerts lost, %d refused\n", st.Target, st.Lost, st.Refused)
		}
		if st.Waiting > 0 {
			fmt.Fprintf(w, "%s: %d alerts wait in the spool; the next run with this target delivers them\n", st.Target, st.Waiting)
		}
	}
	return lost
}
