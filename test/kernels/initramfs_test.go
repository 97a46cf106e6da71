//go:build linux

package kernels

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/test/lab"
)

// Another program reads what writeInitramfs writes.
func TestWriteInitramfs(t *testing.T) {
	lab.Need(t, "busybox")
	var b bytes.Buffer
	files := []file{
		{"init", 0o755, []byte("#!/bin/sh\n")},
		{"bin/deep/er", 0o644, []byte("12345")},
		{"bin/flat", 0o600, nil},
	}
	if err := writeInitramfs(&b, files); err != nil {
		t.Fatal(err)
	}
	if b.Len()%4 != 0 {
		t.Errorf("%d bytes, not a multiple of 4", b.Len())
	}
	cmd := exec.Command("busybox", "cpio", "-tv")
	cmd.Stdin = &b
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) >= 6 {
			got = append(got, f[0]+" "+f[2]+" "+f[len(f)-1])
		}
	}
	want := "-rwxr-xr-x 10 init|drwxr-xr-x 0 bin|drwxr-xr-x 0 bin/deep|-rw-r--r-- 5 bin/deep/er|-rw------- 0 bin/flat"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}
