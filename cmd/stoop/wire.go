package main

import (
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live"
)

// sources registers every kind of source.
func (a *app) sources() *source.Registry {
	r := source.NewRegistry()
	r.Add("live", "this node's kernel (root, Linux 5.15 or newer)", live.Open)
	r.Add("demo", "a real incident in a pod, built in", openDemo)
	r.AddFiles(recording.Help, recording.Open)
	return r
}

// sourceGuide lists the sources for the help text.
func sourceGuide() string {
	var b strings.Builder
	b.WriteString("Sources:")
	for _, row := range (&app{}).sources().Help() {
		fmt.Fprintf(&b, "\n  %-5s %s", row[0], row[1])
	}
	return b.String()
}
