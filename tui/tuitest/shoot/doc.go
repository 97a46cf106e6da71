// Command shoot takes a picture of a command's screen: it runs the command in
// an emulated terminal, types keys, and writes the cells as SVG. The README's
// pictures are made with it.
//
//	go run ./tui/tuitest/shoot -size 140x40 -keys 'e e enter w' -o docs/alert.svg -- bin/stoop demo
//
// Keys are separated by blanks: names such as enter and shift+tab, or text that
// is typed as it stands, with ␣ for a blank in it. A number of two digits or
// more waits that many milliseconds.
package main
