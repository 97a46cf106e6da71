//go:build linux

// Command narrow is built for 32 bits and makes a file: on a 64-bit kernel its
// calls come by another entry, with other numbers.
package main
