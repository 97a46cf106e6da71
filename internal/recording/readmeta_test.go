package recording

import (
	"os"
	"path/filepath"
	"testing"
)

// Who made a recording is read without the rest, and damage is said.
func TestReadMeta(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.stoop")
	w, err := Create(path, Options{Meta: Meta{Stoop: "test", Trail: &Trail{Alert: "7", Container: "6cf4be7b2388"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := ReadMeta(path)
	if err != nil || m.Stoop != "test" || m.Trail == nil || m.Trail.Alert != "7" || m.Trail.Container != "6cf4be7b2388" {
		t.Fatalf("%+v, %v", m, err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 1, headerSize, 2*headerSize - 1, 2 * headerSize, 2*headerSize + 5} {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := ReadMeta(path); err == nil {
			t.Errorf("of %d bytes: %+v", cut, m)
		}
	}
	flipped := append([]byte(nil), whole...)
	flipped[2*headerSize+3] ^= 1
	if err := os.WriteFile(path, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := ReadMeta(path); err == nil {
		t.Errorf("of damaged bytes: %+v", m)
	}
}
