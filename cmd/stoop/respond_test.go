package main

import (
	"strings"
	"testing"
)

// What may be done about the demo's alert, with its names filled in, as a script
// of which a shell runs nothing by itself.
func TestRespond(t *testing.T) {
	code, out, errs := stoop(t, "print", "demo", "--respond", strings.TrimSpace(strings.Split(rawtimes(t), "\n")[1]))
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"kubectl -n shop label pod web-", " stoop-isolated=true\n", "sudo kill -STOP ", "--fly ", "# To take it back:\n", "# what the user of the request may do: the event says of no ka.user.name\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for args, want := range map[string]string{
		"--respond|nothing":     "nothing",
		"--respond|1|-o|json":   "do not go with it",
		"--respond|1|--story|1": "three things",
	} {
		if code, _, errs := stoop(t, append([]string{"print", "demo"}, strings.Split(args, "|")...)...); code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
}

// rawtimes lists the times of the execs of nmap in the demo.
func rawtimes(t *testing.T) string {
	t.Helper()
	_, out, _ := stoop(t, "print", "demo", "-f", "evt.type = execve and proc.name = nmap", "-o", "csv", "--columns", "evt.rawtime")
	return out
}
