// Package synth makes events up, for benchmarks and for tests of what shows
// them: as many as are asked for, with the cardinalities of a busy node.
package synth
