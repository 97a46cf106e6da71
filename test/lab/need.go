//go:build linux

package lab

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// NeedRoot skips the test unless it runs as root.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		testdata.Skipf(t, "needs root: run the tests with sudo")
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
		testdata.Skipf(t, "%s missing: hack/deps.sh installs what the tests need", strings.Join(missing, ", "))
	}
}
