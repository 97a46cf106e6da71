package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
	"github.com/stoop-project/stoop/query/ship"
)

// deliverCmd delivers what earlier commands have left in the spool.
type deliverCmd struct {
	To    string `arg:"" optional:"" placeholder:"WHERE" help:"Where the events were to go: es://host/stoop-trail, os://… or siem://NAME, as record --to had it; without it what waits is listed, and for whom."`
	Spool string `placeholder:"DIR" help:"The folder where they wait (~/.local/state/stoop/spool)."`
	Stats bool   `help:"Print all counts at the end."`
}

// Run delivers until nothing waits, the server stays away, or a signal comes.
func (c *deliverCmd) Run(a *app) error {
	if c.To == "" {
		return c.list(a)
	}
	if !ship.IsTarget(c.To) {
		return usageError{fmt.Errorf("%s is no address of a SIEM; those begin with es://, os://, https:// or siem://", c.To)}
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	at, stream, err := ship.Target(cfg, c.To)
	if err != nil {
		return err
	}
	errs := safetext.NewWriter(a.errs)
	s, err := ship.Open(a.ctx, at, stream, ship.Options{
		Spool: c.Spool, Tell: func(n source.Note) { fmt.Fprintln(errs, noteLine("stoop", n)) },
	})
	if err != nil {
		return err
	}
	found := s.Stats().Found
	err = s.Close(graceful(a.ctx), shipPatience)
	if found == 0 {
		fmt.Fprintf(errs, "nothing waits for %s\n", s.Name())
		return err
	}
	reportShipping(errs, s, c.Stats)
	if a.ctx.Err() == nil {
		err = errors.Join(err, waiting(s, c.To))
	}
	return err
}

// list says what waits in the spool, for whom, and how it gets there.
func (c *deliverCmd) list(a *app) error {
	folder := c.Spool
	if folder == "" {
		var err error
		if folder, err = ship.DefaultSpool(); err != nil {
			return err
		}
	}
	all, err := spool.List(folder)
	if err != nil {
		return err
	}
	out := safetext.NewWriter(a.out)
	if len(all) == 0 {
		fmt.Fprintf(out, "nothing waits in %s\n", folder)
	}
	for _, w := range all {
		since := ""
		if !w.Oldest.IsZero() {
			since = ", the oldest of " + w.Oldest.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%d events wait for %s (%s%s)\n", w.Events, cmp.Or(w.For, filepath.Base(w.Root)), humanize.IBytes(uint64(w.Bytes)), since)
		switch {
		case w.AtWork:
			fmt.Fprintln(out, "  a process that runs now delivers them")
		case strings.HasPrefix(w.For, "target "):
			fmt.Fprintln(out, "  the next stoop watch with this target delivers them")
		case ship.IsTarget(w.For):
			fmt.Fprintf(out, "  stoop deliver '%s' delivers them\n", w.For)
		default:
			fmt.Fprintln(out, "  the next command that writes there delivers them")
		}
	}
	return nil
}
