// Command stoop takes an analyst from an alert down to the syscall trail
// behind it, in a terminal. One file holds one verb; wire.go registers the
// sources. There is no logic here beyond the command line's.
package main
