package recording

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stoop-project/stoop/internal/source"
)

// What the numbers of a recording's events count has the same name each time it
// is read, mapped or not and under any name, and no other recording's.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	runs := func(s source.Source) (names []string) {
		t.Helper()
		for _, b := range collect(t, s, source.Request{}) {
			if b.Tables.Run == "" {
				t.Error("the events' numbers count nothing")
			}
			names = append(names, b.Tables.Run)
		}
		return names
	}
	var all [2][]string
	for i := range all {
		path := filepath.Join(dir, string(rune('a'+i)))
		w, err := Create(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		one, two := newMaker(1), newMaker(2)
		w.Batch(one.batch(10, false))
		w.Batch(two.batch(10, false))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		all[i] = runs(open(t, path))
		if err := os.Rename(path, path+"x"); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path + "x")
		if err != nil {
			t.Fatal(err)
		}
		again := runs(OpenReader("other", f))
		if len(all[i]) != 2 || len(again) != 2 || all[i][0] != again[0] || all[i][1] != again[1] || all[i][0] == all[i][1] {
			t.Errorf("%v, and again %v", all[i], again)
		}
	}
	if all[0][0] == all[1][0] {
		t.Errorf("two recordings have one run: %v", all)
	}
}
