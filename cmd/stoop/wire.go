package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live"
	"github.com/stoop-project/stoop/query"
)

// sources registers every kind of source.
func (a *app) sources() *source.Registry {
	r := source.NewRegistry()
	r.Add("live", "this node's kernel (root, Linux 5.15 or newer)", live.Open)
	r.Add("demo", "a real incident in a pod, built in", openDemo)
	for _, scheme := range query.Schemes {
		r.Add(scheme[0], scheme[1], openSIEM)
	}
	r.Add("http", "", openSIEM)
	r.AddFiles(recording.Help, recording.Open)
	return r
}

// openSIEM opens a SIEM. The user's configuration is read for nothing else.
func openSIEM(ctx context.Context, arg string, opt source.Options) (source.Source, error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	return query.Opener(cfg)(ctx, arg, opt)
}

// sourceGuide lists the sources for the help text.
func sourceGuide() string {
	var b strings.Builder
	b.WriteString("Sources:")
	for _, row := range (&app{}).sources().Help() {
		fmt.Fprintf(&b, "\n  %-6s %s", row[0], row[1])
	}
	return b.String()
}
