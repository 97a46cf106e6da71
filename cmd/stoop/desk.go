package main

import (
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/spool"
	"github.com/stoop-project/stoop/query"
	"github.com/stoop-project/stoop/query/conn"
	"github.com/stoop-project/stoop/query/desk"
)

// userFlags say who is at work.
type userFlags struct {
	By string `env:"STOOP_USER" placeholder:"NAME" help:"Your name in what you decide and note; your login by itself."`
}

// deskFlags say where is kept what was decided about alerts, and by whom.
type deskFlags struct {
	Desk string `env:"STOOP_DESK" placeholder:"PLACE" help:"Where states, verdicts and notes of alerts are kept: local, none, a file, or an index (es://host:9200/stoop-queue, siem://NAME). By itself: the configuration's desk, else the index stoop-queue of the first SIEM among the sources, else local."`
	userFlags
}

// The words for the file of this machine, and for no desk.
const (
	localDesk = "local"
	noDesk    = "none"
)

// open opens the desk, nil for none. close lets it go.
func (f *deskFlags) open(a *app, sources []source.Source) (d queue.Desk, closeDesk func(), err error) {
	none := func() {}
	cfg, err := config.Load()
	if err != nil {
		return nil, none, err
	}
	if f.Desk == "" {
		f.Desk = cfg.Desk
	}
	switch {
	case f.Desk == noDesk:
		return nil, none, nil
	case strings.Contains(f.Desk, "://"):
		return f.server(a, cfg)
	case f.Desk == "":
		if siem := firstSIEM(sources); siem != nil {
			d, err := desk.New(siem.Conn, "", elasticAlerts(siem))
			return d, none, err
		}
		fallthrough
	case f.Desk == localDesk:
		path, err := spool.StateDir("queue.ndjson")
		if err != nil {
			return nil, none, err
		}
		return queue.OpenFile(path), none, nil
	}
	return queue.OpenFile(f.Desk), none, nil
}

// server opens the desk in an index of a server.
func (f *deskFlags) server(a *app, cfg *config.Config) (d queue.Desk, closeDesk func(), err error) {
	none := func() {}
	at, index := conn.Environment(f.Desk), ""
	if rest, named := strings.CutPrefix(f.Desk, "siem://"); named {
		var name string
		name, index, _ = strings.Cut(rest, "/")
		if at, err = cfg.SIEM(name); err != nil {
			return nil, none, err
		}
	}
	c, err := conn.Open(a.ctx, at)
	if err != nil {
		return nil, none, err
	}
	if !strings.HasPrefix(f.Desk, "siem://") {
		index = c.Address.Index
	}
	d, err = desk.New(c, index, "")
	if err != nil {
		c.Close()
		return nil, none, usageError{err}
	}
	return d, c.Close, nil
}

// firstSIEM is the first of the sources that takes documents; nil for none.
func firstSIEM(sources []source.Source) *query.SIEM {
	for _, src := range sources {
		if siem, ok := source.Inner(src).(*query.SIEM); ok && siem.Product != conn.Logzio {
			return siem
		}
	}
	return nil
}

// elasticAlerts are the indices of a SIEM's alerts that have a place for their
// state; "" for none.
func elasticAlerts(siem *query.SIEM) string {
	for i := range siem.Known().Bindings {
		if siem.Known().Bindings[i].Profile.Name == "elastic-alerts" {
			return siem.Index
		}
	}
	return ""
}

// by is the name of who decides.
func (f *userFlags) by() string {
	if f.By != "" {
		return f.By
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "uid " + fmt.Sprint(os.Getuid())
}
