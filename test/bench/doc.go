// Command bench measures stoop, beside the other tools where there are any, and
// writes what it found to docs/bench.md:
//
//	go run ./test/bench [flags] [SUITE…]
//
// Without a suite it runs them all. Most of tax and loss needs root; what cannot
// be measured on a machine says why in the table.
//
// # How it measures
//
// What is compared is measured in one run, in rounds: each round measures every
// condition once, in another order (rounds.go). A figure is the median of the
// rounds with the least and the greatest beside it; where two conditions are
// compared, it is the median of the rounds' own ratios or differences, so that
// what drifts on the machine falls on both sides (sample.go). Nothing is
// asserted: a figure stands beside what the project asks for, met or not.
// What other programs took of the machine meanwhile is said with each suite.
//
// Memory and processor time are those of a process of its own, read from /proc
// and from what wait4 returns of it. For that, bench runs itself again
// (child.go), or the stoop that it builds.
package main
