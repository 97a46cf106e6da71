package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/journal"
)

func save(t *testing.T, d Desk, r Record) Record {
	t.Helper()
	saved, err := d.Save(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// Two at one desk: who has not seen the other's change is told of it.
func TestConflict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	ann, bob := OpenFile(path), OpenFile(path)
	first := save(t, ann, Record{ID: "g-0123456789abcdef", State: Acknowledged, By: "ann", At: start})
	_, err := bob.Save(t.Context(), Record{ID: first.ID, State: Closed, By: "bob", At: start})
	var conflict *Conflict
	if !errors.As(err, &conflict) || conflict.Theirs.By != "ann" || !strings.Contains(err.Error(), "ann has changed") {
		t.Fatalf("bob's change: %v", err)
	}
	theirs := conflict.Theirs
	theirs.State, theirs.By = Closed, "bob"
	save(t, bob, theirs)
	all, err := OpenFile(path).Load(t.Context())
	if err != nil || len(all) != 1 || all[0].By != "bob" || all[0].State != Closed {
		t.Errorf("%+v, %v", all, err)
	}
}

// What one writes, who watches is told of.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	ann, bob := OpenFile(path), OpenFile(path)
	ctx, cancel := context.WithCancel(t.Context())
	news := make(chan []Record)
	done := make(chan error)
	go func() { done <- bob.Watch(ctx, func(r []Record) { news <- r }) }()
	save(t, ann, Record{ID: "x", State: Closed, At: start})
	select {
	case r := <-news:
		if len(r) != 1 || r[0].State != Closed {
			t.Errorf("%+v", r)
		}
	case <-time.After(30 * time.Second):
		t.Error("nothing was told")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Damage costs the lines that it is in, and is counted.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	d := OpenFile(path)
	save(t, d, Record{ID: "x", State: Closed, At: start})
	text, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(append([]byte("{nonsense\n"), text...), `{"id":"y","state":"open","ver`...), 0o600); err != nil {
		t.Fatal(err)
	}
	again := OpenFile(path)
	all, err := again.Load(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != "x" || again.Damaged() != 1 {
		t.Errorf("%+v, %v, %d damaged", all, err, again.Damaged())
	}
	save(t, again, Record{ID: "z", State: Open, At: start})
	if all, _ = OpenFile(path).Load(t.Context()); len(all) != 2 {
		t.Errorf("after the cut line: %+v", all)
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"id":"x","state":"open","at":"2026-11-23T20:00:00Z","version":"1"}` + "\n"))
	f.Add([]byte("{}\n{\"id\":1}\nnull\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := OpenFile("")
		lines := journal.Lines(text)
		all := d.take(lines)
		if len(all)+d.damaged != len(lines) {
			t.Errorf("%d lines are %d records and %d damaged", len(lines), len(all), d.damaged)
		}
		for _, r := range all {
			if err := r.Check(); err != nil {
				t.Error(err)
			}
		}
		q := New()
		q.Apply(all...)
	})
}
