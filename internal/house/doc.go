// Package house holds the shape of the source tree: which room may import
// which, that every package says in its doc.go what it is, and that no file
// grows past the size of one concern. Its test walks the module's files, build
// tags or not, so that Linux-only code is held on every system.
package house
