package spool

import (
	"fmt"
	"os"
	"path/filepath"
)

// StateDir is where a program of ours keeps what must outlive it, by a name:
// $XDG_STATE_HOME/stoop/NAME or ~/.local/state/stoop/NAME. Nothing is made.
func StateDir(name string) (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "stoop", name), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder to keep state in: %w; set XDG_STATE_HOME", err)
	}
	return filepath.Join(home, ".local", "state", "stoop", name), nil
}
