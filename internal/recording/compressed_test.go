package recording

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile/falcogen"
	"github.com/stoop-project/stoop/internal/source"
)

// packed compresses a text in both ways.
func packed(t *testing.T, text string) map[string]string {
	t.Helper()
	var g, z bytes.Buffer
	gw := gzip.NewWriter(&g)
	zw, err := zstd.NewWriter(&z)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{gw, zw} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"gzip": g.String(), "zstd": z.String()}
}

// readAll opens content as a file or as a stream and returns how many events it
// has, what was noted, and the error of either.
func readAll(t *testing.T, content string, asFile bool) (events int, notes string, err error) {
	t.Helper()
	s := OpenReader("-", strings.NewReader(content))
	if asFile {
		if s, err = Open(t.Context(), write(t, content), source.Options{}); err != nil {
			return 0, "", err
		}
		defer s.Close()
	}
	err = s.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) { events += b.Len() }))
	return events, fmt.Sprint(s.Stats().Notes), err
}

// A compressed file that is cut or damaged gives what it has, and says where it
// ends; one that has nothing says so at once.
func TestCutArchive(t *testing.T) {
	var plain bytes.Buffer
	if _, err := falcogen.New(1).Write(&plain, 1<<20); err != nil {
		t.Fatal(err)
	}
	for kind, whole := range packed(t, plain.String()) {
		for _, asFile := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s file=%v", kind, asFile), func(t *testing.T) {
				half := len(whole) / 2
				n, notes, err := readAll(t, whole[:half], asFile)
				if want := fmt.Sprintf("the compressed data is cut after %d bytes; what came before is shown", half); n < 100 || err != nil || !strings.Contains(notes, want) {
					t.Errorf("cut in the middle: %d events, %v, %s; want the note %q", n, err, notes, want)
				}
				damaged := whole[:half] + strings.Repeat("\xaa", 40) + whole[half+40:]
				n, notes, err = readAll(t, damaged, asFile)
				if want := "the compressed data is damaged within its first "; n < 100 || err != nil || !strings.Contains(notes, want) {
					t.Errorf("damaged in the middle: %d events, %v, %s; want the note %q", n, err, notes, want)
				}
			})
		}
	}
	for kind, whole := range packed(t, alert(1, strings.Repeat("long", 50))) {
		n, _, err := readAll(t, whole[:len(whole)-20], true)
		if want := fmt.Sprintf("the compressed data is cut after %d bytes", len(whole)-20); n != 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s, cut in the first line: %d events, %v; want %q", kind, n, err, want)
		}
	}
	for kind, whole := range packed(t, "") {
		if n, notes, err := readAll(t, whole, true); n != 0 || err != nil || !strings.Contains(notes, "there is nothing in it") {
			t.Errorf("%s of nothing: %d events, %v, %s", kind, n, err, notes)
		}
	}
}

// A line that is longer than the bound is counted with its number, wherever it
// stands, and the others are read.
func TestLongLine(t *testing.T) {
	long := `{"rule":"` + strings.Repeat("x", 50<<20) + `"}`
	for at, content := range []string{
		long + "\n" + alert(1, "a") + "\n" + alert(2, "b") + "\n",
		alert(1, "a") + "\n" + long + "\n" + alert(2, "b") + "\n",
		alert(1, "a") + "\n" + alert(2, "b") + "\n" + long,
	} {
		for _, asFile := range []bool{true, false} {
			n, notes, err := readAll(t, content, asFile)
			if want := fmt.Sprintf("line %d was skipped: it is longer than 16 MiB", at+1); n != 2 || err != nil || !strings.Contains(notes, want) {
				t.Errorf("file=%v: %d events, %v, %s; want the note %q", asFile, n, err, notes, want)
			}
		}
	}
}

func TestNothingButALongLine(t *testing.T) {
	_, _, err := readAll(t, `{"rule":"`+strings.Repeat("x", sniffMost), true)
	if err == nil || !strings.Contains(err.Error(), "its first line is longer than 64 MiB") {
		t.Errorf("error is %v", err)
	}
}
