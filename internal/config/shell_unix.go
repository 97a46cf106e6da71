//go:build !windows

package config

// Shell returns the command that runs a line.
func Shell(line string) []string { return []string{"/bin/sh", "-c", line} }
