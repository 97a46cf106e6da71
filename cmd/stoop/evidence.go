package main

import (
	"fmt"
	"io"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/evidence"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
)

// isEvidence holds for the processes whose program is kept: it was not in the
// container when that began, or it is in no directory.
const isEvidence = "container.id != host and (proc.is_exe_from_memfd = true or proc.is_exe_upper_layer = true or proc.exe_ino.ctime_duration_pidns_start > 0)"

// keepEvidence has the programs of alerts kept in a folder.
func (x *detecting) keepEvidence(dir string) error {
	if dir == "" {
		return nil
	}
	k, err := evidence.Open(dir, evidence.Options{})
	if err != nil {
		return usageError{fmt.Errorf("--evidence: %w", err)}
	}
	wanted, err := filter.Compile(isEvidence, event.Fields)
	if err != nil {
		return err
	}
	x.evidence = k
	x.detector.OnAlert(func(a detect.Alert) {
		if x.onNode.Load() && a.Rule != nil && wanted.Match(a.Batch, a.I) {
			k.Take(program(a))
		}
	})
	return nil
}

// program says which process an alert is about.
func program(a detect.Alert) evidence.Program {
	text := func(name string) string {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			return ""
		}
		v, ok := f.Show(a.Row(), arg)
		if !ok {
			return ""
		}
		return v.String()
	}
	p := programOf(a.Row())
	p.Rule, p.Alert = a.Rule.Name, text("alert.id")
	return p
}

// onNodes tells whether all that is read happens on this node now: a pid in a
// recording means nobody here.
func (x *detecting) onNodes(sources []source.Source) {
	here := len(sources) > 0
	for _, s := range sources {
		_, recorder := s.(source.Recorder)
		here = here && recorder
	}
	x.onNode.Store(here)
}

// endEvidence waits until all that was taken is kept, and says what came of it.
func (x *detecting) endEvidence(errs io.Writer) {
	if x.evidence == nil {
		return
	}
	err := x.evidence.Close()
	st := x.evidence.Stats()
	fmt.Fprintf(errs, "evidence: %d programs of %d were hashed, %d kept, %d known already", st.Hashed, st.Asked, st.Kept, st.Known)
	for _, n := range []struct {
		n    uint64
		what string
	}{{st.Gone, "gone"}, {st.TooLarge, "too large"}, {st.Dropped, "left out, since too many waited"}, {st.Failed, "failed"}} {
		if n.n > 0 {
			fmt.Fprintf(errs, ", %d %s", n.n, n.what)
		}
	}
	fmt.Fprintln(errs)
	if err != nil {
		fmt.Fprintln(errs, "stoop:", err)
	}
	if !x.onNode.Load() {
		fmt.Fprintln(errs, "evidence: none is taken for what is not live on this node")
	}
}
