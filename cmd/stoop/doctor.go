package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/stoop-project/stoop/internal/safetext"
)

// doctorCmd says what works on this machine.
type doctorCmd struct {
	Bench bool `help:"Measure what watching costs the system calls of this node (root, a few seconds)."`
}

// finding is the answer to one question about this machine.
type finding struct {
	name   string
	ok     bool
	needed bool // live needs it
	detail string
	remedy string
}

// errDoctor is returned when something that live needs is missing.
var errDoctor = errors.New("the live source cannot run here; files and the demo open all the same")

// Run asks everything, and fails when live cannot run.
func (c *doctorCmd) Run(a *app) error {
	out := safetext.NewWriter(a.out)
	fmt.Fprintf(out, "stoop %s on %s/%s\n", version, runtime.GOOS, runtime.GOARCH)
	findings := examine(a.ctx)
	missing := false
	for _, f := range findings {
		printFinding(out, f)
		missing = missing || f.needed && !f.ok
	}
	if missing {
		return errDoctor
	}
	if c.Bench {
		return benchTax(a.ctx, out)
	}
	return nil
}

func printFinding(w io.Writer, f finding) {
	mark := "ok  "
	switch {
	case !f.ok && f.needed:
		mark = "FAIL"
	case !f.ok:
		mark = "--  "
	}
	fmt.Fprintf(w, "%s  %-18s %s\n", mark, f.name, f.detail)
	if !f.ok && f.remedy != "" {
		fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", 25), f.remedy)
	}
}
