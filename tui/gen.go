package tui

//go:generate go test -run ^TestKeysPage$ -update .
