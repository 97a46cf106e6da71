// Package spool keeps on disk what is to be delivered somewhere, until it is.
//
// What is added is a batch of events, of which only the number is known here.
// Batches lie in files of some megabytes (segment.go); each file goes when all of
// its batches are delivered. A process has a folder of its own, which it locks;
// what it has not delivered when it ends, or is killed, is taken up by the next one
// that opens the same root.
package spool
