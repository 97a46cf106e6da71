package tui

//go:generate env STOOP_UPDATE=1 go test -run ^TestKeysPage$ .
