//go:build linux

package lab

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Skip ends the test as skipped, saying why; with STOOP_NO_SKIP=1, as CI sets
// it, the test fails instead: a machine that lacks something must not pass as
// if it had been tested.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("STOOP_NO_SKIP") == "1" {
		t.Fatalf("STOOP_NO_SKIP=1 forbids to skip: "+format, args...)
	}
	t.Skipf(format, args...)
}

// NeedRoot skips the test unless it runs as root.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "needs root: run the tests with sudo")
	}
}

// Need skips the test unless all these programs are on the PATH.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	var missing []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		Skip(t, "%s missing: hack/deps.sh installs what the tests need", strings.Join(missing, ", "))
	}
}
