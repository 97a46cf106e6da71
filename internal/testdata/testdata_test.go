package testdata

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// fake records how a test would have ended.
type fake struct {
	testing.TB
	ended string
}

func (f *fake) Helper() {}

func (f *fake) Skipf(format string, args ...any) {
	f.ended = "skip: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fake) Fatalf(format string, args ...any) {
	f.ended = "fatal: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fake) run(do func()) string {
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	<-done
	return f.ended
}

func TestPath(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Env, dir)
	if err := os.WriteFile(filepath.Join(dir, "lines.jsonl"), []byte("{\"A\":1}\n{\"A\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := Path(t, "lines.jsonl"), filepath.Join(dir, "lines.jsonl"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := Lines[struct{ A int }](t, "lines.jsonl"); len(got) != 2 || got[1].A != 2 {
		t.Errorf("%v", got)
	}
	for noSkip, want := range map[string]string{"": "skip", "1": "fatal"} {
		t.Setenv(NoSkip, noSkip)
		f := &fake{TB: t}
		if got := f.run(func() { Path(f, "absent") }); got[:len(want)] != want {
			t.Errorf("with %s=%s: %s", NoSkip, noSkip, got)
		}
	}
}
