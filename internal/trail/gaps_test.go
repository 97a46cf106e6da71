package trail

import (
	"strings"
	"testing"
)

// What was lost stands in the story and among the events where it was lost, no
// run reaches over it, and the end of the story says how much it was.
func TestGaps(t *testing.T) {
	w := newWorld()
	_, shell, _, fired := attack(w)
	w.does(shell, "unlink", 0, 0, nil)
	at := w.now + 1
	w.does(shell, "unlink", 0, 0, nil)
	x := build(t, w, fired)
	x.Coverage.Lost, x.Coverage.Else = 7, 2
	x.Coverage.Gaps = []Gap{
		{From: at + 1e6, To: at + 3e6, Count: 2, Else: true, Guess: true},
		{From: at, To: at + 1e6, Count: 3},
		{From: at + 1e6, To: at + 2e6, Count: 4},
		{From: at + 3600*second, To: at + 3601*second, Count: 100}, // after the trail
	}
	gaps := x.Gaps(second)
	if len(gaps) != 2 || gaps[0].Count != 7 || gaps[0].To != at+2e6 || gaps[0].Guess || gaps[1].Count != 2 || !gaps[1].Guess {
		t.Fatalf("gaps: %+v", gaps)
	}
	f := Fold(x.Steps, FoldOptions{Gaps: gaps})
	var shown []string
	for k := range f.Len() {
		if l := f.Line(k); l.Gap != nil {
			shown = append(shown, l.Gap.String())
		} else {
			shown = append(shown, x.Steps[l.Step].Row.Type.String())
		}
	}
	if got, want := strings.Join(shown[len(shown)-4:], "\n"), "unlink\n7 events of this container lost\nunlink\n2 events lost, of which it is not known whose"; got != want {
		t.Errorf("among the events:\n%s, want\n%s", got, want)
	}
	told := strings.Join(texts(x.Story()), "\n")
	if want := "\n7 events of this container lost, within the next 2ms\n2 events lost, of which it is not known whose, within the next 2ms"; !strings.HasSuffix(told, want) {
		t.Errorf("told:\n%s\nwant at its end%s", told, want)
	}
	if got := strings.Join(x.Unknown(), "\n"); !strings.Contains(got, "7 events of this container were lost, and 2 events of which it is not known") || !strings.Contains(got, "They were lost between ") {
		t.Errorf("not known:\n%s", got)
	}
}

// A recording that tells of losses, and not since when, has them from its
// beginning on.
func TestGapFromTheBeginning(t *testing.T) {
	w := newWorld()
	_, _, _, fired := attack(w)
	x := build(t, w, fired)
	x.Coverage.Lost = 5
	x.Coverage.Gaps = []Gap{{To: x.From + 2*second, Count: 5}}
	if f := Fold(x.Steps, FoldOptions{Gaps: x.Gaps(second)}); f.Line(0).Gap == nil || f.Line(0).Step != 0 {
		t.Errorf("the first line is %+v", f.Line(0))
	}
	if got := strings.Join(texts(x.Story()), "\n"); !strings.Contains(got, "5 events of this container lost, at the latest 2s later") {
		t.Errorf("told:\n%s", got)
	}
	if got := strings.Join(x.Unknown(), "\n"); !strings.Contains(got, "at the latest at ") {
		t.Errorf("not known:\n%s", got)
	}
}
