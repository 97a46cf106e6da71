// Command pictures takes the documentation's pictures: it runs stoop in a
// terminal emulator, types what shots.toml says, and writes the screen as SVG.
//
//	go run ./hack/pictures [-stoop ./stoop] [-to docs/pictures] [NAME…]
package main
