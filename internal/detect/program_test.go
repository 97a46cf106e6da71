package detect

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// A program that is new in its container is told of; its hash is an event of
// the same process, which rules are about.
func TestHashedProgramsFire(t *testing.T) {
	s, g := newScene(), &got{}
	hash := strings.Repeat("0f", 32)
	d := detector(t, `
- rule: Known malware
  desc: By its hash.
  condition: evt.type = exe_hash and proc.exe_sha256 = `+hash+`
  output: "%proc.name %proc.exe_sha256 %evt.arg.size"
  priority: CRITICAL
`)
	var programs []*Program
	d.OnProgram(func(p *Program) { programs = append(programs, p) })
	dropped := event.ProcID(s.t.Procs.Add(event.Proc{
		PID: 13, Name: s.t.Strings.Add("updater"), Parent: s.sh, Cont: s.cont, Known: event.KnowPID | event.KnowExeFlags, Flags: event.ExeUpperLayer,
	}))
	d.Sink(g).Batch(s.executed(s.sh, dropped, s.cat))
	if len(programs) != 1 || value(t, programs[0].Row(), "proc.name") != "updater" {
		t.Fatalf("%d programs are new, want the one of the upper layer", len(programs))
	}
	d.Hashed(programs[0], hash, 4096)
	d.Hashed(programs[0], strings.Repeat("00", 32), 1)
	if len(g.batches) != 4 { // executed, a hash and its alert, another hash
		t.Fatalf("%d batches, want 4", len(g.batches))
	}
	for name, want := range map[string]string{"evt.type": "exe_hash", "proc.exe_sha256": hash, "proc.pname": "sh", "evt.rawtime": "3000000", "container.id": "6cf4be7b2388", "evt.arg.size": "4096"} {
		if v := value(t, g.batches[1].Row(0), name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	alert := g.batches[2].Row(0)
	if v := value(t, alert, "alert.output"); !strings.HasSuffix(v, "updater "+hash+" 4096") {
		t.Errorf("alert.output is %q", v)
	}
	if v := value(t, alert, "proc.exe_sha256"); v != hash {
		t.Errorf("the alert's proc.exe_sha256 is %q", v)
	}
}
