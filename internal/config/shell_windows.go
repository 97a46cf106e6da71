package config

// Shell returns the command that runs a line.
func Shell(line string) []string { return []string{"cmd", "/C", line} }
