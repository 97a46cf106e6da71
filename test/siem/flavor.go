package siem

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// Flavor is a kind of server.
type Flavor string

// The flavors.
const (
	ES8 Flavor = "es8" // Elasticsearch 8.19
	ES9 Flavor = "es9" // Elasticsearch 9.5
	OS  Flavor = "os"  // OpenSearch 3.8
)

// Flavors lists them, the reference first.
var Flavors = []Flavor{ES8, ES9, OS}

// Each runs a test against the shared server of each flavor.
func Each(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	for _, f := range Flavors {
		t.Run(string(f), func(t *testing.T) { test(t, Shared(t, f)) })
	}
}

// secure reports whether a flavor is started with users, API keys and TLS.
// OpenSearch's security plugin is not on Maven Central.
func (f Flavor) secure() bool { return f != OS }

// java is the oldest Java that a flavor runs on.
func (f Flavor) java() int {
	if f == ES8 {
		return 17
	}
	return 21
}

// need returns the JDK for a flavor, or ends the test where the machine lacks
// what it takes.
func (f Flavor) need(t testing.TB) (jdk string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s takes a while to start", f)
	}
	jdk, reason, ours := f.lacks()
	switch {
	case reason == "":
	case ours:
		testdata.Skipf(t, "%s", reason)
	default:
		t.Skip(reason) // no failure: nothing of ours can install it
	}
	return jdk
}

// lacks returns the JDK for a flavor, or why it cannot be started here; ours
// says that hack/deps.sh is what should have seen to it.
func (f Flavor) lacks() (jdk, reason string, ours bool) {
	if runtime.GOOS != "linux" {
		return "", fmt.Sprintf("%s is started on Linux only", f), true
	}
	for _, tool := range []string{"mvn", "openssl", "flock"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Sprintf("%s needs %s: hack/deps.sh installs it", f, tool), true
		}
	}
	jdk, have := findJDK(f.java())
	if jdk != "" {
		return jdk, "", false
	}
	reason = fmt.Sprintf("%s runs on Java %d or newer, and the newest JDK in /usr/lib/jvm and JAVA_HOME is %d", f, f.java(), have)
	if f == ES8 {
		return "", reason + ": hack/deps.sh installs it", true
	}
	return "", reason + ", as Debian 12 has it", false
}

var javaVersion = regexp.MustCompile(`(?m)^JAVA_VERSION="(\d+)`)

// findJDK returns the oldest JDK that is at least of the given version, and the
// newest version that there is.
func findJDK(atLeast int) (dir string, newest int) {
	found, _ := filepath.Glob("/usr/lib/jvm/*")
	if home := os.Getenv("JAVA_HOME"); home != "" {
		found = append(found, home)
	}
	best := 0
	for _, d := range found {
		if _, err := os.Stat(filepath.Join(d, "bin", "javac")); err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(d, "release"))
		if err != nil {
			continue
		}
		m := javaVersion.FindSubmatch(text)
		if m == nil {
			continue
		}
		v, _ := strconv.Atoi(string(m[1]))
		newest = max(newest, v)
		if v >= atLeast && (best == 0 || v < best) {
			dir, best = d, v
		}
	}
	return dir, newest
}
