// Package tuitest has what tests and benchmarks of the screen share: a small
// made-up world of containers in which a break-in happens ([Scene]), a source
// that hands out batches ([Source]), and a driver that works a model as a
// terminal would and reads the screen back cell by cell ([Driver]).
package tuitest
