package main

import (
	"errors"
	"fmt"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/ship"
)

// deliverCmd delivers what earlier commands have left in the spool.
type deliverCmd struct {
	To    string `arg:"" placeholder:"WHERE" help:"Where the events were to go: es://host/stoop-trail, os://… or siem://NAME, as record --to had it."`
	Spool string `placeholder:"DIR" help:"The folder where they wait (~/.local/state/stoop/spool)."`
	Stats bool   `help:"Print all counts at the end."`
}

// Run delivers until nothing waits, the server stays away, or a signal comes.
func (c *deliverCmd) Run(a *app) error {
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
