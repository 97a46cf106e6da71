package testdata

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Env names the variable that says where the data lies; NoSkip, when it is 1,
// makes a test fail where it would otherwise skip.
const (
	Env    = "STOOP_DATA"
	NoSkip = "STOOP_NO_SKIP"
)

// Path returns the full path of a file or folder of the data, given with
// slashes. Where the data is absent the test is skipped, or fails when
// STOOP_NO_SKIP=1.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir, err := Dir()
	if err != nil {
		Skipf(t, "no test data: %v; set %s to its folder", err, Env)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		Skipf(t, "no test data: %v; set %s to its folder", err, Env)
	}
	return path
}

// Dir returns the folder of the data, whether it is there or not.
func Dir() (string, error) {
	if dir := os.Getenv(Env); dir != "" {
		return dir, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "..", "shared", "data"), nil
}

// Lines decodes a file of one JSON value a line.
func Lines[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for n := 1; sc.Scan(); n++ {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
		all = append(all, v)
	}
	if err := sc.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(all) == 0 {
		t.Fatalf("%s holds no cases", name)
	}
	return all
}

// Skipf skips the test with a reason, or fails it when STOOP_NO_SKIP=1.
func Skipf(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(NoSkip) == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// moduleRoot walks up from the working directory, which for a test is its
// package's folder, to the folder of go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", os.ErrNotExist
		}
		dir = up
	}
}
